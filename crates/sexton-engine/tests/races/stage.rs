//! Where sessions meet: a PostgreSQL database, and deletions as processes of their own.

use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_core::names::{Actor, ThingName};
use sexton_core::policy::{Policy, parse};
use sexton_engine::{
    Caller, DeleteError, DeleteRequest, EngineError, FenceChange, Root, RootKey, Surroundings,
    System,
};
use sexton_samples::{batches, install_postgres};
use sexton_testkit::interpose::{Interposed, Recorder, Stop};
use sexton_testkit::postgres::TestDatabase;
use tokio::task::JoinHandle;

/// A deletion that runs.
pub type Deleting = JoinHandle<Result<Receipt, DeleteError>>;

/// A database and its policy.
pub struct Stage {
    pub test: TestDatabase,
    policy: Policy,
}

impl Stage {
    /// The sample of batches, without its fence: hardly any reference is enforced.
    pub async fn batches() -> Self {
        let test = TestDatabase::new().await;
        install_postgres(&batches(), &test.url()).await.expect("the sample fits");
        Self { test, policy: Policy { fence: None, ..read(batches().policy) } }
    }

    /// The sample of batches with its fence.
    pub async fn fenced_batches() -> Self {
        let stage = Self::batches().await;
        let stage = Self { policy: read(batches().policy), ..stage };
        stage.system(|on| on).change_fence(FenceChange::Install).await.expect("it can be fenced");
        stage
    }

    /// Projects, datasets, files and marks by enforced references; copies and notes by others.
    pub async fn family() -> Self {
        let test = TestDatabase::new().await;
        test.execute(include_str!("family.sql")).await;
        Self { test, policy: read(include_str!("family.toml")) }
    }

    /// The same family without a guard, and with a policy that has a fence or not.
    pub async fn fenced(has_fence: bool) -> Self {
        let test = TestDatabase::new().await;
        test.execute(include_str!("family.sql")).await;
        test.execute("ALTER TABLE copies ADD COLUMN project_id bigint").await;
        let mut policy = read(include_str!("fenced.toml"));
        policy.fence = policy.fence.filter(|_| has_fence);
        Self { test, policy }
    }

    /// A family whose projects are worked on, and whose fence asks what stopping that work writes.
    pub async fn closing() -> Self {
        let test = TestDatabase::new().await;
        test.execute(include_str!("family.sql")).await;
        let columns = "ALTER TABLE projects ADD COLUMN status text NOT NULL DEFAULT 'open',
            ADD COLUMN closing boolean NOT NULL DEFAULT false";
        test.execute(columns).await;
        let stage = Self { test, policy: read(include_str!("closing.toml")) };
        stage.system(|on| on).change_fence(FenceChange::Install).await.expect("it can be fenced");
        stage
    }

    /// Snapshots whose images share blobs, each taken by the last image that names it.
    pub async fn shared() -> Self {
        let test = TestDatabase::new().await;
        test.execute(include_str!("shared.sql")).await;
        Self { test, policy: read(include_str!("shared.toml")) }
    }

    /// What a script creates, and a policy for it.
    pub async fn of(script: &str, policy: &str) -> Self {
        let test = TestDatabase::new().await;
        test.execute(script).await;
        Self { test, policy: read(policy) }
    }

    /// A system with an adapter of its own, as another process would have one.
    pub fn system(&self, with: impl FnOnce(Interposed) -> Interposed) -> System {
        let database = Arc::new(with(Interposed::on(self.test.database())));
        System::new(self.policy.clone(), database, Surroundings::of_this_machine(), None)
    }

    /// A system whose policy does not know this thing any more.
    pub fn without_thing(&self, thing: &str) -> System {
        let mut policy = self.policy.clone();
        policy.things.retain(|known| known.name.as_str() != thing);
        System::new(policy, self.test.database(), Surroundings::of_this_machine(), None)
    }

    /// Starts a deletion in a system of its own.
    pub fn deleting(
        &self,
        thing: &str,
        id: &str,
        with: impl FnOnce(Interposed) -> Interposed,
    ) -> Deleting {
        let (system, request) = (self.system(with), request(thing, id));
        tokio::spawn(async move { system.delete(&request).await })
    }

    /// Starts a deletion of several roots in a system of its own.
    pub fn deleting_all(
        &self,
        thing: &str,
        ids: &[&str],
        with: impl FnOnce(Interposed) -> Interposed,
    ) -> Deleting {
        let (system, mut request) = (self.system(with), request(thing, ""));
        request.root.key = RootKey::Ids(ids.iter().map(|&id| id.to_owned()).collect());
        tokio::spawn(async move { system.delete(&request).await })
    }

    /// The points of the one transaction that deletes a project, while nobody disturbs it.
    pub async fn points_of_the_change(&self) -> Vec<String> {
        let recorder = Arc::new(Recorder::default());
        succeeds(self.deleting("project", "60", |on| on.watched_by(recorder.clone()))).await;
        let mut points = recorder.points();
        points.retain(|point| point.ends_with(" (change)"));
        points
    }

    /// Lets a deletion go on, and waits until it waits for a lock.
    pub async fn go_until_blocked(&self, stop: Stop, deleting: &mut Deleting) {
        let session = stop.point.session.expect("the server numbers its sessions");
        stop.go();
        tokio::select! {
            () = self.test.until_blocked(session) => {}
            ended = deleting => panic!("it ended where it was to wait: {ended:?}"),
        }
    }

    /// A single number.
    pub async fn number(&self, sql: &str) -> i64 {
        let rows = self.test.query(sql).await;
        let value = rows.first().and_then(|row| row.first()?.as_deref());
        value.and_then(|value| value.parse().ok()).expect("the question asks for one number")
    }

    /// Lets leases run out: moves what is stored, as if their time had passed.
    pub async fn end_leases(&self) {
        self.test.execute("UPDATE sexton.deletions SET leased_until = 0").await;
    }

    /// Deletions by state, and how many records the audit has.
    pub async fn ledger(&self) -> (Vec<String>, i64) {
        let states = self.test.query("SELECT state FROM sexton.deletions ORDER BY state").await;
        let states = states.into_iter().flatten().flatten().collect();
        (states, self.number("SELECT count(*) FROM sexton.audit").await)
    }

    /// Every receipt that is stored.
    pub async fn receipts(&self) -> Vec<Receipt> {
        let texts = self.test.query("SELECT receipt FROM sexton.deletions ORDER BY id").await;
        let texts = texts.into_iter().flatten().flatten();
        texts.map(|text| serde_json::from_str(&text).expect("a receipt is JSON")).collect()
    }
}

fn read(policy: &str) -> Policy {
    let (policy, findings) = parse(policy);
    policy.unwrap_or_else(|| panic!("the policy cannot be read: {findings:?}"))
}

/// Asks for a deletion by the root's id.
pub fn request(thing: &str, id: &str) -> DeleteRequest {
    let root = Root {
        thing: ThingName::new(thing),
        key: RootKey::Id(id.into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

/// What a deletion ended with.
pub async fn end(deleting: Deleting) -> Result<Receipt, DeleteError> {
    deleting.await.expect("a deletion does not panic")
}

/// Waits for a deletion that nothing keeps from succeeding.
pub async fn succeeds(deleting: Deleting) -> Receipt {
    end(deleting).await.unwrap_or_else(|error| panic!("the deletion did not succeed: {error}"))
}

/// Whether there was nothing to delete.
pub fn found_nothing(ended: &Result<Receipt, DeleteError>) -> bool {
    matches!(ended, Err(DeleteError::Engine(EngineError::NotFound { .. })))
}
