//! What a section uploads before its transaction, as applications do: the object first, then the row
//! that speaks of it.
//!
//! `-- puts: STORE KEY` or `-- puts if NAME=VALUE: STORE KEY CONTENTS`, with `:value` in key and
//! contents. Who was late leaves an object behind for which no row came.

use std::collections::BTreeMap;

use sexton_core::objects::ObjectKey;
use sexton_stores::{AddressError, ApplicationStore};

use super::connection::AppError;
use super::values::Values;

/// One object that a section uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Only where this value is so.
    only_if: Option<(String, String)>,
    /// Into which store.
    store: String,
    /// Its key; values stand in it by their names.
    key: String,
    /// What it contains; without, its own key.
    contents: Option<String>,
}

/// The stores of an application, by name. What belongs to others is not uploaded.
#[derive(Default)]
pub struct AppStores(BTreeMap<String, ApplicationStore>);

impl AppStores {
    /// Those at these addresses, each with its name.
    pub fn open(addresses: &[(String, String)]) -> Result<Self, AppError> {
        let opened = addresses.iter().map(|(store, address)| {
            let opened = ApplicationStore::open(address);
            let failed = |error: AddressError| AppError::Store {
                store: store.clone(),
                why: error.to_string(),
            };
            Ok((store.clone(), opened.map_err(failed)?))
        });
        opened.collect::<Result<_, AppError>>().map(Self)
    }

    /// Uploads what a section does.
    pub(super) async fn put(&self, puts: &[Put], values: &Values) -> Result<(), AppError> {
        for put in puts.iter().filter(|put| put.is_meant(values)) {
            let Some(store) = self.0.get(&put.store) else { continue };
            let key = written(&put.key, values);
            let contents = put.contents.as_ref().map(|contents| written(contents, values));
            let contents = contents.unwrap_or_else(|| key.clone());
            let object = ObjectKey::new(key.as_str())
                .map_err(|bad| AppError::Upload { key: key.clone(), why: bad.to_string() })?;
            let done = store.put(&object, contents.as_bytes()).await;
            done.map_err(|error| AppError::Upload { key, why: error.to_string() })?;
        }
        Ok(())
    }
}

impl Put {
    /// What the lines of a section say is uploaded.
    pub(super) fn all(text: &str) -> Vec<Self> {
        text.lines().filter_map(Self::of).collect()
    }

    fn of(line: &str) -> Option<Self> {
        let (condition, object) = line.strip_prefix("-- puts")?.split_once(": ")?;
        let only_if = condition.strip_prefix(" if ").and_then(|said| said.split_once('='));
        let (store, object) = object.split_once(' ')?;
        let (key, contents) = match object.split_once(' ') {
            Some((key, contents)) => (key, Some(contents.to_owned())),
            None => (object, None),
        };
        Some(Self {
            only_if: only_if.map(|(name, value)| (name.to_owned(), value.to_owned())),
            store: store.to_owned(),
            key: key.to_owned(),
            contents,
        })
    }

    fn is_meant(&self, values: &Values) -> bool {
        self.only_if.as_ref().is_none_or(|(name, value)| values.get(name) == Some(value))
    }
}

/// The text with values in the places of their names. What no value is called stays.
fn written(text: &str, values: &Values) -> String {
    let mut parts = text.split(':');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(part.len());
        match values.get(&part[..end]).filter(|_| end > 0) {
            Some(value) => {
                out.push_str(value);
                out.push_str(&part[end..]);
            }
            None => {
                out.push(':');
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_uploaded_where_and_when() {
        let text = "-- name: a\n-- puts: iq x/:job/a {\"of\": \":job\", \"is\": 1}\n\
                    -- puts if kind=iq_raw: iq y/:job_part\nSELECT 1;\n";
        let [first, second] = &Put::all(text)[..] else { panic!("{text}") };
        let values = Values::new().with("job", "7").with("kind", "other");
        assert!(first.is_meant(&values) && !second.is_meant(&values));
        assert_eq!(written(&first.key, &values), "x/7/a");
        let contents = first.contents.as_ref().map(|contents| written(contents, &values));
        assert_eq!(contents.as_deref(), Some("{\"of\": \"7\", \"is\": 1}"));
        assert_eq!(
            (second.contents.as_ref(), written(&second.key, &values)),
            (None, "y/:job_part".into())
        );
    }
}
