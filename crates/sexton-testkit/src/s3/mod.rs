//! A server that speaks S3 in memory and fails on command.
//!
//! It listens on a port of this machine, so that a client's own HTTP, signatures and XML are
//! tried too. Only addresses with the bucket in the path are understood; signatures are not
//! verified, which a real server does. It is as strict where that matters: a batch of more than
//! a thousand keys, or without a checksum, is refused.

mod bucket;
mod faults;
mod http;
mod requests;
mod text;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use bucket::Bucket;
pub use faults::{Faults, Seen};

/// The server. It stops when this is dropped.
pub struct S3Double {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

/// What the server holds.
#[derive(Default)]
struct State {
    buckets: BTreeMap<String, Bucket>,
    faults: Faults,
    seen: Seen,
}

impl S3Double {
    /// A server with these buckets, empty.
    pub async fn start(buckets: &[&str]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("listening")?;
        let address = listener.local_addr()?;
        let state = State {
            buckets: buckets.iter().map(|name| ((*name).to_owned(), Bucket::default())).collect(),
            ..State::default()
        };
        let state = Arc::new(Mutex::new(state));
        let task = tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets a bucket keep versions.
    pub fn keep_versions(&self, bucket: &str) {
        self.with_bucket(bucket, |bucket| bucket.keeps_versions = true);
    }

    /// Puts objects there without a request for each.
    pub fn fill(&self, bucket: &str, keys: impl Iterator<Item = String>, contents: &[u8]) {
        self.with_bucket(bucket, |bucket| {
            for key in keys {
                bucket.put(&key, contents.to_vec());
            }
        });
    }

    /// The keys that have something current, in order.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.with_bucket(bucket, |bucket| bucket.current_keys())
    }

    /// What is current, by key.
    pub fn objects(&self, bucket: &str) -> BTreeMap<String, Vec<u8>> {
        self.with_bucket(bucket, |bucket| bucket.current())
    }

    /// How many versions there are in all, and uploads under way.
    pub fn hidden(&self, bucket: &str) -> (usize, usize) {
        self.with_bucket(bucket, |bucket| {
            (bucket.objects.values().map(Vec::len).sum(), bucket.uploads.len())
        })
    }

    /// Begins an upload in parts that nobody ends.
    pub fn begin_upload(&self, bucket: &str, key: &str) {
        self.with_bucket(bucket, |bucket| _ = bucket.begin_upload(key));
    }

    /// Changes how it fails.
    pub fn fail(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut lock(&self.state).faults);
    }

    /// What it was asked so far.
    pub fn seen(&self) -> Seen {
        lock(&self.state).seen.clone()
    }

    fn with_bucket<T>(&self, name: &str, work: impl FnOnce(&mut Bucket) -> T) -> T {
        work(lock(&self.state).buckets.get_mut(name).expect("the server was started with it"))
    }
}

impl Drop for S3Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What it holds is whole whoever panicked: each request changes it in one step.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>) {
    // Ends every conversation with the server.
    let mut conversations = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        conversations.spawn(converse(stream, Arc::clone(&state)));
        while conversations.try_join_next().is_some() {}
    }
}

/// One connection: a client that goes away ends it, whatever the reason.
async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut connection = http::Connection::new(stream);
    while let Ok(Some(request)) = connection.read().await {
        let (latency, hangs) = {
            let mut state = lock(&state);
            state.seen.begin(&request);
            (state.faults.latency, state.faults.takes_hang(&request))
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let answer = {
            let mut state = lock(&state);
            let answer = requests::answer(&mut state, &request);
            state.seen.end(&request);
            answer
        };
        let is_cut = answer.is_cut;
        if connection.write(&request, answer).await.is_err() || is_cut {
            return;
        }
    }
}
