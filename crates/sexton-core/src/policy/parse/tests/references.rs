use super::{SYSTEM, check, good, parse, shown, unbuilt};
use crate::names::{ColumnName, OptionName, TableName};
use crate::policy::{ColumnPath, Fate, Policy, Reference, TakeRule};
use crate::schema::Dialect;

/// The references of one line with this fate.
fn line(key: &str, fate: &str) -> Policy {
    good(&format!("[references]\n'{key}' = {fate}\n"))
}

fn reference(key: &str, fate: &str) -> Reference {
    line(key, fate).references.remove(0)
}

/// Reads a line and compares the sentences of its sisters and what their places cover.
fn check_sisters(key: &str, expected: &[(&str, &str)]) {
    let text = format!("{SYSTEM}[references]\n'{key}' = \"keep\"\n");
    let (policy, findings) = parse(&text);
    assert_eq!(findings, [], "{key}");
    let policy = policy.unwrap();
    let found: Vec<_> = policy
        .references
        .iter()
        .map(|reference| (reference.text.as_str(), &text[reference.span.start..reference.span.end]))
        .collect();
    assert_eq!(found, expected, "{key}");
}

fn column(name: &str) -> ColumnPath {
    ColumnPath { column: ColumnName::new(name), json: None }
}

#[test]
fn a_line_without_braces_is_one_reference_and_covers_all_of_it() {
    for (key, text) in [
        ("entries.run_id -> runs", "entries.run_id -> runs"),
        ("a.b->c", "a.b -> c"),
        ("a.b -> c.d", "a.b -> c.d"),
        ("s.a.b -> t.c.d", "s.a.b -> t.c.d"),
        ("t.(a, b) -> p.( x,y )", "t.(a,b) -> p.(x,y)"),
        ("s.t.(a,b) -> p", "s.t.(a,b) -> p"),
        ("t.(a) -> p.(x)", "t.a -> p.x"),
        ("t.col$.a.b-c -> p", "t.col$.a.b-c -> p"),
        ("t.col$.ids[*] -> p", "t.col$.ids[*] -> p"),
        ("t.col$.\"odd key\" -> p", "t.col$.\"odd key\" -> p"),
        ("\"Odd Name\".\"my col\" -> parent", "\"Odd Name\".\"my col\" -> parent"),
        ("\"plain\".\"a\"\"b -> {c}\" -> \"p.q\".r", "plain.\"a\"\"b -> {c}\" -> \"p.q\".r"),
        ("größe.id -> Tafel", "größe.id -> Tafel"),
    ] {
        check_sisters(key, &[(text, key)]);
    }
}

#[test]
fn sisters_in_braces_are_references_of_their_own_with_their_own_place() {
    check_sisters(
        "analysis_run_{a, b}.run_id -> runs",
        &[("analysis_run_a.run_id -> runs", "a"), ("analysis_run_b.run_id -> runs", "b")],
    );
    check_sisters("{t.a,u.b} -> p", &[("t.a -> p", "t.a"), ("u.b -> p", "u.b")]);
    check_sisters("t.{a,b$.x} -> p", &[("t.a -> p", "a"), ("t.b$.x -> p", "b$.x")]);
    check_sisters("{ runs ,jobs}.b -> p", &[("runs.b -> p", "runs"), ("jobs.b -> p", "jobs")]);
    check_sisters(
        "{t.(a,b),\"u,}\".(c,d)} -> p.(x,y)",
        &[("t.(a,b) -> p.(x,y)", "t.(a,b)"), ("\"u,}\".(c,d) -> p.(x,y)", "\"u,}\".(c,d)")],
    );
    check_sisters(
        "{s.t,u}.(a,{b}) -> p.(x,y)",
        &[
            ("s.t.(a,b) -> p.(x,y)", "{s.t,u}.(a,{b}) -> p.(x,y)"),
            ("u.(a,b) -> p.(x,y)", "{s.t,u}.(a,{b}) -> p.(x,y)"),
        ],
    );
    check_sisters(
        "{a,b}_{c,d}.x -> y",
        &[
            ("a_c.x -> y", "{a,b}_{c,d}.x -> y"),
            ("a_d.x -> y", "{a,b}_{c,d}.x -> y"),
            ("b_c.x -> y", "{a,b}_{c,d}.x -> y"),
            ("b_d.x -> y", "{a,b}_{c,d}.x -> y"),
        ],
    );
}

#[test]
fn both_sides_are_taken_apart() {
    let simple = reference("s.t.a -> p", "\"keep\"");
    assert_eq!(simple.child, TableName { schema: Some("s".into()), name: "t".into() });
    assert_eq!(simple.columns, [column("a")]);
    assert_eq!((simple.parent, simple.parent_key), (TableName::local("p"), None));
    let composite = reference("t.(a,b) -> q.p.(x,y)", "\"keep\"");
    assert_eq!(composite.columns, [column("a"), column("b")]);
    assert_eq!(composite.parent.to_string(), "q.p");
    assert_eq!(composite.parent_key.unwrap(), ["x", "y"].map(ColumnName::new));
    let json = reference("t.c$.ids[*] -> p.x", "\"keep\"");
    assert_eq!(json.columns[0].json.as_deref(), Some(".ids[*]"));
    assert_eq!(json.parent_key.unwrap(), [ColumnName::new("x")]);
    let odd = reference("\"Odd Name\".\"my \"\"col\" -> parent", "\"keep\"");
    assert_eq!((odd.child.name.as_str(), odd.columns[0].column.as_str()), ("Odd Name", "my \"col"));
}

#[test]
fn every_fate_that_is_a_word_can_stand_alone_and_in_a_rule() {
    for (word, fate) in [
        ("delete", Fate::Delete),
        ("unlink", Fate::Unlink),
        ("keep", Fate::Keep),
        ("block", Fate::Block),
        ("derive", Fate::Derive),
        ("review", Fate::Review),
    ] {
        assert_eq!(reference("a.b -> c", &format!("\"{word}\"")).fate, fate);
        assert_eq!(reference("a.b -> c", &format!("{{ rule = \"{word}\" }}")).fate, fate);
    }
}

#[test]
fn a_set_keeps_the_order_of_its_columns() {
    let fate = reference("a.b -> c", "{ rule = { set = { z = \"=null\", b = 1 } } }").fate;
    let Fate::Set(set) = fate else { panic!("not a set: {fate:?}") };
    let names: Vec<_> = set.iter().map(|assignment| assignment.column.value.as_str()).collect();
    assert_eq!(names, ["z", "b"]);
}

#[test]
fn a_rule_has_conditions_and_a_sentence() {
    let rule = "{ rule = \"block\", where = \"kind = 'job'\", say = \"{count} session(s)\" }";
    let reference = reference("a.b -> c", rule);
    assert_eq!(shown(&reference.filter.unwrap(), Dialect::Sqlite), "kind = 'job'");
    assert_eq!(reference.say.as_deref(), Some("{count} session(s)"));
    assert!(!reference.orphans);
}

#[test]
fn all_sisters_get_the_rule_of_their_line() {
    let policy = line("{a,b}.c -> d", "{ rule = \"delete\", where = \"x\", say = \"y\" }");
    for sister in &policy.references {
        assert_eq!((sister.fate.clone(), sister.say.as_deref()), (Fate::Delete, Some("y")));
        assert!(sister.filter.is_some());
    }
}

#[test]
fn one_column_may_refer_to_several_tables() {
    let policy = good(
        r#"[references]
"artifact_objects.owner_id -> jobs"     = { rule = "delete", where = "owner_type = 'job'" }
"artifact_objects.owner_id -> sessions" = { rule = "delete", where = "owner_type = 'session'" }
"artifact_objects.owner_id ->  jobs"    = { rule = "keep", where = "owner_type = 'old job'" }
"#,
    );
    assert_eq!(policy.references.len(), 3);
}

#[test]
fn references_come_in_the_order_of_the_file() {
    let policy = good("[references]\n\"z.a -> b\" = \"keep\"\n\"a.{z,b} -> c\" = \"keep\"\n");
    let texts: Vec<_> = policy.references.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(texts, ["z.a -> b", "a.z -> c", "a.b -> c"]);
}

#[test]
fn a_rule_can_be_written_in_dotted_keys() {
    let policy = good(
        r#"[references]
"deliveries.job_id -> jobs".with             = { erase = "delete", strip = { set = { a = 1 } } }
"deliveries.job_id -> jobs".rule.set.job_id  = "=null"
"deliveries.job_id -> jobs".rule.set.payload = { postgres = "=payload - 'data'", sqlite = "=json_remove(payload, '$.data')" }
"#,
    );
    let [reference] = policy.references.as_slice() else { panic!("not one reference") };
    let Fate::Set(set) = &reference.fate else { panic!("not a set") };
    assert_eq!(set.len(), 2);
    let (option, fate) = &reference.switched_by[0];
    assert_eq!((&option.value, fate), (&OptionName::new("erase"), &Fate::Delete));
    assert!(matches!(&reference.switched_by[1].1, Fate::Set(set) if set.len() == 1));
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn parts_of_a_rule_without_an_engine_are_kept_and_told() {
    let policy =
        line("a.b -> c", "{ rule = \"delete\", cast = \"numeric(10, 2)\", orphans = \"delete\" }");
    let reference = &policy.references[0];
    assert_eq!(reference.cast.as_ref().unwrap().value, "numeric(10, 2)");
    assert!(reference.orphans);
    assert_eq!(unbuilt(&policy), []);
    let policy = line("a.b -> c", "{ rule = { anonymize = [\"name\", '\"my col\"'] } }");
    let columns = ["name", "my col"].map(ColumnName::new).to_vec();
    assert_eq!(policy.references[0].fate, Fate::Anonymize(columns));
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn a_line_that_takes_says_when_and_which_rows_do() {
    let policy = good(
        "[takes]\n\"{a,b}.f -> files\" = \"always\"\n\
         \"c.f -> files\" = { rule = \"when-last\", where = \"kind = 'x'\" }\n",
    );
    let [a, b, c] = policy.takes.as_slice() else { panic!("not three lines") };
    assert_eq!((a.reference.text.as_str(), a.rule), ("a.f -> files", TakeRule::Always));
    assert_eq!((b.reference.child.name.as_str(), b.rule), ("b", TakeRule::Always));
    assert_eq!(c.rule, TakeRule::WhenLast);
    assert_eq!(shown(c.reference.filter.as_ref().unwrap(), Dialect::Sqlite), "kind = 'x'");
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn a_line_that_takes_has_nothing_but_its_rule_and_its_condition() {
    check("[takes]\n\"a.f -> files\" = \"delete\"\n", &[("P017", "\"delete\"")]);
    check("[takes]\n\"a.f -> files\" = { where = \"x\" }\n", &[("P005", "{ where = \"x\" }")]);
    let cast = "[takes]\n\"a.f -> files\" = { rule = \"always\", cast = \"text\" }\n";
    check(cast, &[("P003", "cast")]);
    let twice = "[takes]\n\"a.f -> files\" = \"always\"\n\"{a,b}.f -> files\" = \"when-last\"\n";
    check(twice, &[("P011", "a")]);
}
