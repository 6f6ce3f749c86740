use super::{SYSTEM, check, covered, only_finding, parse};
use crate::finding::Severity;

#[test]
fn text_that_is_not_toml_is_told_with_the_words_of_toml() {
    let finding = only_finding("system = \"s\"\nschema = heimdall\n");
    assert_eq!(finding.code, "P001");
    assert!(finding.message.contains("string values must be quoted"), "{}", finding.message);
    check("schema = heimdall\n", &[("P001", "heimdall")]);
    check("[things.a]\nrow = \"a.id\"\nrow = \"b.id\"\n", &[("P001", "row")]);
}

#[test]
fn every_mistake_of_toml_is_told_in_one_run() {
    check("a = x\nb = y\n", &[("P001", "x"), ("P001", "y")]);
}

#[test]
fn an_unknown_section_is_told_with_the_nearest_known_one() {
    check("[refrences]\n", &[("P002", "refrences")]);
    let finding = only_finding("system = \"s\"\n[refrences]\n");
    assert!(finding.help.unwrap().starts_with("did you mean `references`?"));
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_known_one_and_all_of_them() {
    check("[things.a]\nrow = \"a.id\"\nlable = \"x\"\n", &[("P003", "lable")]);
    let finding = only_finding("system = \"s\"\n[things.a]\nrow = \"a.id\"\nlable = \"x\"\n");
    let help = finding.help.unwrap();
    assert!(help.starts_with("did you mean `label`?"), "{help}");
    assert!(help.contains("`across_tenants`"), "{help}");
    for (text, key) in [
        ("[things.a]\nrow = \"a.id\"\nlimits = { row = 1 }\n", "row"),
        ("[audit]\nkey = \"env:A\"\n", "key"),
        ("[check]\nunindexed = 1\n", "unindexed"),
        ("[references]\n\"a.b -> c\" = { rule = \"keep\", when = \"x\" }\n", "when"),
        ("[references]\n\"a.b -> c\" = { sett = { x = 1 } }\n", "sett"),
        ("[guards.g]\nof=\"a\"\nrows=\"b\"\nlink=\"c\"\nsay=\"d\"\nfilter=\"e\"\n", "filter"),
        ("[derived.a]\nof=\"b.c\"\nset.d=1\nlast=\"e\"\n", "last"),
        ("[things.a]\nrow = \"a.id\"\nvisible = { mysql = \"x\" }\n", "mysql"),
    ] {
        check(text, &[("P003", key)]);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_refused_where_it_stands() {
    for (text, value) in [
        ("database = 3\n", "3"),
        ("things = 3\n", "3"),
        ("work = 3\n", "3"),
        ("[things]\na = \"a.id\"\n", "\"a.id\""),
        ("[things.a]\nrow = [\"a.id\"]\n", "[\"a.id\"]"),
        ("[things.a]\nrow = \"a.id\"\nroles = \"admin\"\n", "\"admin\""),
        ("[things.a]\nrow = \"a.id\"\nroles = [1]\n", "1"),
        ("[things.a]\nrow = \"a.id\"\nacross_tenants = \"yes\"\n", "\"yes\""),
        ("[things.a]\nrow = \"a.id\"\nlimits = { rows = 1.5 }\n", "1.5"),
        ("[things.a]\nrow = \"a.id\"\nlimits = { percent = true }\n", "true"),
        ("[things.a]\nrow = \"a.id\"\nvisible = true\n", "true"),
        ("[things.a]\nrow = \"a.id\"\nonly = { x = 1 }\n", "1"),
        ("[references]\n\"a.b -> c\" = true\n", "true"),
        ("[references]\n\"a.b -> c\" = { set = { x = [1] } }\n", "[1]"),
        ("[references]\n\"a.b -> c\" = { set = { x = 1979-05-27 } }\n", "1979-05-27"),
        ("[references]\n\"a.b -> c\" = { set = { x = { postgres = \"1\" } } }\n", "\"1\""),
    ] {
        check(text, &[("P004", value)]);
    }
}

#[test]
fn a_compulsory_key_that_is_missing_is_told_at_its_table() {
    check("[things.a]\nlabel = \"name\"\n", &[("P005", "[things.a]")]);
    let followers = "[things.a]\nlike = \"b\"\n[things.c]\nlike = 3\n[things.b]\n";
    check(followers, &[("P004", "3"), ("P005", "[things.b]")]);
    check("[things]\na = { label = \"name\" }\n", &[("P005", "{ label = \"name\" }")]);
    check("[guards.g]\n", &[("P005", "[guards.g]"); 4]);
    check("[derived.t]\n", &[("P005", "[derived.t]"); 2]);
    check(
        "[derived.t]\nof = \"a.b\"\nset.c = { none = 1 }\nfirst = \"x\"\n",
        &[("P005", "{ none = 1 }")],
    );
    check("[references]\n\"a.b -> c\".where = \"x\"\n", &[("P005", "\"a.b -> c\"")]);
    let finding = only_finding("database = \"env:A\"\n");
    assert_eq!((finding.code, finding.span), ("P005", None));
    assert!(finding.message.contains("`system`"));
}

#[test]
fn nothing_where_something_must_stand_is_refused() {
    for (text, place) in [
        ("database = \"\"\n", "\"\""),
        ("[things.\"\"]\nrow = \"a.id\"\n", "\"\""),
        ("[guards.\"\"]\nof=\"a\"\nrows=\"b\"\nlink=\"c\"\nsay=\"d\"\n", "\"\""),
        ("[things.a]\nrow = \".id\"\n", ".id"),
        ("[things.a]\nrow = '\"\".id'\n", "\"\".id"),
        ("[things.a]\nrow = \"a.id\"\nlabel = \" \"\n", "\" \""),
        ("[things.a]\nrow = \"a.id\"\nconfirm_text = \"\"\n", "\"\""),
        ("[things.a]\nrow = \"a.id\"\nfind = {}\n", "{}"),
        ("[references]\n\"a. -> c\" = \"keep\"\n", "a."),
        ("[references]\n\"a.b -> c\" = {}\n", "{}"),
        ("[references]\n\"a.b -> c\" = { set = {} }\n", "{}"),
        ("[references]\n\"a.b -> c\" = { set = { \"\" = 1 } }\n", "\"\""),
        ("[references]\n\"a.b -> c\" = { anonymize = [] }\n", "[]"),
        ("[derived.t]\nof = \"a.b\"\nset = {}\n", "{}"),
    ] {
        check(text, &[("P012", place)]);
    }
    let finding = only_finding("system = \"\"\n");
    assert_eq!(finding.code, "P012");
}

#[test]
fn a_number_outside_its_range_is_refused() {
    let limits = |limits: &str| format!("[things.a]\nrow = \"a.id\"\nlimits = {{ {limits} }}\n");
    for (limit, place) in [
        ("rows = 0", "0"),
        ("rows = -1", "-1"),
        ("rows = 99999999999999999999", "99999999999999999999"),
        ("percent = 0", "0"),
        ("tenants = 0", "0"),
        ("percent = 100.5", "100.5"),
        ("percent = nan", "nan"),
    ] {
        check(&limits(limit), &[("P016", place)]);
    }
    check(&limits("rows = 0, percent = 0"), &[("P016", "0"), ("P016", "0")]);
    check("[check]\nunindexed_rows_max = -1\n", &[("P016", "-1")]);
    check("[references]\n\"a.b -> c\" = { set = { x = inf } }\n", &[("P016", "inf")]);
}

#[test]
fn a_word_that_is_no_choice_is_refused() {
    let key = |key: &str| format!("[things.a]\nrow = \"a.id\"\n{key}\n");
    check(&key("confirm = \"type_id\""), &[("P017", "\"type_id\"")]);
    check(&key("digest = \"row\""), &[("P017", "\"row\"")]);
    let orphans = "{ rule = \"delete\", orphans = \"keep\" }";
    check(&format!("[references]\n\"a.b -> c\" = {orphans}\n"), &[("P017", "\"keep\"")]);
    let finding = only_finding(&format!("{SYSTEM}{}", key("confirm = \"type_id\"")));
    assert_eq!(finding.help.unwrap(), "did you mean `type-id`? Known here: `type-id`, `click`");
}

#[test]
fn a_thing_must_be_like_one_that_is_there() {
    let text =
        "[things.model]\nrow = \"a.id\"\n[things.b]\nlike = \"modle\"\n[things.c]\nlike = \"b\"\n";
    check(text, &[("P018", "\"modle\"")]);
    let finding = only_finding(&format!("{SYSTEM}{text}"));
    assert!(finding.help.unwrap().starts_with("did you mean `model`?"));
}

#[test]
fn things_that_are_like_each_other_in_a_circle_are_told_once() {
    let text = "[things.x]\nlike = \"b\"\n[things.b]\nlike = \"c\"\n[things.c]\nlike = \"b\"\n";
    check(text, &[("P019", "\"c\"")]);
    let finding = only_finding(&format!("{SYSTEM}{text}"));
    assert!(finding.message.ends_with("b -> c -> b"), "{}", finding.message);
    check("[things.b]\nlike = \"b\"\n", &[("P019", "\"b\"")]);
}

#[test]
fn a_derived_value_for_no_row_needs_a_source_of_rows() {
    let text = "[derived.t]\nof = \"a.b\"\nset.c = { value = 1, none = 2 }\n";
    check(text, &[("P020", "none")]);
}

#[test]
fn names_of_systems_and_things_are_small_and_plain() {
    check("[things.Batch]\nrow = \"a.id\"\n", &[("P021", "Batch")]);
    check("[things.\"a b\"]\nrow = \"a.id\"\n", &[("P021", "\"a b\"")]);
    check("[things.1a]\nrow = \"a.id\"\n", &[("P021", "1a")]);
    assert_eq!(only_finding("system = \"My System\"\n").code, "P021");
}

#[test]
fn sql_where_a_column_must_stand_is_refused() {
    for (key, place) in [
        ("label = \"name || 'x'\"", "name || 'x'"),
        ("owner = \"lower(owner)\"", "lower(owner)"),
        ("label = \"=name\"", "=name"),
        ("tenant = \"(select 1)\"", "(select 1)"),
        ("show = [\"a\", \"b desc\"]", "b desc"),
    ] {
        check(&format!("[things.a]\nrow = \"a.id\"\n{key}\n"), &[("P022", place)]);
    }
}

#[test]
fn a_secret_must_not_stand_in_the_file() {
    check("[audit]\nroot_id_key = \"hunter2\"\n", &[("P024", "hunter2")]);
    check("[audit]\nroot_id_key = \"env:\"\n", &[("P024", "env:")]);
}

#[test]
fn several_mistakes_are_told_in_one_run_in_the_order_of_the_file() {
    let text = r#"
[guards.live]
of    = "runs"
rows  = "jobs j"
link  = "j.id = runs.job_id; drop table jobs"
say   = 3
[things.batch]
row   = "batches.id"
lable = "tag"
limits = { rows = 0 }
[refs]
[references]
"runs.batch_id => batches" = "delet"
"a_*.run_id -> runs" = "keep"
"#;
    check(
        text,
        &[
            ("P013", ";"),
            ("P004", "3"),
            ("P003", "lable"),
            ("P016", "0"),
            ("P002", "refs"),
            ("P007", "runs.batch_id => batches"),
            ("P006", "\"delet\""),
            ("P010", "*"),
        ],
    );
    assert!(parse(text).0.is_none());
}

#[test]
fn a_warning_does_not_keep_the_policy_back() {
    let text = format!("{SYSTEM}[things.a]\nrow = \"a.id\"\nvisible = \"x = '{{actor}}'\"\n");
    let (policy, findings) = parse(&text);
    assert!(policy.is_some());
    assert_eq!(findings[0].severity, Severity::Warning);
    assert_eq!((findings[0].code, covered(&text, &findings[0])), ("P025", "'{actor}'"));
}

/// Aim: reading never panics, whatever is cut off or put in, at any boundary of a character.
#[test]
fn any_damage_to_a_file_ends_in_findings_not_in_a_panic() {
    let file = concat!(
        "system = \"s\"\n[things.a]\nrow = '\"Ä b\".(id, \"x\"\"y\")'\ntenant = \"a.b\"\n",
        "only = { \"x->>'é' = {now - 15m}\" = \"s\" }\nlimits = { rows = 1_0, percent = 2.5 }\n",
        "[references]\n\"{t.a,u.(b,c)}_{d,e}$.p.q[*] -> s.p.(x,y)\".rule.set.z = \"={going.a.b}\"\n",
        "[derived.d]\nof = \"a.b\"\nfirst = \"x\"\nset.y = { value = \"=1\", none = 2 }\n",
    );
    let signs =
        ["\"", "'", "{", "}", "(", ")", "$", "*", "->", ".", ",", "=", "é", "\\u0041", "[", ""];
    for (at, c) in file.char_indices() {
        parse(&file[..at]);
        for sign in signs {
            parse(&format!("{}{sign}{}", &file[..at], &file[at..]));
            parse(&format!("{}{sign}{}", &file[..at], &file[at + c.len_utf8()..]));
        }
    }
}

#[test]
fn a_store_that_cannot_be_read_is_told_and_no_secret_with_it() {
    check("[stores]\niq = 3\n", &[("P004", "3")]);
    check("[stores]\niq = { sweep_after = \"1d\" }\n", &[("P005", "{ sweep_after = \"1d\" }")]);
    check("[stores]\niq = { url = \"a\", age = \"1d\" }\n", &[("P003", "age")]);
    check("[stores]\niq = { url = \"a\", sweep_after = \"soon\" }\n", &[("P015", "\"soon\"")]);
    check("[stores]\nIQ = \"a\"\n", &[("P021", "IQ")]);
    check("[stores]\niq = \"\"\n", &[("P012", "\"\"")]);
    let finding = only_finding("system = \"s\"\n[stores]\niq = \"s3://name:hush@bucket\"\n");
    assert_eq!(finding.code, "P050");
    assert!(!finding.message.contains("hush"), "{}", finding.message);
    let endpoint = "[stores]\niq = \"s3://bucket?endpoint=https://name:hush@host\"\n";
    check(endpoint, &[("P050", "\"s3://bucket?endpoint=https://name:hush@host\"")]);
}
