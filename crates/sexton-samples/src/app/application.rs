//! An application as data: its statements, what it submits, and the roles of its workers.

use super::connection::{AppError, Connection};
use super::puts::AppStores;
use super::statements::{Dialect, Section, StatementError, Statements};
use super::values::Values;
use super::{Done, batches, datasets, requests, snapshots, transcriptions};

/// The application of a sample system.
#[derive(Debug, Clone, Copy)]
pub struct Application {
    /// The name of its system.
    pub name: &'static str,
    /// The schema of its tables in PostgreSQL, if it is not the usual one.
    pub schema: Option<&'static str>,
    /// How something to do comes in: sections `submit.ACT`, in this order.
    pub submits: &'static [Act],
    /// Who works on it.
    pub roles: &'static [Role],
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

/// A part of a submission.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Done once.
    Once(&'static str),
    /// Done for each job, one after the other.
    Each(&'static [&'static str]),
}

/// A kind of worker. Its sections are `NAME.claim`, `NAME.write` and, where it has them,
/// `NAME.open`, `NAME.recover`, `NAME.start`, `NAME.heartbeat`, `NAME.finish`, `NAME.fail`,
/// `NAME.cancel`.
#[derive(Debug, Clone, Copy)]
pub struct Role {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// How often it writes for one job, unless told otherwise.
    pub steps: u32,
}

macro_rules! statements {
    ($name:literal, $database:literal) => {
        include_str!(concat!("../../../../systems/", $name, "/app.", $database, ".sql"))
    };
}
pub(super) use statements;

impl Application {
    /// All of them.
    pub fn all() -> Vec<Self> {
        vec![
            batches::application(),
            datasets::application(),
            transcriptions::application(),
            snapshots::application(),
            requests::application(),
        ]
    }

    /// That of the system of this name.
    pub fn of(system: &str) -> Option<Self> {
        Self::all().into_iter().find(|application| application.name == system)
    }

    /// Its statements, for this database.
    pub fn statements(&self, dialect: Dialect) -> Result<Statements, StatementError> {
        let text = if dialect == Dialect::Postgres { self.postgres } else { self.sqlite };
        Statements::parse(text, dialect)
    }

    /// The role of this name.
    pub fn role(&self, name: &str) -> Option<Role> {
        self.roles.iter().find(|role| role.name == name).copied()
    }

    /// Opens its database.
    pub async fn open(&self, address: &str) -> Result<Client, AppError> {
        let connection = Connection::open(address, self.schema).await?;
        let statements = self.statements(connection.dialect());
        let statements = statements.expect("a test reads every sample's statements");
        Ok(Client { connection, statements, stores: AppStores::default() })
    }
}

/// The application at its database.
pub struct Client {
    /// Its connection.
    pub connection: Connection,
    statements: Statements,
    stores: AppStores,
}

impl Client {
    /// The same, with stores into which it uploads. Without, it uploads nothing.
    #[must_use]
    pub fn with_stores(self, stores: AppStores) -> Self {
        Self { stores, ..self }
    }

    /// Uploads what a section does before its transaction.
    pub(super) async fn put(&self, section: &Section, values: &Values) -> Result<(), AppError> {
        self.stores.put(&section.puts, values).await
    }

    /// The section of this name, if there is one.
    pub fn section(&self, name: &str) -> Option<Section> {
        self.statements.get(name).cloned()
    }

    /// All its sections.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.statements.all()
    }

    /// Runs a section by its name.
    pub async fn run(&mut self, name: &str, values: &Values) -> Result<Done, AppError> {
        let section = self.section(name).ok_or_else(|| AppError::NoSection(name.to_owned()))?;
        self.connection.run(&section, values).await
    }

    /// The rows of a named read.
    pub async fn read(&mut self, name: &str, values: &Values) -> Result<Vec<Values>, AppError> {
        match self.run(name, values).await? {
            Done::Committed(rows) => Ok(rows),
            Done::NotMet => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_sections_with_the_same_values() {
        for application in Application::all() {
            let said = [Dialect::Sqlite, Dialect::Postgres].map(|dialect| {
                let statements = application.statements(dialect).unwrap();
                let described = |section: &Section| {
                    let values = section.statements.iter().flat_map(|s| s.values.clone());
                    let conditions = section.statements.iter().filter(|s| s.is_condition).count();
                    let mut values: Vec<String> = values.collect();
                    values.sort();
                    values.dedup();
                    (section.name.clone(), conditions, values, section.puts.clone())
                };
                statements.all().map(described).collect::<Vec<_>>()
            });
            assert_eq!(said[0], said[1], "{}", application.name);
        }
    }

    #[test]
    fn every_act_and_role_has_its_statements() {
        for application in Application::all() {
            let statements = application.statements(Dialect::Sqlite).unwrap();
            for act in application.submits {
                let names = match act {
                    Act::Once(name) => std::slice::from_ref(name),
                    Act::Each(names) => names,
                };
                for name in names {
                    assert!(statements.get(&format!("submit.{name}")).is_some(), "{name}");
                }
            }
            for role in application.roles {
                for part in ["claim", "write"] {
                    let name = format!("{}.{part}", role.name);
                    assert!(statements.get(&name).is_some(), "{}: {name}", application.name);
                }
            }
        }
    }
}
