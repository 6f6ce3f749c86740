//! A draft in which everything open is decided `delete` deletes what the database deletes where
//! every foreign key says ON DELETE CASCADE.

use sexton_core::draft::Undecided;
use sexton_core::finding::Severity;
use sexton_core::names::{Actor, ThingName};
use sexton_core::policy;
use sexton_core::schema::{Dialect, OnDelete};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, System};
use sexton_testkit::random::case::{Case, Thing};
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::ground::{Ground, Verdict};
use sexton_testkit::random::script::script;

use super::drafted;
use crate::cascade::{self, Outcome};
use crate::census::Census;
use crate::dumps::difference;
use crate::place::{Place, Told, check, story};
use crate::seeds::{Named, Seeds, demand_none};

const CASES: u64 = 70;

#[tokio::test]
async fn a_decided_draft_deletes_what_a_full_cascade_does_on_sqlite() {
    judge(Ground::sqlite().await).await;
}

#[tokio::test]
async fn a_decided_draft_deletes_what_a_full_cascade_does_on_postgres() {
    judge(Ground::postgres().await).await;
}

async fn judge(ground: Ground) {
    let seeds = Seeds::of_this_run(70_000, CASES);
    let mut place = Place::on(ground).await;
    let mut census = Census::default();
    let mut failures = Vec::new();
    for seed in seeds.range {
        let _named = Named(seed);
        if let Err(told) = of(seed, &mut place, &mut census).await {
            failures.push((seed, told));
        }
    }
    println!("{census}");
    demand_none(&failures);
    if seeds.ordinary {
        census.demand(&[
            ("deleted", 60),
            ("tables that lost rows", 150),
            ("open lines", 80),
            ("implied lines", 250),
        ]);
    }
}

async fn of(seed: u64, place: &mut Place, census: &mut Census) -> Told<()> {
    let case = Case::of(seed);
    implied(&case, place, census).await?;
    let dialect = place.ground.dialect();
    let mut dice = Dice::new(!seed);
    let twin = with_actions(&case, |_| OnDelete::Cascade);
    let Some((table, at)) = draw_root(&twin, dialect, &mut dice) else { return Ok(()) };
    place.ground.renew(&script(&twin, dialect)).await;
    let whole_key = |table: usize| Thing {
        name: String::new(),
        table,
        key: case.shape.tables[table].key.clone(),
        digest_rows: false,
    };
    let row = &case.rows[table][at];
    let before = place.ground.dump().await;
    let delete = case.plain_delete(&whole_key(table), &[row], dialect);
    let Verdict::Left(wanted) = place.ground.judge(&delete).await else {
        return Err(format!("the database refuses a full cascade: {delete}"));
    };
    let reluctant = with_actions(&case, |on_delete| match on_delete {
        OnDelete::Restrict => OnDelete::Restrict,
        OnDelete::Cascade => OnDelete::Cascade,
        _ => OnDelete::NoAction,
    });
    let (system, text) = drafted_system(&reluctant, place, Undecided::Delete).await?;
    let Some(thing) = thing_of(&system, &case, table) else {
        census.met("roots that only link others");
        return Ok(());
    };
    let id = Case::typed(&thing, row, dialect).ok_or("nobody can type it")?;
    let root = Root {
        thing: ThingName::new(&thing.name),
        key: RootKey::Id(id),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    };
    let done = system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await;
    let told = |why: String| {
        let story = story(&reluctant, &reluctant.rows, dialect);
        format!("{why}\n{delete}\n{text}\n{story}")
    };
    done.map_err(|error| told(format!("the deletion fails: {error}")))?;
    let left = place.ground.dump().await;
    if left != wanted {
        return Err(told(format!("other rows are left:{}", difference(&wanted, &left))));
    }
    census.met("deleted");
    census.add("tables that lost rows", before.iter().filter(|(t, r)| left[*t] != **r).count());
    Ok(())
}

/// What the schema itself says is in the draft, and only what it leaves open is not decided.
async fn implied(case: &Case, place: &mut Place, census: &mut Census) -> Told<()> {
    place.ground.renew(&script(case, place.ground.dialect())).await;
    let (system, text) = drafted_system(case, place, Undecided::Review).await?;
    let errors = check(&system).await?;
    let open = text.lines().filter(|line| line.contains("\"review\"") && !line.starts_with('#'));
    demand!(
        errors.iter().all(|error| error.starts_with("C110"))
            && (errors.is_empty() == (open.count() == 0)),
        "check finds more than what is open: {errors:#?}\n{text}"
    );
    census.add("open lines", errors.len());
    census.add("implied lines", system.policy().references.len() - errors.len());
    Ok(())
}

/// A system with the draft of this case; one that is decided has no errors.
async fn drafted_system(
    case: &Case,
    place: &mut Place,
    undecided: Undecided,
) -> Told<(System, String)> {
    let any = place.renew_with(&script(case, place.ground.dialect()), &case.policy).await?;
    let draft = drafted(any.database().as_ref(), undecided).await?;
    let (_, findings) = policy::parse(&draft.text);
    demand!(findings.is_empty(), "the draft has mistakes: {findings:#?}\n{}", draft.text);
    let policy = format!("check.unindexed_rows_max = 1_000_000_000\n{}", draft.text);
    let system = place.renew_with(&script(case, place.ground.dialect()), &policy).await?;
    if undecided != Undecided::Review {
        let found = system.check().await.map_err(|error| error.to_string())?;
        let errors: Vec<_> = found.iter().filter(|f| f.severity == Severity::Error).collect();
        demand!(errors.is_empty(), "check rejects the draft: {errors:#?}\n{}", draft.text);
    }
    Ok((system, draft.text))
}

fn with_actions(case: &Case, action: impl Fn(OnDelete) -> OnDelete) -> Case {
    let mut case = case.clone();
    for key in &mut case.shape.foreign_keys {
        key.on_delete = action(key.on_delete);
    }
    case
}

/// A row with a key, of a few drawn the one that takes most with it.
fn draw_root(case: &Case, dialect: Dialect, dice: &mut Dice) -> Option<(usize, usize)> {
    let tables = case.shape.tables.iter().enumerate().filter(|(_, table)| !table.key.is_empty());
    let roots: Vec<(usize, usize)> = tables
        .flat_map(|(table, _)| (0..case.rows[table].len()).map(move |at| (table, at)))
        .filter(|(table, at)| {
            let row = &case.rows[*table][*at];
            case.shape.tables[*table]
                .key
                .iter()
                .all(|column| row[*column].typed(dialect).is_some_and(|t| !t.trim().is_empty()))
        })
        .collect();
    let left = |root: &(usize, usize)| match cascade::delete(&case.shape, &case.rows, &[*root]) {
        Outcome::Ends(end) => end.rows.iter().map(Vec::len).sum(),
        Outcome::Blocked | Outcome::NotNull => usize::MAX,
    };
    (0..6).filter_map(|_| roots.get(dice.below(roots.len())).copied()).min_by_key(left)
}

/// The thing of this table as the draft has it, its key as columns of the case.
fn thing_of(system: &System, case: &Case, table: usize) -> Option<Thing> {
    let shape = &case.shape.tables[table];
    let things = system.policy().things.iter();
    let found = things.filter_map(|thing| Some((thing, &thing.row.as_ref()?.value)));
    let (thing, row) = found.into_iter().find(|(_, row)| row.table.name == shape.name)?;
    let place = |name: &str| shape.columns.iter().position(|column| column.name == name);
    let key: Option<Vec<usize>> = row.columns.iter().map(|name| place(name.as_str())).collect();
    Some(Thing { name: thing.name.to_string(), table, key: key?, digest_rows: false })
}
