//! The server itself, asked over HTTP as a client asks it.

#[macro_use]
mod place;

mod deleting;
mod doors;
mod failing;
mod looking;
mod stopping;
