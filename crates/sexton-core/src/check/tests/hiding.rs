use super::{finds, judged, only};
use crate::finding::Severity;
use crate::plan::{compile_hide, compile_purge};
use crate::policy::{Options, parse};
use crate::schema::Dialect;

const TABLES: &str = "batches: id bigint key, state text index, deleted_at timestamptz null, name text\n\
    runs: id bigint key, batch_id bigint -> batches cascade index\n\
    entries: id bigint key, run_id bigint -> runs cascade index, state text";

/// A policy for batches, hidden so, of which this is said below the lines.
fn policy(hide: &str, more: &str) -> String {
    format!(
        "[things.batch]\nrow = \"batches.id\"\nhide = {hide}\n\
         purge = {{ root = \"keep\" }}\n[references]\n\"runs.batch_id -> batches\" = \"delete\"\n\
         \"entries.run_id -> runs\" = \"delete\"\n{more}"
    )
}

const DELETED: &str = "{ set = { deleted_at = \"={now}\" }, hidden = \"deleted_at is not null\" }";

#[test]
fn a_thing_that_can_be_hidden_has_no_findings() {
    finds(TABLES, &policy(DELETED, ""), &[]);
}

#[test]
fn a_key_cannot_be_hidden() {
    let hide = "{ set = { id = 0 } }";
    finds(TABLES, &policy(hide, ""), &[("C601", "id")]);
}

#[test]
fn what_hiding_sets_must_be_there() {
    let hide = "{ set = { gone_at = \"={now}\" }, hidden = \"deleted_at is not null\" }";
    finds(TABLES, &policy(hide, ""), &[("C102", "gone_at")]);
}

#[test]
fn a_row_that_was_set_must_be_hidden() {
    let nulled = "{ set = { deleted_at = \"=null\" }, hidden = \"deleted_at is not null\" }";
    let other = "{ set = { state = \"gone\" }, hidden = \"state = 'retired'\" }";
    for hide in [nulled, other] {
        let (severity, message, _) = only(TABLES, &policy(hide, ""));
        assert_eq!(severity, Severity::Error, "{message}");
        assert!(message.contains("is not `hidden`"), "{message}");
    }
}

#[test]
fn a_name_that_stays_taken_is_warned_of() {
    let tables = TABLES.replace("name text\n", "name text, unique(name)\n");
    let (severity, message, _) = only(&tables, &policy(DELETED, ""));
    assert_eq!(severity, Severity::Warning);
    assert!(message.contains("keeps `name` taken"), "{message}");
    // It is needed again by who restores it, for ever.
    let for_ever = DELETED.replace("is not null\"", "is not null\", undo = \"forever\"");
    let for_ever = policy(&for_ever, "").replace("purge = { root = \"keep\" }\n", "");
    finds(&tables, &for_ever, &[]);
}

/// Hiding would read whole tables.
#[test]
fn a_guard_that_no_index_reaches_refuses_hide() {
    let tables = TABLES.replace("run_id bigint -> runs cascade index", "run_id bigint");
    let guard = "[guards.live]\nof = \"entries\"\nrows = \"entries e\"\nlink = \"e.id = entries.id\"\n\
                 where = \"e.state = 'live'\"\nsay = \"It lives.\"\n";
    let (_, checked) = judged(Dialect::Postgres, &tables, &policy(DELETED, guard));
    assert!(checked.findings.iter().any(|f| f.code == "C603"), "{:#?}", checked.findings);
    let (_, checked) = judged(Dialect::Postgres, TABLES, &policy(DELETED, guard));
    assert!(!checked.findings.iter().any(|f| f.code == "C603"), "{:#?}", checked.findings);
}

#[test]
fn only_rows_can_be_hidden_by_columns() {
    let text = policy(DELETED, "").replace("row = \"batches.id\"", "starts = [\"batches.state\"]");
    let (severity, message, _) = only(TABLES, &text);
    assert_eq!((severity, message.contains("no row of its own")), (Severity::Error, true));
}

#[test]
fn what_only_the_ledger_hides_must_go_in_the_end() {
    let fence = "[fence]\nby = \"triggers\"\nreferences = [\"runs.batch_id\"]\n";
    let codes = |text: &str| {
        let (_, checked) = judged(Dialect::Postgres, TABLES, text);
        let codes = checked.findings.iter().map(|finding| finding.code);
        // Nobody has installed the fence.
        codes.filter(|code| *code != "C174").collect::<Vec<_>>()
    };
    let text = policy("\"ledger\"", fence);
    assert_eq!(codes(&text), ["C606"]);
    assert_eq!(codes(&text.replace("root = \"keep\"", "")), [""; 0]);
}

#[test]
fn writers_that_no_fence_keeps_from_what_the_ledger_hides_are_warned_of() {
    let text = policy("\"ledger\"", "").replace("root = \"keep\"", "");
    let (severity, message, _) = only(TABLES, &text);
    assert_eq!(severity, Severity::Warning);
    assert!(message.contains("no fence watches runs.batch_id"), "{message}");
}

/// Nothing of the row tells it, so the memory is asked though the row is there.
#[test]
fn plans_and_triggers_of_what_the_ledger_hides_ask_the_memory() {
    let fence = "[fence]\nby = \"triggers\"\nreferences = [\"runs.batch_id\"]\n";
    let text = policy("\"ledger\"", fence).replace("root = \"keep\"", "");
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let (text, checked) = judged(dialect, TABLES, &text);
        let policy = parse(&text).0.unwrap();
        let schema = super::schema::read(dialect, TABLES);
        let (thing, options) = (policy.things[0].name.clone(), Options::default());
        let plan = compile_hide(&policy, &schema, &checked.graph, &thing, &options).unwrap();
        let [remembered] = plan.remembered.as_slice() else { panic!("{plan}") };
        assert!(remembered.memory.starts_with("hidden "), "{plan}");
        assert!(plan.to_string().contains("missing while the ledger hides it as batch"), "{plan}");
        let triggers = crate::fence::triggers(&policy, &schema, &checked.graph);
        let asks = |text: &String| text.contains(&remembered.memory);
        assert!(triggers.iter().all(|trigger| trigger.create.iter().any(asks)));
        assert_eq!(triggers.len(), 2);
    }
}

fn plans(dialect: Dialect) -> String {
    let guard = "[guards.live]\nof = \"entries\"\nrows = \"entries e\"\nlink = \"e.id = entries.id\"\n\
                 where = \"e.state = 'live'\"\nsay = \"It lives.\"\n";
    let work = "[work.runs]\nrunning = \"runs.id < 0\"\nsettle = \"before-purge\"\n";
    let text = policy(DELETED, &[guard, work].concat()).replace("root = \"keep\"", "");
    let (text, checked) = judged(dialect, TABLES, &text);
    let policy = parse(&text).0.unwrap();
    let schema = super::schema::read(dialect, TABLES);
    let thing = policy.things[0].name.clone();
    let options = Options::default();
    let hide = compile_hide(&policy, &schema, &checked.graph, &thing, &options).unwrap();
    let purge = compile_purge(&policy, &schema, &checked.graph, &thing, &options).unwrap();
    let plans = std::iter::once(&hide).chain(&purge).map(ToString::to_string);
    plans.collect::<Vec<_>>().join("\n")
}

/// The locks stand on the claims themselves: in a subquery they would not part the rows (W3).
#[test]
fn the_plans_of_postgres_read_as_one_would_write_them() {
    insta::assert_snapshot!(plans(Dialect::Postgres));
}

#[test]
fn the_plans_of_sqlite_read_as_one_would_write_them() {
    insta::assert_snapshot!(plans(Dialect::Sqlite));
}

/// What a null means is the application's to say: the policy may not infer it.
#[test]
fn a_null_is_garbage_only_where_a_foreign_key_sets_it() {
    let orphans = "{ rule = \"delete\", orphans = \"delete\" }";
    let text = policy(DELETED, "").replacen("\"delete\"", orphans, 1);
    let code = |tables: &str, text: &str| {
        let (_, checked) = judged(Dialect::Postgres, tables, text);
        checked.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(code(TABLES, &text), ["C608"]);
    let nulled = TABLES.replacen("-> batches cascade", "null -> batches nulls", 1);
    assert_eq!(code(&nulled, &text), ["C609"]);
    let unpurged = text.replace("purge = { root = \"keep\" }\n", "");
    assert_eq!(code(&nulled, &unpurged), ["C608"]);
}
