//! The policies' own routes: finds the one a request is for, has the engine do it, and answers.
//!
//! What a request asks and what it is answered is the core's business, byte for byte; here the two
//! are joined by what the engine does in between. Whatever no path of the API takes comes here.
//!
//! Order: another origin, nobody, too often; then what was sent, roles of the route, its tenant, and
//! the engine with its own order of judging. Who asks is told only to routes that there are.

mod by_rule;
mod carry_out;
mod give_back;
mod objects;
mod outcomes;
mod serve;

pub use serve::serve;
