//! A sample system on either database behind a server of its own, for one test.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use sexton_core::names::{Actor, TenantId};
use sexton_engine::ports::Database;
use sexton_engine::{Surroundings, System};
use sexton_samples::{Sample, take_care};
use sexton_server::who::Identity;
use sexton_server::{Failure, Gate, OpenGate, Outcome, Service, Settings, serve};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::{postgres, sqlite};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Makes a test of each function for each database.
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Data::on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Data::on_postgres().await).await;
            })*
        }
    };
}

/// The sample `batches` in a database.
pub enum Data {
    Sqlite(sqlite::TestDatabase),
    Postgres(postgres::TestDatabase),
}

impl Data {
    pub async fn on_sqlite() -> Self {
        Self::of_on_sqlite(&sexton_samples::batches()).await
    }

    pub async fn on_postgres() -> Self {
        Self::of_on_postgres(&sexton_samples::batches()).await
    }

    /// Another sample.
    pub async fn of_on_sqlite(sample: &Sample) -> Self {
        let database = sqlite::TestDatabase::new().await;
        let both = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
        database.execute(&both).await;
        Self::Sqlite(database)
    }

    /// Another sample.
    pub async fn of_on_postgres(sample: &Sample) -> Self {
        let database = postgres::TestDatabase::bare().await;
        database.execute(&[sample.schema_postgres, sample.seed_postgres].join("\n")).await;
        Self::Postgres(database)
    }

    pub async fn adapter(&self) -> Arc<dyn Database> {
        match self {
            Self::Sqlite(data) => {
                let path = data.path().display().to_string();
                Arc::new(SqliteDatabase::open(&path).await.expect("the test's file opens"))
            }
            Self::Postgres(data) => data.database(),
        }
    }

    pub async fn execute(&self, script: &str) {
        match self {
            Self::Sqlite(data) => data.execute(script).await,
            Self::Postgres(data) => data.execute(script).await,
        }
    }

    pub async fn dump(&self) -> Dump {
        match self {
            Self::Sqlite(data) => data.dump().await,
            Self::Postgres(data) => data.dump().await,
        }
    }

    /// The first value of the first row.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let rows = match self {
            Self::Sqlite(data) => data.query(sql).await,
            Self::Postgres(data) => data.query(sql).await,
        };
        rows.into_iter().next()?.into_iter().next()?
    }

    /// How many rows of a table meet a condition.
    pub async fn count(&self, rows: &str) -> u64 {
        let sql = format!("SELECT CAST(count(*) AS TEXT) FROM {rows}");
        self.value(&sql).await.expect("a count is a value").parse().expect("a count is a number")
    }

    /// The table of deletions.
    pub fn deletions(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sexton_deletions",
            Self::Postgres(_) => "sexton.deletions",
        }
    }

    /// The engine on it, by this policy.
    pub async fn system(&self, sample: &Sample) -> Arc<System> {
        let policy = sample.read_policy().expect("the sample's policy is sound");
        Arc::new(take_care(policy, self.adapter().await).await.expect("the fence is made"))
    }
}

/// Nobody waits for a deletion that waits for others.
const SETTINGS: Settings = Settings { works: false, grace: Duration::ZERO };

/// A server that answers.
pub struct Served {
    pub address: String,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<JoinHandle<std::io::Result<()>>>,
    client: Client,
}

impl Served {
    /// The sample behind an open gate, without background work.
    pub async fn of(data: &Data) -> Self {
        let gate = OpenGate::for_operator(Actor::new("ann"));
        Self::behind(data, Arc::new(gate)).await
    }

    /// The sample behind this gate.
    pub async fn behind(data: &Data, gate: Arc<dyn Gate>) -> Self {
        Self::with(data, &sexton_samples::batches(), gate).await
    }

    /// Another sample behind this gate.
    pub async fn with(data: &Data, sample: &Sample, gate: Arc<dyn Gate>) -> Self {
        let system = data.system(sample).await;
        let service = Service::new([system], gate, Surroundings::of_this_machine());
        Self::serving(service.expect("one system has a name of its own"), false).await
    }

    pub async fn serving(service: Service, works: bool) -> Self {
        let service = Arc::new(service);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving =
            serve(listener, service.clone(), Settings { works, ..SETTINGS }, async move {
                drop(stopped.await);
            });
        Self {
            address: format!("http://{address}{}", service.base_path()),

            stop: Some(stop),
            ended: Some(tokio::spawn(serving)),
            client: client(),
        }
    }

    /// Tells the server to stop, and goes on.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until it has ended.
    pub async fn ended(&mut self) {
        let ended = self.ended.take().expect("it is waited for once");
        ended.await.expect("it does not panic").expect("it serves");
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, body, &[]).await
    }

    pub async fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let json = [("content-type", "application/json")];
        let headers: Vec<_> = json.iter().chain(headers).copied().collect();
        self.ask(Method::POST, path, &headers, &body.to_string()).await
    }

    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let asked = self.request(method, path, headers).body(body.to_owned());
        Answer::of(asked.send().await.expect("the server answers")).await
    }

    pub fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> reqwest::RequestBuilder {
        let mut asked = self.client.request(method, [&self.address, path].concat());
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a test's header can be sent");
            asked = asked.header(*name, value);
        }
        asked
    }
}

fn client() -> Client {
    // Another test of this process may have been first.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client =
        Client::builder().timeout(Duration::from_mins(1)).no_proxy().pool_max_idle_per_host(0);
    client.build().expect("a client is made")
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("the answer is text") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}"));
        value.to_str().expect("headers are text")
    }

    /// Fails with everything that was said, unless the status is this.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        self
    }

    /// A problem of this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem:#}");
        assert_eq!(problem["status"], status, "{problem:#}");
        assert_eq!(problem["type"], format!("urn:sexton:problem:{code}"), "{problem:#}");
        assert_eq!(problem["request_id"], answer.header("x-request-id"), "{problem:#}");
        assert!(problem["title"].is_string() && problem["retryable"].is_boolean(), "{problem:#}");
        problem
    }
}

/// Lets in who says a name that it knows: `Bearer NAME`.
pub struct Names(pub Vec<Identity>);

#[async_trait::async_trait]
impl Gate for Names {
    async fn identify(&self, request: &axum::http::request::Parts) -> Result<Identity, Failure> {
        let said = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        let name = said.and_then(|said| said.strip_prefix("Bearer "));
        let known = name.and_then(|name| self.0.iter().find(|known| known.bearer == name));
        known.cloned().ok_or_else(|| Failure::by(Outcome::Anonymous))
    }

    fn is_guarded(&self) -> bool {
        true
    }
}

/// Somebody of these roles, in a tenant or in none.
pub fn somebody(name: &str, roles: &[&str], tenant: Option<&str>) -> Identity {
    Identity {
        actor: Actor::new(name),
        bearer: name.to_owned(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        organisations: Vec::new(),
        tenant: tenant.map(TenantId::new),
        systems: None,
    }
}
