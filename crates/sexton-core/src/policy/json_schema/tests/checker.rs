//! Enough of JSON Schema to judge with the schema of this file; whatever else it meets in a
//! schema it refuses, so that nothing in it goes untried.

use serde_json::Value;

/// Whether the value is as the schema says, or why not.
pub fn check(schema: &Value, value: &Value) -> Result<(), String> {
    Checker { root: schema }.form(schema, value, "$")
}

struct Checker<'s> {
    root: &'s Value,
}

impl Checker<'_> {
    fn form(&self, form: &Value, value: &Value, at: &str) -> Result<(), String> {
        let Value::Object(rules) = form else {
            return if *form == Value::Bool(true) { Ok(()) } else { Err(format!("{at}: refused")) };
        };
        for (rule, says) in rules {
            self.rule(rule, says, rules, value, at)?;
        }
        Ok(())
    }

    fn rule(
        &self,
        rule: &str,
        says: &Value,
        rules: &serde_json::Map<String, Value>,
        value: &Value,
        at: &str,
    ) -> Result<(), String> {
        let demand = |holds: bool| if holds { Ok(()) } else { Err(format!("{at}: {rule} {says}")) };
        let table = value.as_object();
        match rule {
            "$schema" | "$defs" | "title" | "description" => Ok(()),
            "type" => demand(match says {
                Value::Array(types) => types.iter().any(|one| is_of_type(one, value)),
                one => is_of_type(one, value),
            }),
            "const" => demand(says == value),
            "enum" => demand(says.as_array().unwrap().contains(value)),
            "pattern" => demand(value.as_str().is_none_or(|text| fits(says, text))),
            "minimum" | "maximum" | "exclusiveMinimum" | "minItems" | "minProperties" => {
                demand(is_within(rule, says.as_f64().unwrap(), value))
            }
            "required" => demand(table.is_none_or(|table| {
                says.as_array().unwrap().iter().all(|key| table.contains_key(key.as_str().unwrap()))
            })),
            "$ref" => {
                let pointer = says.as_str().unwrap().strip_prefix('#').unwrap();
                self.form(self.root.pointer(pointer).unwrap(), value, at)
            }
            "anyOf" | "oneOf" => {
                let tried: Vec<_> = says
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|form| self.form(form, value, at))
                    .collect();
                let fitting = tried.iter().filter(|tried| tried.is_ok()).count();
                let holds = if rule == "oneOf" { fitting == 1 } else { fitting > 0 };
                let why: Vec<_> = tried.into_iter().filter_map(Result::err).collect();
                if holds { Ok(()) } else { Err(why.join(" | ")) }
            }
            "properties" => {
                for (key, value) in table.into_iter().flatten() {
                    if let Some(form) = says.get(key) {
                        self.form(form, value, &format!("{at}.{key}"))?;
                    }
                }
                Ok(())
            }
            "additionalProperties" => {
                let known = rules.get("properties");
                for (key, value) in table.into_iter().flatten() {
                    if known.is_none_or(|known| known.get(key).is_none()) {
                        self.form(says, value, &format!("{at}.{key}"))?;
                    }
                }
                Ok(())
            }
            "propertyNames" => {
                let keys = table.into_iter().flatten().map(|(key, _)| Value::from(key.as_str()));
                for key in keys {
                    self.form(says, &key, at)?;
                }
                Ok(())
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    self.form(says, item, at)?;
                }
                Ok(())
            }
            other => panic!("the checker does not know {other}"),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a policy has few items")]
fn is_within(rule: &str, bound: f64, value: &Value) -> bool {
    let number = value.as_f64();
    match rule {
        "minimum" => number.is_none_or(|number| number >= bound),
        "maximum" => number.is_none_or(|number| number <= bound),
        "exclusiveMinimum" => number.is_none_or(|number| number > bound),
        "minItems" => value.as_array().is_none_or(|list| list.len() as f64 >= bound),
        _ => value.as_object().is_none_or(|table| table.len() as f64 >= bound),
    }
}

fn is_of_type(type_name: &Value, value: &Value) -> bool {
    match type_name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("the checker does not know the type {other}"),
    }
}

/// The patterns that the schema has, each by hand.
fn fits(pattern: &Value, text: &str) -> bool {
    match pattern.as_str().unwrap() {
        "->" => text.contains("->"),
        "^\\$" => text.starts_with('$'),
        "^objects\\." => text.starts_with("objects."),
        "^env:" => text.starts_with("env:"),
        "^(https?://|env:|notify:)" => {
            ["http://", "https://", "env:", "notify:"].iter().any(|start| text.starts_with(start))
        }
        "^[0-9]+[smhdw]$" => text.strip_suffix(['s', 'm', 'h', 'd', 'w']).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        }),
        "^[0-9]+[sm]$" => text.strip_suffix(['s', 'm']).is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
        }),
        "^[a-z][a-z0-9_-]*$" => {
            let belongs =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
            text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(belongs)
        }
        "^(query|body)\\." => text.starts_with("query.") || text.starts_with("body."),
        "^[a-z-]+ +[^ ]+$" => text.split_once(' ').is_some_and(|(verb, thing)| {
            let thing = thing.trim_start_matches(' ');
            let is_verb = verb.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            is_verb && !verb.is_empty() && !thing.is_empty() && !thing.contains(' ')
        }),
        "^(GET|POST|PUT|PATCH|DELETE) /" => {
            let path = text
                .split_once(' ')
                .filter(|(method, _)| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(method));
            path.is_some_and(|(_, path)| path.starts_with('/'))
        }
        other => panic!("the checker does not know the pattern {other}"),
    }
}
