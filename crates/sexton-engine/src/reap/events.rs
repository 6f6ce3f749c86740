//! Tells the events of a deletion in the log, from what was stored with its rows.
//!
//! A line is added before it is forgotten, so a program that dies between the two adds it again:
//! each line is told at least once, by whoever finishes the deletion and keeps a log.

use std::collections::BTreeMap;

use sexton_core::intent::IntentKind;
use sexton_core::line::{ObjectFacts, StoredLine};
use sexton_core::names::DeletionId;
use sexton_core::policy::{On, Policy};

use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, Tx};
use crate::system::System;

/// Lines that are told once nobody waits for objects any more.
pub(crate) const WAITED: [IntentKind; 2] = [IntentKind::Event, IntentKind::WaitedEvent];
/// Lines of what fails. Once everything is carried out they are forgotten.
const FAILING: [IntentKind; 2] = [IntentKind::FailEvent, IntentKind::KeyEvent];
/// Lines that are told, in this order.
const TOLD: [IntentKind; 3] = [IntentKind::Event, IntentKind::WaitedEvent, IntentKind::LastEvent];

/// What a deletion has promised, from its record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Open {
    pub calls: bool,
    pub objects: bool,
    pub events: bool,
}

impl Open {
    /// Whether anything of it is carried out after the commit.
    pub fn is_reaped(self) -> bool {
        self.calls || self.objects
    }
}

/// Which kinds of lines a deletion stored, by the events of its record: all of them where the
/// policy does not know one any more.
pub(crate) fn kinds_stored(policy: &Policy, events: &BTreeMap<String, u64>) -> Vec<IntentKind> {
    let on = |name: &String| policy.events.iter().find(|event| event.name.as_str() == name);
    let on: Vec<Option<&On>> =
        events.keys().map(|name| on(name).map(|event| &event.on.value)).collect();
    let stores = |kind: &IntentKind| {
        on.iter().any(|on| match on {
            None => true,
            Some(On::Failing(_)) => FAILING.contains(kind),
            Some(On::Reaped) => *kind == IntentKind::LastEvent,
            Some(On::ReapedOrWaited) => *kind == IntentKind::WaitedEvent,
            Some(On::Committed | On::Cancelled | On::Refused(_) | On::Failed) => {
                *kind == IntentKind::Event
            }
        })
    };
    TOLD.into_iter().chain(FAILING).filter(stores).collect()
}

impl System {
    /// Tells what is to be told as soon as the rows are gone.
    pub(crate) async fn tell_log(&self, id: &DeletionId, open: Open) -> Result<(), DeleteError> {
        if !open.events {
            return Ok(());
        }
        let mut tx = self.begin_keep().await?;
        // Nothing that it says becomes known later.
        let facts = ObjectFacts::default();
        self.tell_log_in(tx.as_mut(), id, &[IntentKind::Event], facts).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Tells and forgets stored lines of these kinds; those of what did not fail are forgotten.
    pub(crate) async fn tell_log_in(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        kinds: &[IntentKind],
        facts: ObjectFacts,
    ) -> Result<(), DatabaseError> {
        for kind in kinds {
            if !FAILING.contains(kind) {
                for stored in tx.intents_of(id, *kind).await? {
                    let line = StoredLine::read(&stored.target);
                    self.add_to_log(line.map(|line| line.told(facts, None)))?;
                }
            }
            tx.drop_intents(id, *kind).await?;
        }
        Ok(())
    }

    /// Adds lines to the log. Who keeps none forgets what another program meant for its own.
    pub(super) fn add_to_log(
        &self,
        lines: impl IntoIterator<Item = String>,
    ) -> Result<(), DatabaseError> {
        let Some(log) = &self.log else { return Ok(()) };
        let mut lines = lines.into_iter();
        lines
            .try_for_each(|line| log.add(&line))
            .map_err(|detail| DatabaseError::Failed { label: "write the log".into(), detail })
    }
}
