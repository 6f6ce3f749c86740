//! Random schemas with rows in them, for both databases, and the policy that says in Sexton's
//! words what their foreign keys say in the database's.
//!
//! A case follows from its seed alone: equal seeds, equal cases, on every machine. A case knows
//! its shape and its rows as values, so a test can work out by itself what must happen, and has
//! a script for either database that creates just that.
//!
//! In reading order: `dice` (chance), `values`, `json` and `names` (odd ones included), `shape`
//! (tables and foreign keys), `draw` (a shape by chance), `rows`, `case`, `convention` (a case named
//! as people do), `script`, `policy`, `ground` (a database to put a case on, and to ask what plain
//! DELETE does).

pub mod case;
pub mod convention;
pub mod dice;
mod draw;
pub mod ground;
pub mod json;
pub mod names;
pub mod policy;
mod rows;
pub mod script;
pub mod shape;
pub mod values;
