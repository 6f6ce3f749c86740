//! The engine on one place, with every call over its database port timed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sexton_core::names::{Actor, ThingName};
use sexton_core::policy::{Options, parse};
use sexton_core::preview::{Count, Precision};
use sexton_core::schema::Dialect;
use sexton_engine::{
    Budget, Caller, DeleteRequest, FenceChange, Root, RootKey, Surroundings, System,
};
use sexton_testkit::interpose::Interposed;

use crate::clock;
use crate::place;
use crate::watch::{Call, Log};

/// An engine that is ready: its plan is compiled and its own tables exist.
pub struct Engine {
    system: System,
    log: Arc<Log>,
}

/// One deletion or preview by the engine.
#[derive(Debug, Clone)]
pub struct Done {
    /// From the request to the receipt, or to the preview.
    pub took: Duration,
    /// Every call over the database port.
    pub calls: Vec<Call>,
}

impl Engine {
    /// The engine on the database at this address, without the policy's fence: what it is compared
    /// with has none either.
    pub async fn on(dialect: Dialect, address: &str) -> Result<Self> {
        Self::with(dialect, address, false).await
    }

    /// The engine with the policy's fence, whose triggers it makes.
    pub async fn fenced_on(dialect: Dialect, address: &str) -> Result<Self> {
        Self::with(dialect, address, true).await
    }

    async fn with(dialect: Dialect, address: &str, is_fenced: bool) -> Result<Self> {
        let (policy, findings) = parse(sexton_samples::batches().policy);
        let mut policy = policy.with_context(|| format!("the sample's policy: {findings:?}"))?;
        policy.fence = policy.fence.filter(|_| is_fenced);
        let log = Arc::new(Log::default());
        let database = place::database(dialect, address).await?;
        let watched = Interposed::on(database).watched_by(log.clone());
        let surroundings = Surroundings::of_this_machine();
        let system = System::new(policy, Arc::new(watched), surroundings, None);
        system.prepare().await?;
        system.change_fence(FenceChange::Install).await?;
        system.plan(&ThingName::new("batch"), &Options::default()).await?;
        Ok(Self { system, log })
    }

    /// Deletes a batch as the engine does it for anybody, with bookkeeping and receipt, which
    /// must tell this many rows.
    pub async fn delete(&self, batch: &str, rows: i64) -> Result<Done> {
        let request = DeleteRequest { root: root(batch), reason: None, bound_to: None };
        self.log.take();
        let watch = clock::start();
        let receipt = self.system.delete(&request).await?;
        let took = watch.elapsed();
        let removed: u64 = receipt.record.removed.values().sum();
        ensure!(i64::try_from(removed)? == rows, "deleting {batch} removed {removed} rows");
        Ok(Done { took, calls: self.log.take() })
    }

    /// Previews a batch; the preview must be exact, with this many rows.
    pub async fn preview(&self, batch: &str, rows: i64) -> Result<Done> {
        let budget = Budget { time: Duration::from_mins(1), rows: 10_000_000 };
        self.log.take();
        let watch = clock::start();
        let preview = self.system.preview(&root(batch), budget).await?;
        let took = watch.elapsed();
        ensure!(preview.precision == Precision::Exact, "the preview of {batch} is not exact");
        let found = preview.rows();
        ensure!(found == Count::Exact(rows.try_into()?), "the preview of {batch} found {found:?}");
        Ok(Done { took, calls: self.log.take() })
    }
}

fn root(batch: &str) -> Root {
    Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id(batch.to_owned()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("bench")),
    }
}
