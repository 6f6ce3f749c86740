//! A system under care: its policy and its database, and the plans compiled from both.
//!
//! The schema is read once and kept with a stamp; a transaction compares the stamp of its own
//! tables and never reads the catalog. When the stamp differs, the caller forgets what is kept
//! and begins anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sexton_core::check::{
    check, in_file_order, inquiries, plans, uncalled, undeclared, undeclared_findings,
};
use sexton_core::closures::Closures;
use sexton_core::finding::{Finding, Severity, did_you_mean};
use sexton_core::graph::{self, Graph};
use sexton_core::names::{DeletionId, RetentionName, RouteName, ThingName, Timestamp};
use sexton_core::plan::{
    Adopting, CompileError, Plan, RoutePlan, Way, adopting, compile, compile_hide, compile_orphans,
    compile_purge, route_plan,
};
use sexton_core::policy::{Options, Policy, Route, Thing};
use sexton_core::rights::{Standing, needed};
use sexton_core::schema::Schema;
use tokio::sync::{Mutex, watch};

use crate::draft::suggest;
use crate::inquire::{Inspected, Reach, inquire};
use crate::outcome::EngineError;
use crate::ports::{Database, DatabaseError, Events, HookCaller, Mode, NoCaller, SchemaStamp};
use crate::reap::{Gone, PATIENCE};
use crate::request::Surroundings;
use crate::retain::Ages;
use crate::stores::Stores;

/// So long a chunk of a purge may take before it is taken back: a line may be dead and not say so.
const CHUNK_TIME: Duration = Duration::from_mins(3);

/// A system under care, ready for previews and deletions.
pub struct System {
    pub(crate) policy: Arc<Policy>,
    pub(crate) database: Arc<dyn Database>,
    pub(crate) surroundings: Surroundings,
    pub(crate) audit_key: Option<Vec<u8>>,
    pub(crate) caller: Arc<dyn HookCaller>,
    pub(crate) log: Option<Arc<dyn Events>>,
    pub(crate) stores: Stores,
    pub(crate) patience: Duration,
    pub(crate) meter: Option<watch::Sender<Gone>>,
    pub(crate) ages: Ages,
    kept: Mutex<Kept>,
    /// So long a chunk of a purge may take.
    pub(crate) chunk_time: Duration,
    /// When this process last drained what is hidden of each thing.
    pub(crate) drained: Mutex<BTreeMap<ThingName, Timestamp>>,
    /// When this process last took samples.
    pub(crate) sampled: Mutex<Option<Timestamp>>,
}

/// What is kept until the schema changes.
#[derive(Default)]
struct Kept {
    schema: Option<Arc<Schema>>,
    plans: BTreeMap<(ThingName, Options, Way), Arc<Ready>>,
    purges: BTreeMap<(ThingName, Options), Arc<[Arc<Ready>]>>,
    orphans: BTreeMap<ThingName, Arc<[Arc<Ready>]>>,
    routes: BTreeMap<(RouteName, ThingName), Arc<RoutePlan>>,
    ledger: bool,
}

/// A plan and the stamp of its tables' shape when it was compiled.
#[derive(Debug)]
pub(crate) struct Ready {
    pub plan: Plan,
    pub stamp: SchemaStamp,
    pub findings: Vec<Finding>,
}

impl System {
    /// A system with this policy on this database. Nothing is read yet.
    pub fn new(
        policy: Policy,
        database: Arc<dyn Database>,
        surroundings: Surroundings,
        audit_key: Option<Vec<u8>>,
    ) -> Self {
        let caller = Arc::new(NoCaller);
        Self {
            policy: Arc::new(policy),
            database,
            surroundings,
            audit_key,
            caller,
            log: None,
            stores: Stores::default(),
            patience: PATIENCE,
            meter: None,
            ages: Ages::default(),
            kept: Mutex::default(),
            chunk_time: CHUNK_TIME,
            drained: Mutex::default(),
            sampled: Mutex::default(),
        }
    }

    /// The same, with somebody who makes the calls of its hooks. Without, nobody is called.
    #[must_use]
    pub fn with_caller(self, caller: Arc<dyn HookCaller>) -> Self {
        Self { caller, ..self }
    }

    /// The same, with a log in which its events are told. Without, they are not even stored.
    #[must_use]
    pub fn with_log(self, log: Arc<dyn Events>) -> Self {
        Self { log: Some(log), ..self }
    }

    /// The same, but no chunk of a purge takes longer: whoever is silent holds up nobody else.
    #[must_use]
    pub fn with_chunk_time(self, chunk_time: Duration) -> Self {
        Self { chunk_time, ..self }
    }

    /// The same, with the stores of its objects. Without, what takes objects along is refused.
    #[must_use]
    pub fn with_stores(self, stores: Stores) -> Self {
        Self { stores, ..self }
    }

    /// The same, with the ages in seconds of rules whose age a variable says. A rule without one is
    /// only run by hand.
    #[must_use]
    pub fn with_ages(self, ages: BTreeMap<RetentionName, i64>) -> Self {
        Self { ages, ..self }
    }

    /// Its policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its database.
    pub fn database(&self) -> &Arc<dyn Database> {
        &self.database
    }

    /// Judges the policy against the live schema, conditions and all, and against the rows as they
    /// are now. Only reads.
    pub async fn check(&self) -> Result<Vec<Finding>, DatabaseError> {
        Ok(self.inspect(Reach::Some).await?.findings)
    }

    /// The same, and tells how far it has looked.
    pub async fn inspect(&self, reach: Reach) -> Result<Inspected, DatabaseError> {
        let schema = self.database.schema().await?;
        let checked = check(&self.policy, &schema);
        let mut findings = checked.findings;
        let hooks = self.policy.hooks.iter();
        findings.extend(hooks.flat_map(|hook| uncalled(hook, &|name| self.caller.is_set(name))));
        for probe in &checked.probes {
            match self.database.prepare(&probe.sql).await {
                // What the role lacks is told by itself.
                Ok(()) | Err(DatabaseError::Denied { .. }) => {}
                Err(DatabaseError::Statement { detail, .. } | DatabaseError::BadValue(detail)) => {
                    findings.push(probe.finding(&detail));
                }
                Err(error) => return Err(error),
            }
        }
        let inquiries = inquiries(&self.policy, &schema, &checked.graph);
        let told = inquire(self.database.as_ref(), &schema, &inquiries, reach).await?;
        findings.extend(told.findings.iter().cloned());
        let open = undeclared(&self.policy, &schema, &checked.graph);
        let suggestions = suggest(self.database.as_ref(), &schema, open, reach).await?;
        findings.extend(undeclared_findings(&schema, &suggestions));
        let standing = self.standing(None, &schema, &checked.graph).await?;
        findings.extend(standing.iter().flat_map(Standing::findings));
        Ok(Inspected { findings: in_file_order(findings), ..told })
    }

    /// What a policy says of the live schema that each thing takes and touches.
    pub async fn closures(&self, policy: &Policy) -> Result<Closures, DatabaseError> {
        let schema = self.schema().await?;
        let (graph, _) = graph::resolve(policy, &schema);
        Ok(Closures::of(policy, &graph))
    }

    /// What a role, or else the connected one, may do of what the policy does; nothing where there
    /// are no roles.
    pub async fn rights(&self, role: Option<&str>) -> Result<Option<Standing>, EngineError> {
        let schema = self.database.schema().await?;
        let checked = check(&self.policy, &schema);
        let errors = checked.findings.into_iter().filter(|f| f.severity == Severity::Error);
        let errors: Vec<Finding> = errors.collect();
        if !errors.is_empty() {
            return Err(EngineError::Policy(errors));
        }
        Ok(self.standing(role, &schema, &checked.graph).await?)
    }

    async fn standing(
        &self,
        role: Option<&str>,
        schema: &Schema,
        graph: &Graph,
    ) -> Result<Option<Standing>, DatabaseError> {
        let plans = plans(&self.policy, schema, graph);
        self.database.rights(role, needed(&plans, schema)).await
    }

    /// The live schema, as last read.
    pub async fn schema(&self) -> Result<Arc<Schema>, DatabaseError> {
        let mut kept = self.kept.lock().await;
        if let Some(schema) = &kept.schema {
            return Ok(schema.clone());
        }
        let schema = Arc::new(self.database.schema().await?);
        kept.schema = Some(schema.clone());
        Ok(schema)
    }

    /// The plan of a thing with these options, compiled once per schema.
    pub async fn plan(&self, thing: &ThingName, options: &Options) -> Result<Plan, EngineError> {
        Ok(self.ready(thing, options).await?.plan.clone())
    }

    /// The plan of a thing that goes so far.
    pub async fn plan_to(
        &self,
        thing: &ThingName,
        options: &Options,
        way: Way,
    ) -> Result<Plan, EngineError> {
        Ok(self.ready_to(thing, options, way).await?.plan.clone())
    }

    /// The statements of a route about a thing, compiled once per schema.
    pub(crate) async fn route_plan(
        &self,
        route: &Route,
        thing: &ThingName,
    ) -> Result<Arc<RoutePlan>, EngineError> {
        let key = (route.name.clone(), thing.clone());
        if let Some(plan) = self.kept.lock().await.routes.get(&key) {
            return Ok(plan.clone());
        }
        let known = self.thing(thing).ok_or_else(|| self.unknown_thing(thing.clone()))?;
        let schema = self.schema().await?;
        let (graph, _) = graph::resolve(&self.policy, &schema);
        let plan = Arc::new(route_plan(&self.policy, &schema, &graph, route, known));
        self.kept.lock().await.routes.insert(key, plan.clone());
        Ok(plan)
    }

    /// What is chosen of a thing's options, where these are asked for.
    pub fn options(
        &self,
        thing: &ThingName,
        asked: &BTreeMap<String, String>,
    ) -> Result<Options, EngineError> {
        let known = self.thing(thing).ok_or_else(|| self.unknown_thing(thing.clone()))?;
        Ok(Options::chosen(known, asked)?)
    }

    /// The plan of a thing all at once, hidden or not.
    pub(crate) async fn ready(
        &self,
        thing: &ThingName,
        options: &Options,
    ) -> Result<Arc<Ready>, EngineError> {
        self.ready_to(thing, options, Way::AtOnce).await
    }

    /// How far a deletion of a thing goes, if nobody asks for more.
    pub(crate) fn way(&self, thing: &ThingName) -> Way {
        let hides = self.thing(thing).is_some_and(|thing| thing.hide.is_some());
        if hides { Way::Hide } else { Way::AtOnce }
    }

    /// The plan of a thing that goes so far.
    pub(crate) async fn ready_to(
        &self,
        thing: &ThingName,
        options: &Options,
        way: Way,
    ) -> Result<Arc<Ready>, EngineError> {
        let key = (thing.clone(), options.clone(), way);
        if let Some(ready) = self.kept.lock().await.plans.get(&key) {
            return Ok(ready.clone());
        }
        let compiled = self.stamped(|| self.compile(thing, options, way)).await?;
        let ready = Arc::new(compiled.into_iter().next().expect("one thing has one plan"));
        self.kept.lock().await.plans.insert(key, ready.clone());
        Ok(ready)
    }

    /// The chunks of a thing's purge, in their order.
    pub(crate) async fn ready_to_purge(
        &self,
        thing: &ThingName,
        options: &Options,
    ) -> Result<Arc<[Arc<Ready>]>, EngineError> {
        let key = (thing.clone(), options.clone());
        if let Some(ready) = self.kept.lock().await.purges.get(&key) {
            return Ok(ready.clone());
        }
        let compiled = self.stamped(|| self.compile_chunks(thing, options)).await?;
        let ready: Arc<[Arc<Ready>]> = compiled.into_iter().map(Arc::new).collect();
        self.kept.lock().await.purges.insert(key, ready.clone());
        Ok(ready)
    }

    /// The chunks of rows that lost a thing, where a line calls them garbage.
    pub(crate) async fn ready_for_orphans(
        &self,
        thing: &ThingName,
    ) -> Result<Arc<[Arc<Ready>]>, EngineError> {
        if let Some(ready) = self.kept.lock().await.orphans.get(thing) {
            return Ok(ready.clone());
        }
        let compiled = self.stamped(|| self.compile_orphans(thing)).await?;
        let ready: Arc<[Arc<Ready>]> = compiled.into_iter().map(Arc::new).collect();
        self.kept.lock().await.orphans.insert(thing.clone(), ready.clone());
        Ok(ready)
    }

    /// How roots that others have hidden are found.
    pub(crate) async fn adopting(
        &self,
        thing: &ThingName,
    ) -> Result<Option<Adopting>, EngineError> {
        let schema = self.schema().await?;
        let (graph, _) = graph::resolve(&self.policy, &schema);
        Ok(adopting(&self.policy, &schema, &graph, thing))
    }

    /// Plans with the stamps of their tables.
    async fn stamped<F>(&self, compile: impl Fn() -> F) -> Result<Vec<Ready>, EngineError>
    where
        F: Future<Output = Result<Vec<Ready>, EngineError>>,
    {
        let mut plans = compile().await?;
        loop {
            let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
            let mut stamps = Vec::new();
            for ready in &plans {
                stamps.push(tx.stamp(&ready.plan.tables).await?);
            }
            tx.rollback().await?;
            // Race: the schema may have changed between reading it and taking the stamp. It is
            // read once more; the stamp holds if the plan comes out the same.
            self.kept.lock().await.schema = None;
            let again = compile().await?;
            let prints = |plans: &[Ready]| -> Vec<String> {
                plans.iter().map(|ready| ready.plan.fingerprint.clone()).collect()
            };
            let same = prints(&again) == prints(&plans);
            plans = again;
            if same {
                let stamped = plans.into_iter().zip(stamps);
                return Ok(stamped.map(|(ready, stamp)| Ready { stamp, ..ready }).collect());
            }
        }
    }

    async fn compile(
        &self,
        thing: &ThingName,
        options: &Options,
        way: Way,
    ) -> Result<Vec<Ready>, EngineError> {
        let schema = self.schema().await?;
        let checked = check(&self.policy, &schema);
        let plan = match way {
            Way::Hide => compile_hide(&self.policy, &schema, &checked.graph, thing, options),
            Way::AtOnce | Way::Chunk => {
                compile(&self.policy, &schema, &checked.graph, thing, options)
            }
        };
        Ok(vec![self.unstamped(plan, &checked.findings)?])
    }

    async fn compile_chunks(
        &self,
        thing: &ThingName,
        options: &Options,
    ) -> Result<Vec<Ready>, EngineError> {
        let schema = self.schema().await?;
        let checked = check(&self.policy, &schema);
        let plans = compile_purge(&self.policy, &schema, &checked.graph, thing, options);
        let plans = match plans {
            Ok(plans) => plans.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        plans.into_iter().map(|plan| self.unstamped(plan, &checked.findings)).collect()
    }

    async fn compile_orphans(&self, thing: &ThingName) -> Result<Vec<Ready>, EngineError> {
        let schema = self.schema().await?;
        let checked = check(&self.policy, &schema);
        let options = self.thing(thing).map(Options::defaults).unwrap_or_default();
        let plans = compile_orphans(&self.policy, &schema, &checked.graph, thing, &options);
        let plans = match plans {
            Ok(plans) => plans.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        plans.into_iter().map(|plan| self.unstamped(plan, &checked.findings)).collect()
    }

    fn unstamped(
        &self,
        plan: Result<Plan, CompileError>,
        findings: &[Finding],
    ) -> Result<Ready, EngineError> {
        match plan {
            Ok(plan) => {
                let findings = findings.to_vec();
                Ok(Ready { plan, stamp: SchemaStamp(String::new()), findings })
            }
            Err(CompileError::UnknownThing(thing)) => Err(self.unknown_thing(thing)),
            Err(CompileError::Findings(findings)) => Err(EngineError::Policy(findings)),
        }
    }

    /// Whether a table of the plan has another shape by now.
    pub(crate) async fn has_changed(&self, ready: &Ready) -> Result<bool, DatabaseError> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let stamp = tx.stamp(&ready.plan.tables).await?;
        tx.rollback().await?;
        Ok(stamp != ready.stamp)
    }

    pub(crate) fn unknown_thing(&self, thing: ThingName) -> EngineError {
        let names: Vec<&str> = self.policy.things.iter().map(|known| known.name.as_str()).collect();
        EngineError::UnknownThing {
            near: did_you_mean(thing.as_str(), names.iter().copied()).map(str::to_owned),
            known: names.join(", "),
            thing,
        }
    }

    pub(crate) fn thing(&self, name: &ThingName) -> Option<&Thing> {
        self.policy.things.iter().find(|thing| thing.name == *name)
    }

    /// Forgets schema and plans, because the shape of a table has changed.
    pub(crate) async fn forget(&self) {
        let mut kept = self.kept.lock().await;
        kept.schema = None;
        kept.plans.clear();
        kept.purges.clear();
        kept.orphans.clear();
        kept.routes.clear();
    }

    /// Creates or upgrades Sexton's own tables; deletions do it themselves on first use.
    pub async fn prepare(&self) -> Result<(), DatabaseError> {
        let mut kept = self.kept.lock().await;
        if !kept.ledger {
            self.database.prepare_ledger().await?;
            kept.ledger = true;
        }
        Ok(())
    }

    /// Whether anything was ever deleted here. Asking leaves the database as it is; where Sexton's
    /// own tables are there, they are brought up to date.
    pub(crate) async fn has_history(&self) -> Result<bool, DatabaseError> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let there = tx.is_there().await?;
        tx.rollback().await?;
        if there {
            self.prepare().await?;
        }
        Ok(there)
    }

    pub(crate) fn new_deletion_id(&self) -> DeletionId {
        let word = data_encoding::BASE32_NOPAD.encode(&self.surroundings.entropy.unique());
        DeletionId::new(["dlt_", &word.to_lowercase()].concat())
    }

    pub(crate) fn new_lease(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.surroundings.entropy.unique())
    }
}

impl Ready {
    /// Findings that make every deletion refuse.
    pub fn errors(&self) -> Vec<Finding> {
        self.findings.iter().filter(|f| f.severity == Severity::Error).cloned().collect()
    }
}
