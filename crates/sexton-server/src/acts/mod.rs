//! What people do with a system, one function for each, whoever asks: the API, or a page.
//!
//! Each judges by the table of roles who may, asks the engine, and answers with what the API shows.
//! Not here: what a request looks like (`api`), and how a deletion is carried out (`running`).

pub mod holds;
pub mod once;
pub mod pauses;
pub mod retention;
pub mod sweeps;
pub mod undoing;
