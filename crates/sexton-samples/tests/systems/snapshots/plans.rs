use sexton_core::finding::Severity;

use crate::place::Place;

on_both_databases_with_objects!(
    sexton_samples::snapshots;
    check_finds_only_what_no_index_serves,
);
on_both_databases!(
    sexton_samples::snapshots;
    the_plans_read_well,
    every_thing_has_a_plan,
);

/// A number kept as text, and in SQLite one inside JSON: the README says why that is no harm.
async fn check_finds_only_what_no_index_serves(place: Place) {
    let icon = "artifacts.app_icon_id -> files";
    let approval = "comparison_approvals.extras$.prev_approved_artifact_id -> artifacts";
    let unserved = if place.is_sqlite() { vec![approval, icon] } else { vec![icon] };
    let findings = place.system().check().await.unwrap();
    let lines = findings.iter().map(|finding| {
        let found = (finding.code, finding.severity);
        assert_eq!(found, ("C140", Severity::Warning), "{}", finding.message);
        finding.message.split('`').nth(1).unwrap()
    });
    assert_eq!(lines.collect::<Vec<_>>(), unserved);
}

async fn the_plans_read_well(place: Place) {
    let database = if place.is_sqlite() { "sqlite" } else { "postgres" };
    for thing in ["snapshot", "project"] {
        insta::assert_snapshot!(format!("{thing}_{database}"), place.plan(thing).await);
    }
}

async fn every_thing_has_a_plan(place: Place) {
    for thing in ["artifact", "snapshot", "any-artifact", "project", "organization"] {
        assert!(!place.plan(thing).await.steps.remove.is_empty(), "{thing}");
    }
}
