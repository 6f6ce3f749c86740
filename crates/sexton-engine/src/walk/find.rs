//! Finds the rows of a plan, top-down: the root, what goes with it, then what is changed.

use sexton_core::fence::key_text;
use sexton_core::plan::{Find, Last, RootRow, Round, SubjectField};
use sexton_core::preview::{canonical_key, parse_key};
use sexton_core::sql::{Scalar, SetId, Statement};

use super::{Subject, Walk};
use crate::ports::{AskedRoots, DatabaseError, Row};

/// So many interior keys fit one deletion, whatever its limits.
pub(crate) const INTERIOR_KEYS_MAX: u64 = 1_000_000;

/// What there is of the roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rooted {
    /// All of them.
    All(Vec<Subject>),
    /// These are not there, or the caller does not see them; as people write them.
    Missing(Vec<String>),
    /// These are there, and others own them.
    NotOwned(Vec<String>),
}

/// How finding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// All rows are known.
    All,
    /// There are more rows than one deletion may take.
    TooMany,
}

impl Walk<'_> {
    /// Finds and locks the roots, all of them or none.
    pub async fn find_root(&mut self) -> Result<Rooted, DatabaseError> {
        let mut rowless: Vec<usize> = (0..self.roots.len()).collect();
        let mut subjects = Vec::new();
        self.lock_values().await?;
        if let Some(row) = &self.plan.root.row {
            subjects = self.find_rows(row).await?;
            if subjects.len() == rowless.len() {
                return Ok(match self.hidden_in_ledger().await? {
                    hidden if hidden.is_empty() => self.owned(subjects),
                    hidden => Rooted::Missing(hidden),
                });
            }
            if !subjects.is_empty() {
                let held = self.places(&row.held).await?;
                rowless.retain(|at| !held.contains(at));
            }
        }
        let mut missing = rowless.clone();
        for statement in &self.plan.root.started {
            // Whose a value without a row is, nothing says.
            if !missing.is_empty() && !self.sees_rows_only() {
                let held = self.places(statement).await?;
                missing.retain(|at| !held.contains(at));
            }
        }
        let written = self.roots.written();
        let ids = |places: &[usize]| places.iter().map(|at| written[*at].clone()).collect();
        if !missing.is_empty() {
            return Ok(Rooted::Missing(ids(&missing)));
        }
        let hidden = self.hidden_in_ledger().await?;
        if !hidden.is_empty() {
            return Ok(Rooted::Missing(hidden));
        }
        let rowless: Vec<String> = ids(&rowless);
        let tenant = self.roots.tenant_of_values(self.plan).map(ToString::to_string);
        let subject = |id| Subject { id, tenant: tenant.clone(), ..Subject::default() };
        subjects.extend(rowless.into_iter().map(subject));
        Ok(self.owned(subjects))
    }

    /// Roots that the ledger hides already, as people write them: nothing else tells it.
    ///
    /// Race: they are asked for under the locks of their rows or values, which whoever hides them
    /// takes too.
    async fn hidden_in_ledger(&mut self) -> Result<Vec<String>, DatabaseError> {
        let plan = self.plan;
        let Some(in_ledger) = &plan.root.in_ledger else { return Ok(Vec::new()) };
        let keys = self.ledger_keys();
        let tenant = self.roots.tenant_of_values(plan).cloned();
        let asked = AskedRoots {
            system: &in_ledger.system,
            things: &in_ledger.things,
            keys: &keys,
            tenant: tenant.as_ref(),
        };
        let hidden = self.tx.hidden_among(asked).await?;
        if let ([_], [_]) = (self.roots.keys(), hidden.as_slice()) {
            // One is called as it was asked for.
            return Ok(self.roots.written());
        }
        Ok(hidden.iter().filter_map(|key| Some(key_text(&parse_key(key)?))).collect())
    }

    /// The keys by which the ledger knows the roots: those of their rows, else their values as the
    /// columns store them.
    pub fn ledger_keys(&self) -> Vec<String> {
        let plan = self.plan;
        let of_rows = plan.hidden.iter().filter(|hidden| hidden.thing == plan.thing);
        let of_rows = of_rows.flat_map(|hidden| {
            let rows = self.sets[hidden.set.0].all().iter();
            rows.map(|row| hidden.key.iter().map(|at| row[*at].clone()).collect::<Vec<_>>())
        });
        let mut keys: Vec<String> = of_rows.map(|key| canonical_key(&key)).collect();
        if plan.root.lock_value {
            let stored = self.roots.keys().iter().map(|key| self.stored(key));
            keys.extend(stored.map(|key| canonical_key(&key)));
            keys.sort_unstable();
            keys.dedup();
        }
        keys
    }

    /// Whether the caller sees nothing but rows that are theirs, or shown to them.
    fn sees_rows_only(&self) -> bool {
        let caller = &self.roots.caller;
        self.plan.root.row.as_ref().is_some_and(|row| {
            (row.by_tenant && caller.tenant.is_some()) || (row.by_owner && !caller.admin)
        })
    }

    /// Who sees what others own may not delete it.
    fn owned(&self, subjects: Vec<Subject>) -> Rooted {
        let of_others = |subject: &&Subject| subject.owned == Some(false);
        let of_others: Vec<String> =
            subjects.iter().filter(of_others).map(|subject| subject.id.clone()).collect();
        if of_others.is_empty() || self.roots.caller.admin {
            return Rooted::All(subjects);
        }
        Rooted::NotOwned(of_others)
    }

    /// The rows of the roots, as far as there are some.
    async fn find_rows(&mut self, row: &RootRow) -> Result<Vec<Subject>, DatabaseError> {
        let found = self.rows(&row.statement, u64::MAX).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let rows = 0..found.len();
        self.add(row.set, found);
        self.lock_keys(row.set, rows).await?;
        let read = self.rows(&row.subject, u64::MAX).await?;
        let mut subjects: Vec<Subject> =
            read.into_iter().map(|values| read_subject(&row.fields, values)).collect();
        if let ([one], [subject]) = (self.roots.keys(), subjects.as_mut_slice()) {
            // One is called as it was asked for.
            subject.id = key_text(one);
        }
        Ok(subjects)
    }

    /// The places of the roots that a statement finds held.
    async fn places(&mut self, statement: &Statement) -> Result<Vec<usize>, DatabaseError> {
        let rows = self.rows(statement, u64::MAX).await?;
        let places = rows.iter().filter_map(|row| row.first()?.as_integer());
        Ok(places.filter_map(|place| usize::try_from(place).ok()).collect())
    }

    /// Fills every key set, parents before children.
    pub async fn find_all(&mut self) -> Result<Found, DatabaseError> {
        for find in &self.plan.steps.find {
            let found = match find {
                Find::Table { set, statement } => self.find_table(*set, statement).await?,
                Find::Component { seeds, rounds, lasts } => {
                    self.find_component(seeds, rounds, lasts).await?
                }
            };
            if found == Found::TooMany {
                return Ok(found);
            }
        }
        Ok(Found::All)
    }

    async fn find_table(
        &mut self,
        set: SetId,
        statement: &Statement,
    ) -> Result<Found, DatabaseError> {
        let room = self.room();
        let rows = self.rows(statement, room + 1).await?;
        let fits = rows.len() as u64 <= room;
        let before = self.sets[set.0].len();
        self.add(set, rows);
        self.lock_keys(set, before..self.sets[set.0].len()).await?;
        Ok(if fits { Found::All } else { Found::TooMany })
    }

    /// Race: the parents of a round are locked before its children are looked for, and each
    /// statement sees all that was committed before it; so no child can slip in unseen where a
    /// foreign key or the fence makes its writer wait for the parent.
    async fn find_component(
        &mut self,
        seeds: &[(SetId, Statement)],
        rounds: &[Round],
        lasts: &[Last],
    ) -> Result<Found, DatabaseError> {
        for (set, statement) in seeds {
            if self.find_table(*set, statement).await? == Found::TooMany {
                return Ok(Found::TooMany);
            }
        }
        let of_rounds = rounds.iter().flat_map(|round| [round.above, round.below]);
        let mut sets: Vec<SetId> = of_rounds.chain(lasts.iter().map(|last| last.set)).collect();
        sets.sort_unstable();
        sets.dedup();
        loop {
            let mut any = false;
            for set in &sets {
                any |= self.sets[set.0].next_round();
            }
            if !any {
                match self.take_last(lasts).await? {
                    Some(found) => return Ok(found),
                    None => continue,
                }
            }
            for round in rounds {
                if self.find_table(round.below, &round.statement).await? == Found::TooMany {
                    return Ok(Found::TooMany);
                }
            }
        }
    }

    /// Adds what nothing that stays refers to; says how finding ended if that was nothing.
    async fn take_last(&mut self, lasts: &[Last]) -> Result<Option<Found>, DatabaseError> {
        let count = |walk: &Self| lasts.iter().map(|last| walk.sets[last.set.0].len()).sum();
        let before: usize = count(self);
        for last in lasts {
            for find in &last.finds {
                if self.find_table(last.candidates, find).await? == Found::TooMany {
                    return Ok(Some(Found::TooMany));
                }
            }
            let is_any = !self.sets[last.candidates.0].is_empty();
            if is_any && self.find_table(last.set, &last.judge).await? == Found::TooMany {
                return Ok(Some(Found::TooMany));
            }
        }
        let after: usize = count(self);
        Ok((after == before).then_some(Found::All))
    }

    fn room(&self) -> u64 {
        let found: u64 = self.sets.iter().map(|set| set.len() as u64).sum();
        INTERIOR_KEYS_MAX.saturating_sub(found)
    }
}

fn read_subject(fields: &[SubjectField], row: Row) -> Subject {
    let mut subject = Subject { row_exists: true, ..Subject::default() };
    let keys = fields.iter().take_while(|field| **field == SubjectField::Key).count();
    subject.key = row[..keys].to_vec();
    subject.id = key_text(&subject.key);
    for (field, value) in fields.iter().zip(row) {
        let text = match &value {
            Scalar::Null => None,
            value => Some(value.to_string()),
        };
        match field {
            SubjectField::Label => subject.label = text,
            SubjectField::Tenant => subject.tenant = text,
            SubjectField::Owned => subject.owned = Some(value.as_integer() == Some(1)),
            SubjectField::Show(column) => subject.show.push((column.clone(), text)),
            SubjectField::Said(column) => subject.said.push((column.clone(), text)),
            SubjectField::Only(say) if value.as_integer() != Some(1) => {
                subject.wrong.push(say.clone());
            }
            SubjectField::Refuse(say) if value.as_integer() == Some(1) => {
                subject.refused.push(say.clone());
            }
            SubjectField::Key | SubjectField::Only(_) | SubjectField::Refuse(_) => {}
        }
    }
    subject
}
