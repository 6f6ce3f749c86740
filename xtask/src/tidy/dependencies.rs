//! Which of our crates may depend on which, against what cargo says.
//!
//! The table is that of the house style, section 1. Development dependencies may also name
//! the test kit, the samples and the adapters.

use serde_json::Value;

struct Row {
    name: &'static str,
    may_use: &'static [&'static str],
}

const TABLE: [Row; 14] = [
    Row { name: "sexton-core", may_use: &[] },
    Row { name: "sexton-engine", may_use: &["sexton-core"] },
    Row { name: "sexton-postgres", may_use: &["sexton-core", "sexton-engine"] },
    Row { name: "sexton-sqlite", may_use: &["sexton-core", "sexton-engine"] },
    Row { name: "sexton-stores", may_use: &["sexton-core", "sexton-engine"] },
    Row { name: "sexton-hooks", may_use: &["sexton-core", "sexton-engine"] },
    Row { name: "sexton-api", may_use: &[] },
    Row { name: "sexton-console", may_use: &["sexton-api"] },
    Row {
        name: "sexton-server",
        may_use: &["sexton-core", "sexton-engine", "sexton-api", "sexton-console"],
    },
    Row { name: "sexton-client", may_use: &["sexton-api"] },
    Row {
        name: "sexton-samples",
        may_use: &[
            "sexton-core",
            "sexton-engine",
            "sexton-postgres",
            "sexton-sqlite",
            "sexton-stores",
        ],
    },
    Row {
        name: "sexton-testkit",
        may_use: &[
            "sexton-core",
            "sexton-engine",
            "sexton-api",
            "sexton-postgres",
            "sexton-sqlite",
        ],
    },
    Row {
        name: "sexton-cli",
        may_use: &[
            "sexton-core",
            "sexton-engine",
            "sexton-postgres",
            "sexton-sqlite",
            "sexton-stores",
            "sexton-hooks",
            "sexton-api",
            "sexton-server",
            "sexton-client",
            "sexton-samples",
        ],
    },
    Row { name: "xtask", may_use: &[] },
];

/// Measures everything from outside, so it may use everything.
const FREE: &str = "sexton-bench";

const FOR_DEVELOPMENT: [&str; 6] = [
    "sexton-testkit",
    "sexton-samples",
    "sexton-hooks",
    "sexton-postgres",
    "sexton-sqlite",
    "sexton-stores",
];

/// The core is values and pure functions: nothing that does I/O, waits or draws lots.
const NOT_IN_CORE: [&str; 4] = ["tokio", "sqlx", "uuid", "async-trait"];

pub fn check(metadata: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for package in list(metadata, "packages") {
        let name = text(package, "name");
        if name == FREE {
            continue;
        }
        let Some(row) = TABLE.iter().find(|row| row.name == name) else {
            problems.push(format!(
                "{name} is not in the dependency table: add it to docs/HOUSE-STYLE.md and to \
                 xtask/src/tidy/dependencies.rs"
            ));
            continue;
        };
        let dependencies = list(package, "dependencies");
        problems.extend(dependencies.iter().filter_map(|dependency| refusal(row, dependency)));
    }
    problems
}

fn refusal(row: &Row, dependency: &Value) -> Option<String> {
    let used = text(dependency, "name");
    let for_development = dependency["kind"] == "dev";
    let ours = dependency["path"].is_string();
    let allowed = if ours {
        row.may_use.contains(&used) || (for_development && FOR_DEVELOPMENT.contains(&used))
    } else {
        for_development || row.name != "sexton-core" || !NOT_IN_CORE.contains(&used)
    };
    if allowed {
        return None;
    }
    let kind = if for_development { " for development" } else { "" };
    Some(format!(
        "{} must not depend on {used}{kind}: see section 1 of docs/HOUSE-STYLE.md",
        row.name
    ))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems_of(package: &str, dependency: &Value) -> Vec<String> {
        check(&json!({"packages": [{"name": package, "dependencies": [dependency]}]}))
    }

    fn ours(name: &str, kind: &Value) -> Value {
        json!({"name": name, "kind": kind, "path": "/somewhere"})
    }

    fn foreign(name: &str, kind: &Value) -> Value {
        json!({"name": name, "kind": kind})
    }

    #[test]
    fn a_dependency_against_the_direction_is_refused() {
        for kind in [Value::Null, json!("build")] {
            let problems = problems_of("sexton-engine", &ours("sexton-postgres", &kind));
            assert_eq!(problems.len(), 1, "{kind}");
            assert!(problems[0].contains("sexton-engine must not depend on sexton-postgres"));
        }
        assert!(problems_of("sexton-postgres", &ours("sexton-engine", &Value::Null)).is_empty());
    }

    #[test]
    fn only_the_tests_may_use_the_test_kit() {
        assert_eq!(problems_of("sexton-cli", &ours("sexton-testkit", &Value::Null)).len(), 1);
        assert!(problems_of("sexton-cli", &ours("sexton-testkit", &json!("dev"))).is_empty());
        assert_eq!(problems_of("sexton-engine", &ours("sexton-cli", &json!("dev"))).len(), 1);
    }

    #[test]
    fn the_core_refuses_what_does_input_and_output() {
        for name in NOT_IN_CORE {
            assert_eq!(problems_of("sexton-core", &foreign(name, &Value::Null)).len(), 1, "{name}");
            assert!(problems_of("sexton-engine", &foreign(name, &Value::Null)).is_empty());
        }
        assert!(problems_of("sexton-core", &foreign("serde", &Value::Null)).is_empty());
    }

    #[test]
    fn an_unknown_crate_is_asked_into_the_table() {
        let problems = problems_of("sexton-magic", &foreign("serde", &Value::Null));
        assert!(problems[0].starts_with("sexton-magic is not in the dependency table"));
    }

    #[test]
    fn the_bench_may_use_everything() {
        assert!(problems_of(FREE, &ours("sexton-cli", &Value::Null)).is_empty());
    }
}
