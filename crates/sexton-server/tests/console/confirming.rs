//! Confirming a deletion without the script: what is shown, what must be typed, what is refused.

use crate::place::{Answer, Place, sent};

const ASK: &str = "/console/systems/batches/delete?thing=batch&id=autumn-2026";
const SEND: &str = "/console/systems/batches/deletions";

async fn confirm(place: &Place, page: &Answer, with: &[(&str, &str)]) -> Answer {
    place.post(SEND, &sent(&page.form("data-confirm"), with)).await
}

#[tokio::test]
async fn b12_opening_fetches_the_preview_and_what_cannot_be_told_leaves_nothing_to_press() {
    let place = Place::open().await;
    let before = place.dump().await;
    let page = place.get(ASK).await.expect(200);
    page.says("Delete batch autumn-2026?").says("name=\"digest\"");
    assert!(
        page.form("data-confirm")
            .iter()
            .any(|(name, value)| name == "preview" && value.starts_with("prv_"))
    );
    assert_eq!(place.dump().await, before, "looking changes nothing");
    let unknown =
        place.get("/console/systems/batches/delete?thing=batch&id=nope").await.expect(404);
    unknown.says("role=\"alert\"").says(" disabled").does_not_say("name=\"digest\"");
    place.get("/console/systems/batches/delete?thing=batch").await.expect(422);
    place.get("/console/systems/batches/delete?thing=nothing&id=1").await.expect(404);
}

#[tokio::test]
async fn b13_the_dialog_says_what_it_is_of_what_goes_and_what_is_affected() {
    let place = Place::open().await;
    let page = place.get(ASK).await.expect(200);
    page.says("tag cities").says("created at").says("snapshot intent");
    page.says("Work in flight").says("1 waiting, 0 running");
    page.says("Affected snapshots")
        .says("Autumn 2026")
        .says("<span class=\"pill warn\">default</span>");
    page.says("lose their default snapshot");
    for table in ["entries", "runs", "analysis_run_domain_facts", "jobs"] {
        page.says(&format!("<code>{table}</code>"));
    }
    page.says("Goes").says("Changes").says("Stays");
    page.says("The batch goes for good").says("Milder: retire or purge one snapshot");
    page.says("Delete: 231 rows");
    let quiet = place.get("/console/systems/batches/delete?thing=batch&id=spring-2026").await;
    quiet.does_not_say("Work in flight");
}

#[tokio::test]
async fn b14_the_whole_id_must_be_typed_letter_by_letter() {
    let place = Place::open().await;
    let page = place.get(ASK).await.expect(200);
    page.says("data-expected=\"autumn-2026\"");
    let before = place.dump().await;
    for typed in ["", "autumn", "Autumn-2026", "autumn-2026x", "1"] {
        let again =
            confirm(&place, &page, &[("confirm", typed), ("reason", "asked by mail")]).await;
        let again = again.expect(422);
        again.says("the whole id, letter by letter").says("value=\"asked by mail\"");
        assert!(
            !again
                .form("data-confirm")
                .iter()
                .any(|(name, value)| name == "confirm" && !value.is_empty())
        );
    }
    assert_eq!(place.dump().await, before, "nothing was even stored");
    let led = confirm(&place, &page, &[("confirm", "  autumn-2026 ")]).await.leads_to();
    assert!(led.starts_with("/console/systems/batches/deletions/dlt_"), "{led}");
    assert_eq!(place.count("batches WHERE id = 'autumn-2026'").await, 0);
    assert_eq!(place.count("runs WHERE batch_id = 'autumn-2026'").await, 0);
}

#[tokio::test]
async fn b15_what_is_refused_stays_on_the_page_with_its_message_and_can_be_tried_again() {
    let place = Place::open().await;
    let page = place.get(ASK).await.expect(200);
    place.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, progress, lease_expires_at, heartbeat_at)
         VALUES ('j-late', 1, 'a.example', 'autumn-2026', 'queued', '2026-11-20T00:00:00Z', 0, NULL, NULL)",
    ).await;
    let again = confirm(&place, &page, &[("confirm", "autumn-2026")]).await.expect(409);
    again.says("It has changed since you looked").says("jobs: 2 row(s) then, 3 now");
    again.says("has to be confirmed again").says("2 waiting, 0 running").says("Delete: 232 rows");
    assert_eq!(place.count("runs WHERE batch_id = 'autumn-2026'").await, 7, "nothing was done");
    let led = confirm(&place, &again, &[("confirm", "autumn-2026")]).await.leads_to();
    place.ended(&led).await;
    place.get(&led).await.expect(200).says("looked at again");
}

#[tokio::test]
async fn a_repeated_click_makes_one_deletion() {
    let place = Place::open().await;
    let page = place.get(ASK).await.expect(200);
    let first = confirm(&place, &page, &[("confirm", "autumn-2026")]).await.leads_to();
    let second = confirm(&place, &page, &[("confirm", "autumn-2026")]).await.leads_to();
    assert_eq!(first, second, "the second click finds what the first one made");
    assert_eq!(place.count("sexton_deletions").await, 1);
    // A preview that is made now finds nothing any more.
    place.get(ASK).await.expect(404);
}

#[tokio::test]
async fn what_was_not_shown_cannot_be_confirmed() {
    let place = Place::open().await;
    let page = place.get(ASK).await.expect(200);
    let before = place.dump().await;
    let typed = ("confirm", "autumn-2026");
    for (wrong, status) in [
        (vec![typed, ("digest", "sha256:0")], 422),
        (vec![typed, ("preview", "prv_other")], 404),
        (vec![("confirm", "spring-2026"), ("id", "spring-2026")], 422),
        (vec![typed, ("thing", "run")], 422),
    ] {
        let answer = confirm(&place, &page, &wrong).await;
        assert_eq!(answer.status.as_u16(), status, "{wrong:?} {answer:?}");
    }
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn d61_of_several_their_number_is_typed_and_all_of_them_go() {
    let place = Place::open().await;
    let page = place.get(&format!("{ASK}&id=summer-2026")).await.expect(200);
    page.says("Delete 2 rows of batch?").says("data-expected=\"2\"");
    confirm(&place, &page, &[("confirm", "autumn-2026")])
        .await
        .expect(422)
        .says("how many there are");
    let led = confirm(&place, &page, &[("confirm", "2")]).await.leads_to();
    place.get(&led).await.expect(200).says("all 2 roots");
    assert_eq!(place.count("batches WHERE id IN ('autumn-2026', 'summer-2026')").await, 0);
    assert_eq!(place.count("batches").await, 1);
}

#[tokio::test]
async fn whoever_changes_their_mind_goes_back_and_nowhere_else() {
    let place = Place::open().await;
    let page = place.get(&format!("{ASK}&back=%2Fconsole%2Fx")).await.expect(200);
    page.says("href=\"/console/x\" data-close");
    let page = place.get(&format!("{ASK}&back=https%3A%2F%2Fevil.example")).await.expect(200);
    page.does_not_say("evil.example")
        .says("href=\"/console/systems/batches/things/batch\" data-close");
}

/// What a row says is text, whatever it says.
#[tokio::test]
async fn nothing_of_a_row_becomes_markup() {
    let place = Place::open().await;
    place
        .execute("UPDATE batches SET tag = '<img src=x onerror=alert(1)>' WHERE id = 'autumn-2026'")
        .await;
    for path in [ASK, "/console/systems/batches/things/batch"] {
        place.get(path).await.expect(200).does_not_say("<img").says("&lt;img");
    }
}

#[tokio::test]
async fn d44_an_option_is_unticked_until_somebody_ticks_it_and_its_warning_stands_beside_it() {
    let place = Place::of(&sexton_samples::datasets()).await;
    let with = place.data_value("SELECT id FROM training_jobs WHERE status = 'completed' AND dataset_id IS NOT NULL LIMIT 1").await;
    let ask = format!("/console/systems/datasets/delete?thing=job&id={with}");
    let page = place.get(&ask).await.expect(200);
    let form = page.form("data-options");
    assert!(!form.iter().any(|(name, _)| name.starts_with("option.")), "unticked: {form:?}");
    page.says("type=\"checkbox\" name=\"option.").says("class=\"warning\"");
    let chosen = place.get(&format!("{ask}&option.delete_dataset=true")).await.expect(200);
    assert!(
        chosen
            .form("data-options")
            .iter()
            .any(|(name, value)| name == "option.delete_dataset" && value == "true")
    );
    assert_ne!(
        page.form("data-confirm").iter().find(|(name, _)| name == "digest"),
        chosen.form("data-confirm").iter().find(|(name, _)| name == "digest"),
        "what is confirmed is what was chosen"
    );
    place.get(&ask).await.expect(200).does_not_say("checked>");
}

#[tokio::test]
async fn d46_d63_a_dataset_is_confirmed_too_over_what_hangs_on_it() {
    let place = Place::of(&sexton_samples::datasets()).await;
    let id = place.data_value("SELECT id FROM synthetic_datasets LIMIT 1").await;
    let before = place.dump().await;
    let page = place.get(&format!("/console/systems/datasets/delete?thing=dataset&id={id}")).await;
    page.says("data-confirm").says("<code>synthetic_datasets</code>").says("synthetic_iq_samples");
    place.post("/console/systems/datasets/deletions", &format!("thing=dataset&id={id}")).await;
    assert_eq!(place.dump().await, before, "without what the page has shown nothing is done");
}
