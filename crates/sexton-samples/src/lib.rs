#![doc = include_str!("../README.md")]

pub mod app;
mod care;
mod install;
pub mod process;
mod sample;

pub use care::take_care;
pub use install::{InstallError, install_postgres, install_sqlite};
pub use sample::{
    Sample, all, batches, datasets, requests, requests_later, snapshots, transcriptions,
};
