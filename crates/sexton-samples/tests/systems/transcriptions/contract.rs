//! The contract, line by line, as far as rows go.

use sexton_core::names::{Actor, TenantId};
use sexton_engine::{Caller, DeleteError, DeleteRequest, EngineError, RefusedBy, Root};

use super::{
    ACME, BETA, CANCELLED, CANCELLING, COMPLETED, COMPLETED_OF_BETA, FAILED, INTERVIEW, PENDING,
    PURGED, RUNNING, RUNNING_OF_BETA, job, job_id, key_id, session, within,
};
use crate::place::{Place, root};

on_both_databases!(
    sexton_samples::transcriptions;
    t2_a_job_goes_with_its_tasks_and_nothing_else_does,
    t3_jobs_of_a_similar_id_are_untouched,
    t4_deliveries_stay_without_the_job_and_what_it_said,
    t4_many_deliveries_may_be_left_of_one_event_and_endpoint,
    t5_the_inventory_goes_though_no_foreign_key_names_the_job,
    t6_a_job_that_has_not_ended_refuses_by_its_state,
    t8_a_job_of_another_tenant_is_as_if_it_never_was,
    t9_in_its_tenant_a_job_without_an_owner_goes_too,
    t9_a_job_of_somebody_else_is_as_if_it_never_was,
    t10_a_key_that_may_not_write_is_forbidden,
    t12_a_second_delete_finds_nothing,
    t12_of_two_deletions_at_once_one_succeeds,
    t16_a_purged_job_goes,
    t27_a_session_goes_and_the_next_forgets_it,
    t27_an_active_session_refuses,
    t29_a_model_in_use_refuses_and_an_idle_one_goes,
    t30_an_endpoint_goes_with_its_deliveries,
    t39_afterwards_only_the_audit_names_the_job,
);

/// The same by hand, in an order that RESTRICT allows.
pub fn by_hand(job: u8, sqlite: bool) -> String {
    let id = job_id(job);
    let forgotten = if sqlite { "json_remove(payload, '$.data')" } else { "payload - 'data'" };
    format!(
        "DELETE FROM artifact_compliance_tags WHERE artifact_id IN (
             SELECT id FROM artifact_objects WHERE owner_type = 'job' AND owner_id = '{id}');
         DELETE FROM artifact_objects WHERE owner_type = 'job' AND owner_id = '{id}';
         DELETE FROM job_pii_entity_types WHERE job_id = '{id}';
         DELETE FROM task_dependencies WHERE task_id IN (
             SELECT id FROM tasks WHERE job_id = '{id}');
         DELETE FROM tasks WHERE job_id = '{id}';
         UPDATE webhook_deliveries SET status = 'cancelled'
         WHERE job_id = '{id}' AND status IN ('pending', 'retrying');
         UPDATE webhook_deliveries SET job_id = NULL, payload = {forgotten} WHERE job_id = '{id}';
         DELETE FROM jobs WHERE id = '{id}';"
    )
}

async fn t2_a_job_goes_with_its_tasks_and_nothing_else_does(place: Place) {
    for number in [COMPLETED, FAILED, CANCELLED] {
        let place = place.twin().await;
        let by_hand = by_hand(number, place.is_sqlite());
        let receipt = place.deletes_what_this_does(job(number), &by_hand).await;
        let tasks = if number == COMPLETED { 5 } else { 4 };
        assert_eq!(receipt.record.removed["tasks"], tasks);
        place.does_not_find(job(number)).await;
    }
}

/// Ids of the other jobs differ in the last two signs only.
async fn t3_jobs_of_a_similar_id_are_untouched(place: Place) {
    let others = "SELECT count(*) FROM tasks t JOIN jobs j ON j.id = t.job_id
                  WHERE j.display_name <> 'board meeting'";
    let before = place.number(others).await;
    place.delete(job(COMPLETED)).await.unwrap();
    assert_eq!((place.number(others).await, before), (36, 36));
}

async fn t4_deliveries_stay_without_the_job_and_what_it_said(place: Place) {
    let text = if place.is_sqlite() { "payload" } else { "payload::text" };
    let telling = format!(
        "SELECT count(*) FROM webhook_deliveries
         WHERE {text} LIKE '%data%' OR {text} LIKE '%board meeting%' OR job_id IS NOT NULL"
    );
    let statuses = "SELECT status FROM webhook_deliveries ORDER BY id";
    let (before, tokens) = (place.number(&telling).await, "SELECT count(*) FROM api_keys");
    let keys = place.number(tokens).await;
    place.delete(job(COMPLETED)).await.unwrap();
    assert_eq!(place.number(&telling).await, before - 3);
    let now = place.column(statuses).await;
    let now: Vec<&str> = now.iter().flatten().map(String::as_str).collect();
    let expected =
        ["delivered", "cancelled", "cancelled", "delivered", "delivered", "failed", "delivered"];
    assert_eq!(now, expected);
    assert_eq!(place.number(tokens).await, keys);
}

async fn t4_many_deliveries_may_be_left_of_one_event_and_endpoint(place: Place) {
    place.delete(job(COMPLETED)).await.unwrap();
    place.delete(job(INTERVIEW)).await.unwrap();
    let left = "SELECT count(*) FROM webhook_deliveries WHERE job_id IS NULL
                AND event_type = 'transcription.completed' AND endpoint_id = (
                    SELECT id FROM webhook_endpoints WHERE url LIKE '%/transcripts')";
    assert_eq!(place.number(left).await, 3);
}

async fn t5_the_inventory_goes_though_no_foreign_key_names_the_job(place: Place) {
    let of = |owner: &str| {
        format!(
            "SELECT count(*) FROM artifact_objects
             WHERE owner_type = '{owner}' AND owner_id = '{}'",
            job_id(COMPLETED)
        )
    };
    let tags = "SELECT count(*) FROM artifact_compliance_tags";
    let (jobs, sessions) = (place.number(&of("job")).await, place.number(&of("session")).await);
    assert_eq!((jobs, sessions, place.number(tags).await), (3, 1, 11));
    place.delete(job(COMPLETED)).await.unwrap();
    let (jobs, sessions) = (place.number(&of("job")).await, place.number(&of("session")).await);
    assert_eq!((jobs, sessions, place.number(tags).await), (0, 1, 9));
}

async fn t6_a_job_that_has_not_ended_refuses_by_its_state(place: Place) {
    for (number, said) in [
        (PENDING, "Cannot delete pending job. Use cancel instead."),
        (RUNNING, "Cannot delete running job. Use cancel instead."),
        (CANCELLING, "Cannot delete job while cancellation is in progress."),
    ] {
        place.refuses(job(number), RefusedBy::Refused, said).await;
    }
    assert_eq!(place.records().await, 0);
}

/// Not even its state is told: the running one is as unknown as one that never was.
async fn t8_a_job_of_another_tenant_is_as_if_it_never_was(place: Place) {
    let mut answers = Vec::new();
    for number in [COMPLETED_OF_BETA, RUNNING_OF_BETA, 99] {
        let asked = within(ACME, job(number));
        place.does_not_find(asked.clone()).await;
        let refused = place.delete(asked).await.unwrap_err();
        answers.push(refused.to_string().replace(&job_id(number), "ID"));
    }
    assert_eq!(answers, [answers[0].as_str(); 3]);
    place.delete(within(BETA, job(COMPLETED_OF_BETA))).await.unwrap();
}

async fn t9_in_its_tenant_a_job_without_an_owner_goes_too(place: Place) {
    let ownerless = "SELECT count(*) FROM jobs WHERE created_by_key_id IS NULL";
    assert_eq!(place.number(ownerless).await, 1);
    place.does_not_find(within(BETA, job(CANCELLED))).await;
    place.delete(within(ACME, job(CANCELLED))).await.unwrap();
    assert_eq!(place.number(ownerless).await, 0);
}

/// Ada's key made the job; Ben's may write, and made another.
async fn t9_a_job_of_somebody_else_is_as_if_it_never_was(place: Place) {
    let by = |key: u8, number: u8| Root {
        caller: Caller::of_roles(Actor::new(key_id(key)), &["jobs:write"])
            .within(TenantId::new(ACME)),
        ..job(number)
    };
    let mut answers = Vec::new();
    for number in [COMPLETED, RUNNING_OF_BETA, CANCELLED, 99] {
        place.does_not_find(by(3, number)).await;
        let refused = place.delete(by(3, number)).await.unwrap_err();
        answers.push(refused.to_string().replace(&job_id(number), "ID"));
    }
    assert_eq!(answers, [answers[0].as_str(); 4]);
    place.delete(by(2, COMPLETED)).await.unwrap();
}

async fn t10_a_key_that_may_not_write_is_forbidden(place: Place) {
    let before = place.dump().await;
    let reader = Caller::of_roles(Actor::new(key_id(2)), &["jobs:read"]);
    for number in [COMPLETED, 99] {
        let asked = Root { caller: reader.clone(), ..job(number) };
        let refused = place.delete(asked).await;
        let is_forbidden = matches!(refused, Err(DeleteError::Engine(EngineError::NoRole { .. })));
        assert!(is_forbidden, "{refused:?}");
    }
    assert_eq!(place.dump().await, before);
}

async fn t12_a_second_delete_finds_nothing(place: Place) {
    place.delete(job(COMPLETED)).await.unwrap();
    place.does_not_find(job(COMPLETED)).await;
    assert_eq!(place.records().await, 1);
}

async fn t12_of_two_deletions_at_once_one_succeeds(place: Place) {
    let asked = DeleteRequest { root: job(COMPLETED), reason: None, bound_to: None };
    let system = place.system();
    let (first, second) = tokio::join!(system.delete(&asked), system.delete(&asked));
    let (done, missed) = if first.is_ok() { (first, second) } else { (second, first) };
    done.unwrap();
    let not_found = matches!(missed, Err(DeleteError::Engine(EngineError::NotFound { .. })));
    assert!(not_found, "{missed:?}");
    assert_eq!(place.records().await, 1);
}

async fn t16_a_purged_job_goes(place: Place) {
    let by_hand = by_hand(PURGED, place.is_sqlite());
    place.deletes_what_this_does(job(PURGED), &by_hand).await;
}

async fn t27_a_session_goes_and_the_next_forgets_it(place: Place) {
    let id = "5e550000-0000-4000-8000-000000000001";
    let by_hand = format!(
        "DELETE FROM artifact_compliance_tags WHERE artifact_id IN (
             SELECT id FROM artifact_objects WHERE owner_type = 'session' AND owner_id = '{id}');
         DELETE FROM artifact_objects WHERE owner_type = 'session' AND owner_id = '{id}';
         UPDATE realtime_sessions SET previous_session_id = NULL WHERE previous_session_id = '{id}';
         DELETE FROM realtime_sessions WHERE id = '{id}';"
    );
    place.does_not_find(within(BETA, session(1))).await;
    let receipt = place.deletes_what_this_does(within(ACME, session(1)), &by_hand).await;
    assert_eq!(receipt.rows(), 3);
}

async fn t27_an_active_session_refuses(place: Place) {
    place.refuses(session(3), RefusedBy::Refused, "Cannot delete active session").await;
    place.does_not_find(within(BETA, session(3))).await;
}

async fn t29_a_model_in_use_refuses_and_an_idle_one_goes(place: Place) {
    let said = "Model is used by 2 job(s)";
    place.refuses(root("model", "whisper-large"), RefusedBy::Refused, said).await;
    let by_hand = "DELETE FROM model_languages WHERE model_id = 'align-eu';
                   DELETE FROM models WHERE id = 'align-eu';";
    place.deletes_what_this_does(root("model", "align-eu"), by_hand).await;
}

async fn t30_an_endpoint_goes_with_its_deliveries(place: Place) {
    let id = "eb400000-0000-4000-8000-000000000001";
    let by_hand = format!(
        "DELETE FROM webhook_deliveries WHERE endpoint_id = '{id}';
         DELETE FROM webhook_endpoints WHERE id = '{id}';"
    );
    place.does_not_find(within(BETA, root("webhook", id))).await;
    place.deletes_what_this_does(within(ACME, root("webhook", id)), &by_hand).await;
}

async fn t39_afterwards_only_the_audit_names_the_job(place: Place) {
    let naming = async |place: &Place| -> Vec<String> {
        let (id, mut tables) = (job_id(INTERVIEW), Vec::new());
        for (table, rows) in place.dump().await {
            let values = || rows.iter().flatten().flatten();
            if values().any(|value| value.contains(&id)) {
                tables.push(table);
            }
        }
        tables
    };
    assert_eq!(naming(&place).await.len(), 6);
    place.delete(job(INTERVIEW)).await.unwrap();
    assert_eq!(naming(&place).await, ["audit_log"]);
    let audit = if place.is_sqlite() { "sexton_audit" } else { "sexton.audit" };
    let told = format!("SELECT count(*) FROM {audit} WHERE record LIKE '%interview%'");
    assert_eq!(place.number(&told).await, 0);
}
