use super::judged;
use crate::finding::Severity;
use crate::schema::Dialect;

const TABLES: &str = "orgs: id int key\nprojects: id int key, org_id int index -> orgs\n\
     builds: id int key, project_id int index -> projects, extras jsonb null, team int\n";

const SCOPE: &str = "scope = \"{org}/{project}\"";
const KEY: &str = "key = \"{org}/{project}/{name}\"";
const NAMES: &str = "names = { images = \"$.images[*].hash\" }";
const BIND: &str = "bind = { org = \"{project_id.org_id}\", project = \"{project_id}\" }";

/// A pool whose objects builds name, and projects cover.
fn policy() -> String {
    format!(
        "[stores]\ns = \"memory:\"\nt = \"memory:\"\n[things.project]\nrow = \"projects.id\"\n\
         [references]\n\"projects.org_id -> orgs\" = \"keep\"\n\
         \"builds.project_id -> projects\" = \"delete\"\n\
         [pools.images]\nstore = \"s\"\n{SCOPE}\n{KEY}\ngrace = \"24h\"\ncovers = \"objects.whole\"\n\
         [objects.build]\nof = \"builds\"\nstore = \"s\"\nprefix = \"builds/{{id}}/\"\n\
         [objects.build.manifest]\nkey = \"{{extras$.key|path}}\"\n{NAMES}\n{BIND}\n\
         [objects.whole]\nof = \"projects\"\nstores = [\"s\", \"t\"]\nprefix = [\"{{org_id}}/{{id}}/\"]\n"
    )
}

/// All findings but those of what is not carried out yet.
fn found(policy: &str) -> Vec<(&'static str, String)> {
    let (text, checked) = judged(Dialect::Postgres, TABLES, policy);
    let built = checked.findings.into_iter().filter(|finding| finding.code != "C170");
    let place = |span: crate::finding::Span| text[span.start..span.end].to_owned();
    built.map(|finding| (finding.code, finding.span.map_or(String::new(), place))).collect()
}

/// The only finding of the policy with this changed.
fn changed(from: &str, to: &str) -> (&'static str, String) {
    let policy = policy();
    assert!(policy.contains(from), "{from}");
    let found = found(&policy.replacen(from, to, 1));
    let [finding] = found.as_slice() else { panic!("{to}: {found:?}") };
    finding.clone()
}

#[test]
fn a_pool_whose_words_are_bound_has_no_findings() {
    assert_eq!(found(&policy()), []);
    let flat = policy()
        .replace(SCOPE, "scope = \"shared\"")
        .replace(KEY, "key = \"shared/{name}.png\"")
        .replace("covers = \"objects.whole\"\n", "")
        .replace(BIND, "");
    assert_eq!(found(&flat), []);
}

#[test]
fn every_word_of_a_pool_is_bound_and_no_other() {
    let pool = "names = { imges = \"$.images[*].hash\" }";
    let all = found(&policy().replace(NAMES, pool));
    assert!(all.contains(&("C426", "imges".to_owned())), "{all:?}");
    let missing = changed(BIND, "bind = { org = \"{project_id.org_id}\" }");
    assert_eq!(missing.0, "C426");
    let other = BIND.replace(" }", ", team = \"{team}\" }");
    assert_eq!(changed(BIND, &other), ("C426", "team".to_owned()));
    let name = BIND.replace(" }", ", name = \"{team}\" }");
    assert_eq!(changed(BIND, &name), ("C426", "name".to_owned()));
    let column = BIND.replace("\"{project_id}\"", "\"{project}\"");
    assert_eq!(changed(BIND, &column), ("C102", "{project}".to_owned()));
    let key = changed("{extras$.key|path}", "{extra$.key|path}");
    assert_eq!(key, ("C102", "{extra$.key|path}".to_owned()));
}

#[test]
fn who_else_names_an_object_can_be_asked() {
    let json = policy().replace("covers = \"objects.whole\"\n", "");
    let json = json.replace("org = \"{project_id.org_id}\"", "org = \"{extras$.org}\"");
    assert_eq!(found(&json), [("C426", "{extras$.org}".to_owned())]);
    let with = |condition: &str| {
        policy().replace(
            "[objects.build.manifest]",
            &format!("where = \"{condition}\"\n[objects.build.manifest]"),
        )
    };
    assert_eq!(found(&with("team = 1")), []);
    for condition in
        ["team > 1 or {actor} = 'ann'", "project_id in ({going.projects})", "id = {id}"]
    {
        assert_eq!(found(&with(condition)), [("C426", condition.to_owned())]);
    }
    let tables = TABLES.replace("project_id int index", "project_id int null index");
    let (_, checked) = judged(Dialect::Postgres, &tables, &policy());
    let told = checked.findings.iter().filter(|finding| finding.code == "C418");
    let told: Vec<_> = told.map(|finding| (finding.severity, finding.message.as_str())).collect();
    let said = |place: &str, word: &str| {
        format!(
            "a row whose `{place}` is null binds `{word}` to nothing: what its manifest names is \
             not counted"
        )
    };
    let (org, project) = (said("{project_id.org_id}", "org"), said("{project_id}", "project"));
    assert_eq!(told, [(Severity::Warning, org.as_str()), (Severity::Warning, project.as_str())]);
}

#[test]
fn a_pool_has_a_folder_of_its_own() {
    for (from, to, place) in [
        (SCOPE, "scope = \"{org}/{project}/\"", "\"{org}/{project}/\""),
        (KEY, "key = \"images/{org}/{project}/{name}\"", "\"images/{org}/{project}/{name}\""),
        (KEY, "key = \"{org}/{project}\"", "\"{org}/{project}\""),
        (KEY, "key = \"{org}/{project}/{name}-{name}\"", "\"{org}/{project}/{name}-{name}\""),
        (KEY, "key = \"{org}/{project}/{project}{name}\"", "{name}"),
    ] {
        let policy = policy().replace("covers = \"objects.whole\"\n", "").replacen(from, to, 1);
        let told = found(&policy);
        assert!(told.contains(&("C427", place.to_owned())), "{to}: {told:?}");
        assert!(told.iter().all(|(code, _)| *code == "C427"), "{to}: {told:?}");
    }
    let elsewhere = found(&policy().replace("\"s\"\nscope", "\"z\"\nscope"));
    assert!(elsewhere.contains(&("C407", "\"z\"".to_owned())), "{elsewhere:?}");
}

#[test]
fn a_pool_that_no_manifest_names_is_warned_of() {
    let pool = "[stores]\ns = \"memory:\"\n[pools.images]\nstore = \"s\"\nscope = \"a\"\n\
                key = \"a/{name}\"\ngrace = \"1h\"\n";
    let (text, checked) = judged(Dialect::Postgres, TABLES, pool);
    let told: Vec<_> = checked.findings.iter().filter(|f| f.code == "C427").collect();
    let [finding] = told.as_slice() else { panic!("{told:?} in {text}") };
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.message, "no manifest names what is in [pools.images]");
}

#[test]
fn what_covers_a_pool_takes_whole_scopes() {
    let covers = "\"objects.whole\"".to_owned();
    for (from, to) in [
        ("prefix = [\"{org_id}/{id}/\"]", "prefix = [\"x/{org_id}/{id}/\"]"),
        ("prefix = [\"{org_id}/{id}/\"]", "key = [\"{org_id}/{id}\"]"),
        ("stores = [\"s\", \"t\"]", "store = \"t\""),
        // Another number would be another's folder.
        ("project = \"{project_id}\"", "project = \"{team}\""),
        ("{org_id}/{id}/", "{id}/{org_id}/"),
    ] {
        assert_eq!(changed(from, to), ("C428", covers.clone()), "{to}");
    }
    let unknown = changed("covers = \"objects.whole\"", "covers = \"objects.hole\"");
    assert_eq!(unknown, ("C428", "\"objects.hole\"".to_owned()));
}

#[test]
fn what_a_manifest_removes_is_bounded_by_a_prefix() {
    let removes = format!("{NAMES}\nremoves = \"$.masks[*]\"");
    let within = policy().replace(NAMES, &removes);
    assert_eq!(found(&within), []);
    let anywhere = within.replace("prefix = \"builds/{id}/\"", "key = \"builds/{id}\"");
    assert_eq!(found(&anywhere), [("C429", "$.masks[*]".to_owned())]);
}
