//! Deletions whose objects are seen, and time that passes for them.

use sexton_core::audit::Receipt;
use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_core::objects::Removed;
use sexton_engine::{DeleteError, Root, Worked};
use tokio::sync::watch;

use crate::place::Place;
use crate::stores::Objects;

impl Place {
    /// Deletes, and expects that exactly these objects go: at once, and after a second look.
    pub async fn deletes_objects(&self, root: Root, goes: impl Fn(&str, &str) -> bool) -> Receipt {
        let before = self.stores.objects();
        let mut expected = before.clone();
        expected.retain(|(store, key), _| !goes(store, key));
        let id = waits_for_objects(self.delete(root).await);
        self.holds(&expected);
        self.time_passes().await;
        self.work().await;
        self.holds(&expected);
        self.receipt_of(&id).await
    }

    /// Expects these objects, byte for byte, and no others.
    pub fn holds(&self, expected: &Objects) {
        let found = self.stores.objects();
        let missing: Vec<_> = expected.keys().filter(|key| !found.contains_key(*key)).collect();
        let more: Vec<_> = found.keys().filter(|key| !expected.contains_key(*key)).collect();
        assert!(missing.is_empty() && more.is_empty(), "missing: {missing:?}\ntoo many: {more:?}");
        assert!(found == *expected, "an object has other contents");
    }

    /// All that the policy waits for has passed: what is promised is due, and was so long ago.
    pub async fn time_passes(&self) {
        let intents = if self.is_sqlite() { "sexton_intents" } else { "sexton.intents" };
        let before = "not_before = not_before - 86400000000, next_try = not_before - 86400000000";
        self.execute(&format!("UPDATE {intents} SET {before}, leased_until = 0")).await;
    }

    /// A turn of a worker.
    pub async fn work(&self) -> Worked {
        let (_never, stop) = watch::channel(false);
        self.system().work(&stop).await.unwrap()
    }

    /// The receipt of a deletion that is complete.
    pub async fn receipt_of(&self, id: &DeletionId) -> Receipt {
        let status = self.system().status(id).await.unwrap().unwrap();
        assert_eq!(status.row.state, State::Complete, "{}", status.sentence);
        serde_json::from_str(&status.row.receipt.unwrap()).unwrap()
    }
}

/// Expects that the rows are gone and that objects are still to be looked for.
pub fn waits_for_objects(deleted: Result<Receipt, DeleteError>) -> DeletionId {
    match deleted {
        Err(DeleteError::Unreaped { deletion, .. }) => deletion,
        other => panic!("it does not wait: {other:?}"),
    }
}

/// What came of the objects of one rule, in all its stores.
pub fn gone(receipt: &Receipt, rule: &str) -> Removed {
    let mut all = Removed::default();
    for removed in receipt.objects_gone.get(rule).into_iter().flat_map(|stores| stores.values()) {
        all.merge(removed);
    }
    all
}
