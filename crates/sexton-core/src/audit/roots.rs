//! How the roots of a deletion are named in what is kept of it.
//!
//! One root is kept as it always was. Several are a list, and a list is told from one root whose
//! name looks like one: such a name is kept as a list of one.

use serde::{Deserialize, Serialize};

/// The names of a deletion's roots, as the audit may know them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RootNames {
    /// One root.
    One {
        /// Its name: as it is, or `hmac-sha256:…` where the policy says so.
        root: String,
    },
    /// Several, in order.
    Several {
        /// Their names, each as that of one.
        roots: Vec<String>,
    },
}

impl RootNames {
    /// The names of one root or of several.
    pub fn of(mut names: Vec<String>) -> Self {
        match names.len() {
            1 => Self::One { root: names.swap_remove(0) },
            _ => Self::Several { roots: names },
        }
    }

    /// Every name.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One { root } => std::slice::from_ref(root),
            Self::Several { roots } => roots,
        }
    }

    /// The names as one text.
    pub fn stored(&self) -> String {
        let list = |names: &[String]| serde_json::to_string(names).expect("names are text");
        match self {
            Self::One { root } if listed(root).is_none() => root.clone(),
            names => list(names.all()),
        }
    }

    /// The names of a stored text.
    pub fn of_stored(text: &str) -> Self {
        Self::of(listed(text).unwrap_or_else(|| vec![text.to_owned()]))
    }
}

fn listed(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = serde_json::from_str(text).ok()?;
    (!names.is_empty()).then_some(names)
}

/// The root as the audit may name it: as it is, or as a keyed hash.
pub fn root_name(system: &str, thing: &str, root: &str, key: Option<&[u8]>) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let Some(key) = key else { return root.to_owned() };
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in [system, "\0", thing, "\0", root] {
        mac.update(part.as_bytes());
    }
    ["hmac-sha256:", &data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_were_stored() {
        for names in
            [&["b-1"][..], &["a", "b"], &["[\"a\",\"b\"]"], &["[]"], &["[1]"], &["[\"a\"]", ","]]
        {
            let names = RootNames::of(names.iter().map(|&name| name.to_owned()).collect());
            assert_eq!(RootNames::of_stored(&names.stored()), names);
        }
    }

    #[test]
    fn one_name_is_stored_as_it_is() {
        let stored = |names: &[&str]| {
            RootNames::of(names.iter().map(|&name| name.to_owned()).collect()).stored()
        };
        assert_eq!(stored(&["b-1"]), "b-1");
        assert_eq!(stored(&["[1]"]), "[1]");
        assert_eq!(stored(&["a", "b"]), r#"["a","b"]"#);
    }
}
