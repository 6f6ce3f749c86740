//! What a policy says of the answers of its routes.
//!
//! An answer belongs to an outcome. A route's own come before those that `[replies]` has for all
//! routes; an outcome that is answered like another one takes what the route says of that one.

use crate::finding::{Located, Span};
use crate::names::GuardName;
use crate::template::{Form, Slot, Text};

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is done.
    Done,
    /// The request comes from a page of another origin.
    CrossOrigin,
    /// Nobody is signed in.
    Anonymous,
    /// Too many requests.
    RateLimited,
    /// No id is given.
    Blank,
    /// What is given cannot be an id.
    BadId,
    /// An option is neither true nor false.
    BadOption,
    /// What was sent cannot be read.
    BadBody,
    /// No value, and none to take instead.
    Unset,
    /// The caller may not.
    Forbidden,
    /// There is no such thing, as far as the caller sees.
    Missing,
    /// It is no thing of this kind.
    Wrong,
    /// Its state, a line or a guard refuses.
    Refused,
    /// A person holds it.
    Held,
    /// It is more than one deletion may take.
    OverLimit,
    /// Somebody is at work on it.
    Undrained,
    /// What was confirmed is no longer true.
    Stale,
    /// Others are in the way.
    Busy,
    /// It failed.
    Failed,
    /// It cannot be done here, or now.
    Unavailable,
}

impl Outcome {
    /// Every one, in the order in which they are judged.
    pub const ALL: [Self; 20] = [
        Self::Done,
        Self::CrossOrigin,
        Self::Anonymous,
        Self::RateLimited,
        Self::Blank,
        Self::BadId,
        Self::BadOption,
        Self::BadBody,
        Self::Unset,
        Self::Forbidden,
        Self::Missing,
        Self::Wrong,
        Self::Refused,
        Self::Held,
        Self::OverLimit,
        Self::Undrained,
        Self::Stale,
        Self::Busy,
        Self::Failed,
        Self::Unavailable,
    ];

    /// As the policy writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::CrossOrigin => "cross-origin",
            Self::Anonymous => "anonymous",
            Self::RateLimited => "rate-limited",
            Self::Blank => "blank",
            Self::BadId => "bad-id",
            Self::BadOption => "bad-option",
            Self::BadBody => "bad-body",
            Self::Unset => "unset",
            Self::Forbidden => "forbidden",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::OverLimit => "over-limit",
            Self::Undrained => "undrained",
            Self::Stale => "stale",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == name)
    }

    /// Its status where the policy says none.
    pub fn status(self) -> u16 {
        match self {
            Self::Done => 204,
            Self::Blank | Self::BadId | Self::BadBody | Self::Unset => 400,
            Self::Anonymous => 401,
            Self::CrossOrigin | Self::Forbidden => 403,
            Self::Missing => 404,
            Self::Wrong
            | Self::Refused
            | Self::Held
            | Self::OverLimit
            | Self::Undrained
            | Self::Stale
            | Self::Busy => 409,
            Self::BadOption => 422,
            Self::RateLimited => 429,
            Self::Failed => 500,
            Self::Unavailable => 503,
        }
    }

    /// Its name for programs where the policy says none.
    pub fn code(self) -> String {
        self.as_str().replace('-', "_")
    }
}

/// What is answered to outcomes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Replies {
    /// To each outcome, in the order of the file.
    pub outcomes: Vec<(Outcome, Reply)>,
    /// To what one guard refuses.
    pub guards: Vec<(Located<GuardName>, Reply)>,
    /// What a body is where an answer has none of its own.
    pub envelope: Option<Form>,
}

impl Replies {
    /// What is answered to an outcome.
    pub fn to(&self, outcome: Outcome) -> Option<&Reply> {
        self.outcomes.iter().find(|(known, _)| *known == outcome).map(|(_, reply)| reply)
    }

    /// What is answered where this guard refuses.
    pub fn to_guard(&self, guard: &str) -> Option<&Reply> {
        let mut guards = self.guards.iter();
        guards.find(|(known, _)| known.value.as_str() == guard).map(|(_, reply)| reply)
    }

    /// Every answer, with its outcome and the guard that it is for.
    pub fn all(&self) -> impl Iterator<Item = (Outcome, Option<&GuardName>, &Reply)> {
        let outcomes = self.outcomes.iter().map(|(outcome, reply)| (*outcome, None, reply));
        let guards = self.guards.iter();
        outcomes.chain(guards.map(|(guard, reply)| (Outcome::Refused, Some(&guard.value), reply)))
    }
}

/// What is answered to an outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// What is answered to another one.
    Like(Located<Outcome>),
    /// This.
    Own(Answer),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Its status; the outcome's own if left out.
    pub status: Option<Located<u16>>,
    /// A name that programs can rely on.
    pub code: Option<Text>,
    /// What is said.
    pub message: Option<Text>,
    /// Its headers.
    pub headers: Vec<(String, Text)>,
    /// Its body.
    pub body: Option<Form>,
    /// Where it stands.
    pub span: Span,
}

impl Answer {
    /// Every placeholder in it.
    pub fn slots(&self) -> Vec<&Slot> {
        let texts = self.code.iter().chain(&self.message);
        let headers = self.headers.iter().map(|(_, text)| text);
        let texts = texts.chain(headers).flat_map(Text::slots);
        texts.chain(self.body.iter().flat_map(Form::slots)).collect()
    }
}
