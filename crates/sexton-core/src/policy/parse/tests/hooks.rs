use super::{check, good};
use crate::policy::Call;

const HOOK: &str = "[hooks.h]\nof = \"t\"\nbody = {}\n";

#[test]
fn a_hook_says_whom_to_call() {
    for (written, expected) in [
        ("https://a.example/x?y", Call::Address("https://a.example/x?y".into())),
        ("env:URL", Call::Variable { name: "URL".into(), is_optional: false }),
        ("env:URL?", Call::Variable { name: "URL".into(), is_optional: true }),
        ("notify:gone", Call::Notify("gone".into())),
    ] {
        let policy = good(&format!("{HOOK}call = \"{written}\"\n"));
        assert_eq!(policy.hooks[0].call.value, expected, "{written}");
    }
    for written in ["a.example", "ftp://a", "https://", "https://a b", "env:", "env:A-B", "notify:"]
    {
        check(&format!("{HOOK}call = \"{written}\"\n"), &[("P041", written)]);
    }
}

#[test]
fn a_hook_has_sane_defaults() {
    let policy = good(&format!("{HOOK}call = \"env:URL\"\n"));
    let hook = &policy.hooks[0];
    assert_eq!((hook.before, hook.within_secs), (false, 10));
    assert_eq!((&hook.filter, &hook.batch, &hook.secret), (&None, &None, &None));
}

#[test]
fn what_a_hook_needs_is_missed() {
    check(
        "[hooks.h]\nzzz = 1\n",
        &[("P005", "[hooks.h]"), ("P005", "[hooks.h]"), ("P005", "[hooks.h]"), ("P003", "zzz")],
    );
}

#[test]
fn templates_are_judged_where_they_stand() {
    let body = |body: &str| format!("[hooks.h]\nof = \"t\"\ncall = \"env:URL\"\nbody = {body}\n");
    for (written, expected) in [
        ("\"a{id\"", ("P040", "{")),
        ("\"a}id\"", ("P040", "}")),
        ("{ a = [\"{id|upper}\"] }", ("P040", "upper")),
        ("\"{id|path}\"", ("P040", "{id|path}")),
        ("\"{a..b}\"", ("P012", "a..b")),
        ("\"{a-b}\"", ("P008", "-")),
        ("\"{a$.ids[*]}\"", ("P008", "a$.ids[*]")),
        ("1979-05-27", ("P004", "1979-05-27")),
    ] {
        check(&body(written), &[expected]);
    }
}

#[test]
fn numbers_of_a_hook_have_their_range() {
    let hook = format!("{HOOK}call = \"env:URL\"\n");
    check(&format!("{hook}within = \"2m\"\n"), &[("P015", "\"2m\"")]);
    check(&format!("{hook}batch = {{ max = 0 }}\n"), &[("P016", "0")]);
    check(&format!("{hook}batch = {{ by = \"x{{id}}\", max = 1 }}\n"), &[("P004", "\"x{id}\"")]);
    check(&format!("{hook}secret = \"hush\"\n"), &[("P024", "hush")]);
    assert_eq!(good(&format!("{hook}within = \"1m\"\n")).hooks[0].within_secs, 60);
}
