#![doc = include_str!("../README.md")]

pub mod conformance;
pub mod dump;
pub mod endpoint;
pub mod interpose;
pub mod postgres;
pub mod random;
mod script;
pub mod spoken;
pub mod sqlite;
