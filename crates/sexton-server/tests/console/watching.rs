//! A deletion's page and its receipt.

use crate::place::{Place, sent};

async fn deleted(place: &Place) -> String {
    let ask = "/console/systems/batches/delete?thing=batch&id=autumn-2026";
    let page = place.get(ask).await.expect(200);
    let form =
        sent(&page.form("data-confirm"), &[("confirm", "autumn-2026"), ("reason", "by mail")]);
    let led = place.post("/console/systems/batches/deletions", &form).await.leads_to();
    place.ended(&led).await;
    led.split('?').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_deletion_says_how_far_it_has_come_who_asked_and_what_went() {
    let place = Place::open().await;
    let own = deleted(&place).await;
    let page = place.get(&own).await.expect(200);
    page.says("Deletion of batch autumn-2026")
        .says("ann")
        .says("by mail")
        .says("asked for")
        .says("verified");
    page.says("231").says("Read the receipt").does_not_say("data-live");
    place.get("/console/systems/batches/deletions/dlt_nothing").await.expect(404);
    let said = place.get(&format!("{own}?said=asked")).await.expect(200);
    said.says("It is done, and was looked at again.");
    // Words of an address are nobody's notice.
    place.get(&format!("{own}?said=hacked")).await.expect(200).does_not_say("hacked");
}

#[tokio::test]
async fn a_receipt_is_read_taken_away_and_verified() {
    let place = Place::open().await;
    let own = deleted(&place).await;
    let page = place.get(&format!("{own}/receipt")).await.expect(200);
    page.says("Place in the chain").says("Hash there").says("download=").says("Verify the chain");
    let json = own.replace("/console/systems", "/api/systems");
    page.says(&format!("{json}/receipt"));
    place.get(&format!("{json}/receipt")).await.expect(200).says("verified_at");
    place.get(&format!("{own}/receipt?verify=yes")).await.expect(200).says("The chain is whole");
}

#[tokio::test]
async fn what_cannot_be_taken_back_any_more_says_so_on_its_page() {
    let place = Place::open().await;
    let own = deleted(&place).await;
    for act in ["restore", "withdraw"] {
        let page = place.post(&format!("{own}/{act}"), "").await.expect(409);
        page.says("role=\"alert\"").says("Deletion of batch autumn-2026");
    }
    let led = place.post(&format!("{own}/retry"), "").await.leads_to();
    assert_eq!(led, format!("{own}?said=tried"));
}

#[tokio::test]
async fn b35_a_snapshot_is_retired_and_restored_from_its_page() {
    let place = Place::open().await;
    let ask = "/console/systems/batches/delete?thing=snapshot&id=1";
    let page = place.get(ask).await.expect(200);
    page.says("Retire snapshot").says("can be restored");
    let form = sent(&page.form("data-confirm"), &[]);
    let led = place.post("/console/systems/batches/deletions", &form).await.leads_to();
    let own = led.split('?').next().unwrap_or_default();
    place.get(own).await.expect(200).says("Restore").says("Delete for good");
    assert_eq!(
        place.count("analysis_cohort_snapshots WHERE id = 1 AND status = 'retired'").await,
        1
    );
    let led = place.post(&format!("{own}/restore"), "").await.leads_to();
    place.get(&led).await.expect(200).says("It is visible again, as it was.");
    assert_eq!(
        place.count("analysis_cohort_snapshots WHERE id = 1 AND status = 'captured'").await,
        1
    );
}
