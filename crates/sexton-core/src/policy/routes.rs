//! What a policy says of its own HTTP routes: which there are, what each does, and by what of a
//! request. What they answer is in `replies`.

use super::{Replies, Sql};
use crate::finding::{Located, Span};
use crate::names::{ColumnName, ListName, OptionName, RouteName, ThingName};

/// A route of the policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// `METHOD /path`, as written.
    pub name: RouteName,
    /// Its method.
    pub method: Method,
    /// Its path, segment by segment.
    pub path: Vec<Segment>,
    /// What it does where no branch is taken.
    pub does: Option<Located<Deed>>,
    /// What it does instead, by a value of the request; the first that fits.
    pub branches: Vec<Branch>,
    /// Where the thing's options are taken from.
    pub options: Vec<(Located<OptionName>, Located<Given>)>,
    /// For which tenant, as an expression.
    pub tenant: Option<Sql>,
    /// Who may, beside what the thing says; `None` says nothing more.
    pub roles: Option<Vec<Located<String>>>,
    /// Where several ids are taken from.
    pub ids: Option<IdsGiven>,
    /// Which rows of the thing the route speaks of.
    pub filter: Option<Sql>,
    /// What must have a row for there to be anything.
    pub parent: Option<Sql>,
    /// The order of a list.
    pub order: Vec<Located<Order>>,
    /// How much of a list is given at once.
    pub page: Page,
    /// How old must be what a rule of retention deletes.
    pub over: Option<Over>,
    /// So long it waits for objects to be gone before it answers.
    pub wait_objects_secs: Option<u64>,
    /// What it answers.
    pub replies: Replies,
    /// The keys that stand in it, each where it stands.
    pub keys: Vec<Located<String>>,
    /// Where its name stands.
    pub span: Span,
}

impl Route {
    /// All that it may do.
    pub fn deeds(&self) -> impl Iterator<Item = &Located<Deed>> {
        self.branches.iter().map(|branch| &branch.does).chain(&self.does)
    }

    /// Whether one request can be meant for both.
    pub fn meets(&self, other: &Self) -> bool {
        self.method == other.method && self.path.len() == other.path.len() && {
            let mut both = self.path.iter().zip(&other.path);
            both.all(|pair| match pair {
                (Segment::Written(one), Segment::Written(other)) => one == other,
                _ => true,
            })
        }
    }

    /// The names that its path gives.
    pub fn path_names(&self) -> impl Iterator<Item = &str> {
        self.path.iter().filter_map(|segment| match segment {
            Segment::Named(name) => Some(name.as_str()),
            Segment::Written(_) => None,
        })
    }
}

/// A method of HTTP that a route may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Anything.
    Post,
    /// Puts.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// As HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == name)
    }
}

/// What stands between two slashes of a route's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// This text; empty after a slash at the end.
    Written(String),
    /// Any text, under this name.
    Named(String),
}

/// What a route does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Something with a thing.
    To(Verb, ThingName),
    /// Runs a rule of retention.
    Retention(String),
}

impl Deed {
    /// The thing that it speaks of.
    pub fn thing(&self) -> Option<&ThingName> {
        match self {
            Self::To(_, thing) => Some(thing),
            Self::Retention(_) => None,
        }
    }

    /// The rule of retention that it runs.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::To(..) => None,
            Self::Retention(rule) => Some(rule),
        }
    }

    /// What it does with a thing.
    pub fn verb(&self) -> Option<Verb> {
        match self {
            Self::To(verb, _) => Some(*verb),
            Self::Retention(_) => None,
        }
    }
}

/// What can be done with a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Deletes it, or hides it where it has `hide`.
    Delete,
    /// Deletes it, and does not stop at hiding.
    DeleteForGood,
    /// Tells what a deletion would do.
    Preview,
    /// Takes a deletion back.
    Restore,
    /// Lists such things.
    List,
    /// Asks its work to stop.
    Cancel,
}

impl Verb {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Delete, Self::DeleteForGood, Self::Preview, Self::Restore, Self::List, Self::Cancel];

    /// As the policy writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::DeleteForGood => "delete-for-good",
            Self::Preview => "preview",
            Self::Restore => "restore",
            Self::List => "list",
            Self::Cancel => "cancel",
        }
    }

    /// Whether it needs to know which thing is meant.
    pub fn needs_id(self) -> bool {
        self != Self::List
    }
}

/// What a route does if a value of the request is this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Where the value is.
    pub given: Located<Given>,
    /// What it is, in any case of letters.
    pub value: Located<String>,
    /// What is done then.
    pub does: Located<Deed>,
}

/// Where a request has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A parameter behind the `?` of the address.
    Query(String),
    /// A key of the JSON that is sent.
    Body(String),
}

impl Given {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Query(name) | Self::Body(name) => name,
        }
    }

    /// As the policy writes it.
    pub fn written(&self) -> String {
        match self {
            Self::Query(name) => format!("query.{name}"),
            Self::Body(name) => format!("body.{name}"),
        }
    }
}

/// Where several ids are taken from.
#[derive(Debug, Clone, PartialEq)]
pub struct IdsGiven {
    /// Where.
    pub from: Located<Given>,
    /// So many at most.
    pub max: usize,
    /// Whether unknown ones are left out, as long as one is known.
    pub skips_unknown: bool,
}

impl IdsGiven {
    /// So many at most where nothing is said.
    pub const MAX: usize = 1_000;
}

/// A column by which a list is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: ColumnName,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// How much of a list is given at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// So much where nothing is asked for.
    pub limit: u64,
    /// So much at most.
    pub max: u64,
    /// Whether what cannot be read counts as not asked for.
    pub lenient: bool,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 20, max: 100, lenient: false }
    }
}

/// Where the age is that a rule of retention goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Over {
    /// Where the number is.
    pub from: Located<Given>,
    /// Of how many seconds it counts.
    pub unit_secs: i64,
    /// The least number.
    pub min: i64,
}

/// Rows that answers name.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// Its name.
    pub name: ListName,
    /// The thing whose id it goes by.
    pub of: Located<ThingName>,
    /// What reads the rows.
    pub sql: Sql,
    /// Where its name stands.
    pub span: Span,
}
