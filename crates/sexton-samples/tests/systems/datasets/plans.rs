use sexton_core::finding::Severity;

use crate::place::Place;

on_both_databases_with_objects!(
    sexton_samples::datasets;
    check_finds_no_more_than_the_readme_tells,
);

on_both_databases!(
    sexton_samples::datasets;
    the_plans_read_well,
);

/// In SQLite no index serves a reference from inside JSON.
async fn check_finds_no_more_than_the_readme_tells(place: Place) {
    let findings = place.system().check().await.unwrap();
    let found: Vec<_> = findings.iter().map(|finding| (finding.code, finding.severity)).collect();
    let known = [("C140", Severity::Warning)];
    assert_eq!(found, known[..usize::from(place.is_sqlite())]);
}

async fn the_plans_read_well(place: Place) {
    let database = if place.is_sqlite() { "sqlite" } else { "postgres" };
    for thing in ["dataset", "job"] {
        insta::assert_snapshot!(format!("{thing}_{database}"), place.plan(thing).await);
    }
}
