//! Has the engine do what a request asks, and gathers what an answer may say of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sexton_core::audit::Receipt;
use sexton_core::names::{TenantId, ThingName};
use sexton_core::policy::{Deed, Outcome, Route, Thing, Verb};
use sexton_core::preview::{BlockerKind, Count, Preview};
use sexton_core::routes::{Asked, AskedKey, Facts};
use sexton_engine::{
    Budget, Caller, Committed, DeleteError, DeleteRequest, EngineError, ForRoute, Root, RootKey,
    System,
};
use tokio::sync::watch;

use super::{objects, outcomes};
use crate::service::Service;

/// What is done for whom.
pub(super) struct Doing<'a> {
    pub service: &'a Service,
    pub system: &'a Arc<System>,
    pub route: &'a Route,
    pub caller: Caller,
}

/// How far a deletion goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    /// To where its thing is hidden, if it can be.
    AsItGoes,
    /// It does not stop at hiding.
    ForGood,
}

/// How it ended.
pub(super) struct Ended {
    pub outcome: Outcome,
    pub facts: Facts,
    pub headers: Vec<(String, String)>,
    /// What only the log is told.
    pub cause: Option<String>,
}

impl Ended {
    pub fn with(outcome: Outcome, facts: Facts) -> Self {
        Self { outcome, facts, headers: Vec::new(), cause: None }
    }

    pub fn by(error: &EngineError, mut facts: Facts) -> Self {
        let outcome = outcomes::of_engine(error, &mut facts);
        Self { cause: Some(error.to_string()), ..Self::with(outcome, facts) }
    }
}

impl Doing<'_> {
    /// Does it.
    pub async fn run(mut self, asked: Asked) -> Ended {
        let Asked { deed, key, options, page, over_secs, mut facts } = asked;
        let (verb, thing) = match &deed {
            Deed::To(verb, thing) => (*verb, thing),
            Deed::Retention(rule) => return self.retain(rule, over_secs, facts).await,
        };
        let path = facts.path.clone();
        let root = match self.root(thing, &path, key, options).await {
            Ok(root) => root,
            Err(error) => return Ended::by(&error, facts),
        };
        match self.of_tenant(&root, &path).await {
            Ok(true) => {}
            Ok(false) => return Ended::with(Outcome::Missing, missing(&root, facts)),
            Err(error) => return Ended::by(&error, facts),
        }
        let root = Root { caller: self.caller.clone(), ..root };
        let done = match verb {
            Verb::List => self.list(thing, &path, page, &mut facts).await,
            Verb::Preview => self.preview(&root, &path, &mut facts).await,
            Verb::Cancel => self.cancel(&root, &path, &mut facts).await,
            Verb::Restore => return self.restore(&root, &path, facts).await,
            Verb::Delete => return self.delete(Far::AsItGoes, root, &path, facts).await,
            Verb::DeleteForGood => return self.delete(Far::ForGood, root, &path, facts).await,
        };
        match done {
            Ok(outcome) => Ended::with(outcome, facts),
            Err(error) => Ended::by(&error, facts),
        }
    }

    pub(super) fn asking<'q>(
        &'q self,
        thing: &'q ThingName,
        path: &'q BTreeMap<String, String>,
    ) -> ForRoute<'q> {
        ForRoute { route: self.route, thing, path, caller: &self.caller }
    }

    async fn root(
        &self,
        thing: &ThingName,
        path: &BTreeMap<String, String>,
        key: AskedKey,
        options: BTreeMap<String, String>,
    ) -> Result<Root, EngineError> {
        let key = match key {
            AskedKey::None => RootKey::Ids(Vec::new()),
            AskedKey::Id(id) => RootKey::Id(id),
            AskedKey::Named(names) => RootKey::Named(names),
            AskedKey::Ids(ids) => {
                let whole = self.system.has_whole_numbers(self.asking(thing, path)).await?;
                if let Some(other) = ids.iter().find(|id| whole && !id.is_number()) {
                    return Err(EngineError::BadId {
                        thing: thing.clone(),
                        ids: vec![text(other)],
                        detail: "it is no whole number".into(),
                    });
                }
                RootKey::Ids(ids.iter().map(text).collect())
            }
        };
        Ok(Root { thing: thing.clone(), key, options, caller: self.caller.clone() })
    }

    /// Goes into the tenant of the route; false where the caller is not of it, or there is none.
    async fn of_tenant(
        &mut self,
        root: &Root,
        path: &BTreeMap<String, String>,
    ) -> Result<bool, EngineError> {
        let across = self.thing(&root.thing).is_some_and(|thing| thing.across_tenants);
        if across {
            // A list too is of every tenant; and whoever sees all of them stays one who does.
            self.system.permit(root)?;
        }
        if self.route.tenant.is_none() || across {
            return Ok(true);
        }
        // Whoever may not delete such things is told that, and not which tenants there are.
        self.system.permit(root)?;
        let tenant = self.system.tenant_of(self.asking(&root.thing, path)).await?;
        let own = self.caller.tenant.clone();
        let Some(tenant) = tenant.filter(|tenant| own.is_none_or(|own| own == *tenant)) else {
            return Ok(false);
        };
        self.caller.tenant = Some(TenantId::new(tenant.as_str()));
        Ok(true)
    }

    async fn list(
        &self,
        thing: &ThingName,
        path: &BTreeMap<String, String>,
        page: sexton_core::routes::PageAsked,
        facts: &mut Facts,
    ) -> Result<Outcome, EngineError> {
        facts.listed = self.system.listed(self.asking(thing, path), page).await?;
        Ok(if facts.listed.is_some() { Outcome::Done } else { Outcome::Missing })
    }

    async fn cancel(
        &self,
        root: &Root,
        path: &BTreeMap<String, String>,
        facts: &mut Facts,
    ) -> Result<Outcome, EngineError> {
        if !self.system.speaks_of(self.asking(&root.thing, path), root).await? {
            return Ok(Outcome::Missing);
        }
        match self.system.cancel(root).await {
            Ok(cancelled) => {
                facts.work = cancelled
                    .tables
                    .iter()
                    .flat_map(|rows| {
                        let table = &rows.table;
                        [
                            ("stopped", rows.stopped),
                            ("asked", rows.asked),
                            ("running", rows.running),
                        ]
                        .map(|(word, count)| (table.clone(), word, count))
                    })
                    .collect();
                Ok(Outcome::Done)
            }
            Err(error) => Ok(outcomes::of_deletion(&error, facts).unwrap_or(Outcome::Failed)),
        }
    }

    async fn preview(
        &self,
        root: &Root,
        path: &BTreeMap<String, String>,
        facts: &mut Facts,
    ) -> Result<Outcome, EngineError> {
        let of = self.asking(&root.thing, path);
        let preview = self.system.preview(root, Budget::default()).await?;
        if !self.system.speaks_of(of, root).await? {
            return Ok(Outcome::Missing);
        }
        if preview.blockers.iter().any(|blocker| blocker.kind == BlockerKind::Wrong) {
            outcomes::blocked(&preview.blockers, facts);
            return Ok(Outcome::Wrong);
        }
        if let [shown] = preview.roots.all() {
            let mut texts: BTreeMap<String, Option<String>> = shown.show.iter().cloned().collect();
            if let Some(label) = self.label(&root.thing) {
                texts.insert(label, shown.label.clone());
            }
            facts.row = self.system.row_told(of, &texts).await?;
        }
        facts.lists = self.system.lists(of, root).await?;
        counted(&preview, facts);
        Ok(Outcome::Done)
    }

    fn thing(&self, name: &ThingName) -> Option<&Thing> {
        self.system.policy().things.iter().find(|known| known.name == *name)
    }

    fn label(&self, thing: &ThingName) -> Option<String> {
        let thing = self.thing(thing)?;
        thing.label.as_ref().map(|label| label.value.to_string())
    }

    /// Deletes; waits for objects only as long as the route says, and then goes on without whoever
    /// asked.
    async fn delete(
        &self,
        far: Far,
        root: Root,
        path: &BTreeMap<String, String>,
        mut facts: Facts,
    ) -> Ended {
        let mut root = root;
        loop {
            match self.system.speaks_of(self.asking(&root.thing, path), &root).await {
                Ok(true) => {}
                Ok(false) => return Ended::with(Outcome::Missing, missing(&root, facts)),
                Err(error) => return Ended::by(&error, facts),
            }
            let (committed, outcome) = self.carry_out(far, root.clone()).await;
            if let Some(Err(error)) = &outcome
                && let Some(known) = self.without_unknown(&root, error, &mut facts)
            {
                root = known;
                continue;
            }
            return ended(committed, outcome.as_ref(), facts);
        }
    }

    /// The deletion as far as it has come when the time to wait is over.
    async fn carry_out(
        &self,
        far: Far,
        root: Root,
    ) -> (Option<Committed>, Option<Result<Receipt, DeleteError>>) {
        let request = DeleteRequest { root, reason: None, bound_to: None };
        let accepted = match far {
            Far::AsItGoes => self.system.accept(&request).await,
            Far::ForGood => self.system.accept_for_good(&request).await,
        };
        let accepted = match accepted {
            Ok(accepted) => accepted,
            Err(error) => return (None, Some(Err(error))),
        };
        let (gone, mut told) = watch::channel(None);
        let mut running = {
            let meter = self.service.meter.clone();
            self.service.running.carry_told(self.system.clone(), accepted, meter, gone)
        };
        let wait = Duration::from_secs(self.route.wait_objects_secs.unwrap_or(0));
        let waited = async {
            // Who is gone without having told has ended: the other branch has its word.
            if told.wait_for(Option::is_some).await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(wait).await;
        };
        let ended = tokio::select! {
            biased;
            ended = &mut running => ended.ok(),
            () = waited => None,
        };
        let committed = told.borrow().clone();
        (committed, ended)
    }

    /// The same root without ids that are not there, where the route leaves those out.
    fn without_unknown(&self, root: &Root, error: &DeleteError, facts: &mut Facts) -> Option<Root> {
        let DeleteError::Engine(EngineError::NotFound { ids: unknown, .. }) = error else {
            return None;
        };
        let RootKey::Ids(ids) = &root.key else { return None };
        self.route.ids.as_ref().filter(|ids| ids.skips_unknown)?;
        let known: Vec<String> = ids.iter().filter(|id| !unknown.contains(id)).cloned().collect();
        if known.is_empty() || known.len() == ids.len() {
            return None;
        }
        facts.ids.retain(|id| known.contains(&text(id)));
        Some(Root { key: RootKey::Ids(known), ..root.clone() })
    }
}

/// How a deletion ended, or how far it has come.
fn ended(
    committed: Option<Committed>,
    outcome: Option<&Result<Receipt, DeleteError>>,
    mut facts: Facts,
) -> Ended {
    let cause = outcome.and_then(|outcome| outcome.as_ref().err());
    let cause = cause.map(ToString::to_string);
    if let Some(Err(error)) = outcome
        && let Some(outcome) = outcomes::of_deletion(error, &mut facts)
    {
        return Ended { cause, ..Ended::with(outcome, facts) };
    }
    let Some(committed) = committed else {
        // Neither committed nor told why not: it ended by a panic.
        facts.message = String::from("the deletion ended without an answer");
        return Ended::with(Outcome::Failed, facts);
    };
    facts.message.clear();
    facts.rows.clone_from(&committed.removed);
    facts.deletion = Some(committed.id.to_string());
    facts.objects = match outcome {
        Some(Ok(receipt)) => objects::added_up(&receipt.objects_gone, 0),
        Some(Err(DeleteError::Unreaped { objects, open, .. })) => objects::added_up(objects, *open),
        _ => objects::added_up(&BTreeMap::new(), committed.objects),
    };
    let headers = objects::headers(committed.id.as_str(), facts.objects);
    Ended { outcome: Outcome::Done, facts, headers, cause }
}

pub(super) fn missing(root: &Root, facts: Facts) -> Facts {
    Facts { message: format!("there is no {} `{}`", root.thing, facts.id), ..facts }
}

/// Counts of a preview; what could not be counted in time counts as far as it was.
fn counted(preview: &Preview, facts: &mut Facts) {
    let rows = |rows: Count| rows.least();
    facts.rows = preview.removed.iter().map(|of| (of.table.clone(), rows(of.rows))).collect();
    let changed = preview.changed.iter().map(|of| (of.table.clone(), rows(of.rows)));
    let derived = preview.derived.iter().map(|of| (of.table.clone(), rows(of.rows)));
    facts.changed = changed.chain(derived).collect();
    facts.work = preview
        .work
        .iter()
        .flat_map(|work| {
            [("waiting", work.waiting), ("running", work.running), ("dead", work.dead)]
                .map(|(word, count)| (work.table.clone(), word, count))
        })
        .collect();
}

fn text(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
