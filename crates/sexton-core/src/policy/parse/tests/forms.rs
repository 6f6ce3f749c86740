use super::{SYSTEM, good, parse, shown, unbuilt};
use crate::names::ColumnName;
use crate::policy::{Confirm, Limits, Literal, Policy, TenantPath, Thing, Value};
use crate::schema::Dialect;

fn thing<'p>(policy: &'p Policy, name: &str) -> &'p Thing {
    policy.things.iter().find(|thing| thing.name.as_str() == name).unwrap()
}

#[test]
fn a_file_names_its_system_database_and_schema() {
    let policy = good("database = \"env:DATABASE_URL\"\nschema = \"heimdall\"\n");
    assert_eq!(policy.system.as_str(), "s");
    assert_eq!(policy.database.unwrap().value, "env:DATABASE_URL");
    assert_eq!(policy.schema.unwrap().value, "heimdall");
}

#[test]
fn a_thing_with_nothing_but_its_row_gets_the_defaults() {
    let policy = good("[things.run]\nrow = \"runs.id\"\n");
    let run = thing(&policy, "run");
    let row = &run.row.as_ref().unwrap().value;
    assert_eq!(
        (row.table.name.as_str(), row.columns.as_slice()),
        ("runs", &[ColumnName::new("id")][..])
    );
    assert_eq!(
        (run.confirm, run.limits),
        (Confirm::Click, Limits { rows: 1_000_000, percent: None, tenants: None })
    );
    assert!(run.starts.is_empty() && run.roles.is_empty() && run.only.is_empty());
    assert!(!run.across_tenants && !run.digest_rows);
}

#[test]
fn every_key_of_a_thing_is_read() {
    let policy = good(
        r#"[things.model]
row            = "ml.models.(org,id)"
starts         = ["runs.model_id", "jobs.model_id"]
label          = "model_name"
tenant         = "project_id.org_id"
owner          = '"owner id"'
visible        = "exists (select 1 from shares s where s.user_id = {actor})"
across_tenants = true
roles          = ["admin", "jobs:write"]
confirm        = "type-id"
confirm_text   = "It goes for good."
show           = ["state", "created_at"]
find           = "cohort_id = {path.cohort}"
only           = { "kind = 'a'" = "Not an a: {row.kind}", "b" = "not b" }
refuse         = { "is_active" = "Deactivate first." }
limits         = { rows = 5_000_000, percent = 2.5, tenants = 3 }
digest         = "rows"
options.erase  = { default = true, help = "Erase it", warning = "For good." }
options.runs   = {}
"#,
    );
    let model = thing(&policy, "model");
    let row = &model.row.as_ref().unwrap().value;
    assert_eq!((row.table.to_string().as_str(), row.columns.len()), ("ml.models", 2));
    assert_eq!(model.starts[1].value.table.name, "jobs");
    assert_eq!(model.label.as_ref().unwrap().value.as_str(), "model_name");
    let [erase, runs] = model.options.as_slice() else { panic!("not two options") };
    assert_eq!((erase.name.value.as_str(), erase.default), ("erase", true));
    assert_eq!(erase.help.as_deref(), Some("Erase it"));
    assert_eq!(erase.warning.as_deref(), Some("For good."));
    assert_eq!((runs.name.value.as_str(), runs.default, &runs.help), ("runs", false, &None));
    let tenant = ["project_id", "org_id"].map(ColumnName::new).to_vec();
    assert_eq!(model.tenant.as_ref().unwrap().value, TenantPath::Columns(tenant));
    assert_eq!(model.owner.as_ref().unwrap().value.as_str(), "owner id");
    assert!(shown(model.visible.as_ref().unwrap(), Dialect::Postgres).ends_with("= <Actor>)"));
    assert!(model.across_tenants && model.digest_rows);
    assert_eq!(model.roles[1].value, "jobs:write");
    assert_eq!(model.confirm, Confirm::TypeId);
    assert_eq!(model.confirm_text.as_deref(), Some("It goes for good."));
    assert_eq!(model.show[1].value.as_str(), "created_at");
    assert_eq!(shown(model.find.as_ref().unwrap(), Dialect::Sqlite), "cohort_id = <path cohort>");
    assert_eq!(shown(&model.only[0].value.sql, Dialect::Sqlite), "kind = 'a'");
    assert_eq!(model.only[1].value.say, "not b");
    assert_eq!(model.refuse[0].value.say, "Deactivate first.");
    assert_eq!(model.limits, Limits { rows: 5_000_000, percent: Some(2.5), tenants: Some(3) });
}

#[test]
fn a_tenant_can_be_an_expression() {
    for tenant in ["\"=(select 1)\"", "{ postgres = \"=(select 1)\", sqlite = \"=(select 1)\" }"] {
        let policy = good(&format!("[things.a]\nrow = \"a.id\"\ntenant = {tenant}\n"));
        let path = &policy.things[0].tenant.as_ref().unwrap().value;
        assert!(
            matches!(path, TenantPath::Sql(sql) if shown(sql, Dialect::Sqlite) == "(select 1)")
        );
    }
}

#[test]
fn a_thing_need_not_be_a_row() {
    let policy = good("[things.key]\nstarts = [\"jobs.key_id\"]\n");
    assert!(thing(&policy, "key").row.is_none());
}

#[test]
fn a_thing_like_another_takes_over_its_keys_and_replaces_its_own_whole() {
    let policy = good(
        r#"[things.model-by-force]
like   = "model"
roles  = ["admin"]
refuse = {}
limits = { percent = 5 }
[things.model]
like   = "base"
refuse = { "is_active" = "Deactivate first." }
[things.base]
row    = "models.id"
label  = "name"
"#,
    );
    let names: Vec<_> = policy.things.iter().map(|thing| thing.name.as_str()).collect();
    assert_eq!(names, ["model-by-force", "model", "base"]);
    let forced = thing(&policy, "model-by-force");
    assert_eq!(forced.row.as_ref().unwrap().value.table.name, "models");
    assert_eq!(forced.label.as_ref().unwrap().value.as_str(), "name");
    assert_eq!(forced.roles.len(), 1);
    assert!(forced.refuse.is_empty());
    assert_eq!(forced.limits, Limits { rows: 1_000_000, percent: Some(5.0), tenants: None });
    assert_eq!(thing(&policy, "model").refuse.len(), 1);
}

#[test]
fn a_guard_has_a_link_a_judgement_and_ways_out() {
    let policy = good(
        r#"[guards.live-jobs]
of    = "datasets"
rows  = "training_jobs j"
link.postgres = "j.config->'ids' ? datasets.id::text"
link.sqlite   = "datasets.id in (select value from json_each(j.config, '$.ids'))"
where = "j.status = 'running'"
name  = "j.job_name"
say   = "{count} job(s): {names}"
ways_out = "Cancel them."
[guards.plain]
of    = "s.t"
rows  = "r"
link  = "x"
say   = "no"
ways_out = ["a", "b"]
"#,
    );
    let [live, plain] = policy.guards.as_slice() else { panic!("not two guards") };
    assert_eq!((live.name.as_str(), live.of.value.name.as_str()), ("live-jobs", "datasets"));
    assert_eq!(shown(&live.rows, Dialect::Postgres), "training_jobs j");
    assert!(shown(&live.link, Dialect::Postgres).contains(" ? "));
    assert!(shown(&live.link, Dialect::Sqlite).contains("json_each"));
    assert_eq!(shown(live.filter.as_ref().unwrap(), Dialect::Sqlite), "j.status = 'running'");
    assert_eq!(shown(live.name_of.as_ref().unwrap(), Dialect::Sqlite), "j.job_name");
    assert_eq!(
        (live.say.as_str(), live.ways_out.as_slice()),
        ("{count} job(s): {names}", &["Cancel them.".to_owned()][..])
    );
    assert_eq!((plain.of.value.to_string().as_str(), plain.ways_out.len()), ("s.t", 2));
    assert!(plain.filter.is_none() && plain.name_of.is_none());
}

#[test]
fn derived_columns_come_in_order_with_their_value_for_no_row() {
    let policy = good(
        r#"[derived.domains]
of    = "runs.domain_id"
first = "runs r where r.domain_id = domains.id order by r.id desc"
[derived.domains.set]
run_count     = "=(select count(*) from runs c where c.domain_id = domains.id)"
latest_run_id = { value = "=r.id", none = "" }
latest_run_at = { value = "=r.finished_at", none = "=null" }
each          = { postgres = "=a::text", sqlite = "=a" }
[derived.'s."odd t"']
of  = "t.(a,b)"
set = { dirty = true }
"#,
    );
    let [domains, odd] = policy.derived.as_slice() else { panic!("not two tables") };
    assert_eq!(domains.of.value.columns, [ColumnName::new("domain_id")]);
    assert!(shown(domains.first.as_ref().unwrap(), Dialect::Sqlite).starts_with("runs r where"));
    let columns: Vec<_> = domains.set.iter().map(|set| set.column.value.as_str()).collect();
    assert_eq!(columns, ["run_count", "latest_run_id", "latest_run_at", "each"]);
    assert!(domains.set[0].none.is_none());
    assert_eq!(domains.set[1].none, Some(Value::Literal(Literal::Text(String::new()))));
    assert!(matches!(&domains.set[2].none, Some(Value::Sql(_))));
    assert_eq!(odd.table.value.to_string(), "s.odd t");
    assert_eq!(odd.set[0].value, Value::Literal(Literal::Bool(true)));
}

#[test]
fn audit_and_check_have_a_key_each_and_defaults() {
    let policy = good("[audit]\nroot_id_key = \"env:KEY\"\n[check]\nunindexed_rows_max = 0\n");
    assert_eq!(policy.audit.root_id_key.unwrap().value, "env:KEY");
    assert_eq!(policy.check.unindexed_rows_max, 0);
    let policy = good("");
    assert_eq!((policy.audit.root_id_key, policy.check.unindexed_rows_max), (None, 10_000));
}

#[test]
fn sections_without_an_engine_are_told_in_the_order_of_the_file() {
    let policy = good(
        r#"[quota.jobs]
nonsense = "is read over too"
[takes]
"a.b -> c" = "always"
[things.run]
row  = "runs.id"
undo = "7d"
[quota.project]
"#,
    );
    assert_eq!(
        unbuilt(&policy),
        [("quota.jobs", false), ("things.run.undo", true), ("quota.project", false),]
    );
}

#[test]
fn keys_of_a_thing_without_an_engine_are_told_for_whoever_is_like_it_too() {
    let policy = good(
        r#"[things.a]
row     = "a.id"
undo    = "7d"
[things.b]
like   = "a"
limits = { rows = 5 }
"#,
    );
    let own = [("undo", true)];
    let all = unbuilt(&policy);
    for (key, makes_safer) in own {
        assert!(all.contains(&(&format!("things.a.{key}"), makes_safer)), "{key} of a");
        assert!(all.contains(&(&format!("things.b.{key}"), makes_safer)), "{key} of b");
    }
}

#[test]
fn an_id_may_have_a_mark_before_it() {
    let things =
        "[things.a]\nrow = \"a.id\"\nid = { strip = \"resp_\" }\n[things.b]\nlike = \"a\"\n";
    let policy = good(things);
    assert_eq!(unbuilt(&policy), []);
    for name in ["a", "b"] {
        assert_eq!(thing(&policy, name).strip.as_deref(), Some("resp_"));
    }
    for (id, code) in [("{}", "P005"), ("{ strip = \" \" }", "P012"), ("{ strop = \"x\" }", "P003")]
    {
        let text = format!("{SYSTEM}[things.a]\nrow = \"a.id\"\nid = {id}\n");
        let findings = parse(&text).1;
        assert!(findings.iter().any(|finding| finding.code == code), "{id}: {findings:?}");
    }
}

#[test]
fn a_variant_is_read_as_far_as_it_goes() {
    let policy = good(
        r#"like = "datasets.toml"
[things.dataset]
hide  = { set = { deleted_at = "={now}" }, hidden = "deleted_at is not null" }
[things.job]
options.delete_dataset.warning = "Lost for good after 7 days."
[things.elsewhere]
like  = "model"
[things.whole]
row   = "a.id"
[guards.live]
where = "x"
[derived.domains]
set.a = { value = 1, none = 2 }
"#,
    );
    assert_eq!(unbuilt(&policy), [("like", true)]);
    let names: Vec<_> = policy.things.iter().map(|thing| thing.name.as_str()).collect();
    assert_eq!((names, policy.guards.len(), policy.derived.len()), (vec!["whole"], 0, 0));
}

#[test]
fn places_are_those_of_the_file() {
    let text = format!("{SYSTEM}# é\n[things.a]\nrow = \"a.id\" # x\nshow = [ \"b\" ]\n");
    let policy = parse(&text).0.unwrap();
    let at = |span: crate::finding::Span| &text[span.start..span.end];
    let a = thing(&policy, "a");
    assert_eq!(at(a.span), "[things.a]");
    assert_eq!(at(a.row.as_ref().unwrap().span), "a.id");
    assert_eq!(at(a.show[0].span), "b");
}

#[test]
fn a_store_is_an_address_or_a_table_with_one() {
    let policy = good(
        r#"[stores]
iq    = "env:IQ_STORE"
audio = { url = "s3://audio?region=eu-1", sweep_after = "30d" }
"#,
    );
    let stores: Vec<_> = policy
        .stores
        .iter()
        .map(|store| (store.name.as_str(), store.address.value.as_str(), store.sweep_after_secs))
        .collect();
    let month = Some(30 * 24 * 3600);
    assert_eq!(stores, [("iq", "env:IQ_STORE", None), ("audio", "s3://audio?region=eu-1", month)]);
    assert_eq!(unbuilt(&policy), []);
    assert_eq!(good("").stores, []);
}

#[test]
fn panels_are_read_with_conditions_of_their_actions_and_without() {
    let policy = good(
        r#"[things.run]
row = "runs.id"
[panels."Earlier runs"]
of      = "tags"
rows    = "runs.tag"
order   = ["created_at desc", "id"]
actions = ["delete run", "restore run"]
[panels.Runs]
of      = "run"
actions = { "cancel run" = "status = 'running'", "delete run" = { sqlite = "a", postgres = "b" } }
"#,
    );
    let [earlier, runs] = policy.panels.as_slice() else { panic!("{:?}", policy.panels) };
    assert_eq!((earlier.name.as_str(), earlier.of.value.as_str()), ("Earlier runs", "tags"));
    let rows = &earlier.rows.as_ref().unwrap().value;
    assert_eq!((rows.table.name.as_str(), rows.columns[0].as_str()), ("runs", "tag"));
    let order: Vec<bool> = earlier.order.iter().map(|order| order.value.descending).collect();
    assert_eq!(order, [true, false]);
    let verbs = |panel: &crate::policy::Panel| {
        let actions = panel.actions.iter();
        actions.map(|action| (action.verb.as_str(), action.when.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(verbs(earlier), [("delete", false), ("restore", false)]);
    assert_eq!(verbs(runs), [("cancel", true), ("delete", true)]);
    assert!(runs.rows.is_none());
}
