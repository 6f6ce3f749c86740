//! The server itself, asked over HTTP as a client asks it.

#[macro_use]
mod place;

mod asking_twice;
mod background;
mod breaking;
mod deleting;
mod describing;
mod doors;
mod failing;
mod following;
mod holding;
mod listing;
mod looking;
mod operating;
mod replicas;
mod stopping;
mod undoing;
