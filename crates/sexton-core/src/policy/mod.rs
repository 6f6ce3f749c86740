//! The policy language: from the text of a file to a `Policy`, with every mistake in one run.
//!
//! `model`, `hiding`, `objects`, `pools`, `replies`, `retention`, `routes`, `stores` and `telling` are what a file says;
//! `parse` reads it, and the files that it is `like`, whose texts `sources` keeps; `options` are what a deletion may choose; `via` is how a reference holds what
//! it refers to; `json_schema` tells editors the file's form. The parser never stops at the first
//! mistake and never guesses: what it cannot read becomes a finding with its place in the file.

mod hiding;
mod json_schema;
mod model;
mod objects;
mod options;
mod panels;
mod parse;
mod pools;
mod replies;
mod retention;
mod routes;
mod sources;
mod stores;
mod telling;
mod via;

pub use hiding::{Hide, HideRow, Purge, RootAfter, Undo};
pub use json_schema::json_schema;
pub use model::*;
pub use objects::{NamesBy, NamingColumn, ObjectRule, VersionsGone};
pub use options::{BadOption, Options, ThingOption};
pub use panels::{Panel, PanelAction};
pub use parse::{OpenLike, condition, parse, parse_files};
pub use pools::{Manifest, ManifestPlace, ManifestStep, Pool, PoolNames};
pub use replies::{Answer, Outcome, Replies, Reply};
pub use retention::{Age, DueOrder, OVER_SECS_MAX, OlderThan, Retention};
pub use routes::{
    Branch, Deed, Given, IdsGiven, List, Method, Order, Over, Page, Route, Segment, Verb,
};
pub use sources::{Place, Sources};
pub use stores::StoreRule;
pub use telling::{Batch, Call, Event, EventOf, Hook, On};
pub use via::{Cast, JsonPlace, Via};
