//! `init` and `check` on a schema of a thousand tables.
//!
//! Twenty families of fifty tables; a table refers to one or two of its own family, and now and
//! then to the table of users, which no family has. Every reference has an index. Beside the
//! foreign keys there are references that the database is not told of, for `init` to find.

use std::fmt::Write as _;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use sexton_core::check::check;
use sexton_core::draft::{Draft, Undecided, Wanted};
use sexton_core::finding::Severity;
use sexton_core::names::SystemName;
use sexton_core::policy::{Policy, parse};
use sexton_core::schema::Dialect;
use sexton_engine::ports::Database;
use sexton_engine::{Surroundings, System};
use sexton_testkit::random::dice::Dice;

use crate::clock;
use crate::figures::Series;
use crate::place::{self, Place};
use crate::report::Conditions;

const FAMILIES: usize = 20;
const FAMILY: usize = 50;
const FOREIGN_KEYS: usize = 1500;
const HIDDEN: usize = 300;
const ROWS: usize = 100;

/// Goals, in milliseconds.
const GOAL: f64 = 2_000.0;

/// What was measured on one database.
pub struct Measured {
    /// Which database.
    pub dialect: Dialect,
    /// The draft, for its figures.
    draft: Draft,
    /// How many things the short policy has.
    few: usize,
    schema: Series,
    init: Series,
    check_all: Series,
    check_few: Series,
    core_all: Series,
    probes: usize,
}

/// Makes the schema and measures.
pub async fn measure(dialect: Dialect, server: Option<&str>, times: usize) -> Result<Measured> {
    let place = match dialect {
        Dialect::Postgres => Place::postgres(server, "wide").await?,
        Dialect::Sqlite => Place::sqlite().await,
    };
    let mut session = place.session().await?;
    for script in scripts(dialect) {
        session.script(&script).await?;
    }
    session.close().await?;
    let database = place::database(dialect, &place.address()?).await?;
    let draft = draft(database.as_ref()).await?;
    let all = read(&draft.text)?;
    let few = Policy {
        things: all
            .things
            .iter()
            .filter(|thing| thing.name.as_str().ends_with("_0"))
            .cloned()
            .collect(),
        ..all.clone()
    };
    let mut measured = Measured {
        dialect,
        few: few.things.len(),
        schema: Series::default(),
        init: Series::default(),
        check_all: Series::default(),
        check_few: Series::default(),
        core_all: Series::default(),
        probes: 0,
        draft,
    };
    for time in 0..=times {
        // The first round warms up and does not count.
        let counts = time > 0;
        let note = |series: &mut Series, watch: std::time::Instant| {
            if counts {
                series.add(watch.elapsed());
            }
        };
        let watch = clock::start();
        let schema = database.schema().await?;
        note(&mut measured.schema, watch);
        let watch = clock::start();
        self::draft(database.as_ref()).await?;
        note(&mut measured.init, watch);
        let watch = clock::start();
        let checked = check(&all, &schema);
        note(&mut measured.core_all, watch);
        measured.probes = checked.probes.len();
        for (policy, series) in [(&all, &mut measured.check_all), (&few, &mut measured.check_few)] {
            let system = system(policy, &database);
            let watch = clock::start();
            let findings = system.check().await?;
            note(series, watch);
            let errors = findings.iter().filter(|f| f.severity == Severity::Error);
            ensure!(errors.count() == 0, "the draft has errors: {findings:?}");
        }
    }
    drop(database);
    place.close().await?;
    Ok(measured)
}

fn system(policy: &Policy, database: &Arc<dyn Database>) -> System {
    System::new(policy.clone(), database.clone(), Surroundings::of_this_machine(), None)
}

async fn draft(database: &dyn Database) -> Result<Draft> {
    let wanted = Wanted {
        system: SystemName::new("wide"),
        database: "env:DATABASE_URL".to_owned(),
        schema: None,
        undecided: Undecided::Block,
    };
    Ok(sexton_engine::draft(database, &wanted).await?)
}

fn read(text: &str) -> Result<Policy> {
    let (policy, findings) = parse(text);
    policy.with_context(|| format!("the draft is not read: {findings:?}"))
}

/// A table to come: its columns, and what they refer to.
struct Table {
    name: String,
    lines: Vec<String>,
    columns: Vec<(String, usize)>,
}

/// CREATE TABLE, rows and indexes, in a few scripts.
fn scripts(dialect: Dialect) -> Vec<String> {
    let mut dice = Dice::new(7);
    let mut tables: Vec<Table> = (0..FAMILIES * FAMILY).map(table).collect();
    let mut refer = |child: usize, parent: usize, enforced: bool, dice: &mut Dice| {
        let column = format!("{}_id", tables[parent].name);
        if child == parent || tables[child].columns.iter().any(|(name, _)| *name == column) {
            return false;
        }
        let action = ["CASCADE", "CASCADE", "CASCADE", "SET NULL", "NO ACTION"];
        let references = if enforced {
            format!(" REFERENCES {} (id) ON DELETE {}", tables[parent].name, dice.pick(&action))
        } else {
            String::new()
        };
        tables[child].lines.push(format!("{column} bigint{references}"));
        tables[child].columns.push((column, parent));
        true
    };
    let mut made = 0;
    for child in (0..FAMILIES * FAMILY).filter(|child| child % FAMILY > 0) {
        let first = child - child % FAMILY;
        made += usize::from(refer(child, dice.between(first, child - 1), true, &mut dice));
    }
    let mut hidden = 0;
    while made < FOREIGN_KEYS || hidden < HIDDEN {
        let child = dice.below(FAMILIES * FAMILY);
        let first = child - child % FAMILY;
        let parent = if dice.percent(20) { 0 } else { dice.between(first, child) };
        if made < FOREIGN_KEYS {
            made += usize::from(refer(child, parent, true, &mut dice));
        } else {
            hidden += usize::from(refer(child, parent, false, &mut dice));
        }
    }
    tables
        .chunks(FAMILY)
        .map(|family| family.iter().map(|t| created(t, dialect)).collect())
        .collect()
}

fn table(at: usize) -> Table {
    let name = if at == 0 {
        "user_0".to_owned()
    } else {
        format!("f{}_item_{}", at / FAMILY, at % FAMILY)
    };
    let columns =
        ["id bigint PRIMARY KEY", "name text", "state text", "created_at text", "amount bigint"];
    Table { name, lines: columns.map(str::to_owned).to_vec(), columns: Vec::new() }
}

fn created(table: &Table, dialect: Dialect) -> String {
    let Table { name, lines, columns } = table;
    let mut script = format!("CREATE TABLE {name} ({});\n", lines.join(", "));
    let given: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
    let places: String = given.iter().flat_map(|column| [", ", column]).collect();
    let values = ", n".repeat(given.len());
    let rows = match dialect {
        Dialect::Postgres => format!("generate_series(1, {ROWS}) AS s(n)"),
        Dialect::Sqlite => format!(
            "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS}) SELECT n FROM s)"
        ),
    };
    script +=
        &[format!("INSERT INTO {name} (id, name{places}) SELECT n, 'name'{values} FROM {rows};\n")]
            .concat();
    for column in given {
        script += &[format!("CREATE INDEX {name}_{column} ON {name} ({column});\n")].concat();
    }
    script
}

/// The report, as Markdown.
pub fn written(conditions: &Conditions, all: &[(Measured, String)]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# `init` and `check` on a thousand tables\n");
    let _ = writeln!(
        text,
        "`{}`, a release build. Milliseconds: medians, with quartiles in parentheses, after",
        conditions.command
    );
    let _ = writeln!(text, "a warm-up round that does not count.\n");
    let _ = writeln!(
        text,
        "- Machine: {}. Load average {} before, {} after.",
        conditions.machine, conditions.busy.0, conditions.busy.1
    );
    if let Some(note) = &conditions.note {
        let _ = writeln!(text, "- {note}");
    }
    for (_, settings) in all {
        let _ = writeln!(text, "- {settings}");
    }
    let tables = FAMILIES * FAMILY;
    let _ = writeln!(
        text,
        "- Schema: {tables} tables with {ROWS} rows each, {FOREIGN_KEYS} foreign keys, {HIDDEN} references that the\n  database does not know, an index for each."
    );
    for (measured, _) in all {
        let Measured { draft, few, probes, .. } = measured;
        let name = match measured.dialect {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
        };
        let _ = writeln!(text, "\n## {name}\n");
        let _ = writeln!(
            text,
            "The draft has {} things and {} lines, {} of them left to a person (here: `block`), and\n{} suggestions.\n",
            draft.things, draft.references, draft.undecided, draft.suggested
        );
        let _ = writeln!(text, "| what | ms | goal | met |\n|---|---|---|---|");
        let rows = [
            ("reading the schema, which is in all of these".to_owned(), &measured.schema, false),
            ("`init`".to_owned(), &measured.init, true),
            (format!("`check` of a policy with {few} things"), &measured.check_few, true),
            (
                format!(
                    "`check` of the draft with all {} things ({probes} statements to prepare)",
                    draft.things
                ),
                &measured.check_all,
                true,
            ),
            ("of that, what needs no database".to_owned(), &measured.core_all, false),
        ];
        for (what, series, is_goal) in rows {
            let met = match (is_goal, series.median() <= GOAL) {
                (false, _) => "| |",
                (true, true) => "| 2000 | yes |",
                (true, false) => "| 2000 | **no** |",
            };
            let _ = writeln!(text, "| {what} | {series} {met}");
        }
    }
    text
}
