//! A random system whose references mostly stand in its policy alone, and all that its policy
//! says of them, as values.

use sexton_core::schema::{Deferrable, OnDelete};
use sexton_testkit::random::shape::{Column, ForeignKey, Shape, Table};
use sexton_testkit::random::values::{Kind, Value};

use crate::cascade::Rows;

// The columns that every table begins with.
pub const ID: usize = 0;
pub const KIND: usize = 1;
pub const STATE: usize = 2;
pub const N: usize = 3;
pub const HITS: usize = 4;
pub const NOTE: usize = 5;
pub const VAL: usize = 6;
pub const MAIL: usize = 7;
pub const AGE: usize = 8;

/// Who asks for every deletion.
pub const ACTOR: &str = "o'brien";

/// A system: tables, rows, and what the policy says.
#[derive(Debug, Clone)]
pub struct World {
    pub tables: Vec<Table>,
    pub references: Vec<Reference>,
    pub takes: Vec<Take>,
    pub guards: Vec<Guard>,
    pub derived: Option<Derived>,
    pub works: Vec<Work>,
    pub things: Vec<Thing>,
    pub rows: Rows,
}

/// One line: a column refers to rows of a table, if its row meets the condition.
#[derive(Debug, Clone)]
pub struct Reference {
    pub child: usize,
    pub column: usize,
    pub parent: usize,
    /// The id of the right, or another column of it that several rows may share.
    pub parent_column: usize,
    pub held: Held,
    pub fate: Fate,
    /// The fate that an option gives it.
    pub switched: Option<(usize, Fate)>,
    pub filter: Option<Filter>,
    /// The ON DELETE of the foreign key that enforces it, whatever the line says.
    pub enforced: Option<OnDelete>,
}

/// What takes the right with it.
#[derive(Debug, Clone)]
pub struct Take {
    /// Its sides and its condition; its fate says nothing.
    pub line: Reference,
    pub when_last: bool,
    /// Whether no other line declares the reference.
    pub alone: bool,
}

/// How the column holds what it refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// As it is.
    Plainly,
    /// As a text that is a number, or a number that is a text.
    Cast(&'static str),
    /// At `$.a` of a document.
    One { cast: Option<&'static str> },
    /// As an element of `$.x.ids`.
    Many { cast: Option<&'static str> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Delete,
    Unlink,
    Set(Vec<(usize, Becomes)>),
    Anonymize(Vec<usize>),
    Keep,
    Block,
    Derive,
}

/// What a column becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Becomes {
    Null,
    Text(String),
    /// One more than it was.
    OneMore,
    /// The row's kind and its `n`, as they were.
    KindAndN,
    /// What says nothing.
    Meaningless,
    /// Who asked.
    Actor,
    /// The root's value.
    Root,
}

/// A condition on one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    KindIs(&'static str),
    StateIs(&'static str),
    StateIsKnown,
    NIsOver(i64),
    NIsKnown,
    KindIsYOrNIsUnder(i64),
}

/// Rows of one table that refuse while they belong to a row of another that goes.
#[derive(Debug, Clone)]
pub struct Guard {
    pub of: usize,
    pub rows: usize,
    /// The column of `rows` that holds the id of `of`.
    pub link: usize,
    pub filter: Option<Filter>,
}

/// A table that is computed anew from the rows of another that name its own.
#[derive(Debug, Clone)]
pub struct Derived {
    pub table: usize,
    pub lost: usize,
    /// The column of the lost table that names the derived row.
    pub of: usize,
    /// How many rows name it.
    pub total: usize,
    /// Which of them has most hits.
    pub latest: usize,
    /// The note of that one.
    pub note: usize,
    /// Whether `latest` is a reference with the fate `derive`.
    pub pointer: bool,
}

/// A table that workers act on: where its rows say what they are doing.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    pub table: usize,
    /// `waiting`, `running`, or something else.
    pub task: usize,
    /// NULL where the worker is dead.
    pub alive: usize,
    /// 1 where the worker was asked to stop.
    pub asked: usize,
}

/// What may be deleted.
#[derive(Debug, Clone)]
pub struct Thing {
    pub name: String,
    /// The table of its own row.
    pub row: Option<usize>,
    /// More columns that hold its value.
    pub starts: Vec<(usize, usize)>,
    /// Whether the kind of each row that holds its value is its tenant.
    pub of_kind: bool,
    /// Its options by number, each with its default.
    pub options: Vec<(usize, bool)>,
    pub only: Option<Filter>,
    pub refuse: Option<Filter>,
    pub limit: Option<usize>,
    /// At most this share of any one table.
    pub percent: Option<usize>,
}

impl Held {
    /// Where in a document it is held, and what it is cast to.
    pub fn place(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Plainly => ("", None),
            Self::Cast(cast) => ("", Some(cast)),
            Self::One { cast } => ("$.a", cast),
            Self::Many { cast } => ("$.x.ids[*]", cast),
        }
    }
}

impl Filter {
    /// Whether a row meets it; what is unknown is not met.
    pub fn holds(self, row: &[Value]) -> bool {
        let number = match row[N] {
            Value::Integer(number) => Some(number),
            _ => None,
        };
        match self {
            Self::KindIs(kind) => row[KIND] == Value::Text(kind.into()),
            Self::StateIs(state) => row[STATE] == Value::Text(state.into()),
            Self::StateIsKnown => {
                ["on", "off"].iter().any(|s| row[STATE] == Value::Text((*s).into()))
            }
            Self::NIsOver(least) => number.is_some_and(|number| number > least),
            Self::NIsKnown => number.is_some(),
            Self::KindIsYOrNIsUnder(most) => {
                row[KIND] == Value::Text("y".into()) || number.is_some_and(|number| number < most)
            }
        }
    }

    /// The same in SQL, every column behind `of`.
    pub fn sql(self, of: &str) -> String {
        match self {
            Self::KindIs(kind) => format!("{of}kind = '{kind}'"),
            Self::StateIs(state) => format!("{of}state = '{state}'"),
            Self::StateIsKnown => format!("{of}state in ('on', 'off')"),
            Self::NIsOver(least) => format!("{of}n > {least}"),
            Self::NIsKnown => format!("{of}n is not null"),
            Self::KindIsYOrNIsUnder(most) => format!("{of}kind = 'y' or {of}n < {most}"),
        }
    }
}

impl Becomes {
    /// The new value of a column of this row.
    pub fn value(&self, row: &[Value], column: usize, root: &Value) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Text(text) => Value::Text(text.clone()),
            Self::Actor => Value::Text(ACTOR.into()),
            Self::Meaningless => match (column, &row[ID]) {
                (AGE, _) => Value::Integer(0),
                (MAIL, Value::Integer(id)) => Value::Text(format!("anonymized-{id}")),
                (MAIL, Value::Text(id)) => Value::Text(format!("anonymized-{id}")),
                _ => Value::Null,
            },
            Self::Root => match root {
                Value::Integer(number) => Value::Text(number.to_string()),
                root => root.clone(),
            },
            Self::OneMore => match row[column] {
                Value::Integer(number) => Value::Integer(number + 1),
                _ => Value::Null,
            },
            Self::KindAndN => match (&row[KIND], &row[N]) {
                (Value::Text(kind), Value::Integer(n)) => Value::Text(format!("{kind}/{n}")),
                (Value::Text(kind), _) => Value::Text(format!("{kind}/none")),
                _ => Value::Null,
            },
        }
    }
}

/// What an option is called.
pub fn option_name(option: usize) -> String {
    format!("option{option}")
}

impl World {
    /// The world in which lines have the fates that these options give them.
    pub fn switched(&self, on: &[usize]) -> Self {
        let mut world = self.clone();
        for line in &mut world.references {
            match &line.switched {
                Some((option, fate)) if on.contains(option) => line.fate = fate.clone(),
                _ => {}
            }
        }
        world
    }

    /// The tables with the foreign keys of enforced references.
    pub fn shape(&self) -> Shape {
        let foreign_keys = self.references.iter().filter_map(|line| {
            Some(ForeignKey {
                child: line.child,
                columns: vec![line.column],
                parent: line.parent,
                parent_columns: vec![ID],
                on_delete: line.enforced?,
                deferrable: Deferrable::No,
                indexed: line.column % 2 == 0,
                filled: 0,
            })
        });
        Shape { tables: self.tables.clone(), foreign_keys: foreign_keys.collect() }
    }

    /// Adds a column that may be NULL.
    pub fn add_column(&mut self, table: usize, name: &str, kind: Kind) -> usize {
        let columns = &mut self.tables[table].columns;
        columns.push(Column { name: name.to_owned(), kind, nullable: true, few: false });
        columns.len() - 1
    }
}
