use crate::place::Place;

on_both_databases!(sexton_samples::transcriptions; check_finds_nothing, the_plans_read_well);

async fn check_finds_nothing(place: Place) {
    assert_eq!(place.system().check().await.unwrap(), []);
}

async fn the_plans_read_well(place: Place) {
    let database = if place.is_sqlite() { "sqlite" } else { "postgres" };
    for thing in ["job", "tenant", "api_key"] {
        insta::assert_snapshot!(format!("{thing}_{database}"), place.plan(thing).await);
    }
}
