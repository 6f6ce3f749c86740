//! The inventory of artifacts, which no foreign key ties to its owners.

use super::{ACME, COMPLETED, job, job_id};
use crate::place::Place;

on_both_databases!(
    sexton_samples::transcriptions;
    t18_no_artifact_of_a_deleted_job_is_listed_late,
);

async fn t18_no_artifact_of_a_deleted_job_is_listed_late(place: Place) {
    place.delete(job(COMPLETED)).await.unwrap();
    let (owner, id) = (job_id(COMPLETED), "a47f0000-0000-4000-8000-00000000ffff");
    let artifact = |kind: &str| {
        format!(
            "INSERT INTO artifact_objects
                (id, tenant_id, owner_type, owner_id, artifact_type, uri, sensitivity, store)
             VALUES ('{id}', '{ACME}', '{kind}', '{owner}', 'transcript', 's3://x/y', 'low', true)"
        )
    };
    place.refuses_writer(&artifact("job")).await;
    // Of a session of that id nothing is known, until it is said to be a job's after all.
    place.execute(&artifact("session")).await;
    let turned = format!("UPDATE artifact_objects SET owner_type = 'job' WHERE id = '{id}'");
    place.refuses_writer(&turned).await;
}
