//! A sample system on either database, its objects in folders, behind a server of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Request, header};
use sexton_core::names::{Actor, StoreName, TenantId};
use sexton_engine::ports::Database;
use sexton_engine::{Stores, Surroundings, System};
use sexton_postgres::PostgresDatabase;
use sexton_samples::{Sample, take_care};
use sexton_server::who::Identity;
use sexton_server::{Failure, Gate, Outcome, Service, router};
use sexton_sqlite::SqliteDatabase;
use sexton_stores::ApplicationStore;
use sexton_testkit::dump::Dump;
use sexton_testkit::{postgres, sqlite};
use tempfile::TempDir;
use tower::ServiceExt;

/// Makes a test of each function for each database; each gets the sample in a place of its own.
macro_rules! on_both_databases {
    ($sample:path; $($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_sqlite($sample()).await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres($sample()).await).await;
            })*
        }
    };
}

/// A sample in a database, with its routes.
pub struct Place {
    database: TestDatabase,
    router: Router,
    service: Arc<Service>,
    folder: TempDir,
}

enum TestDatabase {
    Sqlite(sqlite::TestDatabase),
    Postgres { database: postgres::TestDatabase, search_path: String },
}

/// An answer as a client has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    headers: Vec<(String, String)>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Expects this status and exactly this body.
    #[track_caller]
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Place {
    pub async fn on_sqlite(sample: Sample) -> Self {
        let (folder, stores, seed) = stores(&sample, sample.seed_sqlite).await;
        let database = sqlite::TestDatabase::new().await;
        let script = ["BEGIN;", sample.schema_sqlite, &seed, "COMMIT;"].join("\n");
        database.execute(&script).await;
        let opened = SqliteDatabase::open(database.path().to_str().unwrap()).await.unwrap();
        let service = served(&sample, Arc::new(opened), stores).await;
        Self {
            database: TestDatabase::Sqlite(database),
            router: router(service.clone()),
            service,
            folder,
        }
    }

    pub async fn on_postgres(sample: Sample) -> Self {
        let (folder, stores, seed) = stores(&sample, sample.seed_postgres).await;
        let database = postgres::TestDatabase::new().await;
        database.execute(&[sample.schema_postgres, &seed].join("\n")).await;
        let schema = sample.read_policy().unwrap().schema.map(|schema| schema.value);
        let opened = PostgresDatabase::connect(&database.url(), schema.as_deref()).unwrap();
        let service = served(&sample, Arc::new(opened), stores).await;
        let search_path = schema.map_or_else(String::new, |s| format!("SET search_path TO {s};\n"));
        let database = TestDatabase::Postgres { database, search_path };
        Self { database, router: router(service.clone()), service, folder }
    }

    /// Asks a route, as a program that is no browser.
    pub async fn ask(&self, asker: &Asker, method: &str, address: &str, body: &str) -> Reply {
        self.ask_from(None, asker, method, address, body).await
    }

    /// Asks the API, which is told what is sent.
    pub async fn ask_as_json(
        &self,
        asker: &Asker,
        method: &str,
        address: &str,
        body: &str,
    ) -> Reply {
        let json = ("content-type", "application/json");
        self.ask_with(&[json], asker, method, address, body).await
    }

    /// Asks a route from a page of this origin.
    pub async fn ask_from(
        &self,
        origin: Option<&str>,
        asker: &Asker,
        method: &str,
        address: &str,
        body: &str,
    ) -> Reply {
        let origin: Vec<_> = origin.iter().map(|origin| ("origin", *origin)).collect();
        self.ask_with(&origin, asker, method, address, body).await
    }

    async fn ask_with(
        &self,
        headers: &[(&str, &str)],
        asker: &Asker,
        method: &str,
        address: &str,
        body: &str,
    ) -> Reply {
        let mut request =
            Request::builder().method(method).uri(address).header("host", "app.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match asker {
            Asker::Nobody => request,
            Asker::Known(credential) => request.header("authorization", credential),
        };
        let request = match body {
            "" => request,
            _ => request.header(header::CONTENT_TYPE, "application/json"),
        };
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let headers = response.headers().iter();
        // The id of a request is another one each time.
        let headers = headers.filter(|(name, _)| name.as_str() != "x-request-id");
        let headers = headers.map(|(name, value)| {
            (name.to_string(), String::from_utf8(value.as_bytes().to_vec()).unwrap())
        });
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Reply { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Deletes as an administrator.
    pub async fn delete(&self, address: &str) -> Reply {
        self.ask(&admin(), "DELETE", address, "").await
    }

    pub async fn get(&self, address: &str) -> Reply {
        self.ask(&admin(), "GET", address, "").await
    }

    pub async fn execute(&self, script: &str) {
        match &self.database {
            TestDatabase::Sqlite(database) => database.execute(script).await,
            TestDatabase::Postgres { database, search_path } => {
                database.execute(&format!("{search_path}{script}")).await;
            }
        }
    }

    /// The first value of what is asked for.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let mut rows = match &self.database {
            TestDatabase::Sqlite(database) => database.query(sql).await,
            TestDatabase::Postgres { database, search_path } => {
                database.query(&format!("{search_path}{sql}")).await
            }
        };
        rows.swap_remove(0).swap_remove(0)
    }

    pub async fn count(&self, table: &str, condition: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
        self.value(&sql).await.unwrap().parse().unwrap()
    }

    /// Everything in the database but Sexton's own tables.
    pub async fn dump(&self) -> Dump {
        match &self.database {
            TestDatabase::Sqlite(database) => database.dump().await,
            TestDatabase::Postgres { database, .. } => database.dump().await,
        }
    }

    /// Waits until what was answered before its objects were gone has come to its end.
    pub async fn settled(&self) {
        self.service.running.end(Duration::from_mins(1)).await;
    }

    /// The system behind its server.
    pub fn system(&self) -> &System {
        let (_, system) = self.service.systems().next().unwrap();
        system
    }

    /// Puts an object that no row names.
    pub fn plant(&self, store: &str, key: &str) {
        let place = self.folder.path().join(store).join(key);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, "nobody's").unwrap();
    }

    /// How many objects a store holds below a key.
    pub fn objects_below(&self, store: &str, prefix: &str) -> usize {
        fn below(folder: &std::path::Path) -> usize {
            let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
            let count = |entry: std::fs::DirEntry| {
                if entry.path().is_dir() { below(&entry.path()) } else { 1 }
            };
            entries.map(|entry| count(entry.unwrap())).sum()
        }
        below(&self.folder.path().join(store).join(prefix))
    }
}

/// Who asks.
pub enum Asker {
    Nobody,
    Known(String),
}

/// Somebody with these roles, of one tenant or of all.
pub fn with_roles(actor: &str, roles: &[&str], tenant: Option<&str>) -> Asker {
    Asker::Known([actor, &roles.join(","), tenant.unwrap_or_default()].join("|"))
}

/// Believes what it is told; whoever is called `often` asks too often.
struct Believing;

#[async_trait]
impl Gate for Believing {
    async fn identify(&self, request: &Parts) -> Result<Identity, Failure> {
        let told = request.headers.get(header::AUTHORIZATION).map(|told| told.to_str().unwrap());
        let Some(told) = told else {
            return Err(Failure::by(Outcome::Anonymous).because("no key was presented"));
        };
        let [actor, roles, tenant] = told.split('|').collect::<Vec<_>>()[..] else { panic!() };
        if actor == "often" {
            let failure = Failure::by(Outcome::RateLimited).because("too many requests");
            return Err(Failure { retry_after: Some(7), ..failure });
        }
        Ok(Identity {
            actor: Actor::new(actor),
            bearer: "a test".into(),
            roles: roles.split(',').map(str::to_owned).collect(),
            organisations: Vec::new(),
            tenant: (!tenant.is_empty()).then(|| TenantId::new(tenant)),
            systems: None,
        })
    }

    fn is_guarded(&self) -> bool {
        false
    }
}

/// Somebody who may everything.
pub fn admin() -> Asker {
    with_roles("ada", &["admin"], None)
}

/// A folder for each store, with the objects of the seed, and the seed that says where they are.
async fn stores(sample: &Sample, seed: &str) -> (TempDir, Stores, String) {
    let folder = tempfile::tempdir().unwrap();
    let objects = sample.objects();
    let mut seed = seed.to_owned();
    let mut opened = Vec::new();
    for (store, bucket) in &objects.buckets {
        let place = folder.path().join(store);
        std::fs::create_dir_all(&place).unwrap();
        let place = place.display().to_string();
        let application = ApplicationStore::open(&place).unwrap();
        seed = seed.replace(&format!("s3://{bucket}/"), &application.root());
        objects.put(store, &application).await.unwrap();
        opened.push((StoreName::new(*store), Ok(sexton_stores::open_late(&place).unwrap())));
    }
    (folder, Stores::of(opened), seed)
}

async fn served(sample: &Sample, database: Arc<dyn Database>, stores: Stores) -> Arc<Service> {
    let policy = sample.read_policy().unwrap();
    let system = take_care(policy, database).await.unwrap().with_stores(stores);
    let surroundings = Surroundings::of_this_machine();
    Arc::new(Service::new([Arc::new(system)], Arc::new(Believing), surroundings).unwrap())
}
