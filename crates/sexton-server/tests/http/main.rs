//! The server itself, asked over HTTP as a client asks it.

#[macro_use]
mod place;

mod asking_twice;
mod deleting;
mod describing;
mod doors;
mod failing;
mod following;
mod listing;
mod looking;
mod operating;
mod stopping;
