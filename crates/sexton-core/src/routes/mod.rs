//! The application's own routes: what they answer, and to which words there is a value.
//!
//! Not here: what a file says of routes (`policy`), and carrying out what they do (the engine).

pub(crate) mod words;
