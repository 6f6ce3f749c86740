#![doc = include_str!("../README.md")]

pub mod conformance;
pub mod dump;
pub mod postgres;
mod script;
pub mod sqlite;
