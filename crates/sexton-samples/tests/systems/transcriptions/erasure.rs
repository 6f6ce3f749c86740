//! Erasing a tenant with everything that it has.

use super::{ACME, BETA};
use crate::place::{Place, root, without};

on_both_databases!(
    sexton_samples::transcriptions;
    t38_a_tenant_goes_with_all_it_has_and_no_other_is_touched,
    t38_deliveries_can_be_kept_without_what_they_said,
    t39_afterwards_only_the_audit_names_the_tenant,
);

/// All tables of a tenant, children first.
pub const BY_HAND: &str = "
    DELETE FROM artifact_compliance_tags WHERE artifact_id IN (
        SELECT id FROM artifact_objects WHERE tenant_id = '{id}');
    DELETE FROM artifact_objects WHERE tenant_id = '{id}';
    DELETE FROM job_pii_entity_types WHERE job_id IN (SELECT id FROM jobs WHERE tenant_id = '{id}');
    DELETE FROM task_dependencies WHERE task_id IN (
        SELECT t.id FROM tasks t JOIN jobs j ON j.id = t.job_id WHERE j.tenant_id = '{id}');
    DELETE FROM tasks WHERE job_id IN (SELECT id FROM jobs WHERE tenant_id = '{id}');
    DELETE FROM webhook_deliveries WHERE job_id IN (SELECT id FROM jobs WHERE tenant_id = '{id}')
        OR endpoint_id IN (SELECT id FROM webhook_endpoints WHERE tenant_id = '{id}');
    DELETE FROM webhook_endpoints WHERE tenant_id = '{id}';
    DELETE FROM jobs WHERE tenant_id = '{id}';
    UPDATE realtime_sessions SET previous_session_id = NULL WHERE tenant_id = '{id}';
    DELETE FROM realtime_sessions WHERE tenant_id = '{id}';
    UPDATE api_keys SET created_by_key_id = NULL WHERE tenant_id = '{id}';
    DELETE FROM api_keys WHERE tenant_id = '{id}';
    DELETE FROM tenants WHERE id = '{id}';";

/// The engines at work for a tenant have died: nobody waits for them.
pub async fn without_engines(place: &Place, tenant: &str) {
    let died = format!(
        "UPDATE tasks SET lease_expires_at = '2020-01-01T00:00:00Z'
         WHERE job_id IN (SELECT id FROM jobs WHERE tenant_id = '{tenant}')"
    );
    place.execute(&died).await;
}

async fn t38_a_tenant_goes_with_all_it_has_and_no_other_is_touched(place: Place) {
    for tenant in [ACME, BETA] {
        let place = place.twin().await.for_good();
        without_engines(&place, tenant).await;
        let by_hand = BY_HAND.replace("{id}", tenant);
        place.deletes_what_this_does(root("tenant", tenant), &by_hand).await;
    }
}

/// The one that a job asked for itself has no endpoint that would take it along.
async fn t38_deliveries_can_be_kept_without_what_they_said(place: Place) {
    let place = place.for_good();
    without_engines(&place, ACME).await;
    place.delete(without("deliveries", root("tenant", ACME))).await.unwrap();
    let kept = "SELECT status FROM webhook_deliveries WHERE url_override IS NOT NULL";
    assert_eq!(place.column(kept).await, [Some("cancelled".to_owned())]);
    assert_eq!(place.number("SELECT count(*) FROM webhook_deliveries").await, 2);
}

async fn t39_afterwards_only_the_audit_names_the_tenant(place: Place) {
    let place = place.for_good();
    without_engines(&place, ACME).await;
    place.delete(root("tenant", ACME)).await.unwrap();
    for (table, rows) in place.dump().await {
        let names = |value: &String| value.contains(ACME);
        assert!(!rows.iter().flatten().flatten().any(names) || table == "audit_log", "{table}");
    }
}
