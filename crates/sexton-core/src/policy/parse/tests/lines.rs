use super::{SYSTEM, check, only_finding};

#[test]
fn a_fate_and_a_rule_must_not_be_confused() {
    for (value, key) in [
        ("{ unlink = { x = 1 } }", "unlink"),
        ("{ keep = true }", "keep"),
        ("{ rule = \"unlink\", set = { x = 1 } }", "set"),
        ("{ set = { x = 1 }, where = \"x\" }", "where"),
        ("{ set = { x = 1 }, anonymize = [\"y\"] }", "anonymize"),
        ("{ rule = { rule = \"keep\" } }", "rule"),
    ] {
        check(&format!("[references]\n\"a.b -> c\" = {value}\n"), &[("P004", key)]);
    }
    let finding = only_finding("system=\"s\"\n[references]\n\"a.b -> c\" = {keep = true}\n");
    assert_eq!(finding.help.unwrap(), "this fate needs nothing more: write \"keep\"");
}

#[test]
fn an_unknown_fate_is_told_with_the_nearest_known_one() {
    check("[references]\n\"a.b -> c\" = \"unlnk\"\n", &[("P006", "\"unlnk\"")]);
    check("[references]\n\"a.b -> c\" = { rule = \"drop\" }\n", &[("P006", "\"drop\"")]);
    let text = |fate: &str| format!("{SYSTEM}[references]\n\"a.b -> c\" = \"{fate}\"\n");
    let help = |fate: &str| only_finding(&text(fate)).help.unwrap();
    assert!(help("unlnk").starts_with("did you mean `unlink`?"));
    assert_eq!(help("set"), "`set` needs columns: { set = … }");
}

#[test]
fn a_line_that_is_no_arrow_is_refused() {
    for line in ["a.b", "a.b => c", "a.b <- c", "a.b -> c -> d", "-> c", "a.b ->"] {
        let text = format!("[references]\n\"{line}\" = \"keep\"\n");
        check(&text, &[("P007", line)]);
    }
}

#[test]
fn a_path_that_cannot_be_read_is_refused_where_reading_stops() {
    for (line, place) in [
        ("a -> b", "a"),
        ("a.b.c.d -> e", "a.b.c.d"),
        ("a.b-c -> d", "-"),
        ("a.b$ -> c", "a.b$"),
        ("a.b$.x[0] -> c", "["),
        ("a.b$.x[*].y -> c", "."),
        ("a.(b -> c", "a.(b"),
        ("a.(b;c) -> d", ";"),
        ("a.b -> c.d$.e", "c.d$.e"),
        ("a.b -> c$.e", "c$.e"),
        ("{a,u-v}.b -> c", "-"),
    ] {
        check(&format!("[references]\n\"{line}\" = \"keep\"\n"), &[("P008", place)]);
    }
    check("[references]\n'\"a.b -> c' = \"keep\"\n", &[("P008", "\"a.b -> c")]);
    for (text, place) in [
        ("[things.a]\nrow = \"a\"\n", "a"),
        ("[things.a]\nrow = \"a.b$.c\"\n", "a.b$.c"),
        ("[things.a]\nrow = '\"a.b'\n", "\"a.b"),
        ("[things.a]\nrow = \"a.id\"\nlabel = \"a.b\"\n", "a.b"),
        ("[things.a]\nrow = \"a.id\"\ntenant = \"a.b$.c\"\n", "a.b$.c"),
        ("[derived.\"a.b.c\"]\nof = \"b.c\"\nset.d = 1\n", "a.b.c"),
        ("[guards.g]\nof = \"a.b.c\"\nrows = \"r\"\nlink = \"l\"\nsay = \"x\"\n", "a.b.c"),
    ] {
        check(text, &[("P008", place)]);
    }
}

#[test]
fn braces_that_cannot_be_read_are_refused() {
    for (line, place) in [
        ("{a,b.c -> d", "{"),
        ("a,b}.c -> d", "}"),
        ("{a,{b,c}}.d -> e", "{"),
        ("{a,}.b -> c", "{a,}"),
        ("a.b -> {c,d}", "{"),
    ] {
        check(&format!("[references]\n\"{line}\" = \"keep\"\n"), &[("P009", place)]);
    }
    let ten = "{a,b,c,d,e,f,g,h,i,j}";
    let line = format!("t{ten}{ten}{ten}{ten}.x -> y");
    let left = line.strip_suffix(" -> y").unwrap();
    check(&format!("[references]\n\"{line}\" = \"keep\"\n"), &[("P009", left)]);
}

#[test]
fn a_star_is_refused_because_a_new_table_must_be_decided() {
    for line in ["analysis_*.run_id -> runs", "{a,*}.b -> c", "a.b$.x[*],* -> c"] {
        check(&format!("[references]\n\"{line}\" = \"keep\"\n"), &[("P010", "*")]);
    }
    let finding =
        only_finding(&format!("{SYSTEM}[references]\n\"{{*}}.run_id -> runs\" = \"keep\"\n"));
    assert!(finding.message.contains("a new one must be decided"), "{}", finding.message);
}

#[test]
fn a_reference_written_twice_is_told_with_both_places() {
    let text = "[references]\n\"{a,b}.c -> d\" = \"delete\"\n\"b.c->d\" = \"keep\"\n";
    check(text, &[("P011", "b.c->d")]);
    let finding = only_finding(&format!("{SYSTEM}{text}"));
    assert_eq!(finding.message, "`b.c -> d` is written twice: here and in line 3");
    check("[references]\n\"{a,a}.b -> c\" = \"keep\"\n", &[("P011", "a")]);
    let filtered = "{ rule = \"keep\", where = \"x = 1\" }";
    let text = format!("[references]\n\"a.b -> c\" = {filtered}\n\"a.b ->  c\" = {filtered}\n");
    check(&text, &[("P011", "a.b ->  c")]);
}

#[test]
fn both_sides_of_a_composite_reference_are_of_one_length() {
    for line in ["t.(a,b) -> p.x", "t.a -> p.(x,y)"] {
        check(&format!("[references]\n\"{line}\" = \"keep\"\n"), &[("P023", line)]);
    }
    let line = "{t.(a,b),u.c} -> p.(x,y)";
    check(&format!("[references]\n\"{line}\" = \"keep\"\n"), &[("P023", "u.c")]);
}

#[test]
fn a_key_with_escapes_is_shown_as_a_whole() {
    check("[references]\n\"a.\\u0062-c -> d\" = \"keep\"\n", &[("P008", "\"a.\\u0062-c -> d\"")]);
}
