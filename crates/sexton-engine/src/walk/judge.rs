//! Judges what was found: conditions of the root, references that block, guards, holds, limits.

use sexton_core::names::Timestamp;
use sexton_core::plan::{GuardedRows, JudgedBy, Judgement};
use sexton_core::policy::Policy;
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_core::sql::{Scalar, SetId};

use super::{Subject, Walk, things_going};
use crate::ports::DatabaseError;

/// So many offending rows are named.
const NAMES_MAX: u64 = 10;

/// What is judged beside the plan itself.
pub(crate) struct Judge<'j> {
    pub policy: &'j Policy,
    pub subject: &'j Subject,
    pub now: Timestamp,
}

impl Walk<'_> {
    /// Everything that refuses, in POLICY's order.
    pub async fn judge(&mut self, judge: &Judge<'_>) -> Result<Vec<Blocker>, DatabaseError> {
        let mut blockers = self.own_state(judge.subject);
        for judgement in &self.plan.steps.judge {
            blockers.extend(self.judge_rows(judgement, judge.subject).await?);
        }
        blockers.extend(self.held(judge).await?);
        blockers.extend(self.over_tenants().await?);
        Ok(blockers)
    }

    /// The blocker if rows of more tenants would go than one deletion may touch.
    async fn over_tenants(&mut self) -> Result<Option<Blocker>, DatabaseError> {
        let Some(tenants) = &self.plan.tenants else { return Ok(None) };
        let rows = self.rows(&tenants.statement, NAMES_MAX).await?;
        let count = rows.first().and_then(|row| row.get(1)).and_then(Scalar::as_integer);
        let count = count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0);
        if count <= tenants.max {
            return Ok(None);
        }
        let names: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
        let more = if count > names.len() as u64 { ", …" } else { "" };
        Ok(Some(Blocker {
            kind: BlockerKind::OverLimit,
            name: "limits.tenants".into(),
            message: format!(
                "it would take rows of {count} tenants: {}{more}; the limit is {}",
                names.join(", "),
                tenants.max
            ),
            count,
            names,
            ways_out: vec![format!(
                "raise `limits.tenants` of [things.{}], or delete less at once",
                self.plan.thing
            )],
        }))
    }

    fn own_state(&self, subject: &Subject) -> Vec<Blocker> {
        let own = |kind: BlockerKind, say: &String| Blocker {
            kind,
            name: self.plan.thing.to_string(),
            message: self.said(say, subject, 1, &[]),
            count: 1,
            names: Vec::new(),
            ways_out: Vec::new(),
        };
        let wrong = subject.wrong.iter().map(|say| own(BlockerKind::Wrong, say));
        let refused = subject.refused.iter().map(|say| own(BlockerKind::State, say));
        wrong.chain(refused).collect()
    }

    async fn judge_rows(
        &mut self,
        judgement: &Judgement,
        subject: &Subject,
    ) -> Result<Option<Blocker>, DatabaseError> {
        if let (Some(lock), super::Locks::Take) = (&judgement.lock, self.locks) {
            self.rows(lock, u64::MAX).await?;
        }
        let rows = self.rows(&judgement.statement, NAMES_MAX).await?;
        let Some(count) = rows.first().and_then(|row| row.get(1)).and_then(Scalar::as_integer)
        else {
            return Ok(None);
        };
        let count = u64::try_from(count).unwrap_or(0);
        let names: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
        let (kind, name) = match &judgement.by {
            JudgedBy::Reference { text, .. } => (BlockerKind::Reference, text.clone()),
            JudgedBy::Guard(name) => (BlockerKind::Guard, name.to_string()),
        };
        let say = match &judgement.guarded {
            Some(guarded) => self.of_the_guarded(guarded, &judgement.say).await?,
            None => judgement.say.clone(),
        };
        Ok(Some(Blocker {
            kind,
            name,
            message: self.said(&say, subject, count, &names),
            count,
            names,
            ways_out: judgement.ways_out.clone(),
        }))
    }

    /// A guard's sentence with the guarded rows in it, of which there may be several.
    async fn of_the_guarded(
        &mut self,
        guarded: &GuardedRows,
        say: &str,
    ) -> Result<String, DatabaseError> {
        let rows = self.rows(&guarded.statement, NAMES_MAX).await?;
        let mut say = say.to_owned();
        for (at, word) in guarded.said.iter().enumerate() {
            let mut values: Vec<String> = rows.iter().map(|row| row[at].to_string()).collect();
            values.dedup();
            say = say.replace(&["{subject.", word, "}"].concat(), &values.join(", "));
        }
        Ok(say)
    }

    /// Holds on the root and on every root of another thing that goes with it.
    async fn held(&mut self, judge: &Judge<'_>) -> Result<Vec<Blocker>, DatabaseError> {
        let going: Vec<_> = things_going(judge.policy, self.plan)
            .map(|(thing, set)| (thing.name.clone(), set))
            .collect();
        let mut things: Vec<_> = going.iter().map(|(name, _)| name.clone()).collect();
        if !things.contains(&self.plan.thing) {
            things.push(self.plan.thing.clone());
        }
        let holds = self.tx.active_holds(&judge.policy.system, &things, judge.now).await?;
        let blockers = holds.into_iter().filter(|hold| {
            let own = hold.thing == self.plan.thing && hold.root == self.root.written();
            own || going
                .iter()
                .any(|(name, set)| *name == hold.thing && self.holds(*set, &hold.root))
        });
        Ok(blockers
            .map(|hold| Blocker {
                kind: BlockerKind::Hold,
                name: hold.id.to_string(),
                message: format!(
                    "{} `{}` is held by {}: {}",
                    hold.thing, hold.root, hold.placed_by, hold.reason
                ),
                count: 1,
                names: vec![hold.root],
                ways_out: vec!["release the hold".into()],
            })
            .collect())
    }

    fn holds(&self, set: SetId, root: &str) -> bool {
        let identity = self.plan.sets[set.0].identity;
        self.sets[set.0].all().iter().any(|row| plain_root(&row[..identity]) == root)
    }

    /// A sentence of the policy with its placeholders filled in.
    fn said(&self, say: &str, subject: &Subject, count: u64, names: &[String]) -> String {
        let mut names_text = names.join(", ");
        if count > names.len() as u64 {
            names_text.push_str(", …");
        }
        let mut text = say
            .replace("{count}", &count.to_string())
            .replace("{names}", &names_text)
            .replace("{thing}", self.plan.thing.as_str())
            .replace("{id}", &self.root.written());
        let label = subject.label.clone().unwrap_or_else(|| self.root.written());
        for whose in ["subject", "row"] {
            text = text.replace(&["{", whose, ".label}"].concat(), &label);
            for (column, value) in &subject.said {
                let placeholder = ["{", whose, ".", column, "}"].concat();
                text = text.replace(&placeholder, value.as_deref().unwrap_or(""));
            }
        }
        text
    }
}

/// A row's identity as people write a root.
pub(crate) fn plain_root(identity: &[Scalar]) -> String {
    let root = super::RootValue {
        values: identity.to_vec(),
        tenant: None,
        actor: sexton_core::names::Actor::new(""),
    };
    root.written()
}
