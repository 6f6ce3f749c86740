//! The sample `batches` on both databases: its check, its plans, its order of removal.

mod plans;
mod select_only;
mod system;
