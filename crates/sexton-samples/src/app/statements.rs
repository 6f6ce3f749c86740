//! Reads an application's statements from its file, where each section has a name.
//!
//! ```sql
//! -- define: mine
//! id = :job AND worker = :worker
//!
//! -- name: worker.write
//! -- only if
//! SELECT id AS job FROM jobs WHERE {mine};
//! INSERT INTO entries (run_id, step) VALUES (:job, :step);
//! ```
//!
//! The statements of a section are one transaction; what it uploads (`puts`) goes before. One under `-- only if` must find or change
//! a row, otherwise the section is taken back. `{mine}` stands for the text defined above, `:job`
//! for a value: it becomes a bind, and `::` of PostgreSQL stays a cast.

use std::collections::BTreeMap;

use super::puts::Put;

/// How a database writes the place of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `$1`
    Postgres,
    /// `?1`
    Sqlite,
}

/// The statements of one application for one database.
#[derive(Debug, Clone)]
pub struct Statements {
    sections: BTreeMap<String, Section>,
}

/// Statements that are one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name: `ROLE.ACT`.
    pub name: String,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// What it uploads first.
    pub puts: Vec<Put>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text, with places for values.
    pub sql: String,
    /// The names of the values, in the order of their places.
    pub values: Vec<String>,
    /// Without a row of it, its section is taken back.
    pub is_condition: bool,
}

/// What is wrong with a file of statements.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Text that belongs to nothing.
    #[error("line {0}: this stands before the first `-- name:`")]
    Nowhere(usize),
    /// Two sections of one name.
    #[error("there are two sections `{0}`")]
    Twice(String),
    /// A section without a statement.
    #[error("the section `{0}` is empty")]
    Empty(String),
    /// A name in braces that nothing defines above it.
    #[error("`{section}` names {{{fragment}}}, which is not defined above it")]
    Undefined {
        /// The section.
        section: String,
        /// The name.
        fragment: String,
    },
    /// A quote that does not end.
    #[error("a quote in `{0}` does not end")]
    Unended(String),
}

impl Section {
    /// Whether it may change something.
    pub fn changes(&self) -> bool {
        let reads = |statement: &Statement| statement.sql.starts_with("SELECT");
        !self.statements.iter().all(reads)
    }
}

impl Statements {
    /// Reads a file.
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, StatementError> {
        let mut sections = BTreeMap::new();
        let mut fragments = BTreeMap::new();
        for block in blocks(text)? {
            match block.heading {
                Heading::Define(name) => {
                    let written = filled(&without_comments(&block.text), &fragments, &name)?;
                    fragments.insert(name, written.trim().to_owned());
                }
                Heading::Name(name) => {
                    let written = filled(&block.text, &fragments, &name)?;
                    let statements = statements(&written, dialect, &name)?;
                    if statements.is_empty() {
                        return Err(StatementError::Empty(name));
                    }
                    let puts = Put::all(&block.text);
                    let section = Section { name: name.clone(), statements, puts };
                    if sections.insert(name.clone(), section).is_some() {
                        return Err(StatementError::Twice(name));
                    }
                }
            }
        }
        Ok(Self { sections })
    }

    /// The section of this name.
    pub fn get(&self, name: &str) -> Option<&Section> {
        self.sections.get(name)
    }

    /// All sections, by name.
    pub fn all(&self) -> impl Iterator<Item = &Section> {
        self.sections.values()
    }
}

enum Heading {
    Define(String),
    Name(String),
}

struct Block {
    heading: Heading,
    text: String,
}

fn blocks(text: &str) -> Result<Vec<Block>, StatementError> {
    let mut blocks: Vec<Block> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let heading = line
            .strip_prefix("-- define: ")
            .map(|name| Heading::Define(name.trim().to_owned()))
            .or_else(|| {
                let name = line.strip_prefix("-- name: ");
                name.map(|name| Heading::Name(name.trim().to_owned()))
            });
        match (heading, blocks.last_mut()) {
            (Some(heading), _) => blocks.push(Block { heading, text: String::new() }),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) if line.trim().is_empty() || line.starts_with("--") => {}
            (None, None) => return Err(StatementError::Nowhere(number + 1)),
        }
    }
    Ok(blocks)
}

/// What is defined stands within a line, where a comment would take the rest of it along.
fn without_comments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
    lines.join("\n")
}

/// Puts what is defined in the place of its name. Braces around anything but a plain name are
/// the text's own, such as those of JSON.
fn filled(
    text: &str,
    fragments: &BTreeMap<String, String>,
    section: &str,
) -> Result<String, StatementError> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let name = after.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, behind)) = name else {
            out.push('{');
            rest = after;
            continue;
        };
        let fragment = fragments.get(name).ok_or_else(|| StatementError::Undefined {
            section: section.to_owned(),
            fragment: name.to_owned(),
        })?;
        out.push_str(fragment);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

fn statements(
    text: &str,
    dialect: Dialect,
    section: &str,
) -> Result<Vec<Statement>, StatementError> {
    let mut reader = Reader { dialect, done: Vec::new(), open: Statement::empty() };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '\'' | '"' => {
                let end = rest[1..]
                    .find(first)
                    .ok_or_else(|| StatementError::Unended(section.to_owned()))?;
                reader.open.sql.push_str(&rest[..end + 2]);
                &rest[end + 2..]
            }
            '-' if rest.starts_with("--") => {
                let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
                reader.open.is_condition |= line.trim_end() == "-- only if";
                behind
            }
            ':' if rest.starts_with("::") => {
                reader.open.sql.push_str("::");
                &rest[2..]
            }
            ':' => {
                let end = rest[1..].find(|c: char| !is_name(&c.to_string()));
                let end = end.map_or(rest.len(), |end| end + 1);
                reader.place(&rest[1..end]);
                &rest[end..]
            }
            ';' => {
                reader.end();
                &rest[1..]
            }
            // A statement begins with its first word.
            other => {
                if !other.is_whitespace() || !reader.open.sql.is_empty() {
                    reader.open.sql.push(other);
                }
                &rest[other.len_utf8()..]
            }
        };
    }
    reader.end();
    Ok(reader.done)
}

impl Statement {
    fn empty() -> Self {
        Self { sql: String::new(), values: Vec::new(), is_condition: false }
    }
}

/// A statement in the making, and those before it.
struct Reader {
    dialect: Dialect,
    done: Vec<Statement>,
    open: Statement,
}

impl Reader {
    fn place(&mut self, value: &str) {
        let known = self.open.values.iter().position(|known| known == value);
        let at = known.unwrap_or_else(|| {
            self.open.values.push(value.to_owned());
            self.open.values.len() - 1
        });
        let mark = if self.dialect == Dialect::Postgres { '$' } else { '?' };
        self.open.sql.push(mark);
        self.open.sql.push_str(&(at + 1).to_string());
    }

    fn end(&mut self) {
        let mut ended = std::mem::replace(&mut self.open, Statement::empty());
        ended.sql.truncate(ended.sql.trim_end().len());
        if !ended.sql.is_empty() {
            self.done.push(ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Statements, StatementError> {
        Statements::parse(text, Dialect::Postgres)
    }

    #[test]
    fn a_section_is_its_statements_with_places_for_values() {
        let text = "-- about\n\n-- define: mine\nid = :job AND worker = :worker\n\
                    -- of what follows\n\n-- name: worker.write\n-- only if\nSELECT id FROM jobs WHERE {mine};\n\
                    -- a comment with a ; and a :colon\n\
                    INSERT INTO e VALUES (:job::uuid, ':no;{\"a\":1}', :step, :job);\n";
        let statements = parsed(text).unwrap();
        let section = statements.get("worker.write").unwrap();
        let [condition, insert] = &section.statements[..] else { panic!("{section:?}") };
        assert_eq!(condition.sql, "SELECT id FROM jobs WHERE id = $1 AND worker = $2");
        assert_eq!(condition.values, ["job", "worker"]);
        assert!(condition.is_condition && !insert.is_condition && section.changes());
        assert_eq!(insert.sql, "INSERT INTO e VALUES ($1::uuid, ':no;{\"a\":1}', $2, $1)");
        assert_eq!(insert.values, ["job", "step"]);
    }

    #[test]
    fn sqlite_has_places_of_its_own() {
        let statements = Statements::parse("-- name: a\nSELECT :x", Dialect::Sqlite).unwrap();
        let section = statements.get("a").unwrap();
        assert_eq!(section.statements[0].sql, "SELECT ?1");
        assert!(!section.changes());
    }

    #[test]
    fn each_mistake_is_named() {
        let undefined = |section: &str, fragment: &str| StatementError::Undefined {
            section: section.into(),
            fragment: fragment.into(),
        };
        for (text, mistake) in [
            ("SELECT 1", StatementError::Nowhere(1)),
            ("-- name: a\n\n-- name: b\nSELECT 1", StatementError::Empty("a".into())),
            ("-- name: a\nSELECT 1\n-- name: a\nSELECT 1", StatementError::Twice("a".into())),
            ("-- name: a\nSELECT {mine}", undefined("a", "mine")),
            ("-- name: a\nSELECT 'x", StatementError::Unended("a".into())),
        ] {
            assert_eq!(parsed(text).unwrap_err(), mistake, "{text}");
        }
    }
}
