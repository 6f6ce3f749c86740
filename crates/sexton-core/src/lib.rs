#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod audit;
pub mod check;
pub mod closures;
pub mod draft;
pub mod fence;
pub mod finding;
pub mod graph;
pub mod intent;
pub mod lifecycle;
pub mod line;
pub mod names;
pub mod objects;
pub mod picture;
pub mod plan;
pub mod policy;
pub mod preview;
pub mod rights;
pub mod routes;
pub mod schema;
pub mod sql;
pub mod sweep;
pub mod template;
