//! Erasing what one key made: a value in many rows, which has no row of its own.

use sexton_engine::{Caller, DeleteError, EngineError, RefusedBy, Root};

use super::{ACME, BETA, COMPLETED, key_id, within};
use crate::place::{Place, root};

on_both_databases!(
    sexton_samples::transcriptions;
    t38_what_a_key_made_goes_in_its_tenant_and_nothing_else_does,
    t8_a_key_of_another_tenant_is_as_if_it_never_was,
    t10_only_an_admin_erases_what_a_key_made,
    t19_a_task_of_a_key_that_does_not_stop_refuses,
    t39_what_a_key_makes_afterwards_is_told_in_its_own_tenant_only,
    whose_key_is_meant_must_be_said,
);

/// The database would take a job's tasks along.
mod cascading {
    on_both_databases!(
        crate::transcriptions::cascading::cascading;
        t38_what_a_key_made_goes_in_its_tenant_and_nothing_else_does,
    );

    use super::t38_what_a_key_made_goes_in_its_tenant_and_nothing_else_does;
}

/// Ada's, of acme.
pub const ADA: u8 = 2;
/// Ben's, of acme: it is revoked, and made one job that runs.
const BEN: u8 = 3;

pub fn key(number: u8) -> Root {
    root("api_key", &key_id(number))
}

/// The same key has made a job and a session of beta too, each with an artifact.
pub fn planted() -> String {
    let (key, job) = (key_id(ADA), "10b00000-0000-4000-8000-000000000077");
    let session = "5e550000-0000-4000-8000-000000000077";
    format!(
        "INSERT INTO jobs (id, tenant_id, status, audio_uri, created_by_key_id, created_at)
         VALUES ('{job}', '{BETA}', 'completed', 's3://x/y', '{key}', '2026-10-05T08:00:00Z');
         INSERT INTO realtime_sessions (id, tenant_id, status, created_by_key_id)
         VALUES ('{session}', '{BETA}', 'completed', '{key}');
         INSERT INTO artifact_objects
             (id, tenant_id, owner_type, owner_id, artifact_type, uri, sensitivity, store)
         VALUES ('a47f0000-0000-4000-8000-000000000077', '{BETA}', 'job', '{job}',
                 'transcript', 's3://x/y', 'low', true),
                ('a47f0000-0000-4000-8000-000000000078', '{BETA}', 'session', '{session}',
                 'transcript', 's3://x/y', 'low', true);
         UPDATE tasks SET lease_expires_at = '2020-01-01T00:00:00Z';"
    )
}

/// The same by hand, in an order that RESTRICT allows.
pub fn by_hand(key: u8, tenant: &str, sqlite: bool) -> String {
    let made = format!("created_by_key_id = '{}' AND tenant_id = '{tenant}'", key_id(key));
    let jobs = format!("SELECT id FROM jobs WHERE {made}");
    let sessions = format!("SELECT id FROM realtime_sessions WHERE {made}");
    let owned = format!(
        "(owner_type = 'job' AND owner_id IN ({jobs})
          OR owner_type = 'session' AND owner_id IN ({sessions}))"
    );
    let forgotten = if sqlite { "json_remove(payload, '$.data')" } else { "payload - 'data'" };
    format!(
        "DELETE FROM artifact_compliance_tags WHERE artifact_id IN (
             SELECT id FROM artifact_objects WHERE {owned});
         DELETE FROM artifact_objects WHERE {owned};
         DELETE FROM job_pii_entity_types WHERE job_id IN ({jobs});
         DELETE FROM task_dependencies WHERE task_id IN (
             SELECT id FROM tasks WHERE job_id IN ({jobs}));
         DELETE FROM tasks WHERE job_id IN ({jobs});
         UPDATE webhook_deliveries SET status = 'cancelled'
         WHERE job_id IN ({jobs}) AND status IN ('pending', 'retrying');
         UPDATE webhook_deliveries SET job_id = NULL, payload = {forgotten}
         WHERE job_id IN ({jobs});
         UPDATE realtime_sessions SET previous_session_id = NULL
         WHERE previous_session_id IN ({sessions});
         DELETE FROM jobs WHERE {made};
         DELETE FROM realtime_sessions WHERE {made};"
    )
}

async fn t38_what_a_key_made_goes_in_its_tenant_and_nothing_else_does(place: Place) {
    for (tenant, jobs, sessions) in [(ACME, 6, 3), (BETA, 1, 1)] {
        let place = place.twin().await.for_good();
        place.execute(&planted()).await;
        let by_hand = planted() + &by_hand(ADA, tenant, place.is_sqlite());
        let receipt = place.deletes_what_this_does(within(tenant, key(ADA)), &by_hand).await;
        assert_eq!(receipt.record.tenant.as_deref(), Some(tenant));
        let gone = |table: &str| receipt.record.removed[table];
        assert_eq!((gone("jobs"), gone("realtime_sessions")), (jobs, sessions));
        place.does_not_find(within(tenant, key(ADA))).await;
    }
}

/// A key of another tenant, and one that nobody ever had.
async fn t8_a_key_of_another_tenant_is_as_if_it_never_was(place: Place) {
    let mut answers = Vec::new();
    for number in [ADA, BEN, 77] {
        let asked = within(BETA, key(number));
        place.does_not_find(asked.clone()).await;
        let refused = place.delete(asked).await.unwrap_err();
        answers.push(format!("{refused:?} {refused}").replace(&key_id(number), "ID"));
    }
    assert_eq!(answers, [answers[0].as_str(); 3]);
    assert_eq!(place.records().await, 0);
}

async fn t10_only_an_admin_erases_what_a_key_made(place: Place) {
    let as_key = |roles: &[&str]| {
        let asked = within(ACME, key(BEN));
        let caller = Caller::of_roles(asked.caller.actor.clone(), roles);
        let tenant = asked.caller.tenant.clone();
        Root { caller: Caller { tenant, ..caller }, ..asked }
    };
    let refused = place.delete(as_key(&["jobs:write"])).await;
    let is_forbidden = matches!(refused, Err(DeleteError::Engine(EngineError::NoRole { .. })));
    assert!(is_forbidden, "{refused:?}");
    place.execute(&planted()).await;
    place.delete(as_key(&["admin"])).await.unwrap();
}

async fn t19_a_task_of_a_key_that_does_not_stop_refuses(place: Place) {
    let place = place.for_good();
    let lasts = "UPDATE tasks SET lease_expires_at = '2999-01-01T00:00:00Z'";
    place.execute(lasts).await;
    let Err(DeleteError::Refused(refusal)) = place.delete(within(ACME, key(ADA))).await else {
        panic!("they went under their engines")
    };
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Undrained, true));
    // Engines of the other tenant were not asked.
    let told = "SELECT count(*) FROM tasks t JOIN jobs j ON j.id = t.job_id
                WHERE t.cancel_requested AND j.tenant_id = ";
    assert_eq!(place.number(&format!("{told}'{BETA}'")).await, 0);
    assert!(place.number(&format!("{told}'{ACME}'")).await > 0);
}

/// A live key goes on making jobs. What it makes for another tenant is nobody's business here.
async fn t39_what_a_key_makes_afterwards_is_told_in_its_own_tenant_only(place: Place) {
    let place = place.for_good();
    place.execute(&planted()).await;
    place.delete(within(ACME, key(ADA))).await.unwrap();
    let deletions = if place.is_sqlite() { "sexton_deletions" } else { "sexton.deletions" };
    let later = format!("UPDATE {deletions} SET changed_at = changed_at - 3600000000");
    let makes = |job: u8, tenant: &str| {
        format!(
            "INSERT INTO jobs (id, tenant_id, status, audio_uri, created_by_key_id)
             VALUES ('{}', '{tenant}', 'pending', 's3://x/y', '{}')",
            super::job_id(job),
            key_id(ADA)
        )
    };
    let said = async || {
        place.system().settle().await.unwrap();
        place.system().statuses(1).await.unwrap().remove(0).sentence
    };
    place.execute(&later).await;
    place.execute(&makes(COMPLETED, ACME)).await;
    let late = "complete, but rows came late that refer to what is gone: \
                1 row(s) by jobs still holds the root's value";
    assert_eq!(said().await, late);
    place.execute(&format!("UPDATE jobs SET tenant_id = '{BETA}' WHERE status = 'pending'")).await;
    assert_eq!(said().await, "looked at again: nothing is left");
}

/// The operator of the database too: a key is a value, and two tenants may use the same.
async fn whose_key_is_meant_must_be_said(place: Place) {
    let refused = place.delete(key(ADA)).await;
    let is_unsaid = matches!(refused, Err(DeleteError::Engine(EngineError::NoTenant { .. })));
    assert!(is_unsaid, "{refused:?}");
}
