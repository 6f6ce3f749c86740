//! A sample system on either database, its objects in folders, behind a server of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Request, header};
use sexton_core::names::{Actor, TenantId};
use sexton_engine::ports::Database;
use sexton_engine::{Stores, Surroundings, System};
use sexton_postgres::PostgresDatabase;
use sexton_samples::{Sample, take_care};
use sexton_server::who::Identity;
use sexton_server::{Failure, Gate, Outcome, Service, router};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::s3::{Faults, S3Double};
use sexton_testkit::{postgres, sqlite};
use tower::ServiceExt;

use crate::stores::StorePlace;

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

/// Makes a test of each function with PostgreSQL and buckets.
macro_rules! on_postgres_and_s3 {
    ($sample:path; $($test:ident),* $(,)?) => {
        mod on_postgres_and_s3 {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres_and_s3($sample()).await).await;
            })*
        }
    };
}

/// A sample in a database, with its routes.
pub struct Place {
    database: TestDatabase,
    router: Router,
    service: Arc<Service>,
    stores: StorePlace,
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
        let (place, stores, seed) = StorePlace::in_folders(&sample, sample.seed_sqlite).await;
        let database = sqlite::TestDatabase::new().await;
        let script = ["BEGIN;", sample.schema_sqlite, &seed, "COMMIT;"].join("\n");
        database.execute(&script).await;
        let opened = SqliteDatabase::open(database.path().to_str().unwrap()).await.unwrap();
        let service = served(&sample, Arc::new(opened), stores).await;
        Self {
            database: TestDatabase::Sqlite(database),
            router: router(service.clone()),
            service,
            stores: place,
        }
    }

    pub async fn on_postgres(sample: Sample) -> Self {
        let (place, stores, seed) = StorePlace::in_folders(&sample, sample.seed_postgres).await;
        Self::seeded_on_postgres(&sample, place, stores, &seed).await
    }

    pub async fn on_postgres_and_s3(sample: Sample) -> Self {
        let (place, stores) = StorePlace::in_buckets(&sample).await;
        Self::seeded_on_postgres(&sample, place, stores, sample.seed_postgres).await
    }

    async fn seeded_on_postgres(
        sample: &Sample,
        place: StorePlace,
        stores: Stores,
        seed: &str,
    ) -> Self {
        let database = postgres::TestDatabase::new().await;
        database.execute(&[sample.schema_postgres, seed].join("\n")).await;
        let schema = sample.read_policy().unwrap().schema.map(|schema| schema.value);
        let opened = PostgresDatabase::connect(&database.url(), schema.as_deref()).unwrap();
        let service = served(sample, Arc::new(opened), stores).await;
        let search_path = schema.map_or_else(String::new, |s| format!("SET search_path TO {s};\n"));
        let database = TestDatabase::Postgres { database, search_path };
        Self { database, router: router(service.clone()), service, stores: place }
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
        self.stores.plant(store, key);
    }

    /// How many objects a store holds below a key.
    pub fn objects_below(&self, store: &str, prefix: &str) -> usize {
        self.stores.below(store, prefix)
    }

    /// Every key of a store in a bucket.
    pub fn keys(&self, store: &str) -> Vec<String> {
        self.stores.keys(store)
    }

    /// The server that has a store, and its bucket.
    pub fn bucket(&self, store: &str) -> (&S3Double, &'static str) {
        self.stores.bucket(store)
    }

    /// Changes how the server of the buckets fails.
    pub fn fail(&self, store: &str, change: impl FnOnce(&mut Faults)) {
        self.stores.bucket(store).0.fail(change);
    }

    /// Carries out what a deletion promised, now, as an operator.
    pub async fn retry(&self, told: &Reply) -> Reply {
        self.settled().await;
        let (system, _) = self.service.systems().next().unwrap();
        let deletion = told.header("Sexton-Deletion").unwrap();
        let address = format!("/api/systems/{system}/deletions/{deletion}/retry");
        self.ask_as_json(&admin(), "POST", &address, "").await
    }

    /// Lets the database refuse to remove rows of a table, until it is told otherwise.
    pub async fn break_table(&self, table: &str) {
        self.execute(&format!(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'broken'; END $$;
             CREATE TRIGGER broken BEFORE DELETE ON {table}
             FOR EACH ROW EXECUTE FUNCTION broken();"
        ))
        .await;
    }

    pub async fn mend_table(&self, table: &str) {
        self.execute(&format!("DROP TRIGGER broken ON {table}; DROP FUNCTION broken();")).await;
    }
}

/// Who asks.
pub enum Asker {
    Nobody,
    Known(String),
}

/// Somebody with these roles, of one tenant or of all.
pub fn with_roles(actor: &str, roles: &[&str], tenant: Option<&str>) -> Asker {
    Asker::Known([actor, &roles.join(","), tenant.unwrap_or_default(), ""].join("|"))
}

/// Somebody who acts for an organisation now.
pub fn acting_for(actor: &str, organisation: &str) -> Asker {
    Asker::Known([actor, "user", "", organisation].join("|"))
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
        let [actor, roles, tenant, organisation] = told.split('|').collect::<Vec<_>>()[..] else {
            panic!()
        };
        if actor == "often" {
            let failure = Failure::by(Outcome::RateLimited).because("too many requests");
            return Err(Failure { retry_after: Some(7), ..failure });
        }
        Ok(Identity {
            actor: Actor::new(actor),
            bearer: "a test".into(),
            roles: roles.split(',').map(str::to_owned).collect(),
            organisations: (!organisation.is_empty())
                .then(|| organisation.to_owned())
                .into_iter()
                .collect(),
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

async fn served(sample: &Sample, database: Arc<dyn Database>, stores: Stores) -> Arc<Service> {
    let policy = sample.read_policy().unwrap();
    let system = take_care(policy, database).await.unwrap().with_stores(stores);
    let surroundings = Surroundings::of_this_machine();
    Arc::new(Service::new([Arc::new(system)], Arc::new(Believing), surroundings).unwrap())
}
