//! Lists of rows: the newest first, found by a word, opened by an id, acted on one by one.

use crate::place::Place;

#[tokio::test]
async fn b11_a_batch_is_found_opened_and_deleted_from_the_list_and_from_its_own_page() {
    let place = Place::open().await;
    let page = place.get("/console/systems/batches/things/batch").await.expect(200);
    let newest = page.text.find("autumn-2026").expect("it is listed");
    assert!(newest < page.text.find("spring-2026").expect("it is listed"), "the newest is first");
    page.says("id=\"paste\"").says("<option value=\"summer-2026\">");
    let confirmed =
        "/console/systems/batches/delete?thing=batch&amp;verb=delete&amp;id=autumn-2026";
    page.says(confirmed);
    let found = place.get("/console/systems/batches/things/batch?q=SUMMER").await.expect(200);
    found.says("summer-2026").says("value=\"SUMMER\"").does_not_say("autumn-2026");
    let none = place.get("/console/systems/batches/things/batch?q=%25").await.expect(200);
    none.says("Nothing here is called so.");
    let own =
        place.get("/console/systems/batches/things/batch/row?id=autumn-2026").await.expect(200);
    own.says("cities").says("Delete batch").says(confirmed);
    place.get("/console/systems/batches/things/batch/row?id=AUTUMN-2026").await.expect(404);
    place.get("/console/systems/batches/things/nothing").await.expect(404);
}

#[tokio::test]
async fn who_only_looks_is_shown_no_buttons_and_is_refused_what_they_do() {
    let place = Place::keyed("").await;
    let (_, key) = place.key(&["viewer"], None).await;
    let opened = place.post("/console/sign-in", &format!("key={key}")).await.expect(303);
    let cookie = opened.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let own = [("cookie", cookie.as_str())];
    let list = "/console/systems/batches/things/run";
    let page = place.ask("GET", list, &own, "").await;
    page.does_not_say("Delete chosen").does_not_say("type=\"checkbox\"");
    let before = place.dump().await;
    let form = "thing=batch&id=autumn-2026&confirm=autumn-2026";
    place.ask("POST", "/console/systems/batches/deletions", &own, form).await.expect(403);
    for act in ["retry", "restore", "withdraw"] {
        let path = format!("/console/systems/batches/deletions/dlt_x/{act}");
        place.ask("POST", &path, &own, "").await.expect(403);
    }
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn b2_nothing_that_a_page_of_another_site_sends_is_done() {
    let place = Place::open().await;
    let page = place.get("/console/systems/batches/delete?thing=batch&id=autumn-2026").await;
    let form = crate::place::sent(&page.form("data-confirm"), &[("confirm", "autumn-2026")]);
    let before = place.dump().await;
    for other in [("origin", "http://evil.example"), ("sec-fetch-site", "same-site")] {
        let path = "/console/systems/batches/deletions";
        place.ask("POST", path, &[other], &form).await.expect(403);
    }
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn who_is_of_no_tenant_is_told_whose_each_row_is() {
    let sample = sexton_samples::transcriptions();
    let place = Place::of(&sample).await;
    let page = place.get("/console/systems/transcriptions/things/job").await.expect(200);
    page.says(">tenant</th>");
    let all = page.text.matches("class=\"id\"").count();
    assert!(all > 1, "{}", page.text);
}

#[tokio::test]
async fn b11_every_way_in_leads_to_the_same_dialog() {
    let place = Place::open().await;
    let ask = "/console/systems/batches/delete?thing=batch&amp;verb=delete&amp;id=autumn-2026";
    let home = place.get("/console/systems/batches").await.expect(200);
    home.says("/console/systems/batches/panels/Batches")
        .says("/console/systems/batches/tables/tags");
    let batches = place.get("/console/systems/batches/panels/Batches").await.expect(200);
    batches.says(ask).says("id=\"paste\"").says("aria-current=\"page\">Batches");
    let tags = place.get("/console/systems/batches/tables/tags").await.expect(200);
    tags.says("/console/systems/batches/tables/tags/row?id=cities");
    let tag = place.get("/console/systems/batches/tables/tags/row?id=cities").await.expect(200);
    tag.says("Earlier batches").says(ask);
    tag.says("/console/systems/batches/things/batch/row?id=autumn-2026");
    tag.says("back=%2Fconsole%2Fsystems%2Fbatches%2Ftables%2Ftags%2Frow%3Fid%3Dcities");
    let cohorts = "/console/systems/batches/tables/analysis_cohort_catalog";
    place.get(cohorts).await.expect(200).says("Cities");
    let cohort = place.get(&format!("{cohorts}/row?id=1")).await.expect(200);
    cohort
        .says("Snapshots")
        .says(">Retire<")
        .says(">Delete for good<")
        .says(">Delete batch<")
        .says(ask);
    place.get(&format!("{cohorts}/row?id=99")).await.expect(404);
    place.get("/console/systems/batches/tables/runs").await.expect(404);
    place.get("/console/systems/batches/panels/Nothing").await.expect(404);
}

#[tokio::test]
async fn b35_b36_a_retired_snapshot_is_shown_as_hidden_and_restored_from_its_row() {
    let place = Place::open().await;
    let cohort = "/console/systems/batches/tables/analysis_cohort_catalog/row?id=1";
    let ask = "/console/systems/batches/delete?thing=snapshot&id=1";
    let form = crate::place::sent(&place.get(ask).await.form("data-confirm"), &[]);
    place.post("/console/systems/batches/deletions", &form).await.expect(303);
    let page = place.get(cohort).await.expect(200);
    page.says("<span class=\"pill warn\">hidden</span>").says(">Restore<");
    let form = crate::place::sent(&page.form("/console/systems/batches/restore"), &[]);
    let led = place.post("/console/systems/batches/restore", &form).await.leads_to();
    assert_eq!(led, format!("{cohort}&said=restored"));
    place.get(&led).await.expect(200).says("visible again").does_not_say(">Restore<");
    assert_eq!(
        place.count("analysis_cohort_snapshots WHERE id = 1 AND status = 'captured'").await,
        1
    );
}

#[tokio::test]
async fn d43_a_job_is_cancelled_while_it_runs_and_deleted_once_it_has_ended() {
    let place = Place::of(&sexton_samples::datasets()).await;
    let one = "(SELECT min(id) FROM training_jobs WHERE job_type = 'synthetic_generation')";
    place.execute(&format!("UPDATE training_jobs SET status = 'pending' WHERE id = {one}")).await;
    let page = place.get("/console/systems/datasets/panels/Jobs").await.expect(200);
    let rows = "<tr>";
    let ended =
        "job_type = 'synthetic_generation' AND status IN ('completed','failed','cancelled')";
    let all: Vec<&str> = page.text.split(rows).skip(2).collect();
    assert!(all.len() > 1, "{}", page.text);
    let ends = place.count(&format!("training_jobs WHERE {ended}")).await;
    let deletes = all.iter().filter(|row| row.contains(">Delete<")).count();
    let cancels = all.iter().filter(|row| row.contains(">Cancel<")).count();
    assert_eq!(deletes as u64, ends.min(50));
    assert!(
        cancels > 0 && !all.iter().any(|row| row.contains(">Delete<") && row.contains(">Cancel<"))
    );
    let form = crate::place::sent(&page.form("/console/systems/datasets/cancel"), &[]);
    let led = place.post("/console/systems/datasets/cancel", &form).await.leads_to();
    place.get(&led).await.expect(200).says("Its work is asked to stop. Nothing is deleted.");
}

#[tokio::test]
async fn t33_only_what_has_ended_has_a_button_in_the_list_of_transcriptions() {
    let place = Place::of(&sexton_samples::transcriptions()).await;
    let page = place.get("/console/systems/transcriptions/panels/Transcriptions").await.expect(200);
    let ends = place.count("jobs WHERE status IN ('completed','failed','cancelled')").await;
    let all = place.count("jobs").await;
    assert!(ends < all, "some are still at work");
    assert_eq!(page.text.matches(">Delete<").count() as u64, ends);
    let one = page.text.split("/delete?thing=job").nth(1).expect("one can be deleted");
    let href = one.split('"').next().unwrap_or_default().replace("&amp;", "&");
    let page = place.get(&format!("/console/systems/transcriptions/delete?thing=job{href}")).await;
    page.says("Delete job").says("data-confirm");
    let led = place
        .post(
            "/console/systems/transcriptions/deletions",
            &crate::place::sent(&page.form("data-confirm"), &[]),
        )
        .await
        .leads_to();
    place.get(&led).await.expect(200).says("Deletion of job");
    assert_eq!(place.count("jobs").await, all - 1);
}

#[tokio::test]
async fn every_list_of_every_sample_is_shown() {
    for sample in [sexton_samples::snapshots(), sexton_samples::requests()] {
        let place = Place::of(&sample).await;
        let home = place.get("/console").await.expect(200);
        let system = home.text.split("href=\"/console/systems/").nth(1).expect("there is one");
        let system = system.split('"').next().unwrap_or_default().to_owned();
        let page = place.get(&format!("/console/systems/{system}")).await.expect(200);
        let links = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let lists = links.filter(|href| href.contains("/things/") || href.contains("/tables/"));
        let lists: std::collections::BTreeSet<&str> = lists.collect();
        assert!(!lists.is_empty(), "{}", page.text);
        for list in lists {
            place.get(list).await.expect(200);
        }
    }
}
