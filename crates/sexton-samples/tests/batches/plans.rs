use sexton_core::names::ThingName;
use sexton_core::plan::Plan;
use sexton_core::policy::Options;
use sexton_engine::System;

use crate::system::{on_postgres, on_sqlite};

/// The contract's order, with the tables that the sample has.
const B18_ORDER: [&str; 14] = [
    "analysis_cohort_snapshot_aggregates",
    "analysis_snapshot_domain_view",
    "analysis_cohort_snapshots",
    "analysis_run_ns_endpoints",
    "analysis_run_address_asns",
    "analysis_run_domain_asns",
    "analysis_run_tag_summary",
    "analysis_run_domain_facts",
    "analysis_run_domain_summary",
    "entries",
    "run_dnssec_chain",
    "runs",
    "jobs",
    "batches",
];

fn order(plan: &Plan) -> Vec<String> {
    let parts = plan.steps.remove.iter().flat_map(|removal| &removal.parts);
    parts.map(|part| part.table.to_string()).collect()
}

async fn plan(system: &System, thing: &str) -> Plan {
    system.plan(&ThingName::new(thing), &Options::default()).await.unwrap()
}

#[tokio::test]
async fn check_finds_nothing_on_sqlite() {
    let (_database, system) = on_sqlite().await;
    assert_eq!(system.check().await.unwrap(), []);
}

#[tokio::test]
async fn check_finds_nothing_on_postgres() {
    let (_database, system) = on_postgres().await;
    assert_eq!(system.check().await.unwrap(), []);
}

#[tokio::test]
async fn b18_the_order_of_removal_is_the_contracts_on_sqlite() {
    let (_database, system) = on_sqlite().await;
    assert_eq!(order(&plan(&system, "batch").await), B18_ORDER);
}

#[tokio::test]
async fn b18_the_order_of_removal_is_the_contracts_on_postgres() {
    let (_database, system) = on_postgres().await;
    assert_eq!(order(&plan(&system, "batch").await), B18_ORDER);
}

#[tokio::test]
async fn the_plans_read_well_on_sqlite() {
    let (_database, system) = on_sqlite().await;
    insta::assert_snapshot!("batch_sqlite", plan(&system, "batch").await);
    insta::assert_snapshot!("snapshot_sqlite", plan(&system, "snapshot").await);
}

#[tokio::test]
async fn the_plans_read_well_on_postgres() {
    let (_database, system) = on_postgres().await;
    insta::assert_snapshot!("batch_postgres", plan(&system, "batch").await);
    insta::assert_snapshot!("run_postgres", plan(&system, "run").await);
}
