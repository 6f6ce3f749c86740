//! Restores by the root that was hidden, for whoever knows no name of a deletion.
//!
//! The caller must see the root as they would have to to delete it. What is restored is the whole
//! deletion that hid it, so it is refused where that hid other roots too: nobody asked for those.

use sexton_core::names::{DeletionId, ThingName};
use sexton_core::plan::Way;
use sexton_core::preview::canonical_key;

use super::Restored;
use crate::asked::all_of;
use crate::outcome::{DeleteError, EngineError, Refusal};
use crate::ports::{DatabaseError, HiddenRoot, Mode, Tx};
use crate::preview::Budget;
use crate::request::Root;
use crate::system::{Ready, System};
use crate::walk::{Locks, Rooted, Roots, Walk, named};

/// How restoring a root ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootRestored {
    /// What this deletion hid is what it was.
    Restored {
        /// The deletion.
        deletion: DeletionId,
        /// How many rows.
        rows: u64,
    },
    /// It is not hidden, so there is nothing to give back. Whoever asks again is told the same.
    Visible,
    /// It cannot be restored, in a sentence; nothing changed.
    Refused(String),
}

/// Who hid what was asked for.
enum Hidden {
    Not,
    By(DeletionId),
    Unknown(String),
}

impl System {
    /// Restores what the deletion of a root has hidden.
    pub async fn restore_root(&self, root: &Root) -> Result<RootRestored, DeleteError> {
        let has_history = self.has_history().await?;
        let options = self.options(&root.thing, &root.options)?;
        let all = self.ready(&root.thing, &options).await?;
        let seen = self.ready_to(&root.thing, &options, Way::Hide).await?;
        let roots = self.roots(&all.plan, root).await?;
        let budget = Some(Budget::default().time);
        let mut tx = self.database.begin(Mode::Look { budget }).await?;
        let looking = Looking { system: self, root, all: &all, seen: &seen, roots, has_history };
        let looked = looking.look(tx.as_mut()).await;
        drop(tx.rollback().await);
        let id = match looked? {
            Hidden::Not => return Ok(RootRestored::Visible),
            Hidden::Unknown(why) => return Ok(RootRestored::Refused(why)),
            Hidden::By(id) => id,
        };
        let restored = self.restore(&id, &root.caller.actor).await?;
        Ok(match restored {
            Some(Restored::Rows(rows)) => RootRestored::Restored { deletion: id, rows },
            Some(Restored::Refused(why)) => RootRestored::Refused(why),
            None => RootRestored::Refused("the deletion that hid it is not known any more".into()),
        })
    }
}

/// A look for a root, hidden or not, and for who hid it.
struct Looking<'l> {
    system: &'l System,
    root: &'l Root,
    /// The plan that reaches hidden rows.
    all: &'l Ready,
    /// The plan that does not.
    seen: &'l Ready,
    roots: Roots,
    has_history: bool,
}

impl Looking<'_> {
    async fn look(&self, tx: &mut dyn Tx) -> Result<Hidden, DeleteError> {
        if tx.stamp(&self.all.plan.tables).await? != self.all.stamp {
            self.system.forget().await;
            return Ok(Hidden::Unknown("a table has changed its shape; try again".into()));
        }
        let mut walk = Walk::new(&self.all.plan, tx, self.roots.clone(), Locks::Leave);
        let found = walk.find_root().await.map_err(|error| self.unfound(error))?;
        let subjects = all_of(self.root, &self.all.plan, found)?;
        if let Some(refusal) = Refusal::of(walk.wrong_kind(&subjects)) {
            return Err(DeleteError::Refused(refusal));
        }
        let mut walk = Walk::new(&self.seen.plan, tx, self.roots.clone(), Locks::Leave);
        if matches!(walk.find_root().await?, Rooted::All(_)) {
            return Ok(Hidden::Not);
        }
        if !self.has_history {
            return Ok(others());
        }
        let keys = subjects.iter().zip(self.roots.keys()).map(|(subject, asked)| {
            // A value without a row is hidden as it was asked for.
            canonical_key(if subject.key.is_empty() { asked } else { &subject.key })
        });
        self.hidden_by(&keys.collect::<Vec<_>>(), tx).await
    }

    async fn hidden_by(&self, keys: &[String], tx: &mut dyn Tx) -> Result<Hidden, DeleteError> {
        let (system, thing) = (&self.system.policy.system, &self.root.thing);
        let Some(first) = keys.first() else { return Ok(others()) };
        let Some(id) = tx.hidden_by(system, thing, first).await? else { return Ok(others()) };
        let hidden = tx.hidden(&id).await?;
        let is_whole = tx.deletion(&id).await?.is_some_and(|row| row.thing == *thing)
            && are_exactly(&hidden, thing, keys);
        Ok(if is_whole {
            Hidden::By(id)
        } else {
            Hidden::Unknown(format!("it was hidden with others: restore the deletion {id}"))
        })
    }

    fn unfound(&self, error: DatabaseError) -> EngineError {
        match error {
            DatabaseError::BadValue(detail) => {
                EngineError::BadId { thing: self.root.thing.clone(), ids: named(self.root), detail }
            }
            error => error.into(),
        }
    }
}

/// Whether these keys, and no others of the thing, are what a deletion hid.
fn are_exactly(hidden: &[HiddenRoot], thing: &ThingName, keys: &[String]) -> bool {
    let of_thing: Vec<&HiddenRoot> = hidden.iter().filter(|root| root.thing == *thing).collect();
    of_thing.len() == keys.len() && of_thing.iter().all(|root| keys.contains(&root.key))
}

fn others() -> Hidden {
    Hidden::Unknown("no deletion has hidden it, so what it was is not known".into())
}
