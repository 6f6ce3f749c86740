//! Stores compared with rows on real databases, and what no row names removed.

mod flat;
mod model;
mod pools;
mod reclaim;
mod twin;
mod world;
