//! The sample `batches` on both databases: its check, its plans, its order of removal, its jobs.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

mod big_tables;
mod fence;
mod plans;
mod select_only;
mod system;
mod work;
