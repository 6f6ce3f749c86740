//! Judges holds: on the roots, and on every root of another thing that goes with them.
//!
//! A hold on a condition is judged by the database, over the rows that were found and locked. Its
//! refusal says for which case it is and until when, and no more: who is refused may be of another
//! tenant than what it was written about.

use sexton_core::fence::key_text;
use sexton_core::plan::Holdable;
use sexton_core::policy::condition;
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_core::sql::SetId;

use super::{INTERIOR_KEYS_MAX, Judge, Walk};
use crate::ports::{DatabaseError, HeldOn, Hold};

/// Which roots of a deletion a hold is on.
struct OnRoots {
    /// Those that were asked for.
    own: Vec<String>,
    /// How many others would go with them.
    others: u64,
}

impl Walk<'_> {
    /// What refuses because somebody put a hold on it.
    pub(super) async fn held(&mut self, judge: &Judge<'_>) -> Result<Vec<Blocker>, DatabaseError> {
        let plan = self.plan;
        let mut things: Vec<_> = plan.holdable.iter().map(|held| held.thing.clone()).collect();
        if !things.contains(&plan.thing) {
            things.push(plan.thing.clone());
        }
        let holds = self.tx.active_holds(&judge.policy.system, &things).await?;
        let mut blockers = Vec::new();
        for hold in holds {
            let on = match &hold.on {
                HeldOn::Root(root) => self.on_root(&hold, root).await?,
                HeldOn::Condition(text) => self.on_condition(&hold, text).await?,
            };
            if !on.own.is_empty() || on.others > 0 {
                blockers.push(self.held_by(&hold, &on));
            }
        }
        Ok(blockers)
    }

    async fn on_root(&mut self, hold: &Hold, root: &String) -> Result<OnRoots, DatabaseError> {
        if hold.thing == self.plan.thing && self.roots.written().contains(root) {
            return Ok(OnRoots { own: vec![root.clone()], others: 0 });
        }
        let plan = self.plan;
        for held in plan.holdable.iter().filter(|held| held.thing == hold.thing) {
            let is_there = if held.by_identity {
                self.holds_key(held.set, root)
            } else {
                self.matching(held, None).await?.contains(root)
            };
            if is_there {
                return Ok(OnRoots { own: Vec::new(), others: 1 });
            }
        }
        Ok(OnRoots { own: Vec::new(), others: 0 })
    }

    /// Order: a condition that cannot be judged fails the deletion; it never lets it pass.
    async fn on_condition(&mut self, hold: &Hold, text: &str) -> Result<OnRoots, DatabaseError> {
        let plan = self.plan;
        let read = condition(text, plan.dialect).map_err(|finding| DatabaseError::Failed {
            label: format!("judge the hold {}", hold.id),
            detail: finding.message,
        })?;
        let mut on = OnRoots { own: Vec::new(), others: 0 };
        for held in plan.holdable.iter().filter(|held| held.thing == hold.thing) {
            for key in self.matching(held, Some(&read)).await? {
                if held.thing == plan.thing && self.roots.written().contains(&key) {
                    on.own.push(key);
                } else {
                    on.others += 1;
                }
            }
        }
        Ok(on)
    }

    async fn matching(
        &mut self,
        held: &Holdable,
        condition: Option<&sexton_core::policy::Fragment>,
    ) -> Result<Vec<String>, DatabaseError> {
        let statement = held.matching(condition, self.plan.dialect);
        let rows = self.rows(&statement, INTERIOR_KEYS_MAX).await?;
        Ok(rows.iter().map(|row| key_text(row)).collect())
    }

    fn held_by(&self, hold: &Hold, on: &OnRoots) -> Blocker {
        let Hold { id, thing, reason, placed_by, .. } = hold;
        let case = hold.case.as_ref().map(|case| format!("case {case}"));
        let until = hold.until.map(|until| format!("until {until}"));
        let aside: Vec<String> = case.into_iter().chain(until).collect();
        let aside = aside.join(", ");
        let quoted: Vec<String> = on.own.iter().map(|id| format!("`{id}`")).collect();
        let (message, names) = match &hold.on {
            HeldOn::Root(root) => {
                let aside = if aside.is_empty() { aside } else { format!(" ({aside})") };
                let message = format!("{thing} `{root}` is held by {placed_by}{aside}: {reason}");
                (message, vec![root.clone()])
            }
            HeldOn::Condition(_) => {
                let what = match (quoted.as_slice(), on.others) {
                    ([], 1) => format!("one {thing} that would go with it is held"),
                    ([], others) => format!("{others} of {thing} that would go with it are held"),
                    ([one], _) => format!("{thing} {one} is held"),
                    (several, _) => format!("{thing} {} are held", several.join(", ")),
                };
                let aside = if aside.is_empty() { aside } else { format!(": {aside}") };
                (format!("{what} by a condition{aside}"), on.own.clone())
            }
        };
        Blocker {
            kind: BlockerKind::Hold,
            name: id.to_string(),
            message,
            count: (on.own.len() as u64 + on.others).max(1),
            subject: Vec::new(),
            roots: on.own.iter().flat_map(|id| self.for_root(id)).collect(),
            names,
            ways_out: vec!["release the hold".into()],
        }
    }

    fn holds_key(&self, set: SetId, root: &str) -> bool {
        let identity = self.plan.sets[set.0].identity;
        self.sets[set.0].all().iter().any(|row| key_text(&row[..identity]) == root)
    }
}
