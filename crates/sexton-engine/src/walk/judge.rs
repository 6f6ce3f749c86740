//! Judges what was found: conditions of each root, references that block, guards, holds, limits.

use std::collections::BTreeSet;

use sexton_core::plan::{GuardedRows, JudgedBy, Judgement};
use sexton_core::policy::Policy;
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_core::sql::Scalar;

use super::{Subject, Walk};
use crate::ports::DatabaseError;

/// So many offending rows are named.
const NAMES_MAX: u64 = 10;

/// What is judged beside the plan itself.
pub(crate) struct Judge<'j> {
    pub policy: &'j Policy,
    pub subjects: &'j [Subject],
}

impl Walk<'_> {
    /// Everything that refuses, in POLICY's order.
    pub async fn judge(&mut self, judge: &Judge<'_>) -> Result<Vec<Blocker>, DatabaseError> {
        let mut blockers = self.own_state(judge.subjects);
        for judgement in &self.plan.steps.judge {
            blockers.extend(self.judge_rows(judgement, judge.subjects).await?);
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
            subject: Vec::new(),
            roots: Vec::new(),
            ways_out: vec![format!(
                "raise `limits.tenants` of [things.{}], or delete less at once",
                self.plan.thing
            )],
        }))
    }

    /// What refuses because a root is not a thing of this kind.
    pub fn wrong_kind(&self, subjects: &[Subject]) -> Vec<Blocker> {
        let mut own = self.own_state(subjects);
        own.retain(|blocker| blocker.kind == BlockerKind::Wrong);
        own
    }

    /// What refuses of each root's own row.
    fn own_state(&self, subjects: &[Subject]) -> Vec<Blocker> {
        let own = |subject: &Subject, kind: BlockerKind, say: &String| Blocker {
            kind,
            name: self.plan.thing.to_string(),
            message: self.said(say, std::slice::from_ref(subject), 1, &[]),
            count: 1,
            names: Vec::new(),
            subject: Vec::new(),
            roots: self.for_root(&subject.id),
            ways_out: Vec::new(),
        };
        let mut blockers = Vec::new();
        for subject in subjects {
            let wrong = subject.wrong.iter().map(|say| own(subject, BlockerKind::Wrong, say));
            let refused = subject.refused.iter().map(|say| own(subject, BlockerKind::State, say));
            blockers.extend(wrong.chain(refused));
        }
        blockers
    }

    /// For which of the roots something refuses; of one there is nothing to tell.
    pub(super) fn for_root(&self, id: &str) -> Vec<String> {
        if self.roots.len() > 1 { vec![id.to_owned()] } else { Vec::new() }
    }

    async fn judge_rows(
        &mut self,
        judgement: &Judgement,
        subjects: &[Subject],
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
        let subject = match &judgement.guarded {
            Some(guarded) => self.of_the_guarded(guarded).await?,
            None => Vec::new(),
        };
        let mut say = judgement.say.clone();
        for (word, values) in &subject {
            say = say.replace(&["{subject.", word, "}"].concat(), values);
        }
        Ok(Some(Blocker {
            kind,
            name,
            message: self.said(&say, subjects, count, &names),
            count,
            names,
            subject,
            roots: Vec::new(),
            ways_out: judgement.ways_out.clone(),
        }))
    }

    /// What is said of the rows that a guard keeps, of which there may be several.
    async fn of_the_guarded(
        &mut self,
        guarded: &GuardedRows,
    ) -> Result<Vec<(String, String)>, DatabaseError> {
        let rows = self.rows(&guarded.statement, NAMES_MAX).await?;
        let of_word = |(at, word): (usize, &String)| {
            let mut values: Vec<String> = rows.iter().map(|row| row[at].to_string()).collect();
            values.dedup();
            (word.clone(), values.join(", "))
        };
        Ok(guarded.said.iter().enumerate().map(of_word).collect())
    }

    /// A sentence of the policy with its placeholders filled in, for the roots that it speaks of.
    fn said(&self, say: &str, of: &[Subject], count: u64, names: &[String]) -> String {
        let mut names_text = names.join(", ");
        if count > names.len() as u64 {
            names_text.push_str(", …");
        }
        let ids = listed(of.iter().map(|subject| subject.id.as_str()));
        let labels = of.iter().map(|one| one.label.as_deref().unwrap_or(&one.id));
        let labels = listed(labels);
        let mut text = say
            .replace("{count}", &count.to_string())
            .replace("{names}", &names_text)
            .replace("{thing}", self.plan.thing.as_str())
            .replace("{id}", &ids);
        let said: BTreeSet<&str> =
            of.iter().flat_map(|one| &one.said).map(|(column, _)| column.as_str()).collect();
        for whose in ["subject", "row"] {
            text = text.replace(&["{", whose, ".label}"].concat(), &labels);
            for column in &said {
                let values = of.iter().flat_map(|one| &one.said);
                let values = values.filter(|(name, _)| name == column);
                let values = listed(values.map(|(_, value)| value.as_deref().unwrap_or("")));
                text = text.replace(&["{", whose, ".", column, "}"].concat(), &values);
            }
        }
        text
    }
}

/// Some values for a sentence, each once.
fn listed<'v>(values: impl Iterator<Item = &'v str>) -> String {
    let mut told: Vec<&str> = Vec::new();
    for value in values {
        if !told.contains(&value) {
            if told.len() as u64 == NAMES_MAX {
                told.push("…");
                break;
            }
            told.push(value);
        }
    }
    told.join(", ")
}
