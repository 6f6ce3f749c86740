use super::{finds, finds_in, judged, only, only_in};
use crate::finding::Severity;
use crate::schema::Dialect;

const TABLES: &str = "orgs: id int key, slug text\n\
     projects: id int key, org_id int index -> orgs\n\
     builds: id int key, project_id int index -> projects, kind text, state text, path text null, \
     made_at time, extras jsonb null, team_id int null, a int, b int, u uuid\n\
     models: id int key, location text null, extras jsonb null, rows 20000";

const LINES: &str = "[stores]\niq = \"memory:\"\nlegacy = \"memory:\"\n\
     [things.project]\nrow = \"projects.id\"\n[things.model]\nrow = \"models.id\"\n\
     [references]\n\"builds.project_id -> projects\" = \"delete\"\n\
     \"projects.org_id -> orgs\" = \"keep\"\n";

/// A rule of builds, which lie in the store `iq`.
fn of_builds(lines: &str) -> String {
    format!("{LINES}[objects.o]\nof = \"builds\"\nstore = \"iq\"\n{lines}\n")
}

#[test]
fn names_made_of_what_a_row_has_have_no_findings() {
    for lines in [
        "prefix = \"builds/{id}/\"",
        "prefix = [\"{project_id.org_id}/{project_id}/{id}/\", \"old/build-{id}/\"]",
        "key = \"archives/{id}.zip\"",
        "key = \"{extras$.manifest_key|path}\"",
        "uri = [\"{path|path}\", \"{extras$.uri|path}\"]",
        "uri = \"s3://bucket/{id}.bin\"",
        "prefix = \"{path|path}/\"",
        "prefix = \"{id}-{kind}/\"",
        "prefix = \"{u}{id}/\"",
        "where = \"kind = 'raw'\"\nprefix = \"builds/{id}/\"\nlook_again = \"15m\"",
    ] {
        finds(TABLES, &of_builds(lines), &[]);
        finds_in(Dialect::Sqlite, TABLES, &of_builds(lines), &[]);
    }
}

#[test]
fn what_a_rule_of_objects_names_must_be_there() {
    for (lines, expected) in [
        ("key = \"{idd}\"", ("C102", "{idd}")),
        ("key = \"x/{project}/{id}\"", ("C102", "{project}")),
        ("key = \"{kind.x}/{id}\"", ("C122", "{kind.x}")),
        ("key = \"{project_id.slug}/{id}\"", ("C102", "{project_id.slug}")),
        ("key = \"{kind$.x}\"", ("C196", "{kind$.x}")),
        // Words of hooks are no part of a key.
        ("key = \"{actor}/{id}\"", ("C102", "{actor}")),
        ("key = \"{id}\"\nunless_named_by = [\"modls.location\"]", ("C101", "modls.location")),
        ("key = \"{id}\"\nunless_named_by = [\"projects.x\"]", ("C102", "projects.x")),
        ("key = \"{id}\"\nunless_named_by = [\"builds.kind$.x\"]", ("C422", "builds.kind$.x")),
        ("key = \"{id}\"\nwhere = { sqlite = \"1\" }", ("C105", "{ sqlite = \"1\" }")),
        ("key = \"{id}\"\nwhere = \"id in ({going.modls})\"", ("C101", "id in ({going.modls})")),
        ("key = \"{id}\"\nwhere = \"{path.x} = 1\"", ("C202", "{path.x} = 1")),
    ] {
        finds(TABLES, &of_builds(lines), &[expected]);
    }
    let elsewhere = of_builds("key = \"{id}\"").replace("of = \"builds\"", "of = \"bilds\"");
    finds(TABLES, &elsewhere, &[("C101", "bilds")]);
}

#[test]
fn a_store_must_be_one_of_the_policys() {
    let rule =
        of_builds("key = \"{id}\"").replace("store = \"iq\"", "stores = [\"iq\", \"lgacy\"]");
    finds(TABLES, &rule, &[("C407", "\"lgacy\"")]);
    let (severity, message, help) = only(TABLES, &rule);
    assert_eq!(severity, Severity::Error);
    assert_eq!(
        (message.as_str(), help.as_str()),
        ("there is no store `lgacy`", "did you mean `legacy`?")
    );
}

#[test]
fn a_rule_that_no_deletion_reaches_is_warned_of() {
    let rule = |lines: &str| {
        format!("{LINES}[objects.o]\nof = \"orgs\"\nstore = \"iq\"\nkey = \"{{id}}\"\n{lines}")
    };
    finds(TABLES, &rule(""), &[("C408", "orgs")]);
    assert_eq!(only(TABLES, &rule("")).0, Severity::Warning);
    // What only a partial thing names needs no row to go.
    finds(TABLES, &rule("part = true\n"), &[("C424", "o")]);
}

/// Aim: a thing with an option is judged in a setting of its own, which must not be heard alone.
#[test]
fn what_another_thing_reaches_is_reached_whatever_the_options() {
    let tables = "a: id int key\nb: id int key, a_id int null index -> a\nc: id int key";
    let policy = "[stores]\ns = \"memory:\"\n\
         [things.a]\nrow = \"a.id\"\noptions.all = {}\n[things.c]\nrow = \"c.id\"\n\
         [references]\n\"b.a_id -> a\" = { rule = \"unlink\", with = { all = \"delete\" } }\n\
         [objects.o]\nof = \"c\"\nstore = \"s\"\nkey = \"{id}\"\n\
         [hooks.h]\nof = \"c\"\ncall = \"https://a.example\"\nbody = 1\n\
         [events.e]\nof = \"c.c\"\non = \"committed\"\nfields = {}\n";
    finds(tables, policy, &[]);
}

#[test]
fn a_prefix_ends_at_a_slash_and_names_something_before_it() {
    for (template, code) in [
        ("builds/{id}", "C409"),
        ("{id}", "C409"),
        ("{path|path}", "C409"),
        ("/{id}/", "C412"),
        ("/builds/{id}/", "C412"),
        ("a/../{id}/", "C412"),
        ("./{id}/", "C412"),
        ("a\\u0000/{id}/", "C412"),
    ] {
        let (place, lines) = (format!("\"{template}\""), format!("prefix = \"{template}\""));
        finds(TABLES, &of_builds(&lines), &[(code, &place)]);
    }
    let (severity, message, help) = only(TABLES, &of_builds("prefix = \"{path|path}\""));
    assert_eq!(severity, Severity::Error);
    assert!(message.starts_with("the prefix `{path|path}` does not end at a `/`"), "{message}");
    assert_eq!(help, "write `{path|path}/`");
}

#[test]
fn a_name_is_not_the_same_for_every_row() {
    for (by, template) in [("key", "all.zip"), ("prefix", "all/"), ("uri", "s3://b/all.zip")] {
        let lines = format!("{by} = \"{template}\"");
        finds(TABLES, &of_builds(&lines), &[("C410", &format!("\"{template}\""))]);
    }
    let (severity, _, help) = only(TABLES, &of_builds("prefix = \"all/\""));
    assert_eq!(severity, Severity::Error);
    assert_eq!(help, "name what tells the rows apart, such as `{id}`");
}

#[test]
fn a_key_is_no_folder_and_no_address() {
    for (lines, code, place) in [
        ("key = \"builds/{id}/\"", "C413", "\"builds/{id}/\""),
        ("uri = \"s3://b/{id}/\"", "C413", "\"s3://b/{id}/\""),
        ("key = \"s3://b/{id}\"", "C421", "\"s3://b/{id}\""),
        ("prefix = \"file://b/{id}/\"", "C421", "\"file://b/{id}/\""),
        ("uri = \"{path}\"", "C420", "\"{path}\""),
    ] {
        finds(TABLES, &of_builds(lines), &[(code, place)]);
    }
    assert_eq!(only(TABLES, &of_builds("uri = \"{path}\"")).2, "write `{path|path}`");
}

#[test]
fn values_do_not_run_together() {
    for (template, place) in [
        ("{id}{a}/", "{id}{a}"),
        ("x/{id}{kind}-{u}{a}/", "{id}{kind}"),
        ("{kind|path}/{state|path}/", "{state|path}"),
    ] {
        let lines = format!("prefix = \"{template}\"");
        finds(TABLES, &of_builds(&lines), &[("C414", place)]);
    }
}

#[test]
fn a_value_that_is_written_in_several_ways_is_warned_of() {
    let lines = of_builds("key = \"{id}/{made_at}\"");
    finds(TABLES, &lines, &[("C415", "{made_at}")]);
    assert_eq!(only(TABLES, &lines).0, Severity::Warning);
    // SQLite keeps a moment as it was written.
    finds_in(Dialect::Sqlite, TABLES, &lines, &[]);
    finds(
        TABLES,
        &of_builds("key = \"{id}/{extras}\""),
        &[("C415", "{extras}"), ("C418", "{extras}")],
    );
}

#[test]
fn half_a_name_that_is_null_is_warned_of() {
    let lines = "prefix = \"{team_id}/{id}/\"";
    finds(TABLES, &of_builds(lines), &[("C418", "{team_id}")]);
    assert_eq!(only(TABLES, &of_builds(lines)).0, Severity::Warning);
    finds(TABLES, &of_builds("key = \"x/{path|path}\""), &[("C418", "{path|path}")]);
    // It is null where the row has no objects, and the policy says so.
    finds(TABLES, &of_builds(&format!("{lines}\nwhere = \"team_id is not null\"")), &[]);
    let tables = TABLES.replace("project_id int index", "project_id int null index");
    let lines = of_builds("prefix = \"{project_id.org_id}/{id}/\"");
    finds(&tables, &lines, &[("C418", "{project_id.org_id}")]);
    // A primary key of SQLite may be null, and nobody leaves it null.
    let tables = TABLES.replace("builds: id int key", "builds: id int null key");
    finds_in(Dialect::Sqlite, &tables, &of_builds("prefix = \"builds/{id}/\""), &[]);
}

#[test]
fn what_names_objects_is_found_by_an_index() {
    let lines = |column: &str| {
        of_builds(&format!("prefix = \"builds/{{id}}/\"\nunless_named_by = [\"models.{column}\"]"))
    };
    finds(TABLES, &lines("location"), &[("C417", "models.location")]);
    let (severity, message, help) = only(TABLES, &lines("location"));
    assert_eq!(severity, Severity::Warning);
    assert!(message.contains("every row of `models` (about 20 000 rows)"), "{message}");
    assert_eq!(help, "CREATE INDEX CONCURRENTLY ON models (location text_pattern_ops);");
    let keys = lines("location").replace("prefix = \"builds/{id}/\"", "key = \"{id}\"");
    assert_eq!(only(TABLES, &keys).2, "CREATE INDEX CONCURRENTLY ON models (location);");
    let help = only_in(Dialect::Sqlite, TABLES, &lines("location")).2;
    assert_eq!(help, "CREATE INDEX models_location ON models (location);");
    for served in ["location text null index", "location text null unique"] {
        let tables = TABLES.replace("location text null", served);
        finds(&tables, &lines("location"), &[]);
    }
    finds(&TABLES.replace("rows 20000", "rows 100"), &lines("location"), &[]);
}

#[test]
fn what_a_worker_may_still_upload_is_looked_for_again() {
    let work = "[work.builds]\nrunning = \"state = 'running'\"\n";
    let rule = of_builds("prefix = \"builds/{id}/\"") + work;
    finds(TABLES, &rule, &[("C419", "o")]);
    assert_eq!(only(TABLES, &rule).0, Severity::Warning);
    let again = of_builds("prefix = \"builds/{id}/\"\nlook_again = \"15m\"") + work;
    finds(TABLES, &again, &[]);
    let key = of_builds("key = \"{id}.zip\"") + work;
    assert!(only(TABLES, &key).2.starts_with("add `look_again`"));
    finds(TABLES, &(of_builds("key = \"{id}.zip\"\nlook_again = \"15m\"") + work), &[]);
    let recorded = of_builds("uri = \"{path|path}\"") + work;
    finds(TABLES, &recorded, &[]);
}

#[test]
fn the_condition_of_a_rule_is_tried_alone_and_as_the_plan_has_it() {
    let tried = |lines: &str| -> Vec<(String, String)> {
        let (_, checked) = judged(Dialect::Postgres, TABLES, &of_builds(lines));
        checked.probes.into_iter().map(|probe| (probe.what, probe.sql)).collect()
    };
    let alone = "SELECT 1 FROM \"builds\" WHERE (kind = 'raw')";
    let found = tried("key = \"{id}\"\nwhere = \"kind = 'raw'\"");
    assert_eq!(found[0], ("`where` of [objects.o]".to_owned(), alone.to_owned()));
    assert_eq!(found[1].0, "what is read for [objects.o]");
    assert!(found[1].1.contains("AND (kind = 'raw')"), "{found:?}");
    // In no plan, and yet SQL of the policy.
    let found = tried("part = true\nkey = \"{id}\"\nwhere = \"kind = 'raw'\"");
    assert_eq!(found, [("`where` of [objects.o]".to_owned(), alone.to_owned())]);
    let found = tried("key = \"{id}\"\nwhere = \"project_id in ({going.projects})\"");
    let [(what, _)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(what, "what is read for [objects.o]");
}
