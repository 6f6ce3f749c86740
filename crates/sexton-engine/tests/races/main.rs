//! Two sessions that meet: what the locks are for, each shown to be needed by taking it away.
//!
//! Nothing here is left to chance: a run stands still at a named point, and the other side is
//! known to wait because the database says so.

mod deadlocks;
mod derived;
mod fence;
mod files;
mod guards;
mod holds;
mod late_children;
mod late_roots;
mod leases;
mod lost_connections;
mod overlaps;
mod readers;
mod refusals;
mod same_root;
mod schema_changes;
mod several;
mod shared;
mod stage;
mod values;
mod work;
mod writers;
mod writers_in_a_file;
