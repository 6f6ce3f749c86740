//! How a system stands.

mod show;

pub use show::*;
