//! The other form of the schema: tasks that the database would take with their job.

use sexton_samples::{Sample, transcriptions};

use super::{COMPLETED, contract, job};
use crate::place::Place;

on_both_databases!(
    super::cascading;
    check_finds_nothing,
    t2_a_job_goes_with_its_tasks_where_the_database_would_take_them_too,
);

pub fn cascading() -> Sample {
    let sample = transcriptions();
    let changed = |schema: &str| {
        let (from, to) = ("jobs (id) ON DELETE RESTRICT", "jobs (id) ON DELETE CASCADE");
        assert_eq!(schema.matches(from).count(), 1);
        let changed: &'static str = schema.replace(from, to).leak();
        changed
    };
    Sample {
        schema_sqlite: changed(sample.schema_sqlite),
        schema_postgres: changed(sample.schema_postgres),
        ..sample
    }
}

async fn check_finds_nothing(place: Place) {
    assert_eq!(place.system().check().await.unwrap(), []);
}

async fn t2_a_job_goes_with_its_tasks_where_the_database_would_take_them_too(place: Place) {
    let by_hand = contract::by_hand(COMPLETED, place.is_sqlite());
    let receipt = place.deletes_what_this_does(job(COMPLETED), &by_hand).await;
    assert_eq!(receipt.record.removed["tasks"], 5);
}
