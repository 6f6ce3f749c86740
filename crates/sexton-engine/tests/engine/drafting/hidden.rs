//! Foreign keys that the database was not told of are found by their names and values.

use std::collections::BTreeSet;

use sexton_core::draft::Undecided;
use sexton_core::policy::{self, Reference};
use sexton_testkit::random::case::Case;
use sexton_testkit::random::convention;
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::ground::Ground;
use sexton_testkit::random::script::script;
use sexton_testkit::random::shape::ForeignKey;

use super::drafted;
use crate::place::{Place, Told};
use crate::seeds::{Named, Seeds, demand_none};

const CASES: u64 = 150;

/// Out of a thousand: so many suggestions are true, so many hidden references are found where
/// their name says something, and where names are as they are.
const PRECISION: usize = 950;
const RECALL_OF_TELLING: usize = 970;
const RECALL: usize = 750;

#[tokio::test]
async fn hidden_foreign_keys_are_suggested_on_sqlite() {
    judge(Ground::sqlite().await).await;
}

#[tokio::test]
async fn hidden_foreign_keys_are_suggested_on_postgres() {
    judge(Ground::postgres().await).await;
}

/// Child, its columns, parent, its columns; columns in pairs.
type Arrow = (String, BTreeSet<(String, String)>, String);

#[derive(Default)]
struct Score {
    hidden: usize,
    telling: usize,
    found: usize,
    telling_found: usize,
    suggested: usize,
}

async fn judge(ground: Ground) {
    let seeds = Seeds::of_this_run(90_000, CASES);
    let mut place = Place::on(ground).await;
    let mut score = Score::default();
    let mut failures = Vec::new();
    for seed in seeds.range {
        let _named = Named(seed);
        if let Err(told) = of(seed, &mut place, &mut score).await {
            failures.push((seed, told));
        }
    }
    demand_none(&failures);
    let share = |part: usize, whole: usize| part * 1000 / whole.max(1);
    let precision = share(score.found, score.suggested);
    let recall = share(score.found, score.hidden);
    let of_telling = share(score.telling_found, score.telling);
    println!(
        "{} references hidden, {} of them with a telling name; {} suggested\n\
         precision {precision}, recall {recall}, of telling names {of_telling} (out of 1000)",
        score.hidden, score.telling, score.suggested
    );
    if seeds.ordinary {
        assert!(score.hidden > 200, "too few to tell");
        assert!(precision >= PRECISION, "precision {precision}");
        assert!(of_telling >= RECALL_OF_TELLING, "recall of telling names {of_telling}");
        assert!(recall >= RECALL, "recall {recall}");
    }
}

async fn of(seed: u64, place: &mut Place, score: &mut Score) -> Told<()> {
    let mut case = Case::of(seed);
    let mut dice = Dice::new(seed ^ 0xACE);
    let telling = convention::name(&mut case, &mut dice);
    let mut known = BTreeSet::new();
    let mut hidden = BTreeSet::new();
    let mut kept = Vec::new();
    let mut tells = BTreeSet::new();
    for (key, telling) in case.shape.foreign_keys.clone().into_iter().zip(telling) {
        if dice.percent(50) {
            hidden.insert(arrow(&case, &key));
            tells.extend(telling.then(|| arrow(&case, &key)));
        } else {
            known.insert(arrow(&case, &key));
            kept.push(key);
        }
    }
    case.shape.foreign_keys = kept;
    let hidden: BTreeSet<Arrow> = hidden.difference(&known).cloned().collect();
    let any = "system = \"hidden\"\n[things.any]\nrow = \"any.any\"";
    let system = place.renew_with(&script(&case, place.ground.dialect()), any).await?;
    let draft = drafted(system.database().as_ref(), Undecided::Review).await?;
    let suggested = suggestions(&draft.text, &known, &case)?;
    let show = std::env::var_os("SEXTON_SEED").is_some();
    if show {
        println!("{}\nhidden: {hidden:#?}", draft.text);
    }
    for wrong in suggested.difference(&hidden).filter(|_| show) {
        println!("wrong: {wrong:?}");
    }
    score.hidden += hidden.len();
    score.suggested += suggested.len();
    score.found += suggested.intersection(&hidden).count();
    score.telling += hidden.intersection(&tells).count();
    let told: BTreeSet<Arrow> = hidden.intersection(&tells).cloned().collect();
    score.telling_found += suggested.intersection(&told).count();
    Ok(())
}

fn arrow(case: &Case, key: &ForeignKey) -> Arrow {
    let (child, parent) = (&case.shape.tables[key.child], &case.shape.tables[key.parent]);
    let pairs = key.columns.iter().zip(&key.parent_columns).map(|(left, right)| {
        (child.columns[*left].name.clone(), parent.columns[*right].name.clone())
    });
    (child.name.clone(), pairs.collect(), parent.name.clone())
}

/// What stands behind the marks, read as a person would make lines of it.
fn suggestions(text: &str, known: &BTreeSet<Arrow>, case: &Case) -> Told<BTreeSet<Arrow>> {
    let text = text.lines().filter(|line| !line.contains("…'")).collect::<Vec<_>>().join("\n");
    let (policy, findings) = policy::parse(&text.replace("#? ", ""));
    let policy = policy.ok_or_else(|| format!("not read: {findings:#?}\n{text}"))?;
    let arrows = policy.references.iter().map(|reference| read(case, reference));
    Ok(arrows.filter(|arrow| !known.contains(arrow)).collect())
}

fn read(case: &Case, reference: &Reference) -> Arrow {
    let parent = case.shape.tables.iter().find(|table| table.name == reference.parent.name);
    let own = parent.map(|table| {
        table.key.iter().map(|at| table.columns[*at].name.clone()).collect::<Vec<String>>()
    });
    let key = reference.parent_key.as_ref();
    let right = key.map(|key| key.iter().map(ToString::to_string).collect()).or(own);
    let left = reference.columns.iter().map(|path| path.column.to_string());
    let pairs = left.zip(right.unwrap_or_default()).collect();
    (reference.child.name.clone(), pairs, reference.parent.name.clone())
}
