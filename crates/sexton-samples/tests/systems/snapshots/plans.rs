use crate::place::Place;

on_both_databases!(
    sexton_samples::snapshots;
    check_finds_nothing,
    the_plans_read_well,
    every_thing_has_a_plan,
);

async fn check_finds_nothing(place: Place) {
    assert_eq!(place.system().check().await.unwrap(), []);
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
