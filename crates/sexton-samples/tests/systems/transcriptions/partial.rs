//! Partial things: a job's audio goes, and the job with its transcript stays.

use std::collections::BTreeSet;
use std::sync::Arc;

use sexton_core::names::StoreName;
use sexton_core::objects::ObjectKey;
use sexton_engine::ports::store::{Listing, Scope, Start};
use sexton_engine::ports::{Store, SystemClock};
use sexton_engine::{Bound, Budget, DeleteError, DeleteRequest, RefusedBy, Root, Stores, System};
use sexton_samples::take_care;
use sexton_stores::MemoryStore;

use super::{ACME, COMPLETED, job_id, within};
use crate::place::{Place, root};

struct Stored {
    place: Place,
    system: System,
    store: Arc<MemoryStore>,
}

impl Stored {
    async fn of(place: Place) -> Self {
        let policy = place.system().policy().clone();
        let database = place.system().database().clone();
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let opened: Arc<dyn Store> = store.clone();
        let stores = Stores::of([(StoreName::new("artifacts"), Ok(opened))]);
        let system = take_care(policy, database).await.unwrap().with_stores(stores);
        for job in [COMPLETED, COMPLETED + 10] {
            for name in ["input/a.wav", "input/b.wav", "tasks/1/chunk.wav", "transcript.json"] {
                let key = format!("jobs/{}/{name}", job_id(job));
                store.put(&ObjectKey::new(key).unwrap(), b"0123456789");
            }
        }
        Self { place, system, store }
    }

    /// Names of what is there of the completed job.
    async fn there(&self) -> BTreeSet<String> {
        let below = format!("jobs/{}/", job_id(COMPLETED));
        let listing = Listing {
            prefix: String::new(),
            start: Start::First,
            objects_max: 10_000,
            scope: Scope::Current,
            fold: false,
        };
        let page = self.store.list(&listing).await.unwrap();
        assert!(page.objects.len() >= 4, "the neighbour's objects stay");
        let names = page.objects.iter().map(|listed| listed.object.key.as_str());
        names.filter_map(|name| name.strip_prefix(&below)).map(str::to_owned).collect()
    }

    async fn delete(&self, root: Root) -> Result<sexton_core::audit::Receipt, DeleteError> {
        let preview = self.system.preview(&root, Budget::default()).await.unwrap();
        let bound_to = preview.digest.clone().zip(preview.parts.clone());
        let bound_to = bound_to.map(|(digest, parts)| Bound::Parts { digest, parts });
        self.system.delete(&DeleteRequest { root, reason: None, bound_to }).await
    }
}

fn audio(thing: &str) -> Root {
    within(ACME, root(thing, &job_id(COMPLETED)))
}

async fn t25_the_audio_goes_and_the_job_stays_with_all_else(place: Place) {
    let stored = Stored::of(place).await;
    let before = stored.place.dump().await;
    let preview = stored.system.preview(&audio("job-audio"), Budget::default()).await.unwrap();
    assert_eq!(preview.rows().least(), 0);
    let objects = &preview.objects[0];
    assert_eq!((objects.objects.least(), objects.bytes), (2, 20));
    let receipt = stored.delete(audio("job-audio")).await.unwrap();
    assert_eq!(receipt.rows(), 0);
    assert_eq!(receipt.record.changed.values().sum::<u64>(), 1);
    let gone = &receipt.objects_gone["audio"][&StoreName::new("artifacts")];
    assert_eq!((gone.deleted, gone.bytes), (2, 20));
    let there: Vec<String> = stored.there().await.into_iter().collect();
    assert_eq!(there, ["tasks/1/chunk.wav", "transcript.json"]);
    let id = job_id(COMPLETED);
    let marked =
        format!("SELECT count(*) FROM jobs WHERE audio_deleted_at IS NOT NULL AND id = '{id}'");
    assert_eq!(stored.place.number(&marked).await, 1);
    stored
        .place
        .execute(&format!("UPDATE jobs SET audio_deleted_at = NULL WHERE id = '{id}'"))
        .await;
    assert_eq!(stored.place.dump().await, before, "nothing else has changed");
}

async fn t25_audio_that_went_is_told_and_of_a_job_at_work_is_refused(place: Place) {
    let stored = Stored::of(place).await;
    stored.delete(audio("job-audio")).await.unwrap();
    let again = stored.delete(audio("job-audio")).await.unwrap_err();
    let DeleteError::Refused(refusal) = again else { panic!("{again}") };
    assert_eq!(
        (refusal.by, refusal.blockers[0].message.as_str()),
        (RefusedBy::Wrong, "Audio already purged")
    );
    let id = job_id(COMPLETED);
    let running = "UPDATE jobs SET audio_deleted_at = NULL, status = 'running' WHERE id = ";
    stored.place.execute(&format!("{running}'{id}'")).await;
    let refused = stored.delete(audio("job-audio")).await.unwrap_err();
    let DeleteError::Refused(refusal) = refused else { panic!("{refused}") };
    assert_eq!(refusal.by, RefusedBy::Refused);
    let message = "Cannot delete the audio of a job in 'running' state.";
    assert_eq!(refusal.blockers[0].message, message);
}

async fn t26_copies_of_the_audio_go_too_where_it_is_erased(place: Place) {
    let stored = Stored::of(place).await;
    let receipt = stored.delete(audio("job-audio-copies")).await.unwrap();
    assert_eq!(receipt.objects_gone.keys().collect::<Vec<_>>(), ["audio", "intermediates"]);
    assert_eq!(stored.there().await.into_iter().collect::<Vec<_>>(), ["transcript.json"]);
    // Another tenant's job is not found by its audio either.
    let root = within(super::BETA, root("job-audio", &job_id(COMPLETED)));
    let missing = stored.system.preview(&root, Budget::default()).await.unwrap_err();
    assert!(missing.to_string().starts_with("there is no job-audio"), "{missing}");
}

async fn t12_a_job_takes_all_that_lies_in_its_folder(place: Place) {
    let stored = Stored::of(place).await;
    let receipt = stored.delete(audio("job")).await.unwrap();
    assert_eq!(receipt.objects_gone.keys().collect::<Vec<_>>(), ["job"], "parts have no say");
    assert_eq!(stored.there().await, BTreeSet::new());
}

on_both_databases!(sexton_samples::transcriptions;
    t25_the_audio_goes_and_the_job_stays_with_all_else,
    t25_audio_that_went_is_told_and_of_a_job_at_work_is_refused,
    t26_copies_of_the_audio_go_too_where_it_is_erased,
    t12_a_job_takes_all_that_lies_in_its_folder,
);
