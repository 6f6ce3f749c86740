//! The digest of a deletion, in parts, so that a difference can be told per table.

use std::collections::BTreeSet;
use std::io::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::sql::Scalar;

/// Up to so many keys are kept, to name the rows of a difference.
const NAMED_KEYS_MAX: usize = 10_000;

/// Everything that a digest is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestParts {
    /// Plan, system, thing and root.
    pub head: String,
    /// Tables in the order of the plan.
    pub parts: Vec<DigestPart>,
}

/// What the digest covers of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DigestPart {
    /// The table, with the line for an effect.
    pub name: String,
    /// What is covered.
    pub kind: PartKind,
    /// How many rows.
    pub rows: u64,
    /// The hash over their ordered keys and old values; empty for a leaf.
    pub hash: String,
    /// The keys, for naming differences, if they are not too many.
    #[serde(skip)]
    pub keys: Vec<String>,
}

/// What a digest covers of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Ordered keys of rows that go.
    Interior,
    /// Ordered keys and old values of rows that change.
    Effect,
    /// The number of rows that go.
    Leaf,
}

impl DigestPart {
    /// A part over rows: each row's identity, then the values that count.
    pub fn of_rows(name: String, kind: PartKind, identity: usize, rows: &[Vec<Scalar>]) -> Self {
        let mut lines: Vec<(String, &Vec<Scalar>)> =
            rows.iter().map(|row| (canonical_key(&row[..identity]), row)).collect();
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        let mut hash = Sha256::new();
        for (key, row) in &lines {
            hash.update(key);
            if kind == PartKind::Effect {
                hash.update(canonical_key(&row[identity..]));
            }
            hash.update("\n");
        }
        let keys = if lines.len() > NAMED_KEYS_MAX {
            Vec::new()
        } else {
            lines.iter().map(|(key, _)| key.clone()).collect()
        };
        let hash = data_encoding::HEXLOWER.encode(&hash.finalize());
        Self { name, kind, rows: rows.len() as u64, hash, keys }
    }

    /// A part over a leaf.
    pub fn of_leaf(name: String, rows: u64) -> Self {
        Self { name, kind: PartKind::Leaf, rows, hash: String::new(), keys: Vec::new() }
    }
}

impl DigestParts {
    /// The digest over everything: `sha256:…`.
    pub fn exact(&self) -> String {
        ["sha256:", &self.hash(|_| true)].concat()
    }

    /// The digest over all but the leaves, for previews that could not count them all.
    pub fn bounded(&self) -> String {
        ["bounded-sha256:", &self.hash(|part| part.kind != PartKind::Leaf)].concat()
    }

    /// Whether a digest given by a preview is one of this.
    pub fn matches(&self, digest: &str) -> bool {
        digest == self.exact() || digest == self.bounded()
    }

    fn hash(&self, counts: impl Fn(&DigestPart) -> bool) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.head);
        for part in self.parts.iter().filter(|part| counts(part)) {
            let line = format!("\n{}\t{:?}\t{}\t{}", part.name, part.kind, part.rows, part.hash);
            hash.update(line);
        }
        data_encoding::HEXLOWER.encode(&hash.finalize())
    }

    /// What is different now from what was confirmed; leaves only where they were counted.
    pub fn differences(&self, now: &Self, leaves: bool) -> Vec<Difference> {
        let mut differences = Vec::new();
        if self.head != now.head {
            differences.push(Difference {
                table: String::new(),
                before: 0,
                now: 0,
                appeared: Vec::new(),
                gone: Vec::new(),
                sentence: "the policy or the schema has changed".into(),
            });
        }
        for part in &self.parts {
            let other =
                now.parts.iter().find(|other| other.name == part.name && other.kind == part.kind);
            match other {
                Some(other)
                    if part.kind == PartKind::Leaf && (!leaves || part.rows == other.rows) => {}
                Some(other) if part.kind != PartKind::Leaf && part.hash == other.hash => {}
                Some(other) => differences.push(difference(part, other)),
                None => {}
            }
        }
        differences
    }
}

/// What is different in one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The table, with the line for an effect.
    pub table: String,
    /// Rows then.
    pub before: u64,
    /// Rows now.
    pub now: u64,
    /// Some keys that are new.
    pub appeared: Vec<String>,
    /// Some keys that are no longer there.
    pub gone: Vec<String>,
    /// The same as a sentence.
    pub sentence: String,
}

fn difference(before: &DigestPart, now: &DigestPart) -> Difference {
    let some = |a: &[String], b: &[String]| -> Vec<String> {
        let other: BTreeSet<&String> = b.iter().collect();
        a.iter().filter(|key| !other.contains(key)).take(5).cloned().collect()
    };
    let (gone, appeared) = (some(&before.keys, &now.keys), some(&now.keys, &before.keys));
    let mut sentence = if before.rows == now.rows {
        format!("{}: {} row(s), but not the same", before.name, now.rows)
    } else {
        format!("{}: {} row(s) then, {} now", before.name, before.rows, now.rows)
    };
    for (word, keys) in [("new", &appeared), ("gone", &gone)] {
        if !keys.is_empty() {
            sentence.extend(["; ", word, ": ", &keys.join(" ")]);
        }
    }
    Difference {
        table: before.name.clone(),
        before: before.rows,
        now: now.rows,
        appeared,
        gone,
        sentence,
    }
}

/// A key as text that no other key has: the JSON array of its values.
pub fn canonical_key(values: &[Scalar]) -> String {
    let mut json = Vec::with_capacity(2 + values.len() * 16);
    json.push(b'[');
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        write_value(&mut json, value).expect("writing to memory cannot fail");
    }
    json.push(b']');
    String::from_utf8(json).expect("JSON made of text is text")
}

fn write_value(json: &mut Vec<u8>, value: &Scalar) -> std::io::Result<()> {
    match value {
        Scalar::Null => json.write_all(b"null"),
        Scalar::Integer(number) => write!(json, "{number}"),
        Scalar::Real(number) => write!(json, "{{\"r\":\"{number:?}\"}}"),
        Scalar::Text(text) => serde_json::to_writer(json, text).map_err(Into::into),
        Scalar::Blob(bytes) => {
            write!(json, "{{\"x\":\"{}\"}}", data_encoding::HEXLOWER.encode(bytes))
        }
    }
}

/// The values of a canonical key; `None` for a text that is none.
pub fn parse_key(text: &str) -> Option<Vec<Scalar>> {
    let values: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    values.into_iter().map(parse_value).collect()
}

fn parse_value(value: serde_json::Value) -> Option<Scalar> {
    match value {
        serde_json::Value::Null => Some(Scalar::Null),
        serde_json::Value::Number(number) => number.as_i64().map(Scalar::Integer),
        serde_json::Value::String(text) => Some(Scalar::Text(text)),
        serde_json::Value::Object(object) => match (object.get("r"), object.get("x")) {
            (Some(real), None) => real.as_str()?.parse().ok().map(Scalar::Real),
            (None, Some(hex)) => {
                data_encoding::HEXLOWER.decode(hex.as_str()?.as_bytes()).ok().map(Scalar::Blob)
            }
            _ => None,
        },
        serde_json::Value::Bool(_) | serde_json::Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests;
