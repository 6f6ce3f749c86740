//! One case: its schema is created, then roots are deleted one after the other.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::{BlockerKind, Count, Precision, Preview};
use sexton_core::schema::{Dialect, OnDelete};
use sexton_engine::ports::{DatabaseError, Violation};
use sexton_engine::{
    Bound, Budget, Caller, DeleteError, DeleteRequest, EngineError, RefusedBy, Root, RootKey,
    System,
};
use sexton_testkit::dump::Dump;
use sexton_testkit::random::case::{Case, Thing};
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::ground::{Ground, Verdict};
use sexton_testkit::random::values::Value;

use crate::cascade::{self, End, Outcome, Rows};
use crate::census::Census;
use crate::dumps::{difference, dumped, gone};
use crate::place::{Place, Told, check, story};

const ROOTS: usize = 4;
/// So many sets of several roots are drawn for one that is tried.
const TRIED: usize = 8;

/// Tries the case of this seed; on failure tells all that is needed to see it.
pub async fn of(seed: u64, place: &mut Place, census: &mut Census) -> Told<()> {
    let case = Case::of(seed);
    let dialect = place.ground.dialect();
    census.describe(&case);
    let system = place.renew(&case).await?;
    let errors = check(&system).await?;
    let ground = &mut place.ground;
    if !errors.is_empty() {
        census.met("rejected by check");
        demand!(
            nulls_what_cannot_be(&case) && errors.iter().all(|error| error.starts_with("C114")),
            "check rejects the policy: {errors:#?}\n{}",
            story(&case, &case.rows, dialect)
        );
        return Ok(());
    }
    let mut trial = Trial { case: &case, ground, system, rows: case.rows.clone(), census };
    let mut dice = Dice::new(!seed);
    for _ in 0..ROOTS {
        let Some((thing, places)) = trial.draw_roots(&mut dice) else { break };
        let before = trial.rows.clone();
        let tried = trial.delete(thing, &places).await;
        tried.map_err(|told| {
            let delete = plain_delete(&case, &before, thing, &places, dialect);
            format!(
                "{told}\n\nroots: {} by {delete}\n{}",
                thing.name,
                story(&case, &before, dialect)
            )
        })?;
    }
    trial.verify_audit().await
}

/// The one statement that deletes the rows at these places.
fn plain_delete(
    case: &Case,
    rows: &Rows,
    thing: &Thing,
    places: &[usize],
    dialect: Dialect,
) -> String {
    let rows: Vec<&[Value]> = places.iter().map(|at| rows[thing.table][*at].as_slice()).collect();
    case.plain_delete(thing, &rows, dialect)
}

/// Whether a foreign key says SET NULL of columns that are NOT NULL.
fn nulls_what_cannot_be(case: &Case) -> bool {
    case.shape.foreign_keys.iter().any(|key| {
        key.on_delete == OnDelete::SetNull
            && case.shape.nullable_columns(key).len() < key.columns.len()
    })
}

/// How Sexton must end.
enum Expected {
    /// With these rows.
    Left(Box<End>),
    /// With these rows, or refused: the database refuses by its order only.
    LeftOrRefused(Box<End>),
    /// Refused by a row that stays.
    Blocked,
    /// Refused by a column that cannot be NULL.
    NotNull,
}

impl Expected {
    fn end(&self) -> Option<&End> {
        match self {
            Self::Left(end) | Self::LeftOrRefused(end) => Some(end),
            Self::Blocked | Self::NotNull => None,
        }
    }
}

struct Trial<'t> {
    case: &'t Case,
    ground: &'t mut Ground,
    system: System,
    /// What is there.
    rows: Rows,
    census: &'t mut Census,
}

impl<'t> Trial<'t> {
    /// The places of one row of a thing, or of several: rather such of which one is refused alone.
    fn draw_roots(&self, dice: &mut Dice) -> Option<(&'t Thing, Vec<usize>)> {
        let (thing, first) = self.draw_root(dice)?;
        let mut places = vec![first];
        if dice.percent(60) {
            return Some((thing, places));
        }
        for _ in 0..TRIED {
            places = self.more(thing, first, dice);
            if self.is_refused_alone(thing, &places) {
                break;
            }
        }
        Some((thing, places))
    }

    /// A row, and up to three others that somebody can type the id of.
    fn more(&self, thing: &Thing, first: usize, dice: &mut Dice) -> Vec<usize> {
        let rows = &self.rows[thing.table];
        let mut places = vec![first];
        for _ in 0..dice.between(1, 3) {
            let at = dice.below(rows.len());
            let can_be_typed = Case::typed(thing, &rows[at], self.ground.dialect()).is_some();
            if can_be_typed && !places.contains(&at) {
                places.push(at);
            }
        }
        places
    }

    /// Whether together they can go, and one of them alone cannot.
    fn is_refused_alone(&self, thing: &Thing, places: &[usize]) -> bool {
        let roots: Vec<(usize, usize)> = places.iter().map(|at| (thing.table, *at)).collect();
        let outcome = |of: &[(usize, usize)]| cascade::delete(&self.case.shape, &self.rows, of);
        let blocked = |root: &(usize, usize)| matches!(outcome(&[*root]), Outcome::Blocked);
        matches!(outcome(&roots), Outcome::Ends(_)) && roots.iter().any(blocked)
    }

    /// A row of a thing that somebody can type the id of: any, or rather one that takes others
    /// with it, or rather one that is refused.
    fn draw_root(&self, dice: &mut Dice) -> Option<(&'t Thing, usize)> {
        let case = self.case;
        let dialect = self.ground.dialect();
        let roots: Vec<(&Thing, usize)> = case
            .things
            .iter()
            .flat_map(|thing| (0..self.rows[thing.table].len()).map(move |at| (thing, at)))
            .filter(|(thing, at)| {
                Case::typed(thing, &self.rows[thing.table][*at], dialect).is_some()
            })
            .collect();
        let count = |rows: &Rows| rows.iter().map(Vec::len).sum::<usize>();
        let (candidates, refused) = *dice.pick(&[(1, 0), (5, 0), (5, 1000)]);
        let weight = |(thing, at): &(&Thing, usize)| match cascade::delete(
            &case.shape,
            &self.rows,
            &[(thing.table, *at)],
        ) {
            Outcome::Ends(end) => {
                count(&self.rows) - count(&end.rows) + 2 * end.changed.iter().sum::<usize>()
            }
            Outcome::Blocked | Outcome::NotNull => refused,
        };
        let drawn = (0..candidates).filter_map(|_| roots.get(dice.below(roots.len())).copied());
        drawn.max_by_key(weight)
    }

    /// By the ids of these rows, the first of several once more at the end: it counts once.
    fn key(&self, thing: &Thing, places: &[usize]) -> Told<RootKey> {
        let rows = &self.rows[thing.table];
        let id = |at: &usize| Case::typed(thing, &rows[*at], self.ground.dialect());
        let ids: Option<Vec<String>> = places.iter().map(id).collect();
        let ids = ids.ok_or("a root that nobody can type")?;
        Ok(match ids.as_slice() {
            [one] => RootKey::Id(one.clone()),
            several => RootKey::Ids([several, &several[..1]].concat()),
        })
    }

    /// Counts what is told of several roots, and what refuses one of them alone.
    fn describe_roots(&mut self, thing: &Thing, places: &[usize], expected: &Expected) {
        if places.len() == 1 {
            return;
        }
        self.census.met("several roots");
        if expected.end().is_none() {
            return;
        }
        self.census.met("several roots that can go");
        if self.is_refused_alone(thing, places) {
            self.census.met("several roots, one of which is refused alone");
        }
    }

    async fn delete(&mut self, thing: &Thing, places: &[usize]) -> Told<()> {
        self.census.met("roots");
        let (case, dialect) = (self.case, self.ground.dialect());
        let roots: Vec<(usize, usize)> = places.iter().map(|at| (thing.table, *at)).collect();
        let before = dumped(&case.shape, &self.rows, dialect);
        let plain = plain_delete(case, &self.rows, thing, places, dialect);
        let verdict = self.ground.judge(&plain).await;
        let outcome = cascade::delete(&case.shape, &self.rows, &roots);
        let expected = self.expected(verdict, outcome)?;
        self.describe_roots(thing, places, &expected);
        let root = Root {
            thing: ThingName::new(&thing.name),
            key: self.key(thing, places)?,
            options: BTreeMap::new(),
            caller: Caller::operator(Actor::new("the test")),
        };
        let preview = self.preview(&root, &before, &expected).await?;
        let digest = preview.digest.clone().ok_or("the preview has no digest")?;
        let parts = preview.parts.clone().ok_or("the preview has no parts")?;
        let bound_to = match places[0] % 4 {
            0 => None,
            1 => Some(Bound::Digest(digest)),
            _ => Some(Bound::Parts { digest, parts }),
        };
        let request = DeleteRequest { root, reason: None, bound_to };
        let done = self.system.delete(&request).await;
        let now = self.ground.dump().await;
        match done {
            Ok(receipt) => {
                let end = expected.end().ok_or("Sexton deletes what cannot be deleted")?;
                let left = dumped(&case.shape, &end.rows, dialect);
                demand!(now == left, "Sexton leaves other rows:{}", difference(&left, &now));
                demand!(
                    Some(&receipt.record.digest) == preview.digest.as_ref(),
                    "the receipt has another digest than the preview: {receipt:#?}"
                );
                let gone = gone(&before, &now);
                demand!(
                    receipt.record.removed == gone,
                    "the receipt counts {:?}, but these are gone: {gone:?}",
                    receipt.record.removed
                );
                let changed: Vec<u64> = receipt.record.changed.values().copied().collect();
                let effects = effects(end);
                demand!(
                    ordered(changed) == effects,
                    "the receipt counts effects {:?}, the model {effects:?}",
                    receipt.record.changed
                );
                self.census.met("deleted");
                self.census.add("rows removed", gone.values().sum::<u64>());
                self.census.add("effects", effects.iter().sum::<u64>());
                if matches!(expected, Expected::LeftOrRefused(_)) {
                    self.census.met("refused by the database's order, deleted by Sexton");
                }
                if let Expected::Left(end) | Expected::LeftOrRefused(end) = expected {
                    self.rows = end.rows;
                }
                Ok(())
            }
            Err(error) => {
                demand!(
                    now == before,
                    "Sexton refuses and leaves other rows:{}",
                    difference(&before, &now)
                );
                self.refused(&error, &expected)
            }
        }
    }

    /// What must happen, from what the database says and what the model says.
    fn expected(&mut self, verdict: Verdict, outcome: Outcome) -> Told<Expected> {
        let dialect = self.ground.dialect();
        match (verdict, outcome) {
            (Verdict::Left(dump), Outcome::Ends(end)) => {
                let model = dumped(&self.case.shape, &end.rows, dialect);
                demand!(
                    dump == model,
                    "the model and plain DELETE differ:{}",
                    difference(&dump, &model)
                );
                Ok(Expected::Left(Box::new(end)))
            }
            (Verdict::Refused(why), Outcome::Ends(end)) => {
                self.census.met("refused by the database's order");
                demand!(
                    self.has_order_to_refuse_by(),
                    "the model refuses nothing, but plain DELETE is refused: {why}"
                );
                Ok(Expected::LeftOrRefused(Box::new(end)))
            }
            (Verdict::Refused(_), Outcome::Blocked) => {
                self.census.met("refused by a row that stays");
                Ok(Expected::Blocked)
            }
            (Verdict::Refused(_), Outcome::NotNull) => {
                self.census.met("refused by NOT NULL");
                Ok(Expected::NotNull)
            }
            (Verdict::Left(_), Outcome::Blocked | Outcome::NotNull) => {
                Err("the model refuses what plain DELETE does".to_owned())
            }
        }
    }

    /// SQLite judges RESTRICT and NOT NULL at every row; PostgreSQL judges NO ACTION too before
    /// the cascades of cascades have run.
    fn has_order_to_refuse_by(&self) -> bool {
        let refusing = |on_delete: OnDelete| match on_delete {
            OnDelete::Restrict => true,
            OnDelete::NoAction => self.ground.dialect() == Dialect::Postgres,
            _ => false,
        };
        nulls_what_cannot_be(self.case)
            || self.case.shape.foreign_keys.iter().any(|key| refusing(key.on_delete))
    }

    /// Previews; the preview must say what will be, and change nothing.
    async fn preview(&mut self, root: &Root, before: &Dump, expected: &Expected) -> Told<Preview> {
        let preview = self.system.preview(root, Budget::default()).await;
        let preview = preview.map_err(|error| format!("the preview fails: {error}"))?;
        let after = self.ground.dump().await;
        demand!(after == *before, "the preview changes rows:{}", difference(before, &after));
        demand!(preview.precision == Precision::Exact, "the preview is not exact: {preview:#?}");
        let blocked = preview.blockers.iter().any(|blocker| blocker.kind == BlockerKind::Reference);
        demand!(
            blocked == matches!(expected, Expected::Blocked),
            "the preview has these blockers: {:#?}",
            preview.blockers
        );
        let Some(end) = expected.end() else { return Ok(preview) };
        let left = dumped(&self.case.shape, &end.rows, self.ground.dialect());
        let gone = gone(before, &left);
        let mut counted = BTreeMap::new();
        for removed in preview.removed.iter().filter(|removed| !removed.rows.is_zero()) {
            let Count::Exact(rows) = removed.rows else {
                return Err(format!("a count is not exact: {removed:?}"));
            };
            counted.insert(removed.table.clone(), rows);
        }
        demand!(
            counted == gone,
            "the preview counts {counted:?}, but these will be gone: {gone:?}"
        );
        let changed = preview.changed.iter().map(|changed| changed.rows.least());
        let changed = ordered(changed.filter(|rows| *rows > 0).collect());
        let effects = effects(end);
        demand!(
            changed == effects,
            "the preview counts effects {changed:?}, the model {effects:?}"
        );
        Ok(preview)
    }

    /// Judges whether Sexton may refuse, and in these words.
    fn refused(&mut self, error: &DeleteError, expected: &Expected) -> Told<()> {
        match (expected, error) {
            (Expected::Blocked, DeleteError::Refused(refusal)) => {
                demand!(refusal.by == RefusedBy::Refused, "Sexton refuses, but {refusal:#?}");
                self.census.met("refused");
                Ok(())
            }
            (Expected::NotNull, error) if is_violation(error, &[Violation::NotNull]) => {
                self.census.met("refused");
                Ok(())
            }
            (Expected::LeftOrRefused(_), error)
                if matches!(error, DeleteError::Busy { .. })
                    || is_violation(error, &[Violation::Reference, Violation::NotNull]) =>
            {
                self.census.met("refused by the database's order, and by Sexton");
                Ok(())
            }
            (Expected::Left(_), error) => {
                Err(format!("Sexton refuses what plain DELETE does: {error:?}"))
            }
            (_, error) => Err(format!("Sexton refuses otherwise than it must: {error:?}")),
        }
    }

    async fn verify_audit(&mut self) -> Told<()> {
        let report = self.system.audit_verify().await;
        let report = report.map_err(|error| format!("the audit cannot be verified: {error}"))?;
        demand!(
            report.faults.is_empty() && report.unsealed == 0,
            "the audit is broken: {report:#?}"
        );
        Ok(())
    }
}

fn is_violation(error: &DeleteError, kinds: &[Violation]) -> bool {
    matches!(
        error,
        DeleteError::Engine(EngineError::Database(DatabaseError::Violation { kind, .. }))
            if kinds.contains(kind)
    )
}

/// How many rows each effect changes, smallest first, those that change none left out.
fn effects(end: &End) -> Vec<u64> {
    ordered(end.changed.iter().filter(|rows| **rows > 0).map(|rows| *rows as u64).collect())
}

fn ordered(mut counts: Vec<u64>) -> Vec<u64> {
    counts.sort_unstable();
    counts
}
