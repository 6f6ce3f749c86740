#![doc = include_str!("../README.md")]

pub mod conformance;
pub mod dump;
pub mod endpoint;
pub mod interpose;
pub mod postgres;
pub mod rados;
pub mod random;
pub mod s3;
mod script;
pub mod spoken;
pub mod sqlite;
