use super::{SYSTEM, check, good, only_finding, shown, unbuilt};
use crate::policy::{NamesBy, ObjectRule, VersionsGone};
use crate::schema::Dialect;
use crate::template::{Piece, Text};

/// A template as it is written.
fn written(text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Written(written) => written.clone(),
        Piece::Value(slot) => format!("<{}>", slot.path.written()),
    };
    text.pieces.iter().map(piece).collect()
}

fn templates(rule: &ObjectRule) -> Vec<(NamesBy, String)> {
    rule.templates().map(|(by, text)| (by, written(&text.value))).collect()
}

/// A rule of rows of `t` with these lines.
fn rule(lines: &str) -> String {
    format!("[objects.o]\nof = \"t\"\n{lines}\n")
}

#[test]
fn every_key_of_a_rule_of_objects_is_read() {
    let policy = good(
        r#"[objects.model-files]
of     = "ml.models"
stores = ["models", "legacy"]
where  = { postgres = "kind = 'a'", sqlite = "kind = 'b'" }
key    = "archives/{id}.zip"
prefix = ["{project_id.org_id}/{id}/", "old/{id}/"]
uri    = ["{location|path}", "{extras$.a.\"b c\"|path}"]
part   = true
unless_named_by = ["models.{location,onnx}", "jobs.config$.paths[*]"]
versions   = "all"
look_again = "30m"
"#,
    );
    let [rule] = policy.objects.as_slice() else { panic!("not one rule") };
    assert_eq!(
        (rule.name.as_str(), rule.of.value.to_string()),
        ("model-files", "ml.models".into())
    );
    let stores: Vec<&str> = rule.stores.iter().map(|store| store.value.as_str()).collect();
    assert_eq!(stores, ["models", "legacy"]);
    let filter = rule.filter.as_ref().unwrap();
    assert_eq!(shown(filter, Dialect::Postgres), "kind = 'a'");
    assert_eq!(shown(filter, Dialect::Sqlite), "kind = 'b'");
    assert_eq!(
        templates(rule),
        [
            (NamesBy::Key, "archives/<id>.zip".to_owned()),
            (NamesBy::Prefix, "<project_id.org_id>/<id>/".to_owned()),
            (NamesBy::Prefix, "old/<id>/".to_owned()),
            (NamesBy::Uri, "<location>".to_owned()),
            (NamesBy::Uri, "<extras$.a.b c>".to_owned()),
        ]
    );
    let naming: Vec<_> = rule.unless_named_by.iter().map(|by| by.text.as_str()).collect();
    assert_eq!(naming, ["models.location", "models.onnx", "jobs.config$.paths[*]"]);
    assert_eq!(rule.unless_named_by[2].column.json.as_deref(), Some(".paths[*]"));
    assert_eq!((rule.part, rule.versions, rule.look_again_secs), (true, VersionsGone::All, 1800));
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn a_rule_with_what_it_needs_gets_the_defaults() {
    let policy = good(&rule("store = \"s\"\nkey = \"{id}\""));
    let rule = &policy.objects[0];
    assert_eq!((&rule.filter, rule.part, rule.look_again_secs), (&None, false, 0));
    assert_eq!((rule.versions, rule.unless_named_by.len()), (VersionsGone::Current, 0));
    assert_eq!(good("").objects, []);
}

#[test]
fn what_a_rule_of_objects_needs_is_missed() {
    check(
        "[objects.o]\nzzz = 1\n",
        &[
            ("P005", "[objects.o]"),
            ("P005", "[objects.o]"),
            ("P005", "[objects.o]"),
            ("P003", "zzz"),
        ],
    );
    check(&rule("store = \"s\""), &[("P005", "[objects.o]")]);
    let finding = only_finding(&format!("{SYSTEM}{}", rule("store = \"s\"")));
    assert_eq!(finding.help.unwrap(), "write `key`, `prefix`, `uri` or `manifest`");
    // The rest of a variant's rule stands in the other file.
    assert_eq!(good("like = \"o.toml\"\n[objects.o]\nlook_again = \"1h\"\n").objects, []);
}

#[test]
fn what_cannot_be_read_in_a_rule_of_objects_is_told_at_its_place() {
    let of = |lines: &str| rule(&format!("store = \"s\"\n{lines}"));
    for (text, expected) in [
        (of("key = 3"), ("P004", "3")),
        (of("key = [3]"), ("P004", "3")),
        (of("key = []"), ("P012", "[]")),
        (of("key = \"\""), ("P012", "\"\"")),
        (of("key = \"{id\""), ("P040", "{")),
        (of("prefix = \"{id|upper}/\""), ("P040", "upper")),
        (of("prefix = \"{id|bool}/\""), ("P040", "{id|bool}")),
        (of("uri = \"{a$.ids[*]}\""), ("P008", "a$.ids[*]")),
        (of("key = \"{id}\"\npart = \"yes\""), ("P004", "\"yes\"")),
        (of("key = \"{id}\"\nversions = \"every\""), ("P017", "\"every\"")),
        (of("key = \"{id}\"\nlook_again = \"soon\""), ("P015", "\"soon\"")),
        (of("key = \"{id}\"\nunless_named_by = \"t.a\""), ("P004", "\"t.a\"")),
        (of("key = \"{id}\"\nunless_named_by = [\"t\"]"), ("P008", "t")),
        (of("key = \"{id}\"\nunless_named_by = [\"t.(a,b)\"]"), ("P008", "t.(a,b)")),
        (of("key = \"{id}\"\nunless_named_by = [\"t.{a,u-v}\"]"), ("P008", "-")),
        (of("key = \"{id}\"\nwhere = \"a; b\""), ("P013", ";")),
        (rule("store = [\"s\"]\nkey = \"{id}\""), ("P004", "[\"s\"]")),
        (rule("stores = \"s\"\nkey = \"{id}\""), ("P004", "\"s\"")),
        (rule("stores = []\nkey = \"{id}\""), ("P012", "[]")),
        (rule("stores = [3]\nkey = \"{id}\""), ("P004", "3")),
        ("[objects.O]\nof = \"t\"\nstore = \"s\"\nkey = \"{id}\"\n".to_owned(), ("P021", "O")),
        ("[objects]\no = 3\n".to_owned(), ("P004", "3")),
    ] {
        check(&text, &[expected]);
    }
}

#[test]
fn stores_are_named_once_and_in_one_way() {
    let both = rule("store = \"s\"\nstores = [\"s\"]\nkey = \"{id}\"");
    check(&both, &[("P051", "store")]);
    let twice = rule("stores = [\"s\", \"t\", \"s\"]\nkey = \"{id}\"");
    check(&twice, &[("P052", "\"s\"")]);
    let finding = only_finding(&format!("{SYSTEM}{twice}"));
    assert_eq!(finding.message, "`objects.o.stores` names `s` twice");
}

#[test]
fn every_mistake_of_a_rule_of_objects_is_told_in_one_run() {
    check(
        "[objects.o]\nof = 3\nstore = 4\nkey = \"{\"\nversions = \"x\"\nlook_again = \"y\"\n",
        &[("P004", "3"), ("P004", "4"), ("P040", "{"), ("P017", "\"x\""), ("P015", "\"y\"")],
    );
}

#[test]
fn a_partial_thing_names_what_goes_and_what_its_row_becomes() {
    let policy = good(
        r#"[things.job]
row = "jobs.id"
[things.job-audio]
like    = "job"
removes = ["objects.audio", "objects.parts"]
set     = { audio_gone = "={now}", state = "bare" }
[things.job-parts]
like    = "job-audio"
removes = ["objects.parts"]
[things.job-again]
like    = "job-audio"
removes = []
[things.job-alike]
like    = "job-audio"
"#,
    );
    let removed = |at: usize| -> Vec<&str> {
        policy.things[at].removes.iter().map(|name| name.value.as_str()).collect()
    };
    assert_eq!((removed(0), policy.things[0].is_partial()), (vec![], false));
    assert_eq!((removed(1), policy.things[1].is_partial()), (vec!["audio", "parts"], true));
    let set: Vec<&str> = policy.things[1].set.iter().map(|s| s.column.value.as_str()).collect();
    assert_eq!(set, ["audio_gone", "state"]);
    // Each key is taken over whole.
    assert_eq!((removed(2), &policy.things[2].set), (vec!["parts"], &policy.things[1].set));
    assert!(!policy.things[3].is_partial());
    assert_eq!(removed(4), ["audio", "parts"]);
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn what_a_partial_thing_removes_is_the_name_of_a_rule() {
    let thing = |lines: &str| format!("[things.a]\nrow = \"a.id\"\n{lines}\n");
    for (lines, expected) in [
        ("removes = \"objects.b\"", ("P004", "\"objects.b\"")),
        ("removes = [3]", ("P004", "3")),
        ("removes = [\"b\"]", ("P053", "\"b\"")),
        ("removes = [\"objects.\"]", ("P053", "\"objects.\"")),
        ("set = {}", ("P012", "{}")),
        ("set = { b = [1] }", ("P004", "[1]")),
    ] {
        check(&thing(lines), &[expected]);
    }
    let finding = only_finding(&format!("{SYSTEM}{}", thing("removes = [\"b\"]")));
    assert_eq!(finding.help.unwrap(), "write \"objects.b\"");
}
