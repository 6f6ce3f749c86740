use super::{SYSTEM, check, good, only_finding, unbuilt};
use crate::policy::{ManifestStep, PoolNames};

const POOL: &str = "[pools.images]\nstore = \"s\"\nscope = \"{org}/{project}\"\n\
                    key = \"{org}/{project}/{name}\"\ngrace = \"24h\"\n";

/// A rule with this manifest.
fn rule(manifest: &str) -> String {
    format!("[objects.o]\nof = \"t\"\nstore = \"s\"\nmanifest = {manifest}\n")
}

#[test]
fn every_key_of_a_pool_is_read() {
    let policy = good(&format!("{POOL}covers = \"objects.project\"\n"));
    let [pool] = policy.pools.as_slice() else { panic!("not one pool") };
    assert_eq!((pool.name.as_str(), pool.stores[0].value.as_str()), ("images", "s"));
    assert_eq!(pool.scope.value.written(), "{org}/{project}");
    assert_eq!(pool.key.value.written(), "{org}/{project}/{name}");
    assert_eq!((pool.grace_secs, pool.bound()), (24 * 3600, vec!["org", "project"]));
    assert_eq!(pool.covers.as_ref().unwrap().value.as_str(), "project");
    assert_eq!(unbuilt(&policy), []);
    let several = good(&POOL.replace("store = \"s\"", "stores = [\"s\", \"t\"]"));
    assert_eq!((several.pools[0].stores.len(), &several.pools[0].covers), (2, &None));
}

#[test]
fn every_key_of_a_manifest_is_read() {
    let policy = good(
        r#"[objects.comparison]
of     = "comparisons"
stores = ["a", "b"]
prefix = "{id}/"
[objects.comparison.manifest]
key     = "{extras$.comparison_key|path}"
removes = "$.images[*].diff_mask_key"
names   = { images = ["$.images[*].head_hash", "$.images[*].base_hash"], icons = "$[*].\"odd \"\"key\"" }
bind    = { org = "{head_id.org_id}", project = "p-{head_id.project_id}" }
"#,
    );
    let manifest = policy.objects[0].manifest.as_ref().unwrap();
    assert_eq!(manifest.key.value.written(), "{extras$.comparison_key|path}");
    let removed: Vec<_> = manifest.removes.iter().map(|place| place.value.written()).collect();
    assert_eq!(removed, ["$.images[*].diff_mask_key"]);
    let named = |names: &PoolNames| {
        let places: Vec<_> = names.places.iter().map(|place| place.value.written()).collect();
        (names.pool.value.to_string(), places.join(" "))
    };
    let named: Vec<_> = manifest.names.iter().map(named).collect();
    assert_eq!(
        named,
        [
            ("images".to_owned(), "$.images[*].head_hash $.images[*].base_hash".to_owned()),
            ("icons".to_owned(), "$[*].\"odd \"\"key\"".to_owned()),
        ]
    );
    let odd = &manifest.names[1].places[0].value.steps;
    assert_eq!(odd, &[ManifestStep::Each, ManifestStep::Key("odd \"key".into())]);
    let bind: Vec<_> = manifest
        .bind
        .iter()
        .map(|(word, text)| (word.value.as_str(), text.value.written()))
        .collect();
    let expected = [("org", "{head_id.org_id}"), ("project", "p-{head_id.project_id}")];
    assert_eq!(bind, expected.map(|(word, text)| (word, text.to_owned())));
    assert_eq!(unbuilt(&policy), []);
}

#[test]
fn what_cannot_be_read_in_a_pool_is_told_at_its_place() {
    let with = |key: &str, value: &str| {
        let lines = POOL.lines().filter(|line| !line.starts_with(&format!("{key} ")));
        lines.chain([value]).collect::<Vec<_>>().join("\n") + "\n"
    };
    for key in ["store", "scope", "key", "grace"] {
        check(&with(key, ""), &[("P005", "[pools.images]")]);
    }
    for (key, value, expected) in [
        ("scope", "scope = \"{org.id}\"", ("P054", "{org.id}")),
        ("scope", "scope = \"{org$.id}\"", ("P054", "{org$.id}")),
        ("key", "key = \"{org}/{project}/{name|path}\"", ("P054", "{name|path}")),
        ("key", "key = \"{org\"", ("P040", "{")),
        ("key", "key = [\"{name}\"]", ("P004", "[\"{name}\"]")),
        ("grace", "grace = \"soon\"", ("P015", "\"soon\"")),
        ("covers", "covers = \"project\"", ("P053", "\"project\"")),
        ("covers", "coverz = \"objects.project\"", ("P003", "coverz")),
        ("store", "store = \"s\"\nstores = [\"s\"]", ("P051", "store")),
    ] {
        check(&with(key, value), &[expected]);
    }
    check("pools = 3\n", &[("P004", "3")]);
    check(&POOL.replace("images", "Images"), &[("P021", "Images")]);
}

#[test]
fn what_cannot_be_read_in_a_manifest_is_told_at_its_place() {
    for (manifest, expected) in [
        ("3", ("P004", "3")),
        ("{ removes = \"$.a\" }", ("P005", "{ removes = \"$.a\" }")),
        ("{ key = \"{id}\" }", ("P056", "{ key = \"{id}\" }")),
        ("{ key = \"{id\", removes = \"$.a\" }", ("P040", "{")),
        ("{ key = \"{id}\", removes = [] }", ("P012", "[]")),
        ("{ key = \"{id}\", removes = [3] }", ("P004", "3")),
        ("{ key = \"{id}\", names = {} }", ("P012", "{}")),
        ("{ key = \"{id}\", names = \"$.a\" }", ("P004", "\"$.a\"")),
        ("{ key = \"{id}\", names = { a = \"$.b\" }, bind = {} }", ("P012", "{}")),
        ("{ key = \"{id}\", removes = \"$.b\", name = \"$.c\" }", ("P003", "name")),
    ] {
        check(&rule(manifest), &[expected]);
    }
    for (place, told) in [
        ("images[*]", "images[*]"),
        ("$", "$"),
        ("$images", "images"),
        ("$.images[0]", "[0]"),
        ("$.images[*]x", "x"),
        ("$..a", "..a"),
        ("$.a.", "."),
    ] {
        let manifest = rule(&format!("{{ key = \"{{id}}\", removes = \"{place}\" }}"));
        check(&manifest, &[("P055", told)]);
    }
    let open = rule("{ key = \"{id}\", removes = '$.\"a' }");
    check(&open, &[("P055", "\"a")]);
    let finding = only_finding(&format!("{SYSTEM}{open}"));
    assert_eq!(finding.message, "`$.\"a` is no place in a manifest");
}
