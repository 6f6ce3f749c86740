//! Tells how many objects are gone, while they go.

use std::time::Duration;

use sexton_core::objects::Progress;
use tokio::sync::watch;

use super::objects::{Noted, held};
use crate::system::System;

/// So often it is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// What this program has removed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gone {
    /// Objects, as stores confirmed them.
    pub objects: u64,
    /// Their bytes, as far as stores told.
    pub bytes: u64,
}

impl Gone {
    fn of(progress: &Progress) -> Self {
        let stores = || progress.stores.values();
        Self {
            objects: stores().map(|removed| removed.deleted).sum(),
            bytes: stores().map(|removed| removed.bytes).sum(),
        }
    }
}

impl System {
    /// The same, which tells somebody how many objects it has removed.
    #[must_use]
    pub fn with_meter(mut self, meter: watch::Sender<Gone>) -> Self {
        self.meter = Some(meter);
        self
    }
}

/// What of one attempt was told.
pub(super) struct Meter {
    teller: Option<watch::Sender<Gone>>,
    told: Gone,
}

impl Meter {
    /// What earlier attempts removed is not told again.
    pub fn begin(teller: Option<watch::Sender<Gone>>, noted: &Noted) -> Self {
        let told = if teller.is_some() { Gone::of(&held(noted)) } else { Gone::default() };
        Self { teller, told }
    }

    /// Tells what is new, again and again. Never comes back.
    pub async fn go_on(&mut self, noted: &Noted) {
        if self.teller.is_none() {
            std::future::pending::<()>().await;
        }
        loop {
            tokio::time::sleep(TOLD_EVERY).await;
            self.tell(noted);
        }
    }

    /// Tells what is new.
    pub fn tell(&mut self, noted: &Noted) {
        let Some(teller) = &self.teller else { return };
        let now = Gone::of(&held(noted));
        let objects = now.objects.saturating_sub(self.told.objects);
        let bytes = now.bytes.saturating_sub(self.told.bytes);
        if objects > 0 {
            teller.send_modify(|gone| {
                gone.objects += objects;
                gone.bytes += bytes;
            });
            self.told = now;
        }
    }
}
