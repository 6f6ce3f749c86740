//! Names made by the database are those that the engine makes, of whatever values.

use std::sync::Arc;

use serde_json::{Value, json};
use sexton_core::graph;
use sexton_core::names::StoreName;
use sexton_core::plan::names_in;
use sexton_core::policy::{self, NamesBy, Policy};
use sexton_core::schema::Dialect;
use sexton_core::sql::{LEFT_OUT, REFUSED, Scalar, UNSURE};
use sexton_core::template::ValuePath;
use sexton_engine::ports::{Arg, Database, Mode, Query};
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::ground::Ground;

use crate::world::{grounds, open};

const POLICY: &str = r#"
system = "twins"
[stores]
files = "memory:"
[things.row]
row = "rows.id"
[objects.plain]
of = "rows"
store = "files"
where = "flag = 'yes'"
key = ["a/{word}/{number}.x", "b/{word|path}", "c/{doc$.word}/{doc$.number}", "d/{doc$.word|path}/e"]
prefix = ["p/{word}/q/{number}/", "r/{doc$.deep.word|path}/"]
[objects.else]
of = "rows"
store = "files"
uri = "{word|path}"
"#;

const WORDS: [&str; 24] = [
    "",
    "a",
    "A b+c%20",
    "ü",
    "日本",
    "..",
    ".",
    "a..b",
    "../x",
    "x/..",
    "a/../b",
    "a/b",
    "/",
    "//",
    "/a",
    "a/",
    "'",
    "\"",
    "\\",
    "a\nb",
    "memory:/k",
    "memory:/",
    "s3://b/k",
    "c:/d",
];

/// One row's values: text, number, document, flag.
type Row = (Value, Value, Option<Value>, Value);

fn drawn(dice: &mut Dice) -> Row {
    let word = |dice: &mut Dice| match dice.below(8) {
        0 => Value::Null,
        _ => Value::from(*dice.pick(&WORDS)),
    };
    let number = match dice.below(5) {
        0 => Value::Null,
        1 => json!(-7),
        2 => json!(9_007_199_254_740_993_i64),
        _ => json!(dice.below(100)),
    };
    let odd = [json!(1.5), json!(1e30), json!(true), json!([1]), json!({"a": 1}), json!("7")];
    let doc_number = if dice.percent(50) { dice.pick(&odd).clone() } else { number.clone() };
    let doc = json!({ "word": word(dice), "number": doc_number, "deep": { "word": word(dice) } });
    let doc = dice.percent(85).then_some(doc);
    let flag = *dice.pick(&["yes", "no"]);
    (word(dice), number, doc, Value::from(flag))
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        value => value.to_string(),
    }
}

async fn set_up(ground: &mut Ground) -> Policy {
    let (policy, findings) = policy::parse(POLICY);
    let policy = policy.unwrap_or_else(|| panic!("{findings:#?}"));
    let json_type = if ground.dialect() == Dialect::Postgres { "jsonb" } else { "TEXT" };
    ground
        .renew(&format!(
            "CREATE TABLE rows (id bigint PRIMARY KEY, word text, number bigint, doc {json_type}, \
             flag text);"
        ))
        .await;
    policy
}

async fn agree(mut ground: Ground) {
    let policy = set_up(&mut ground).await;
    let database = open(&ground).await;
    let schema = database.schema().await.expect("there is a schema");
    let (graph, _) = graph::resolve(&policy, &schema);
    let store = StoreName::new("files");
    let mut dice = Dice::new(20_261_120);
    let mut census = [0; 5];
    for round in 0..200 {
        let row = drawn(&mut dice);
        let (word, number, doc, flag) = &row;
        let doc_text = doc.as_ref().map_or(Value::Null, |doc| Value::from(doc.to_string()));
        let values = [word, number, &doc_text, flag].map(literal).join(", ");
        ground.execute(&format!("DELETE FROM rows; INSERT INTO rows VALUES (1, {values});")).await;
        let named = names_in(&policy, (&schema, &graph), (&store, "memory:/"), None).expect("fits");
        let read = read(&database, named.statement.as_ref().expect("rules name")).await;
        let value = |path: &ValuePath| {
            let column = match path.names[0].as_str() {
                "word" => word.clone(),
                "number" => number.clone(),
                _ => doc.clone().unwrap_or_default(),
            };
            path.json
                .iter()
                .flat_map(|json| &json.path)
                .fold(column, |value, name| value.get(name).cloned().unwrap_or_default())
        };
        let templates = policy.objects.iter().flat_map(|rule| {
            rule.templates().map(move |(by, text)| (rule.filter.is_some(), by, &text.value))
        });
        for (arm, (has_filter, by, text)) in templates.enumerate() {
            let found: Vec<_> = read.iter().filter(|(_, of, _)| *of == arm).collect();
            let found = found.first().map(|(name, _, how)| (name.as_str(), *how));
            let made = text.name(&value);
            let why = format!("round {round}, {}: {row:?}: {made:?}, {found:?}", text.written());
            let is_null = text.slots().any(|slot| value(&slot.path).is_null());
            match (made, found) {
                (Ok(None), None) => census[0] += 1,
                (Ok(Some(name)), found) => {
                    // An address is the key of its store, or names nothing here.
                    let key = name.strip_prefix("memory:/").unwrap_or(&name);
                    let is_else = by == NamesBy::Uri && key.starts_with("s3://");
                    match found {
                        None => assert!(is_else, "{why}"),
                        Some((found, UNSURE)) => {
                            census[1] += 1;
                            assert!(key.starts_with(found), "{why}");
                        }
                        Some((found, how)) => {
                            census[2] += 1;
                            assert_eq!(found, key, "{why}");
                            let is_out = has_filter && flag == "no";
                            assert_eq!(how == LEFT_OUT, is_out && how < REFUSED, "{why}");
                        }
                    }
                }
                (Err(_), Some((_, how))) => {
                    census[3] += 1;
                    assert!(how >= REFUSED, "{why}");
                }
                // A later value is null: it names nothing after all.
                (Err(_), None) => {
                    census[4] += 1;
                    assert!(is_null, "{why}");
                }
                (Ok(None), Some(_)) => panic!("{why}"),
            }
        }
    }
    assert!(census.iter().all(|of| *of >= 15), "none, unsure, equal, refused, null: {census:?}");
}

async fn read(
    database: &Arc<dyn Database>,
    statement: &sexton_core::sql::Statement,
) -> Vec<(String, usize, i64)> {
    let args = statement.binds.iter().map(|bind| match bind {
        sexton_core::sql::Bind::Literal(value) => Arg::Scalar(value.clone()),
        other => panic!("nobody gives {other:?}"),
    });
    let args = args.collect();
    let mut tx = database.begin(Mode::Look { budget: None }).await.expect("it begins");
    let query = Query { label: "read", sql: &statement.sql, args, general: false };
    let rows = tx.rows(query).await.expect("it is read");
    let rows = rows.iter().map(|row| match &row[..] {
        [Scalar::Text(name), arm, how] => {
            let arm = usize::try_from(arm.as_integer().expect("a number")).expect("no less than 0");
            (name.clone(), arm, how.as_integer().expect("a number"))
        }
        other => panic!("{other:?}"),
    });
    rows.collect()
}

#[tokio::test]
async fn names_of_the_database_are_those_of_the_engine() {
    for ground in grounds().await {
        agree(ground).await;
    }
}
