#![doc = include_str!("../README.md")]

pub mod app;
mod care;
mod install;
mod objects;
pub mod process;
mod sample;

pub use care::take_care;
pub use install::{InstallError, install_postgres, install_sqlite, install_sqlite_with_objects};
pub use objects::{PutError, SeedObject, SeedObjects};
pub use sample::{
    Sample, all, batches, datasets, requests, requests_later, snapshots, transcriptions,
};
