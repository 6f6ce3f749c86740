use super::{SYSTEM, check, good, only_finding, shown};
use crate::policy::{Fate, Literal, Value};
use crate::schema::Dialect;

fn with_visible(sql: &str) -> String {
    format!("[things.a]\nrow = \"a.id\"\nvisible = {sql}\n")
}

/// Reads a fragment and compares it with its parts.
fn check_sql(sql: &str, expected: &str) {
    let policy = good(&with_visible(&format!("'''{sql}'''")));
    let visible = policy.things[0].visible.as_ref().unwrap();
    assert_eq!(shown(visible, Dialect::Postgres), expected);
    assert_eq!(shown(visible, Dialect::Sqlite), expected);
}

#[test]
fn placeholders_become_parts() {
    for (sql, expected) in [
        ("a = {id}", "a = <Id>"),
        ("{actor} = {tenant}", "<Actor> = <Tenant>"),
        ("a < {now} and b < { now }", "a < <now-0> and b < <now-0>"),
        ("a < {now - 15m}", "a < <now-900>"),
        (
            "{now-30s} {now - 2h} {now -1d} {now- 2w}",
            "<now-30> <now-7200> <now-86400> <now-1209600>",
        ),
        ("a = {path.cohort}", "a = <path cohort>"),
        ("a in ({going.runs}, {going.s.t})", "a in (<going runs>, <going s.t>)"),
        ("{query.x} {body.x} {option.x}", "<unbuilt query.x> <unbuilt body.x> <unbuilt option.x>"),
        ("{row.x} {subject.x}", "<unbuilt row.x> <unbuilt subject.x>"),
    ] {
        check_sql(sql, expected);
    }
}

#[test]
fn the_operators_and_quotes_of_both_databases_pass() {
    for sql in [
        "j.config->>'x' = a.id::text or j.config->'ids' ? a.id::text",
        "a ?| array['x'] and b #>> '{a,b}' = c and d @> e and f[1:2] = g",
        "a = 'it''s; -- {not} /* here */ $$' and \"odd {name} ; --\" = 1",
        "(a = ')' and b in ([1], (2)))",
        "price$ = 1 and a - -1 < b / c * d",
        "name like 'e''x' and te = 'x'",
    ] {
        check_sql(sql, sql);
    }
}

#[test]
fn what_would_leave_a_fragment_is_refused() {
    for (sql, place) in [
        ("a = 1; drop table b", ";"),
        ("a = 1 -- b", "--"),
        ("a = 1 /* b */", "/*"),
        ("(a = 1", "("),
        ("a = 1)", ")"),
        ("(a = [1)]", ")"),
        ("a = $$b$$", "$"),
        ("a = $1", "$"),
        ("a = `b`", "`"),
        ("a = 'b", "'"),
        ("a = E'b'", "'"),
        ("a = {id", "{"),
        ("a = id}", "}"),
        ("=a", "="),
    ] {
        check(&with_visible(&format!("\"{sql}\"")), &[("P013", place)]);
    }
    check(&with_visible("'a = \"b'"), &[("P013", "\"")]);
    check(&with_visible("\"a\\u0000b\""), &[("P013", "\"a\\u0000b\"")]);
    check("[things.a]\nrow = \"a.id\"\nonly = { \"\" = \"x\" }\n", &[("P013", "\"\"")]);
    check("[derived.t]\nof = \"a.b\"\nset.c = \"=\"\n", &[("P013", "\"=\"")]);
    let cast = "{ rule = \"keep\", cast = \"int; x\" }";
    check(&format!("[references]\n\"a.b -> c\" = {cast}\n"), &[("P013", "\"int; x\"")]);
}

#[test]
fn a_fragment_for_sqlite_brings_no_parameters_of_its_own() {
    for (sql, place) in [("a = ?", "?"), ("a = ?1", "?"), ("a = :b", ":"), ("a = @b", "@")] {
        check(&with_visible(&format!("{{ sqlite = \"{sql}\" }}")), &[("P013", place)]);
    }
    good(&with_visible("{ postgres = \"a ? b\" }"));
}

#[test]
fn an_unknown_placeholder_is_told_with_the_nearest_known_one() {
    for placeholder in ["{actr}", "{}", "{id.x}", "{path.}", "{rows.a}", "{nowhere}"] {
        check(&with_visible(&format!("\"a = {placeholder}\"")), &[("P014", placeholder)]);
    }
    let finding = only_finding(&format!("{SYSTEM}{}", with_visible("\"a = {actr}\"")));
    assert!(finding.help.unwrap().starts_with("did you mean `actor`?"));
    check(&with_visible("\"{a} = {b}\""), &[("P014", "{a}"), ("P014", "{b}")]);
}

#[test]
fn a_duration_that_cannot_be_read_is_refused() {
    for moment in [
        "{now - 15}",
        "{now - m}",
        "{now - 15min}",
        "{now - -1m}",
        "{now - }",
        "{now + 1h}",
        "{now - 9223372036854775807w}",
    ] {
        check(&with_visible(&format!("\"a < {moment}\"")), &[("P015", moment)]);
    }
}

#[test]
fn a_fragment_can_be_written_for_each_database() {
    let policy = good(&with_visible("{ postgres = \"a::text\", sqlite = \"cast(a as text)\" }"));
    let visible = policy.things[0].visible.as_ref().unwrap();
    assert_eq!(shown(visible, Dialect::Postgres), "a::text");
    assert_eq!(shown(visible, Dialect::Sqlite), "cast(a as text)");
    let policy = good("[things.a]\nrow = \"a.id\"\nvisible.postgres = \"x\"\n");
    assert!(policy.things[0].visible.as_ref().unwrap().of(Dialect::Sqlite).is_none());
}

#[test]
fn the_place_of_a_fragment_is_its_text_without_quotes_and_sign() {
    let text = format!("{SYSTEM}[derived.t]\nof = \"a.b\"\nset.c = \"\"\"\n=max(x)\"\"\"\n");
    let policy = super::parse(&text).0.unwrap();
    let Value::Sql(sql) = &policy.derived[0].set[0].value else { panic!("not SQL") };
    let span = sql.of(Dialect::Sqlite).unwrap().span;
    assert_eq!(&text[span.start..span.end], "max(x)");
}

#[test]
fn values_are_literals_or_sql_behind_a_sign() {
    let value = |written: &str| {
        let text = format!("[references]\n\"a.b -> c\" = {{ set = {{ x = {written} }} }}\n");
        match good(&text).references.remove(0).fate {
            Fate::Set(mut set) => set.remove(0).value,
            other => panic!("not set: {other:?}"),
        }
    };
    for (written, expected) in [
        ("\"canceled\"", Literal::Text("canceled".into())),
        ("\"\"", Literal::Text(String::new())),
        ("-5_000", Literal::Integer(-5000)),
        ("0xff", Literal::Integer(255)),
        ("2.5", Literal::Float(2.5)),
        ("true", Literal::Bool(true)),
    ] {
        assert_eq!(value(written), Value::Literal(expected));
    }
    let Value::Sql(now) = value("\"={now}\"") else { panic!("not SQL") };
    assert_eq!(shown(&now, Dialect::Sqlite), "<now-0>");
    let Value::Sql(each) = value("{ postgres = \"=a - 'x'\", sqlite = \"=null\" }") else {
        panic!("not SQL")
    };
    assert_eq!(shown(&each, Dialect::Postgres), "a - 'x'");
    assert_eq!(shown(&each, Dialect::Sqlite), "null");
}

#[test]
fn a_placeholder_in_quotes_is_worth_a_look() {
    let warning = |sql: &str| check(&with_visible(sql), &[("P025", "'{id}'")]);
    warning("\"a = '{id}'\"");
    good(&with_visible("\"a = '{1,2}' and b = 'x {id}'\""));
}
