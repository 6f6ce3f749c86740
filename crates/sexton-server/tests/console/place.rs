//! A sample system behind the console, for one test: asked without a socket.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use sexton_core::names::{Actor, TenantId};
use sexton_engine::ports::{Grant, State, SystemClock, SystemSecrets};
use sexton_engine::{Stores, Surroundings};
use sexton_samples::{Sample, take_care};
use sexton_server::who::config::Config;
use sexton_server::who::gate::KeyGate;
use sexton_server::who::issue::{Wanted, issue};
use sexton_server::{Gate, OpenGate, Service, router};
use sexton_sqlite::{SqliteDatabase, SqliteState};
use sexton_testkit::dump::Dump;
use sexton_testkit::sqlite::TestDatabase;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// A sample behind the console.
pub struct Place {
    data: TestDatabase,
    pub state: Arc<SqliteState>,
    router: axum::Router,
    _folder: TempDir,
}

impl Place {
    /// The sample `batches` without keys: everybody here is the operator.
    pub async fn open() -> Self {
        Self::of(&sexton_samples::batches()).await
    }

    /// This sample, without keys.
    pub async fn of(sample: &Sample) -> Self {
        let gate: Arc<dyn Gate> = Arc::new(OpenGate::for_operator(Actor::new("ann")));
        Self::made(sample, Some(gate), "").await
    }

    /// The sample `batches` for whoever has a key, below a path.
    pub async fn keyed(base_path: &str) -> Self {
        Self::made(&sexton_samples::batches(), None, base_path).await
    }

    async fn made(sample: &Sample, gate: Option<Arc<dyn Gate>>, base_path: &str) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let path = folder.path().join("state.db").display().to_string();
        let state = SqliteState::open_or_create(&path).await.expect("the folder can be written");
        state.prepare().await.expect("a new file can be written");
        let state = Arc::new(state);
        let keys = KeyGate::new(&Config::default(), None, state.clone(), Arc::new(SystemClock));
        let gate = gate.unwrap_or_else(|| Arc::new(keys));
        let data = TestDatabase::new().await;
        let both = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
        data.execute(&both).await;
        let address = data.path().display().to_string();
        let database = SqliteDatabase::open(&address).await.expect("the test's file opens");
        let policy = sample.read_policy().expect("the sample's policy is sound");
        let system = take_care(policy, Arc::new(database)).await.expect("the fence is made");
        let system = system.with_stores(stores(sample, folder.path()));
        let service = Service::new([Arc::new(system)], gate, Surroundings::of_this_machine());
        let service = service.expect("one system has a name of its own").below(base_path);
        let service = service.sharing(state.clone());
        Self { data, state, router: router(Arc::new(service)), _folder: folder }
    }

    /// A key with these roles, in a tenant or in none; and its id.
    pub async fn key(
        &self,
        roles: &[&str],
        tenant: Option<&str>,
    ) -> (sexton_core::names::KeyId, String) {
        let grant = Grant {
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            tenant: tenant.map(TenantId::new),
            systems: None,
            organisations: Vec::new(),
            per_minute: None,
        };
        let wanted = Wanted {
            name: "bea".to_owned(),
            grant,
            expires_at: None,
            created_by: "ann".to_owned(),
        };
        let surroundings = Surroundings::of_this_machine();
        let made = issue(&*self.state, &surroundings, &SystemSecrets, wanted).await;
        let (key, secret) = made.expect("the state can be written");
        (key.id, secret.text().to_owned())
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    /// As a browser sends a form of the console.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        self.ask("POST", path, &[], form).await
    }

    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:8080");
        }
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let mut request =
            request.body(Body::from(body.to_owned())).expect("a test's request can be made");
        let local = SocketAddr::from(([127, 0, 0, 1], 4000));
        request.extensions_mut().insert(ConnectInfo(local));
        let answer = self.router.clone().oneshot(request).await.expect("it answers everything");
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("the answer can be read");
        let text = String::from_utf8(bytes.to_vec()).expect("the answer is text");
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// Waits until the deletion of this page is at its end: its events end with it.
    pub async fn ended(&self, page: &str) {
        let own = page.split('?').next().unwrap_or_default();
        let events = own.replace("/console/systems", "/api/systems");
        self.get(&format!("{events}/events")).await.expect(200);
    }

    /// How many rows of a table meet a condition.
    pub async fn count(&self, rows: &str) -> u64 {
        let found = self.data.query(&format!("SELECT CAST(count(*) AS TEXT) FROM {rows}")).await;
        let count = found.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
        count.and_then(|count| count.parse().ok()).expect("a count is a number")
    }

    /// The first value of the first row.
    pub async fn data_value(&self, sql: &str) -> String {
        let found = self.data.query(sql).await;
        let value = found.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
        value.unwrap_or_else(|| panic!("nothing is found by {sql}"))
    }

    pub async fn execute(&self, script: &str) {
        self.data.execute(script).await;
    }

    pub async fn dump(&self) -> Dump {
        self.data.dump().await
    }
}

/// Its stores, empty, below this folder.
fn stores(sample: &Sample, below: &Path) -> Stores {
    let policy = sample.read_policy().expect("the sample's policy is sound");
    let opened = policy.stores.iter().map(|store| {
        let place = below.join(store.name.as_str());
        std::fs::create_dir_all(&place).expect("a temporary folder can be written");
        (store.name.clone(), sexton_stores::open_late(&place.display().to_string()))
    });
    Stores::of(opened.map(|(name, store)| (name, Ok(store.expect("a folder is a store")))))
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Fails with everything that was said, unless the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    /// Where it leads.
    #[track_caller]
    pub fn leads_to(self) -> String {
        self.expect(303).header("location").to_owned()
    }

    /// What a browser would send of the form with this mark: its names and values, encoded.
    #[track_caller]
    pub fn form(&self, mark: &str) -> Vec<(String, String)> {
        let forms = self.text.split("<form").skip(1);
        let mut forms = forms.map(|form| form.split("</form>").next().unwrap_or_default());
        let found = forms.find(|form| form.split('>').next().unwrap_or_default().contains(mark));
        let form = found.unwrap_or_else(|| panic!("no form {mark} in {}", self.text));
        let inputs =
            form.split("<input").skip(1).map(|input| input.split('>').next().unwrap_or(""));
        let sent = inputs
            .filter(|input| !input.contains("type=\"checkbox\"") || input.contains("checked"));
        sent.filter_map(|input| {
            Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
        })
        .collect()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}"));
        value.to_str().expect("headers are text")
    }

    /// Fails unless the page says this.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.text.contains(words), "`{words}` is not in {}", self.text);
        self
    }

    /// Fails if the page says this.
    #[track_caller]
    pub fn does_not_say(&self, words: &str) -> &Self {
        assert!(!self.text.contains(words), "`{words}` is in {}", self.text);
        self
    }
}

fn attribute(input: &str, name: &str) -> Option<String> {
    let (_, rest) = input.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&"),
    )
}

/// A form as it is sent, with these fields changed or added.
pub fn sent(form: &[(String, String)], with: &[(&str, &str)]) -> String {
    let kept = form.iter().filter(|(name, _)| !with.iter().any(|(other, _)| other == name));
    let all = kept.map(|(name, value)| (name.as_str(), value.as_str())).chain(with.iter().copied());
    let pair = |(name, value): (&str, &str)| format!("{}={}", encoded(name), encoded(value));
    all.map(pair).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
