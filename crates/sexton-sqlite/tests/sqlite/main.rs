//! What the adapter does on real files.

mod delete_in;
mod failures;
mod files;
mod introspection;
mod ledger;
mod lists;
mod looking;
mod opening;
#[cfg(unix)]
mod read_only;
mod transactions;
