//! The engine on one place, with every call over its database port timed.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sexton_core::names::{Actor, ThingName};
use sexton_core::policy::{Options, Policy, parse};
use sexton_core::preview::{Count, Precision};
use sexton_core::schema::Dialect;
use sexton_engine::{
    Budget, Caller, DeleteRequest, FenceChange, Root, RootKey, Surroundings, System,
};
use sexton_samples::Sample;
use sexton_testkit::interpose::{Interposed, Watcher};

use crate::clock;
use crate::place;
use crate::watch::{Call, Log};

/// An engine that is ready: its plan is compiled and its own tables exist.
pub struct Engine {
    system: System,
    log: Arc<Log>,
    thing: ThingName,
}

/// One deletion or preview by the engine.
#[derive(Debug, Clone)]
pub struct Done {
    /// From the request to the receipt, or to the preview.
    pub took: Duration,
    /// Every call over the database port.
    pub calls: Vec<Call>,
}

/// Which parts of a policy hold that cost something by themselves.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// Its fence, whose triggers are made.
    pub fence: bool,
    /// Its work in flight.
    pub work: bool,
}

impl Engine {
    /// The engine on the batches at this address, without the policy's fence: what it is compared
    /// with has none either.
    pub async fn on(dialect: Dialect, address: &str) -> Result<Self> {
        Self::with(dialect, address, Parts { fence: false, work: true }, None).await
    }

    /// The engine on batches with these parts of the policy, and somebody who watches.
    pub async fn with(
        dialect: Dialect,
        address: &str,
        parts: Parts,
        watcher: Option<Arc<dyn Watcher>>,
    ) -> Result<Self> {
        let policy = policy(&sexton_samples::batches(), parts)?;
        Self::of(dialect, address, policy, "batch", watcher).await
    }

    /// The engine on a sample's things, without its fence.
    pub async fn of_sample(
        dialect: Dialect,
        address: &str,
        sample: &Sample,
        thing: &str,
    ) -> Result<Self> {
        let policy = policy(sample, Parts { fence: false, work: true })?;
        Self::of(dialect, address, policy, thing, None).await
    }

    async fn of(
        dialect: Dialect,
        address: &str,
        policy: Policy,
        thing: &str,
        watcher: Option<Arc<dyn Watcher>>,
    ) -> Result<Self> {
        let log = Arc::new(Log::default());
        let database = place::database(dialect, address).await?;
        let mut timed = Interposed::on(database).watched_by(log.clone());
        if let Some(watcher) = watcher {
            timed = timed.watched_by(watcher);
        }
        let surroundings = Surroundings::of_this_machine();
        let system = System::new(policy, Arc::new(timed), surroundings, None);
        system.prepare().await?;
        system.change_fence(FenceChange::Install).await?;
        let thing = ThingName::new(thing);
        system.plan(&thing, &Options::default()).await?;
        Ok(Self { system, log, thing })
    }

    /// Deletes one of its things as the engine does it for anybody, with bookkeeping and receipt, which
    /// must tell this many rows.
    pub async fn delete(&self, batch: &str, rows: i64) -> Result<Done> {
        let request = DeleteRequest { root: self.root(batch), reason: None, bound_to: None };
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
        let preview = self.system.preview(&self.root(batch), budget).await?;
        let took = watch.elapsed();
        ensure!(preview.precision == Precision::Exact, "the preview of {batch} is not exact");
        let found = preview.rows();
        ensure!(found == Count::Exact(rows.try_into()?), "the preview of {batch} found {found:?}");
        Ok(Done { took, calls: self.log.take() })
    }

    fn root(&self, id: &str) -> Root {
        Root {
            thing: self.thing.clone(),
            key: RootKey::Id(id.to_owned()),
            options: std::collections::BTreeMap::new(),
            caller: Caller::operator(Actor::new("bench")),
        }
    }
}

/// A sample's policy with these parts, of rows only.
pub fn policy(sample: &Sample, parts: Parts) -> Result<Policy> {
    let (policy, findings) = parse(sample.policy);
    let mut policy = policy.with_context(|| format!("the sample's policy: {findings:?}"))?;
    policy.fence = policy.fence.filter(|_| parts.fence);
    policy.work.retain(|_| parts.work);
    // Rows are compared with rows: who deletes by hand here leaves objects where they are.
    policy.objects.clear();
    policy.pools.clear();
    Ok(policy)
}
