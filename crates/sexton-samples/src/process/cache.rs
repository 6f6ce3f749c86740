//! The public reads of `batches`, by HTTP on the loopback, with a cache in front of the database.
//!
//! `GET /cohorts/ID/snapshots/SLUG` answers with the materialisation of a snapshot, `GET
//! /cohorts/ID` with that of the cohort's default. `POST /evict` with `{"cohort_id", "slug"}`
//! forgets one: it is what a deletion calls, once or more often. `POST /hear` ends deafness.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::runtime::Builder;

use super::arguments;
use super::lines::{Lines, print};
use crate::app::{Application, Name, Shelf, Values, Voice};

/// A body beyond this is nobody's eviction.
const BODY_MAX: u64 = 64 * 1024;

/// The cache, for all its connections.
struct Cache {
    application: Application,
    database: String,
    shelf: Shelf,
    /// Where a fill waits to be let on.
    gate: Mutex<Lines>,
    is_deaf: AtomicBool,
    is_careless: bool,
}

/// An answer.
struct Answer {
    status: u16,
    body: String,
    from: &'static str,
}

/// Answers until the input of the process ends.
pub fn serve(application: Application, said: &arguments::Cache) -> Result<()> {
    let gate = Lines::new(&said.stepping)?;
    let listener =
        TcpListener::bind(&said.listen).with_context(|| format!("listening on {}", said.listen))?;
    let address = listener.local_addr()?;
    let cache = Arc::new(Cache {
        application,
        database: said.database.clone(),
        shelf: Shelf::default(),
        gate: Mutex::new(gate),
        is_deaf: AtomicBool::new(said.deaf),
        is_careless: said.careless,
    });
    print("listening", &Values::new().with("address", &address));
    for stream in listener.incoming() {
        let (stream, cache) = (stream?, cache.clone());
        thread::spawn(move || {
            if let Err(error) = cache.answer(stream) {
                print("failed", &Values::new().with("message", &format!("{error:#}")));
            }
        });
    }
    Ok(())
}

impl Cache {
    fn answer(&self, stream: TcpStream) -> Result<()> {
        let mut reader = BufReader::new(stream);
        let (method, path, body) = request(&mut reader)?;
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let answer = match (method.as_str(), &parts[..]) {
            ("GET", ["cohorts", cohort, "snapshots", slug]) => self.snapshot(cohort, slug)?,
            ("GET", ["cohorts", cohort]) => match self.default_of(cohort)? {
                Some(slug) => self.snapshot(cohort, &slug)?,
                None => Answer::missing(),
            },
            ("POST", ["evict"]) => self.evict(&body),
            ("POST", ["hear"]) => self.hear(),
            _ => Answer::missing(),
        };
        let told = Values::new().with("path", &path).with("status", &answer.status);
        let reason = match answer.status {
            404 => "Not Found",
            503 => "Service Unavailable",
            _ => "OK",
        };
        let head = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            answer.status,
            answer.body.len()
        );
        let mut stream = reader.into_inner();
        stream.write_all(head.as_bytes())?;
        stream.write_all(answer.body.as_bytes())?;
        stream.flush()?;
        print("answered", &told.with("from", answer.from));
        Ok(())
    }

    fn snapshot(&self, cohort: &str, slug: &str) -> Result<Answer> {
        let name: Name = (cohort.to_owned(), slug.to_owned());
        if let Some(body) = self.shelf.find(&name) {
            return Ok(Answer { status: 200, body, from: "cache" });
        }
        loop {
            let ticket = self.shelf.ticket(&name);
            let known = Values::new().with("cohort", cohort).with("slug", slug);
            let payload = self.read("read.snapshot", &known, "payload")?;
            self.gate().before("keep");
            let ticket = if self.is_careless { self.shelf.ticket(&name) } else { ticket };
            // Race: what was evicted since may be older than the eviction, so it is read anew.
            if self.shelf.keep(&name, ticket, payload.as_deref()) {
                return Ok(match payload {
                    Some(body) => Answer { status: 200, body, from: "database" },
                    None => Answer::missing(),
                });
            }
        }
    }

    fn default_of(&self, cohort: &str) -> Result<Option<String>> {
        self.read("read.default", &Values::new().with("cohort", cohort), "slug")
    }

    /// It is not deaf any more.
    fn hear(&self) -> Answer {
        self.is_deaf.store(false, Ordering::Release);
        Answer { status: 204, body: String::new(), from: "cache" }
    }

    fn gate(&self) -> MutexGuard<'_, Lines> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn evict(&self, body: &str) -> Answer {
        if self.is_deaf.load(Ordering::Acquire) {
            return Answer { status: 503, body: String::new(), from: "cache" };
        }
        let said: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |key: &str| match &said[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let name = (text("cohort_id"), text("slug"));
        self.shelf.evict(&name);
        print("evicted", &Values::new().with("cohort", &name.0).with("slug", &name.1));
        Answer { status: 204, body: String::new(), from: "cache" }
    }

    /// One value of the first row that the application reads.
    fn read(&self, section: &str, known: &Values, value: &str) -> Result<Option<String>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let rows = runtime.block_on(async {
            let mut client = self.application.open(&self.database).await?;
            client.read(section, known).await
        })?;
        Ok(rows.first().and_then(|row| row.get(value)).map(ToOwned::to_owned))
    }
}

impl Answer {
    fn missing() -> Self {
        Self { status: 404, body: "{\"error\":\"not found\"}".to_owned(), from: "database" }
    }
}

/// Method, path and body.
fn request(reader: &mut BufReader<TcpStream>) -> Result<(String, String, String)> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace().map(ToOwned::to_owned);
    let method = words.next().context("a request without a method")?;
    let path = words.next().context("a request without a path")?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = String::new();
    reader.take(length.min(BODY_MAX)).read_to_string(&mut body)?;
    Ok((method, path, body))
}
