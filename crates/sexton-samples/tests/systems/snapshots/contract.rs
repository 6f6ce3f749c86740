//! The contract's lines on rows. Objects, work, hooks and routes are not built.

use sexton_core::names::{Actor, TenantId};
use sexton_engine::{Caller, DeleteError, EngineError, RefusedBy, Root};

use super::of;
use crate::place::{Place, removed, root};

on_both_databases!(
    sexton_samples::snapshots;
    s1_a_snapshot_goes_with_its_rows_and_everything_else_stays,
    s3_what_is_not_there_or_elsewhere_is_missing,
    s2_without_the_feature_it_is_forbidden,
    s4_without_access_to_the_project_it_is_missing_and_staff_pass,
    s3_an_id_that_is_no_number_is_a_bad_id,
    s5_an_artifact_without_images_is_no_snapshot_and_stays,
    s8_a_second_delete_finds_nothing_and_leaves_one_record,
    a_comparison_that_waits_is_cancelled_without_a_deletion,
    s8_of_two_deletes_at_once_one_finds_nothing,
    s11_rows_reached_in_two_ways_go_once_and_count_once,
    s25_files_go_with_their_artifact_in_one_transaction,
    s25_an_icon_is_held_by_its_text_and_an_unreadable_one_holds_nothing,
    s25_shared_blobs_outlive_all_files_but_the_last,
    s26_the_file_of_a_comparison_of_sizes_goes_with_either_side,
    s33_when_a_base_goes_its_heads_stay,
    s34_a_selective_snapshot_holds_what_it_is_rebuilt_from,
    s34_what_no_selective_snapshot_needs_can_go,
    s35_a_verdict_outlives_the_artifact_that_it_was_taken_from,
    s38_any_artifact_can_be_deleted_as_an_artifact,
    s39_staff_delete_across_organizations,
    s41_a_project_goes_whole_and_no_other,
    s41_an_organization_goes_whole_and_no_other,
);

/// Snapshot 12 by hand. Its icon 304 is that of 13 too, and one of its blobs is in a file of 13.
const SNAPSHOT_12: &str = "
    UPDATE comparison_approvals SET extras = '{\"auto_approval\":true,\"prev_approved_artifact_id\":null}'
    WHERE id = 702;
    DELETE FROM snapshot_comparisons WHERE id IN (602, 604);
    DELETE FROM snapshot_metrics WHERE id = 512;
    DELETE FROM comparison_approvals WHERE id = 701;
    DELETE FROM size_comparisons WHERE id IN (901, 902);
    DELETE FROM size_metrics WHERE id = 812;
    DELETE FROM installables WHERE id IN (951, 952);
    DELETE FROM artifacts WHERE id = 12;
    DELETE FROM file_blob_index WHERE file_id IN (301, 302, 305, 307);
    DELETE FROM file_blobs WHERE id IN (401, 405, 407);
    DELETE FROM files WHERE id IN (301, 302, 305, 307);
";

async fn s1_a_snapshot_goes_with_its_rows_and_everything_else_stays(place: Place) {
    place.deletes_what_this_does(root("snapshot", "12"), SNAPSHOT_12).await;
}

async fn s3_what_is_not_there_or_elsewhere_is_missing(place: Place) {
    for (thing, id) in [("snapshot", "12"), ("artifact", "15"), ("project", "5")] {
        place.does_not_find(of("2", thing, id)).await;
        place.does_not_find(root(thing, "999")).await;
    }
    place.does_not_find(of("2", "organization", "1")).await;
    place.delete(of("1", "snapshot", "12")).await.unwrap();
}

/// On either database it cannot be an id at all.
async fn s3_an_id_that_is_no_number_is_a_bad_id(place: Place) {
    let before = place.dump().await;
    for id in ["twelve", "12 or 1 = 1", "12;", " "] {
        let refused = place.delete(root("snapshot", id)).await;
        let is_bad = matches!(refused, Err(DeleteError::Engine(EngineError::BadId { .. })));
        assert!(is_bad, "{id}: {refused:?}");
    }
    assert_eq!(place.dump().await, before);
}

/// Whoever has the feature, in the organization of the ferries.
fn by(user: &str, roles: &[&str], id: &str) -> Root {
    let caller = Caller::of_roles(Actor::new(user), roles).within(TenantId::new("1"));
    Root { caller, ..root("snapshot", id) }
}

async fn s2_without_the_feature_it_is_forbidden(place: Place) {
    let before = place.dump().await;
    for id in ["12", "999"] {
        let refused = place.delete(by("101", &["member"], id)).await;
        let forbidden = matches!(refused, Err(DeleteError::Engine(EngineError::NoRole { .. })));
        assert!(forbidden, "{refused:?}");
    }
    assert_eq!(place.dump().await, before);
}

/// Ada works on the project; Ben on another, Cleo for another organization; Dana is staff.
async fn s4_without_access_to_the_project_it_is_missing_and_staff_pass(place: Place) {
    for user in ["102", "103"] {
        place.does_not_find(by(user, &["preprod"], "12")).await;
        let concealed = place.delete(by(user, &["preprod"], "12")).await.unwrap_err();
        let never_was = place.delete(by(user, &["preprod"], "999")).await.unwrap_err();
        assert_eq!(concealed.to_string(), never_was.to_string().replace("999", "12"));
    }
    place.preview(by("104", &["preprod"], "12")).await;
    place.delete(by("101", &["preprod"], "12")).await.unwrap();
}

async fn s5_an_artifact_without_images_is_no_snapshot_and_stays(place: Place) {
    place.refuses(root("snapshot", "15"), RefusedBy::Wrong, "Artifact is not a snapshot").await;
}

async fn s8_a_second_delete_finds_nothing_and_leaves_one_record(place: Place) {
    place.delete(root("snapshot", "12")).await.unwrap();
    place.does_not_find(root("snapshot", "12")).await;
    place.does_not_find(root("artifact", "12")).await;
    assert_eq!(place.records().await, 1);
}

async fn s8_of_two_deletes_at_once_one_finds_nothing(place: Place) {
    let (first, second) =
        tokio::join!(place.delete(root("snapshot", "12")), place.delete(root("snapshot", "12")));
    let lost = if first.is_ok() { second } else { first };
    assert!(matches!(lost, Err(DeleteError::Engine(EngineError::NotFound { .. }))), "{lost:?}");
    assert_eq!(place.records().await, 1);
}

/// Comparison 604 hangs from 12 and from 13, and both are of one project; so it is with sizes.
async fn s11_rows_reached_in_two_ways_go_once_and_count_once(place: Place) {
    let preview = place.preview(root("project", "5")).await;
    let receipt = place.delete(root("project", "5")).await.unwrap();
    for (table, rows) in [("snapshot_comparisons", 5), ("size_comparisons", 2)] {
        assert_eq!(removed(&preview, table), rows, "{table}");
        assert_eq!(receipt.record.removed[table], rows, "{table}");
    }
}

/// A file that cannot go keeps everything, though it goes last.
const PINNED: [&str; 2] = [
    "CREATE TRIGGER pinned BEFORE DELETE ON files WHEN old.id = 305
     BEGIN SELECT RAISE(ABORT, 'pinned'); END;",
    "CREATE FUNCTION pinned() RETURNS trigger LANGUAGE plpgsql
     AS 'BEGIN RAISE EXCEPTION ''pinned''; END';
     CREATE TRIGGER pinned BEFORE DELETE ON files FOR EACH ROW
     WHEN (old.id = 305) EXECUTE FUNCTION pinned();",
];

async fn s25_files_go_with_their_artifact_in_one_transaction(place: Place) {
    place.execute(PINNED[usize::from(!place.is_sqlite())]).await;
    let before = place.dump().await;
    let failed = place.delete(root("snapshot", "12")).await.unwrap_err();
    assert!(format!("{failed:?}").contains("remove files"), "{failed:?}");
    assert_eq!(place.dump().await, before);
}

/// 7, 15 and 21 have texts for an icon that are no ids, one of which looks like 308.
async fn s25_an_icon_is_held_by_its_text_and_an_unreadable_one_holds_nothing(place: Place) {
    for id in ["7", "15", "21"] {
        place.delete(root("artifact", id)).await.unwrap();
    }
    let icon = "SELECT count(*) FROM files WHERE id = 304";
    place.delete(root("artifact", "12")).await.unwrap();
    assert_eq!(place.number(icon).await, 1);
    place.delete(root("artifact", "13")).await.unwrap();
    assert_eq!(place.number(icon).await, 0);
    let left = "SELECT id FROM files ORDER BY id";
    assert_eq!(place.column(left).await, ["309", "310"].map(|id| Some(id.to_owned())));
}

/// Blob 402 is in files of 12 and 13; 408 in files of two organizations.
async fn s25_shared_blobs_outlive_all_files_but_the_last(place: Place) {
    let blobs = "SELECT count(*) FROM file_blobs WHERE id IN (402, 408)";
    for (id, left) in [("12", 2), ("21", 2), ("13", 1), ("31", 0)] {
        place.delete(root("any-artifact", id)).await.unwrap();
        assert_eq!(place.number(blobs).await, left, "{id}");
    }
}

/// The comparison's head is 13 and its base 12.
async fn s26_the_file_of_a_comparison_of_sizes_goes_with_either_side(place: Place) {
    let left = "SELECT count(*) FROM files WHERE id = 307";
    for artifact in ["12", "13"] {
        let place = place.twin().await;
        assert_eq!(place.number(left).await, 1);
        place.delete(root("artifact", artifact)).await.unwrap();
        assert_eq!(place.number(left).await, 0, "{artifact}");
    }
}

async fn s33_when_a_base_goes_its_heads_stay(place: Place) {
    let by_hand = "
        DELETE FROM snapshot_comparisons WHERE id = 601;
        DELETE FROM snapshot_metrics WHERE id = 507;
        DELETE FROM artifacts WHERE id = 7;";
    place.deletes_what_this_does(root("snapshot", "7"), by_hand).await;
}

async fn s34_a_selective_snapshot_holds_what_it_is_rebuilt_from(place: Place) {
    for thing in ["snapshot", "artifact", "any-artifact"] {
        let said = "1 selective snapshot(s) are rebuilt from it: 14";
        place.refuses(root(thing, "8"), RefusedBy::Refused, said).await;
    }
}

/// Nor are those held that are of the same commit, but without images or of another project.
async fn s34_what_no_selective_snapshot_needs_can_go(place: Place) {
    for (thing, id) in [("artifact", "15"), ("snapshot", "21"), ("snapshot", "14")] {
        place.delete(root(thing, id)).await.unwrap();
    }
    place.delete(root("snapshot", "8")).await.unwrap();
}

/// 702 was taken from 12, 704 from 8; 703 was taken from none.
async fn s35_a_verdict_outlives_the_artifact_that_it_was_taken_from(place: Place) {
    let verdicts = "SELECT approval_status FROM comparison_approvals WHERE id > 701 ORDER BY id";
    let taken = "SELECT extras ->> 'prev_approved_artifact_id' FROM comparison_approvals
                 WHERE id > 701 ORDER BY id";
    let before = place.column(verdicts).await;
    place.delete(root("snapshot", "12")).await.unwrap();
    assert_eq!(place.column(verdicts).await, before);
    assert_eq!(place.column(taken).await, [None, None, Some("8".to_owned())]);
}

async fn s38_any_artifact_can_be_deleted_as_an_artifact(place: Place) {
    let by_hand = "
        DELETE FROM size_comparisons WHERE id = 902;
        DELETE FROM size_metrics WHERE id = 815;
        DELETE FROM artifacts WHERE id = 15;";
    place.deletes_what_this_does(root("artifact", "15"), by_hand).await;
}

async fn s39_staff_delete_across_organizations(place: Place) {
    place.does_not_find(of("1", "artifact", "31")).await;
    let mut staff = of("1", "any-artifact", "31");
    staff.caller.roles.push("staff".to_owned());
    place.delete(staff).await.unwrap();
}

/// Rows of a project, in an order that foreign keys allow.
fn project(id: u32) -> String {
    let artifacts = format!("(SELECT id FROM artifacts WHERE project_id = {id})");
    let metrics = format!("(SELECT id FROM snapshot_metrics WHERE artifact_id IN {artifacts})");
    let sizes = format!("(SELECT id FROM size_metrics WHERE artifact_id IN {artifacts})");
    let sole = match id {
        5 => "301, 302, 303, 304, 305, 306, 307",
        _ => "308",
    };
    format!(
        "DELETE FROM snapshot_comparisons
         WHERE head_metrics_id IN {metrics} OR base_metrics_id IN {metrics};
         DELETE FROM snapshot_metrics WHERE artifact_id IN {artifacts};
         DELETE FROM comparison_approvals WHERE artifact_id IN {artifacts};
         DELETE FROM size_comparisons WHERE head_id IN {sizes} OR base_id IN {sizes};
         DELETE FROM size_metrics WHERE artifact_id IN {artifacts};
         DELETE FROM installables WHERE artifact_id IN {artifacts};
         DELETE FROM artifacts WHERE project_id = {id};
         DELETE FROM project_access WHERE project_id = {id};
         UPDATE comparison_approvals
         SET extras = '{{\"auto_approval\":true,\"prev_approved_artifact_id\":null}}'
         WHERE id = 704 AND {id} = 5;
         DELETE FROM file_blob_index WHERE file_id IN ({sole});
         DELETE FROM file_blobs WHERE id NOT IN (SELECT blob_id FROM file_blob_index);
         DELETE FROM files WHERE id IN ({sole});
         DELETE FROM projects WHERE id = {id};"
    )
}

/// The guard does not count what goes too: 14 goes with 8.
async fn s41_a_project_goes_whole_and_no_other(place: Place) {
    place.deletes_what_this_does(root("project", "5"), &project(5)).await;
}

async fn s41_an_organization_goes_whole_and_no_other(place: Place) {
    let rest = "DELETE FROM commit_comparisons WHERE org_id = 1;
                DELETE FROM organizations WHERE id = 1;";
    let by_hand = [&project(5), &project(6), rest].concat();
    place.deletes_what_this_does(root("organization", "1"), &by_hand).await;
}

async fn a_comparison_that_waits_is_cancelled_without_a_deletion(place: Place) {
    let asked = place.system().cancel(&root("snapshot", "12")).await.unwrap();
    assert_eq!((asked.tables[0].stopped, asked.tables[0].running), (1, 0));
    let cancelled = "SELECT CAST(id AS text) FROM snapshot_comparisons WHERE cancel_requested";
    assert_eq!(place.column(cancelled).await, [Some("604".to_owned())]);
}
