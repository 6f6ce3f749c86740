//! The engine's use cases on real databases.

/// Fails with a sentence unless it holds.
macro_rules! demand {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

mod anonymizing;
mod becoming;
mod cascade;
mod census;
mod chains;
mod drafting;
mod draining;
mod dumps;
mod foretelling;
mod guarded;
mod holding;
mod hooks;
mod known;
mod model;
mod objects;
mod options;
mod origin;
mod overview;
mod place;
mod plain_delete;
mod retaining;
mod roots;
mod seeds;
mod several;
mod sharing;
mod surroundings;
mod taking;
mod telling;
mod tenants;
mod who;
