//! A tenant and a key that no column hides: only Sexton knows, and the fence.

use sexton_core::audit::Act;
use sexton_core::names::{Actor, DeletionId, ThingName};
use sexton_engine::{Caller, Purged, Restored, Root, ThingQuery};
use tokio::sync::watch;

use super::erasure::{BY_HAND, without_engines};
use super::keys::{ADA, by_hand, key, planted};
use super::{ACME, BETA, job_id, key_id, within};
use crate::place::{Place, root};

on_both_databases!(
    sexton_samples::transcriptions;
    t38_a_tenant_is_hidden_though_no_row_changes,
    t38_nobody_attaches_to_a_hidden_tenant,
    t38_a_purge_takes_the_tenant_with_all_it_has,
    t38_a_hidden_tenant_is_shown_again_and_that_is_told,
    t38_what_is_being_purged_is_not_shown_again,
    t38_a_key_is_hidden_in_its_tenant_and_purged_there,
);

/// A third tenant, that nobody asks for.
const GONE: &str = "7e4a4700-0000-4000-8000-000000000003";

fn tenant(id: &str) -> Root {
    root("tenant", id)
}

async fn hides(place: &Place, root: Root) -> DeletionId {
    DeletionId::new(place.delete(root).await.unwrap().record.deletion)
}

async fn purge(place: &Place) -> Purged {
    place.system().purge(&watch::channel(false).1).await.unwrap()
}

async fn listed(place: &Place) -> Vec<String> {
    let query = ThingQuery {
        thing: ThingName::new("tenant"),
        caller: Caller::operator(Actor::new("ada")),
        containing: None,
        after: None,
        limit: 100,
    };
    let rows = place.system().thing_rows(&query).await.unwrap().unwrap();
    let mut ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
    ids.sort();
    ids
}

/// A job of this tenant, made with this key.
fn job_of(number: u8, tenant: &str, key: &str) -> String {
    format!(
        "INSERT INTO jobs (id, tenant_id, status, audio_uri, created_by_key_id, created_at)
         VALUES ('{}', '{tenant}', 'pending', 's3://x/y', '{key}', '2026-10-05T08:00:00Z')",
        job_id(number)
    )
}

async fn t38_a_tenant_is_hidden_though_no_row_changes(place: Place) {
    let before = place.dump().await;
    assert_eq!(listed(&place).await, [ACME, BETA, GONE]);
    let receipt = place.delete(tenant(ACME)).await.unwrap();
    assert_eq!((receipt.rows(), receipt.record.hidden["tenant"]), (0, 1));
    assert_eq!(place.dump().await, before);
    place.does_not_find(tenant(ACME)).await;
    assert_eq!(listed(&place).await, [BETA, GONE]);
    let operator = Caller::operator(Actor::new("ada"));
    let of_thing = ThingName::new("tenant");
    for (id, is_there) in [(ACME, false), (BETA, true)] {
        let row = place.system().thing_row(&of_thing, id, &operator).await.unwrap();
        assert_eq!(row.is_some(), is_there, "{id}");
    }
    // Whoever does not stop at hiding reaches it.
    let place = place.for_good();
    without_engines(&place, ACME).await;
    place.delete(tenant(ACME)).await.unwrap();
    assert_eq!(place.number("SELECT count(*) FROM tenants").await, 2);
}

async fn t38_nobody_attaches_to_a_hidden_tenant(place: Place) {
    let nobody = key_id(ADA);
    place.execute(&job_of(70, ACME, &nobody)).await;
    place.delete(tenant(ACME)).await.unwrap();
    place.refuses_writer(&job_of(71, ACME, &nobody)).await;
    place.execute(&job_of(72, BETA, &nobody)).await;
    let moved = format!("UPDATE jobs SET tenant_id = '{ACME}' WHERE id = '{}'", job_id(72));
    place.refuses_writer(&moved).await;
    // Rows that are there already go on living until they are purged.
    let lives = format!("UPDATE jobs SET status = 'completed' WHERE id = '{}'", job_id(70));
    place.execute(&lives).await;
}

async fn t38_a_purge_takes_the_tenant_with_all_it_has(place: Place) {
    for id in [ACME, BETA] {
        let place = place.twin().await;
        without_engines(&place, id).await;
        let twin = place.twin().await;
        twin.execute(&BY_HAND.replace("{id}", id)).await;
        hides(&place, tenant(id)).await;
        let purged = purge(&place).await;
        assert_eq!((purged.ended.len(), purged.waiting), (1, Vec::new()));
        assert_eq!(place.dump().await, twin.dump().await);
        assert_eq!(purge(&place).await, Purged::default());
    }
}

async fn t38_a_hidden_tenant_is_shown_again_and_that_is_told(place: Place) {
    let before = place.dump().await;
    let hidden = hides(&place, tenant(ACME)).await;
    let restored = place.system().restore(&hidden, &Actor::new("ben")).await.unwrap();
    assert_eq!(restored, Some(Restored::Rows(1)));
    assert_eq!(place.dump().await, before);
    assert_eq!(listed(&place).await, [ACME, BETA, GONE]);
    let records = place.system().audit_list(100).await.unwrap();
    let told = records.iter().filter_map(|entry| entry.record.act).collect::<Vec<_>>();
    assert_eq!(told, [Act::Restored]);
    place.execute(&job_of(73, ACME, &key_id(ADA))).await;
    assert_eq!(purge(&place).await, Purged::default());
    // It can be hidden again.
    hides(&place, tenant(ACME)).await;
    place.does_not_find(tenant(ACME)).await;
}

async fn t38_what_is_being_purged_is_not_shown_again(place: Place) {
    let hidden = hides(&place, tenant(ACME)).await;
    // Engines are at work: the purge begins and does not end.
    assert_eq!(purge(&place).await.ended, []);
    let refused = place.system().restore(&hidden, &Actor::new("ben")).await.unwrap();
    assert!(matches!(refused, Some(Restored::Refused(_))), "{refused:?}");
    place.does_not_find(tenant(ACME)).await;
}

/// The same key has made something for another tenant, whose key it is as well.
async fn t38_a_key_is_hidden_in_its_tenant_and_purged_there(place: Place) {
    place.execute(&planted()).await;
    let twin = place.twin().await;
    twin.execute(&(planted() + &by_hand(ADA, ACME, place.is_sqlite()))).await;
    let before = place.dump().await;
    let receipt = place.delete(within(ACME, key(ADA))).await.unwrap();
    assert_eq!(receipt.record.hidden["api_key"], 1);
    assert_eq!(place.dump().await, before);
    place.does_not_find(within(ACME, key(ADA))).await;
    place.preview(within(BETA, key(ADA))).await;
    place.refuses_writer(&job_of(74, ACME, &key_id(ADA))).await;
    let of_beta = job_of(75, BETA, &key_id(ADA));
    place.execute(&of_beta).await;
    twin.execute(&of_beta).await;
    let taken = format!("UPDATE jobs SET tenant_id = '{ACME}' WHERE id = '{}'", job_id(75));
    place.refuses_writer(&taken).await;
    let purged = purge(&place).await;
    assert_eq!((purged.ended.len(), purged.waiting), (1, Vec::new()));
    assert_eq!(place.dump().await, twin.dump().await);
    // Late writers are held off as late as ever.
    place.refuses_writer(&job_of(76, ACME, &key_id(ADA))).await;
}
