//! Statements of a script that a person can read and run.
//!
//! A statement binds the batch's id unless a line above it says `-- binds:`; `-- keeps:` names
//! what it reads for later ones; `-- once` marks what a session makes before its first deletion.

/// A script.
#[derive(Debug, Clone)]
pub struct Script {
    /// Its name in the report.
    pub name: &'static str,
    /// Its statements, in order.
    pub steps: Vec<Step>,
}

/// One statement.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its text.
    pub sql: &'static str,
    /// What it binds.
    pub binds: Vec<&'static str>,
    /// Names of the values it reads.
    pub keeps: Vec<&'static str>,
    /// Whether a session runs it once, before its first deletion.
    pub once: bool,
}

impl Script {
    /// Splits a script into its statements.
    pub fn read(name: &'static str, script: &'static str) -> Self {
        let statements = script.split(';').map(str::trim);
        Self { name, steps: statements.filter(|text| !text.is_empty()).map(Step::read).collect() }
    }
}

impl Step {
    /// Its first line that is no note.
    pub fn label(&self) -> &'static str {
        let mut lines = self.sql.lines().filter(|line| !line.starts_with("--"));
        lines.next().map_or("", |line| line.get(..40).unwrap_or(line))
    }

    fn read(sql: &'static str) -> Self {
        let notes = || sql.lines().filter_map(|line| line.strip_prefix("-- "));
        let named = |word| notes().find_map(|note| note.strip_prefix(word)).map(names);
        Self {
            sql,
            binds: named("binds:").unwrap_or_else(|| vec!["batch"]),
            keeps: named("keeps:").unwrap_or_default(),
            once: notes().any(|note| note == "once"),
        }
    }
}

fn names(list: &'static str) -> Vec<&'static str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
}
