mod checker;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

use super::json_schema;
use crate::policy::parse;

/// The keys that the parser knows in a place, by its own words when it meets another.
fn known_to_parser(text: &str) -> BTreeSet<String> {
    let (_, findings) = parse(text);
    let help = findings.iter().find_map(|finding| {
        let help = finding.help.as_deref()?;
        help.split_once("nown here: ").map(|(_, known)| known.to_owned())
    });
    let help =
        help.unwrap_or_else(|| panic!("the parser names no keys for\n{text}\n{findings:#?}"));
    help.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The keys that the schema knows at a pointer.
fn known_to_schema(pointer: &str) -> BTreeSet<String> {
    let schema = json_schema();
    let found = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
    match found {
        Value::Object(keys) => keys.keys().cloned().collect(),
        Value::Array(words) => words
            .iter()
            .map(|word| word["const"].as_str().or(word.as_str()).unwrap().to_owned())
            .collect(),
        _ => panic!("{found}"),
    }
}

#[test]
fn schema_and_parser_know_the_same_keys() {
    let in_file = |text: &str| format!("system = \"s\"\n{text}\n");
    let thing = "/properties/things/additionalProperties/properties";
    let rule = "/properties/references/additionalProperties/anyOf/1/properties";
    let derived = "/properties/derived/additionalProperties/properties";
    for (text, pointer) in [
        ("zzz = 1", "/properties"),
        ("[things.a]\nrow = \"a.b\"\nzzz = 1", thing),
        ("[things.a]\nrow = \"a.b\"\nlimits.zzz = 1", &format!("{thing}/limits/properties")),
        ("[things.a]\nrow = \"a.b\"\nconfirm = \"zzz\"", &format!("{thing}/confirm/enum")),
        ("[things.a]\nrow = \"a.b\"\ndigest = \"zzz\"", &format!("{thing}/digest/enum")),
        ("[things.a]\nrow = \"a.b\"\nfind.zzz = \"1\"", "/$defs/sql/anyOf/1/properties"),
        ("[references]\n\"a.b -> c\" = { rule = \"keep\", zzz = 1 }", rule),
        (
            "[stores]\na = { url = \"s3://b\", zzz = 1 }",
            "/properties/stores/additionalProperties/anyOf/1/properties",
        ),
        ("[guards.a]\nzzz = 1", "/properties/guards/additionalProperties/properties"),
        ("[derived.a]\nzzz = 1", derived),
        (
            "[derived.a]\nset.b = { value = 1, zzz = 1 }",
            &format!("{derived}/set/additionalProperties/anyOf/1/properties"),
        ),
        ("[work.a]\nzzz = 1", "/properties/work/additionalProperties/properties"),
        (
            "[work.a]\nrunning = \"x\"\nstop.zzz = 1",
            "/properties/work/additionalProperties/properties/stop/properties",
        ),
        (
            "[work.a]\nrunning = \"x\"\nsettle = \"zzz\"",
            "/properties/work/additionalProperties/properties/settle/enum",
        ),
        ("[fence]\nzzz = 1", "/properties/fence/properties"),
        ("[fence]\nby = \"zzz\"", "/properties/fence/properties/by/enum"),
        ("[pools.a]\nzzz = 1", "/properties/pools/additionalProperties/properties"),
        (
            "[objects.a]\nmanifest = { key = \"a\", zzz = 1 }",
            "/properties/objects/additionalProperties/properties/manifest/properties",
        ),
        ("[objects.a]\nzzz = 1", "/properties/objects/additionalProperties/properties"),
        (
            "[objects.a]\nversions = \"zzz\"",
            "/properties/objects/additionalProperties/properties/versions/enum",
        ),
        ("[hooks.a]\nzzz = 1", "/properties/hooks/additionalProperties/properties"),
        (
            "[hooks.a]\nbatch = { max = 1, zzz = 1 }",
            "/properties/hooks/additionalProperties/properties/batch/properties",
        ),
        ("[events.a]\nzzz = 1", "/properties/events/additionalProperties/properties"),
        ("[audit]\nzzz = 1", "/properties/audit/properties"),
        ("[check]\nzzz = 1", "/properties/check/properties"),
    ] {
        assert_eq!(known_to_parser(&in_file(text)), known_to_schema(pointer), "{pointer}");
    }
}

#[test]
fn schema_and_parser_know_the_same_keys_of_routes() {
    let route = "/properties/routes/additionalProperties/properties";
    for (text, pointer) in [
        ("[replies]\nzzz = 1", "/properties/replies/properties"),
        ("[routes.\"GET /\"]\ndoes = \"list a\"\nzzz = 1", route),
        (
            "[replies]\nheld = { status = 400, zzz = 1 }",
            "/properties/replies/properties/held/anyOf/2/properties",
        ),
        ("[replies]\nheld = \"zzz\"", "/properties/replies/properties/held/anyOf/1/enum"),
        (
            "[routes.\"GET /\"]\ndoes = \"list a\"\nids = { from = \"body.a\", zzz = 1 }",
            &format!("{route}/ids/properties"),
        ),
        (
            "[routes.\"GET /\"]\ndoes = \"list a\"\npage.zzz = 1",
            &format!("{route}/page/properties"),
        ),
        (
            "[routes.\"GET /\"]\ndoes = \"list a\"\nover = { from = \"body.a\", unit = \"days\", zzz = 1 }",
            &format!("{route}/over/properties"),
        ),
        ("[lists.a]\nzzz = 1", "/properties/lists/additionalProperties/properties"),
    ] {
        let text = format!("system = \"s\"\n{text}\n");
        assert_eq!(known_to_parser(&text), known_to_schema(pointer), "{pointer}");
    }
}

#[test]
fn schema_and_parser_know_the_same_fates() {
    let text = |value: &str| format!("system = \"s\"\n[references]\n\"a.b -> c\" = {value}\n");
    let words = known_to_schema("/$defs/fate/anyOf/0/oneOf");
    let tables: BTreeSet<String> = [1, 2]
        .iter()
        .flat_map(|at| known_to_schema(&format!("/$defs/fate/anyOf/{at}/properties")))
        .collect();
    assert_eq!(known_to_parser(&text("\"zzz\"")), words.union(&tables).cloned().collect());
    assert_eq!(known_to_parser(&text("{ zzz = 1 }")), tables);
}

/// Whoever teaches the parser a section must teach the schema its keys.
#[test]
fn what_the_schema_leaves_open_the_parser_reads_over() {
    let schema = json_schema();
    for (section, form) in schema["properties"].as_object().unwrap() {
        let is_open = form["type"] == "object"
            && form.get("properties").is_none()
            && form.get("additionalProperties").is_none();
        if is_open {
            let (_, findings) = parse(&format!("system = \"s\"\n[{section}.zzz]\nzzz = 1\n"));
            assert_eq!(findings, [], "`{section}` is judged by the parser, not by the schema");
        }
    }
}

fn every_key<'a>(form: &'a Value, path: &str, visit: &mut dyn FnMut(&str, &'a Value)) {
    if let Some(properties) = form.get("properties").and_then(Value::as_object) {
        for (key, form) in properties {
            let path = format!("{path}.{key}");
            visit(&path, form);
            every_key(form, &path, visit);
        }
    }
    for inner in ["additionalProperties", "items"] {
        if let Some(inner) = form.get(inner) {
            every_key(inner, path, visit);
        }
    }
}

#[test]
fn every_key_says_what_it_is_for() {
    let schema = json_schema();
    let mut count = 0;
    every_key(&schema, "", &mut |path, form| {
        count += 1;
        let description = form["description"].as_str().unwrap_or_default();
        assert!(description.len() > 20 || path.contains(".set."), "{path}: {description:?}");
    });
    assert!(count > 50, "{count}");
    let row = &schema["properties"]["things"]["additionalProperties"]["properties"]["row"];
    let said = "The thing's own row: its table and key.\n\n    row = \"runs.id\"";
    assert_eq!(row["description"], said);
}

/// The policies of the tree, and the one of the reference's first page.
fn policies() -> Vec<(String, String)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut found = Vec::new();
    for system in std::fs::read_dir(format!("{root}/systems")).unwrap() {
        let path = system.unwrap().path().join("policy.toml");
        if path.exists() {
            found.push((path.display().to_string(), std::fs::read_to_string(path).unwrap()));
        }
    }
    let reference = std::fs::read_to_string(format!("{root}/docs/policy.md")).unwrap();
    let (_, first) = reference.split_once("```toml\n").unwrap();
    found.push(("the reference".into(), first.split("```").next().unwrap().to_owned()));
    found
}

fn as_json(text: &str) -> Value {
    let (file, mistakes) = DeTable::parse_recoverable(text);
    assert!(mistakes.is_empty(), "{mistakes:?}\n{text}");
    of_table(file.get_ref())
}

fn of_table(table: &DeTable<'_>) -> Value {
    let entries = table.iter();
    let entries =
        entries.map(|(key, value)| (key.get_ref().to_string(), of_value(value.get_ref())));
    Value::Object(entries.collect())
}

fn of_value(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => json!(text),
        DeValue::Integer(digits) => {
            json!(i64::from_str_radix(digits.as_str(), digits.radix()).unwrap())
        }
        DeValue::Float(digits) => json!(digits.as_str().parse::<f64>().unwrap()),
        DeValue::Boolean(yes) => json!(yes),
        DeValue::Datetime(moment) => json!(moment.to_string()),
        DeValue::Array(items) => items.iter().map(|item| of_value(item.get_ref())).collect(),
        DeValue::Table(table) => of_table(table),
    }
}

#[test]
fn the_policies_of_the_tree_are_valid() {
    let policies = policies();
    assert!(policies.len() > 1);
    for (name, text) in policies {
        assert_eq!(parse(&text).1.iter().filter(|f| f.span.is_none()).count(), 0, "{name}");
        checker::check(&json_schema(), &as_json(&text))
            .unwrap_or_else(|why| panic!("{name}: {why}"));
    }
}

#[test]
fn what_the_parser_refuses_for_its_form_the_schema_refuses() {
    for text in [
        "",
        "system = \"S\"",
        "system = 1",
        "system = \"s\"\nsystm = 1",
        "system = \"s\"\n[things.A]\nrow = \"a.b\"",
        "system = \"s\"\n[things.a]\nrow = \"a.b\"\nroles = \"admin\"",
        "system = \"s\"\n[things.a]\nrow = \"a.b\"\nlimits.percent = 101",
        "system = \"s\"\n[things.a]\nrow = \"a.b\"\nlimits.rows = 0",
        "system = \"s\"\n[things.a]\nrow = \"a.b\"\nremoves = [\"audio\"]",
        "system = \"s\"\n[things.a]\nrow = \"a.b\"\nset = {}",
        "system = \"s\"\n[references]\n\"a.b => c\" = \"keep\"",
        "system = \"s\"\n[references]\n\"a.b -> c\" = \"remove\"",
        "system = \"s\"\n[references]\n\"a.b -> c\" = { set = {} }",
        "system = \"s\"\n[references]\n\"a.b -> c\" = { where = \"x\" }",
        "system = \"s\"\n[references]\n\"a.b -> c\" = { set = { b = 1 }, where = \"x\" }",
        "system = \"s\"\n[guards.a]\nof = \"a\"",
        "system = \"s\"\n[derived.a]\nof = \"a.b\"\n[derived.a.set]",
        "system = \"s\"\n[work.a]\nwaiting = \"x\"",
        "system = \"s\"\n[work.a]\nrunning = \"x\"\nstop = {}",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstore = \"b\"",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nkey = \"{id}\"",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstores = []\nkey = \"{id}\"",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstore = \"b\"\nkey = []",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstore = \"b\"\nstores = [\"b\"]\nkey = \"{id}\"",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstore = \"b\"\nmanifest = { key = \"{id}\" }",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstore = \"b\"\nmanifest = { key = \"{id}\", removes = \"c\" }",
        "system = \"s\"\n[pools.a]\nstore = \"b\"\nscope = \"c\"\nkey = \"c/{name}\"",
        "system = \"s\"\n[audit]\nroot_id_key = \"secret\"",
        "system = \"s\"\n[check]\nunindexed_rows_max = -1",
    ] {
        assert!(parse(text).0.is_none(), "the parser takes {text}");
        assert!(checker::check(&json_schema(), &as_json(text)).is_err(), "the schema takes {text}");
    }
    for text in [
        "system = \"s\"\nlike = \"o.toml\"\n[guards.a]\nof = \"a\"",
        "system = \"s\"\n[references]\n\"a.b -> c\" = { rule = { set = { b = 1 } }, where = { sqlite = \"x\" } }",
        "system = \"s\"\n[quota.a]\nanything = 1",
        "system = \"s\"\n[pools.a]\nstore = \"b\"\nscope = \"c\"\nkey = \"c/{name}\"\ngrace = \"1h\"",
        "system = \"s\"\nlike = \"o.toml\"\n[pools.a]\ngrace = \"1h\"",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstore = \"b\"\nmanifest = { key = \"{id}\", removes = [\"$.c\"] }",
        "system = \"s\"\n[things.a]\nrow = \"a.b\"\nremoves = [\"objects.c\"]\nset.d = \"=null\"",
        "system = \"s\"\n[objects.a]\nof = \"a\"\nstores = [\"b\"]\nprefix = [\"{id}/\"]",
        "system = \"s\"\nlike = \"o.toml\"\n[objects.a]\npart = true",
    ] {
        checker::check(&json_schema(), &as_json(text)).unwrap();
    }
}
