//! Workers that upload: what they had written goes with their rows, and what they write when the
//! rows are gone is found when objects are looked at again. Stores are folders.

use std::collections::BTreeMap;

use sexton_engine::Root;

use crate::place::{Place, root};

mod of_datasets {
    use super::{
        d24_what_a_producer_uploaded_goes, d27_d29_what_a_producer_uploads_late_is_swept_up,
    };

    on_both_databases! {
        sexton_samples::datasets;
        d24_what_a_producer_uploaded_goes,
        d27_d29_what_a_producer_uploads_late_is_swept_up,
    }
}

mod of_transcriptions {
    use super::{
        t3_what_engines_uploaded_goes, t18_what_an_engine_uploads_late_is_swept_up,
        t19_a_transcript_that_is_written_again_late_is_swept_up,
    };

    on_both_databases! {
        sexton_samples::transcriptions;
        t3_what_engines_uploaded_goes,
        t18_what_an_engine_uploads_late_is_swept_up,
        t19_a_transcript_that_is_written_again_late_is_swept_up,
    }
}

mod of_snapshots {
    use super::{
        s9_s12_what_builds_and_comparisons_uploaded_goes_but_for_what_others_name,
        s30_what_an_upload_leaves_behind_whose_artifact_went_is_swept_up,
        s31_what_a_comparison_uploads_late_is_swept_up,
    };

    on_both_databases! {
        sexton_samples::snapshots;
        s9_s12_what_builds_and_comparisons_uploaded_goes_but_for_what_others_name,
        s30_what_an_upload_leaves_behind_whose_artifact_went_is_swept_up,
        s31_what_a_comparison_uploads_late_is_swept_up,
    }
}

fn with_its_dataset(job: &str) -> Root {
    let options = BTreeMap::from([("delete_dataset".to_owned(), "true".to_owned())]);
    Root { options, ..root("job", job) }
}

async fn d24_what_a_producer_uploaded_goes(place: Place) {
    let place = place.with_objects().await;
    place.works("worker", &[]);
    place.submit("winter", 6, 7);
    place.works("worker", &[]);
    let all = place.keys("iq", "");
    for n in 1..=6 {
        let job = place.item("winter", n);
        let dataset = place
            .rows(&format!("SELECT dataset_id FROM training_jobs WHERE id = '{job}'"))
            .await[0][0]
            .clone()
            .unwrap();
        let folder = format!("synthetic/{dataset}/");
        let had = place.keys("iq", &folder).len();
        match place.delete(with_its_dataset(&job)).await {
            // Those of features make no call to the store.
            Ok(_) => assert_eq!(had, 0),
            Err(_) => assert!(had > 0, "nothing was uploaded"),
        }
        assert_eq!(place.keys("iq", &folder).len(), 0);
    }
    assert!(place.keys("iq", "").len() < all.len());
    place.is_sound().await;
}

/// Its lease is over, and nobody waits for it: it was only slow.
async fn d27_d29_what_a_producer_uploads_late_is_swept_up(place: Place) {
    let place = place.with_objects().await;
    place.works("worker", &[]);
    place.submit("winter", 4, 7);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    let raw =
        "SELECT count(*) FROM training_jobs j JOIN synthetic_datasets d ON d.id = j.dataset_id
               WHERE j.worker = 'worker-1' AND j.status = 'running' AND CAST(d.dataset_type AS text) = 'iq_raw'";
    loop {
        worker.steps_to("write");
        if place.number(raw).await == 1 {
            break;
        }
        worker.go();
    }
    let running = "SELECT id, dataset_id FROM training_jobs
                   WHERE status = 'running' AND worker = 'worker-1'";
    let running = place.rows(running).await.swap_remove(0);
    let [job, dataset] = [0, 1].map(|at| running[at].clone().unwrap());
    let folder = format!("synthetic/{dataset}/");
    place.leases_end().await;
    let id = place.deletes_for_now(with_its_dataset(&job)).await;
    assert_eq!(place.keys("iq", &folder).len(), 0);
    worker.go();
    worker.says("lost");
    assert_eq!(place.keys("iq", &folder).len(), 1, "it was late");
    place.a_day_later(&id).await;
    assert_eq!(place.keys("iq", &folder).len(), 0);
    worker.kill();
    place.is_sound().await;
}

async fn t3_what_engines_uploaded_goes(place: Place) {
    let place = place.with_objects().await;
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    place.works("worker", &[]);
    let [job, other] = [1, 2].map(|n| place.item("winter", n));
    let [folder, beside] = [&job, &other].map(|job| format!("jobs/{job}/"));
    let there = place.keys("artifacts", &folder);
    for name in ["input/original.wav", "output/transcript.json"] {
        assert!(there.contains(&format!("{folder}{name}")), "{there:?}");
    }
    // Two parts and a response of each of five tasks beside them.
    assert_eq!(there.len(), 2 + 5 * 3);
    let others = place.keys("artifacts", &beside);
    let id = place.deletes_for_now(root("job", &job)).await;
    assert_eq!(place.keys("artifacts", &folder).len(), 0);
    assert_eq!(place.keys("artifacts", &beside), others);
    place.a_day_later(&id).await;
    place.is_sound().await;
}

/// Of a job that failed while an engine was at work, which was not heard of any more.
async fn t18_what_an_engine_uploads_late_is_swept_up(place: Place) {
    let place = place.with_objects().await;
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let job = place.item("winter", 1);
    let folder = format!("jobs/{job}/");
    let mut engine = place.start("work", &["--until-idle", "--step-by-step"]);
    engine.steps_to("write");
    place.leases_end().await;
    place.execute(&format!("UPDATE jobs SET status = 'failed' WHERE id = '{job}'")).await;
    let id = place.deletes_for_now(root("job", &job)).await;
    assert_eq!(place.keys("artifacts", &folder).len(), 0);
    engine.go();
    assert_eq!(engine.says("lost")["section"], "write");
    assert_eq!(place.keys("artifacts", &folder).len(), 1, "it was late");
    engine.kill();
    place.a_day_later(&id).await;
    assert_eq!(place.keys("artifacts", &folder).len(), 0);
    assert_eq!(place.mentions(&job).await, [""; 0]);
}

async fn t19_a_transcript_that_is_written_again_late_is_swept_up(place: Place) {
    let place = place.with_objects().await;
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let job = place.item("winter", 1);
    let transcript = format!("jobs/{job}/output/transcript.json");
    let mut engine = place.start("work", &["--until-idle", "--step-by-step"]);
    let merging = format!(
        "SELECT count(*) FROM tasks WHERE job_id = '{job}' AND stage = 'merge' AND status = 'running'"
    );
    loop {
        engine.steps_to("finish");
        if place.number(&merging).await == 1 {
            break;
        }
        engine.go();
    }
    place.leases_end().await;
    place.execute(&format!("UPDATE jobs SET status = 'completed' WHERE id = '{job}'")).await;
    let id = place.deletes_for_now(root("job", &job)).await;
    engine.go();
    engine.says("lost");
    assert!(place.keys("artifacts", "jobs").contains(&transcript), "it was late");
    engine.kill();
    place.a_day_later(&id).await;
    assert_eq!(place.keys("artifacts", &format!("jobs/{job}")).len(), 0);
}

/// Two builds of one project, the second compared with the first; says which artifacts they are.
async fn two_builds(place: &Place) -> [String; 2] {
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    let artifacts = place.rows("SELECT id FROM artifacts WHERE id > 31 ORDER BY id").await;
    [artifacts[0][0].clone().unwrap(), artifacts[1][0].clone().unwrap()]
}

/// The last step of a name in the project's folder.
fn images(place: &Place) -> usize {
    let keys = place.keys("preprod", "1/5");
    keys.iter().filter(|key| key.matches('/').count() == 2).count()
}

async fn s9_s12_what_builds_and_comparisons_uploaded_goes_but_for_what_others_name(place: Place) {
    let place = place.with_objects().await;
    let [base, head] = two_builds(&place).await;
    place.works("worker", &[]);
    let [of_base, of_head] = [&base, &head].map(|artifact| format!("1/5/{artifact}/"));
    let compared = place.keys("preprod", &format!("{of_head}{base}/"));
    assert!(compared.contains(&format!("{of_head}{base}/comparison.json")), "{compared:?}");
    assert_eq!(images(&place), 6);
    let id = place.deletes_for_now(root("snapshot", &head)).await;
    assert_eq!((place.keys("preprod", &of_head).len(), images(&place)), (0, 6));
    place.a_day_later(&id).await;
    assert_eq!((place.keys("preprod", &of_base).len(), images(&place)), (1, 3));
    place.is_sound().await;
}

/// Its images are named by nobody: they are a sweep's.
async fn s30_what_an_upload_leaves_behind_whose_artifact_went_is_swept_up(place: Place) {
    let place = place.with_objects().await;
    place.works("worker", &[]);
    let words = ["--name", "winter", "--jobs", "1", "--step-by-step"];
    let mut upload = place.start("submit", &words);
    upload.steps_to("snapshot");
    let artifact = place.number("SELECT max(id) FROM artifacts").await.to_string();
    let id = place.deletes_for_now(root("artifact", &artifact)).await;
    upload.go();
    upload.says("skipped");
    let folder = format!("1/5/{artifact}/");
    assert_eq!(place.keys("preprod", &folder).len(), 1, "it was late");
    place.a_day_later(&id).await;
    assert_eq!((place.keys("preprod", &folder).len(), images(&place)), (0, 3));
}

async fn s31_what_a_comparison_uploads_late_is_swept_up(place: Place) {
    let place = place.with_objects().await;
    let [_, head] = two_builds(&place).await;
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("finish");
    let id = place.deletes_for_now(root("snapshot", &head)).await;
    let folder = format!("1/5/{head}/");
    assert_eq!(place.keys("preprod", &folder).len(), 0);
    worker.go();
    assert_eq!(worker.says("lost")["section"], "finish");
    assert_eq!(place.keys("preprod", &folder).len(), 1, "it was late");
    worker.kill();
    place.a_day_later(&id).await;
    assert_eq!(place.keys("preprod", &folder).len(), 0);
}
