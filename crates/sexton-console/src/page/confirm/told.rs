//! A preview as the API tells it, as far as a person is shown it.

use serde::Deserialize;
use serde_json::Value;

/// A preview.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Told {
    pub id: Option<String>,
    pub label: Option<String>,
    pub tenant: Option<String>,
    pub show: Vec<(String, Option<String>)>,
    pub row_exists: Option<bool>,
    pub roots: Vec<Root>,
    pub options: Vec<Chosen>,
    pub removed: Vec<Removed>,
    pub changed: Vec<Changed>,
    pub derived: Vec<Derived>,
    pub kept: Vec<Kept>,
    pub objects: Vec<Objects>,
    pub work: Vec<Work>,
    pub calls: Vec<Calls>,
    pub blockers: Vec<Blocks>,
    pub warnings: Vec<String>,
    pub precision: String,
    pub confirm: String,
    pub confirm_text: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Root {
    pub id: String,
    pub label: Option<String>,
    pub tenant: Option<String>,
    pub show: Vec<(String, Option<String>)>,
    pub row_exists: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    Exact(u64),
    AtLeast(u64),
    #[default]
    Unknown,
}

impl Count {
    pub fn least(self) -> u64 {
        match self {
            Self::Exact(count) | Self::AtLeast(count) => count,
            Self::Unknown => 0,
        }
    }

    pub fn is_zero(self) -> bool {
        self == Self::Exact(0)
    }

    /// The sum, no more exact than its parts.
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => Self::Exact(a + b),
            (Self::Unknown, Self::Unknown) => Self::Unknown,
            (a, b) => Self::AtLeast(a.least() + b.least()),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    pub name: String,
    pub chosen: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Removed {
    pub table: String,
    pub rows: Count,
    pub why: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Changed {
    pub table: String,
    pub line: String,
    pub rows: Count,
    pub becomes: Vec<(String, String)>,
    pub samples: Vec<Sample>,
    pub say: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Derived {
    pub table: String,
    pub rows: Count,
    pub columns: Vec<String>,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Sample {
    pub key: String,
    pub before: Vec<Option<String>>,
    pub after: Vec<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub line: String,
    pub rows: Count,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Objects {
    pub rule: String,
    pub store: String,
    #[serde(rename = "objects")]
    pub count: Count,
    pub bytes: u64,
    pub samples: Vec<String>,
    pub unseen: Option<String>,
    pub may_stay: bool,
    pub keeps_versions: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Work {
    pub table: String,
    pub waiting: u64,
    pub running: u64,
    pub dead: u64,
    pub fate: String,
    pub wait_secs: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Calls {
    pub hook: String,
    pub when: String,
    #[serde(rename = "calls")]
    pub count: Count,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Blocks {
    pub kind: String,
    pub name: String,
    pub message: String,
    pub count: u64,
    pub names: Vec<String>,
    pub ways_out: Vec<String>,
}

impl Told {
    /// What a preview of the API tells.
    pub fn of(preview: &Value) -> Option<Self> {
        serde_json::from_value(preview.clone()).ok()
    }

    /// Each root.
    pub fn all_roots(&self) -> Vec<Root> {
        match &self.id {
            Some(id) => vec![Root {
                id: id.clone(),
                label: self.label.clone(),
                tenant: self.tenant.clone(),
                show: self.show.clone(),
                row_exists: self.row_exists.unwrap_or(true),
            }],
            None => self.roots.clone(),
        }
    }

    /// How many rows go.
    pub fn rows(&self) -> Count {
        self.removed.iter().fold(Count::Exact(0), |sum, table| sum.plus(table.rows))
    }

    /// How many objects go, and their bytes.
    pub fn objects(&self) -> (Count, u64) {
        let count = self.objects.iter().fold(Count::Exact(0), |sum, rule| sum.plus(rule.count));
        (count, self.objects.iter().map(|rule| rule.bytes).sum())
    }
}
