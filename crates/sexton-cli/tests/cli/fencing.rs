//! `fence`: the triggers of a policy are made, told of, and removed again.

use crate::place::Place;

on_both_databases!(
    a_fence_is_installed_once_and_removed_whole,
    a_deletion_without_its_fence_is_refused_and_names_the_command,
    triggers_that_are_no_longer_asked_for_are_told_and_removed,
    what_cannot_be_fenced_is_not_fenced_in_part,
);

/// The sample of batches with its own fence.
fn fenced(place: &Place) {
    place.write_policy(sexton_samples::batches().policy);
}

/// How many triggers of fences are in the database.
async fn triggers(place: &Place) -> i64 {
    let question = if place.address().starts_with("postgres") {
        "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'sexton_fence_%'"
    } else {
        "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'sexton_fence_%'"
    };
    place.number(question).await
}

async fn a_fence_is_installed_once_and_removed_whole(place: Place) {
    fenced(&place);
    let before = place.dump().await;
    let status = place.sexton(&["fence", "status", "--output", "json"]).expect(1).document();
    let asked = status["triggers"].as_array().map_or(0, Vec::len);
    assert!(asked > 10 && status["whole"] == false, "{status}");

    let printed = place.sexton(&["fence", "install", "--print"]).expect(0);
    assert!(printed.out.contains("CREATE TRIGGER"), "{printed}");
    assert_eq!(triggers(&place).await, 0, "printing makes nothing");

    place.sexton(&["fence", "install"]).expect(0);
    assert_eq!(usize::try_from(triggers(&place).await), Ok(asked));
    let again = place.sexton(&["fence", "install", "--output", "json"]).expect(0).document();
    assert_eq!(again["statements"].as_array().map(Vec::len), Some(0));
    place.sexton(&["fence", "status"]).expect(0);

    // Another system on the same tables keeps its own.
    let policy = sexton_samples::batches().policy;
    place.write_policy(&policy.replace("\"batches\"", "\"others\""));
    place.sexton(&["fence", "install"]).expect(0);
    assert_eq!(usize::try_from(triggers(&place).await), Ok(2 * asked));
    place.sexton(&["fence", "remove"]).expect(0);
    fenced(&place);
    place.sexton(&["fence", "status"]).expect(0);
    place.sexton(&["fence", "remove"]).expect(0);
    assert_eq!(triggers(&place).await, 0);
    assert_eq!(place.dump().await, before);
}

async fn a_deletion_without_its_fence_is_refused_and_names_the_command(place: Place) {
    fenced(&place);
    let before = place.dump().await;
    let delete = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];
    let said = place.sexton(&delete).expect(2);
    assert!(said.err.contains("C174") && said.err.contains("sexton fence install"), "{said}");
    assert_eq!(place.dump().await, before);
    place.sexton(&["fence", "install"]).expect(0);
    place.sexton(&delete).expect(0);
    let refused = "INSERT INTO batches (id, created_at) VALUES ('autumn-2026', 'now')";
    assert!(place.is_refused(refused).await, "the id of a deleted batch was used again");
    // Writers of other batches go on.
    place.execute("INSERT INTO batches (id, created_at) VALUES ('winter-2027', 'now')").await;
}

async fn triggers_that_are_no_longer_asked_for_are_told_and_removed(place: Place) {
    fenced(&place);
    place.sexton(&["fence", "install"]).expect(0);
    let all = triggers(&place).await;
    let policy = sexton_samples::batches().policy;
    let fewer = "\"{entries,run_dnssec_chain}.run_id\",";
    assert!(policy.contains(fewer));
    place.write_policy(&policy.replace(fewer, "\"entries.run_id\","));
    let said = place.sexton(&["fence", "status"]).expect(1);
    assert!(said.out.contains("leftover"), "{said}");
    // Too many triggers make no deletion less safe.
    place.sexton(&["preview", "batch", "autumn-2026"]).expect(0);
    place.sexton(&["fence", "install"]).expect(0);
    assert_eq!(triggers(&place).await, all - 2);
    place.sexton(&["fence", "status"]).expect(0);
}

async fn what_cannot_be_fenced_is_not_fenced_in_part(place: Place) {
    let policy = sexton_samples::batches().policy;
    place.write_policy(&policy.replace("\"batches.id\",", "\"batches.tags\","));
    let said = place.sexton(&["fence", "install"]).expect(2);
    assert!(said.err.contains("C102"), "{said}");
    let also = "[fence.also]\n\"jobs.status\" = \"jobs.status <> batches.taag\"\n";
    place.write_policy(&format!("{policy}\n{also}"));
    let said = place.sexton(&["fence", "install"]).expect(2);
    assert!(said.err.contains("C201"), "{said}");
    assert_eq!(triggers(&place).await, 0);
}
