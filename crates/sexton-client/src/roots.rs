//! What is meant: one root or several by their ids, one found by named values, or what was
//! previewed.

use std::collections::BTreeMap;

use sexton_api::Preview;

/// Roots of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roots {
    /// By their ids: all of them or none.
    Ids(Vec<String>),
    /// By named values, where the thing has a `find`.
    Find(BTreeMap<String, String>),
}

/// What is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// These, as they are then.
    Roots(Roots),
    /// Exactly what was previewed.
    Previewed {
        /// The system of the preview.
        system: String,
        /// Its name.
        preview: String,
        /// What binds a deletion to it.
        digest: Option<String>,
    },
}

impl Roots {
    /// The root that these named values find.
    pub fn find<N: Into<String>, V: Into<String>>(
        values: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self::Find(values.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// As requests say it: one id, several, or named values.
    pub(crate) fn said(self) -> (Option<String>, Vec<String>, BTreeMap<String, String>) {
        match self {
            Self::Ids(mut ids) if ids.len() == 1 => (ids.pop(), Vec::new(), BTreeMap::new()),
            Self::Ids(ids) => (None, ids, BTreeMap::new()),
            Self::Find(values) => (None, Vec::new(), values),
        }
    }
}

/// Makes roots of an id, or of what holds several.
macro_rules! of_ids {
    ($(($($generic:tt)*) $from:ty, $given:ident => $ids:expr;)*) => {
        $(
            impl $($generic)* From<$from> for Roots {
                fn from($given: $from) -> Self {
                    Self::Ids($ids)
                }
            }
            impl $($generic)* From<$from> for What {
                fn from(given: $from) -> Self {
                    Self::Roots(Roots::from(given))
                }
            }
        )*
    };
}

of_ids! {
    () &str, id => vec![id.to_owned()];
    () String, id => vec![id];
    () &String, id => vec![id.clone()];
    () Vec<String>, ids => ids;
    () &[String], ids => ids.to_vec();
    (<const N: usize>) [&str; N], ids => ids.map(str::to_owned).to_vec();
    () &[&str], ids => ids.iter().map(|&id| id.to_owned()).collect();
}

impl From<Roots> for What {
    fn from(roots: Roots) -> Self {
        Self::Roots(roots)
    }
}

impl From<&Preview> for What {
    fn from(preview: &Preview) -> Self {
        Self::Previewed {
            system: preview.system.clone(),
            preview: preview.id.clone(),
            digest: preview.digest.clone(),
        }
    }
}
