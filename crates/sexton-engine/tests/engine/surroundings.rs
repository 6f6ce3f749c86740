//! What every test here gives a system: a clock, and chance without chance.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sexton_engine::Surroundings;
use sexton_engine::ports::{Entropy, SystemClock};

/// Numbers in a row. The last byte, from which pauses are drawn, is nothing: nobody waits.
struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(0);

impl Entropy for Counting {
    fn unique(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    }
}

/// The machine's clock, and identifiers that differ from each other only.
pub fn of_a_test() -> Surroundings {
    Surroundings { clock: Arc::new(SystemClock), entropy: Arc::new(Counting) }
}
