#![doc = include_str!("../README.md")]

mod address;
mod application;
mod folder;
mod late;
mod memory;
mod s3;

pub use address::{AddressError, judge, open, open_late, open_with};
pub use application::ApplicationStore;
pub use folder::FolderStore;
pub use memory::MemoryStore;
pub use s3::{Credentials, NoCredentials, S3Settings, S3Store};
