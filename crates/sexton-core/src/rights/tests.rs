use super::needed;
use crate::check::tests::schema::read;
use crate::check::{check, plans};
use crate::policy::parse;
use crate::schema::Dialect;

const TABLES: &str = "orgs: id int key\n\
    projects: id int key, org_id int index -> orgs\n\
    builds: id int key, project_id int index -> projects\n\
    models: id int key, location text index\nuntouched: id int key, location text index";

/// What is granted for deletions of builds with this rule of objects.
fn granted(rule: &str) -> Vec<String> {
    let text = format!(
        "system = \"s\"\n[stores]\na = \"memory:\"\n[things.build]\nrow = \"builds.id\"\n\
         [references]\n\"builds.project_id -> projects\" = \"keep\"\n\
         \"projects.org_id -> orgs\" = \"keep\"\n\
         [objects.o]\nof = \"builds\"\nstore = \"a\"\n{rule}\n"
    );
    let (policy, schema) = (parse(&text).0.unwrap(), read(Dialect::Postgres, TABLES));
    let checked = check(&policy, &schema);
    assert_eq!(checked.findings, []);
    let plans = plans(&policy, &schema, &checked.graph);
    needed(&plans, &schema).iter().map(super::Right::granted).collect()
}

#[test]
fn what_names_objects_is_read_by_whoever_removes_them() {
    let own = ["USAGE ON SCHEMA public", "SELECT ON public.builds", "DELETE ON public.builds"];
    let lock = "UPDATE (id) ON public.builds";
    let of = |more: &[&str]| {
        let mut all: Vec<String> =
            own.iter().chain([&lock]).chain(more).map(|w| (*w).into()).collect();
        all.sort();
        all
    };
    let sorted = |rule: &str| {
        let mut granted = granted(rule);
        granted.sort();
        granted
    };
    assert_eq!(sorted("key = \"{id}\""), of(&[]));
    let along = sorted("key = \"{project_id.org_id.id}/{id}\"");
    assert_eq!(along, of(&["SELECT ON public.projects", "SELECT ON public.orgs"]));
    let named = sorted("key = \"{id}\"\nunless_named_by = [\"models.location\"]");
    assert_eq!(named, of(&["SELECT ON public.models"]));
}
