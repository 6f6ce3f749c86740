//! Requests and answers of the HTTP API: what the server sends is what its clients read.
//!
//! Values only. A field is never renamed and never taken away while the path says `/api`.

mod problem;

pub use problem::Problem;
