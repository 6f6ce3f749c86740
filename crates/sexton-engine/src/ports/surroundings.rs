//! The clock and randomness, as ports, so that tests can hold them still.

use sexton_core::names::Timestamp;

/// Tells the time for records that people read. Leases use it too until the database's does.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers that nobody else makes.
pub trait Entropy: Send + Sync {
    /// A new identifier: ordered by time, unique by chance.
    fn unique(&self) -> [u8; 16];
}

/// Makes what nobody can guess.
pub trait Secrets: Send + Sync {
    /// A new secret.
    fn secret(&self) -> [u8; 32];
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one adapter of the clock")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// The machine's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one adapter of randomness")]
    fn unique(&self) -> [u8; 16] {
        *uuid::Uuid::now_v7().as_bytes()
    }
}

/// The machine's own source of what nobody can guess.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemSecrets;

impl Secrets for SystemSecrets {
    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("no system that runs this is without randomness");
        bytes
    }
}
