//! Admits a deletion: the policy allows it here, the id can be one, and it is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sexton_core::audit::{RootNames, root_name};
use sexton_core::check::uncalled;
use sexton_core::finding::{Finding, Severity};
use sexton_core::lifecycle::State;
use sexton_core::names::{EventName, ThingName};
use sexton_core::plan::{Told, Way};
use sexton_core::policy::{Hook, Options};
use sexton_core::sql::Statement;

use crate::outcome::{DeleteError, EngineError};
use crate::ports::NewDeletion;
use crate::request::DeleteRequest;
use crate::system::{Ready, System};
use crate::walk::Roots;

/// How long nobody else takes a deletion over.
pub(super) const LEASE_SECS: i64 = 60;

/// A deletion that may be tried.
pub(crate) struct Admitted {
    pub ready: Arc<Ready>,
    pub roots: Roots,
    pub options: Options,
    pub request: DeleteRequest,
    pub stored: NewDeletion,
    /// Keys of calls that were made before the commit.
    pub called: BTreeSet<String>,
    /// The state it is stored in.
    pub state: State,
    /// Whether work in flight was asked to stop.
    pub has_asked: bool,
    /// Events that were told while it was asked, with what was said.
    pub told: BTreeSet<(EventName, String)>,
    /// What must still find every root once it is locked.
    pub due: Option<Statement>,
    /// Whether it is kept in the ledger: a cancellation alone is not.
    pub is_stored: bool,
}

impl System {
    /// Whether the policy, as it is, lets anything of this thing be deleted on this database:
    /// it fits the schema, and asks for no safeguard that is not built.
    pub async fn may_delete(&self, thing: &ThingName) -> Result<(), DeleteError> {
        let options = self.options(thing, &BTreeMap::new())?;
        self.fitting(thing, &options, self.way(thing)).await.map(drop)
    }

    pub(super) async fn admit(
        &self,
        request: &DeleteRequest,
        way: Way,
    ) -> Result<Admitted, DeleteError> {
        let admitted = self.admit_unstored(request, LEASE_SECS, way).await?;
        let admitted = Admitted { is_stored: true, ..admitted };
        self.prepare().await?;
        let mut tx = self.begin_keep().await?;
        tx.insert_deletion(&admitted.stored).await?;
        tx.commit().await?;
        Ok(admitted)
    }

    pub(super) async fn admit_unstored(
        &self,
        request: &DeleteRequest,
        lease_secs: i64,
        way: Way,
    ) -> Result<Admitted, DeleteError> {
        let options = self.options(&request.root.thing, &request.root.options)?;
        let ready = self.fitting(&request.root.thing, &options, way).await?;
        let roots = self.roots(&ready.plan, &request.root).await?;
        let system = &self.policy.system;
        let (thing, key) = (request.root.thing.as_str(), self.audit_key.as_deref());
        let name = |root: &String| root_name(system.as_str(), thing, root, key);
        let stored = NewDeletion {
            id: self.new_deletion_id(),
            system: system.clone(),
            thing: request.root.thing.clone(),
            roots: RootNames::of(roots.written().iter().map(name).collect()),
            actor: request.root.caller.actor.clone(),
            tenant: request.root.caller.tenant.clone(),
            reason: request.reason.clone(),
            bound_to: request.bound_to.as_ref().map(|bound| bound.digest().to_owned()),
            requested_at: self.surroundings.clock.now(),
            lease: self.new_lease(),
            lease_secs,
        };
        Ok(Admitted {
            ready,
            roots,
            options,
            request: request.clone(),
            stored,
            called: BTreeSet::new(),
            state: State::Requested,
            has_asked: false,
            told: BTreeSet::new(),
            due: None,
            is_stored: false,
        })
    }

    /// Plans anew after a change of the schema.
    pub(super) async fn readmit(&self, admitted: &mut Admitted) -> Result<(), DeleteError> {
        let way = admitted.ready.plan.way;
        admitted.ready = self.fitting(&admitted.request.root.thing, &admitted.options, way).await?;
        Ok(())
    }

    /// The plan of a thing that may be deleted.
    async fn fitting(
        &self,
        thing: &ThingName,
        options: &Options,
        way: Way,
    ) -> Result<Arc<Ready>, DeleteError> {
        self.refuse_unbuilt()?;
        let ready = self.ready_to(thing, options, way).await?;
        let mut errors = ready.errors();
        errors.extend(self.uncalled(&ready));
        errors.extend(self.unstored(&ready));
        if errors.is_empty() { Ok(ready) } else { Err(EngineError::Policy(errors).into()) }
    }

    /// Hooks of the plan that cannot be called as things are.
    fn uncalled(&self, ready: &Ready) -> Vec<Finding> {
        let steps = &ready.plan.steps;
        if steps.record.is_empty() && steps.work.is_empty() {
            return Vec::new();
        }
        let told = |hook: &Hook| {
            let stopping = steps.work.iter().filter_map(|working| working.hook.as_ref());
            steps.record.iter().chain(stopping).any(|recording| {
                matches!(&recording.told, Told::Hook(planned) if planned.name == hook.name)
            })
        };
        let hooks = self.policy.hooks.iter().filter(|hook| told(hook));
        let found = hooks.flat_map(|hook| uncalled(hook, &|name| self.caller.is_set(name)));
        found.map(|finding| Finding { severity: Severity::Error, ..finding }).collect()
    }

    /// Stores of the plan that are not open here. One that is only down is: its objects go later.
    fn unstored(&self, ready: &Ready) -> Vec<Finding> {
        let named = ready.plan.steps.name.iter();
        let missing = named.flat_map(|named| {
            let stores = named.stores.iter();
            stores.filter_map(|store| Some((&named.rule, store, self.stores.get(store).err()?)))
        });
        let found = missing.map(|(rule, store, why)| {
            let message =
                format!("the store `{store}` of the rule `{rule}` cannot be opened: {why}");
            let known = self.policy.stores.iter().find(|known| known.name == *store);
            Finding::error("C401", known.map(|known| known.address.span), message)
        });
        found.collect()
    }

    /// A policy that asks for a safeguard that is not built is not carried out without it.
    pub(crate) fn refuse_unbuilt(&self) -> Result<(), DeleteError> {
        let missing: Vec<String> = self
            .policy
            .unbuilt
            .iter()
            .filter(|part| part.makes_safer)
            .map(|part| part.key.clone())
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(DeleteError::Unbuilt(missing)) }
    }
}
