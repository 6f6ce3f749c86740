//! What goes by its age, by the contracts' numbers: rules of the samples' own policies.

use std::sync::Arc;

use sexton_core::names::{Actor, RetentionName, StoreName};
use sexton_core::objects::ObjectKey;
use sexton_core::policy::{Policy, parse};
use sexton_engine::ports::store::{Listing, Scope, Start};
use sexton_engine::ports::{Store, SystemClock};
use sexton_engine::{
    HoldOn, HoldRequest, RetainError, RetainRequest, Retained, RetentionEnd, Stores, Surroundings,
    System,
};
use sexton_samples::take_care;
use sexton_stores::MemoryStore;
use sexton_testkit::interpose::{Interposed, Pauser};

use crate::place::{Place, root};

fn ask(rule: &str, older_than_secs: Option<i64>) -> RetainRequest {
    let actor = Actor::new("ada");
    RetainRequest { rule: RetentionName::new(rule), older_than_secs, limit: None, actor }
}

async fn run(system: &System, request: &RetainRequest) -> Retained {
    system.retain(request, &mut |_| {}).await.unwrap()
}

fn held(thing: &str, id: &str) -> HoldRequest {
    HoldRequest {
        on: HoldOn::Root(root(thing, id)),
        case: None,
        reason: "a lawsuit".into(),
        actor: Actor::new("eve"),
        until: None,
    }
}

mod batches {
    use super::*;

    on_both_databases!(
        sexton_samples::batches;
        b40_terminal_runs_of_an_age_go_with_their_facts_and_domains_are_derived,
        b40_w9_no_age_and_a_negative_one_are_refused,
        b41_one_run_that_stays_stops_no_other_and_is_tried_last,
        b41_what_is_paused_begins_no_further_run,
        b40_what_is_young_again_when_it_is_locked_is_passed_by,
        b42_what_is_not_terminal_stays_whatever_its_age,
        two_programs_do_not_run_a_rule_at_once,
    );

    /// Years, so that the seed's own dates are young.
    const YEARS: i64 = 20 * 365 * 86_400;
    const OLD: &str =
        "UPDATE runs SET finished_at = '2001-01-01T00:00:00Z' WHERE batch_id = 'summer-2026'";

    async fn b40_terminal_runs_of_an_age_go_with_their_facts_and_domains_are_derived(place: Place) {
        place.execute(OLD).await;
        let runs = place.number("SELECT count(*) FROM runs WHERE batch_id = 'summer-2026'").await;
        let others =
            place.number("SELECT count(*) FROM runs WHERE batch_id <> 'summer-2026'").await;
        let look =
            place.system().look_at_retention(&ask("old-runs", Some(YEARS)), 3).await.unwrap();
        assert_eq!((look.due, look.samples.len()), (Some(runs.unsigned_abs()), 3));
        assert!(look.samples.iter().all(|sample| sample.rows > 1 && sample.blockers.is_empty()));
        let done = run(place.system(), &ask("old-runs", Some(YEARS))).await;
        assert_eq!((done.deleted, done.end), (runs.unsigned_abs(), RetentionEnd::Done));
        assert_eq!(place.number("SELECT count(*) FROM runs").await, others);
        let left = "SELECT count(*) FROM entries WHERE run_id LIKE 'summer-2026-%'";
        assert_eq!(place.number(left).await, 0);
        let kept = "SELECT count(*) FROM batches WHERE id = 'summer-2026'";
        assert_eq!(place.number(kept).await, 1);
        let wrong = "SELECT count(*) FROM domains d WHERE run_count <> (
            SELECT count(*) FROM runs r WHERE r.domain_id = d.id)";
        assert_eq!(place.number(wrong).await, 0);
        let records = place.system().audit_list(100).await.unwrap();
        assert!(records.iter().all(|entry| {
            entry.record.reason.as_deref() == Some("retention old-runs")
                && entry.record.actor == "ada"
        }));
        assert_eq!(records.len() as u64, done.deleted);
    }

    async fn b40_w9_no_age_and_a_negative_one_are_refused(place: Place) {
        let before = place.dump().await;
        let system = place.system();
        let none = system.retain(&ask("old-runs", None), &mut |_| {}).await;
        assert!(matches!(none, Err(RetainError::NoAge { .. })), "{none:?}");
        let negative = system.retain(&ask("old-runs", Some(-1)), &mut |_| {}).await;
        assert!(matches!(negative, Err(RetainError::BadAge { .. })), "{negative:?}");
        let unknown = system.retain(&ask("old-run", None), &mut |_| {}).await;
        let Err(RetainError::UnknownRule { near, .. }) = unknown else { panic!("{unknown:?}") };
        assert_eq!(near.as_deref(), Some("old-runs"));
        // Nor does a worker: nobody says how old.
        assert!(place.work().await.retained.is_empty());
        assert_eq!(place.dump().await, before);
    }

    async fn b41_one_run_that_stays_stops_no_other_and_is_tried_last(place: Place) {
        place.execute(OLD).await;
        let system = place.system();
        let runs = place.number("SELECT count(*) FROM runs WHERE batch_id = 'summer-2026'").await;
        let hold = system.put_hold(&held("run", "summer-2026-arles")).await.unwrap();
        let done = run(system, &ask("old-runs", Some(YEARS))).await;
        assert_eq!((done.deleted, done.refused), (runs.unsigned_abs() - 1, 1));
        let [(root, why)] = done.told.as_slice() else { panic!("{done:?}") };
        assert!(root == "summer-2026-arles" && why.contains("is held by eve"), "{why}");

        // It is tried last from then on, so it keeps nobody from the limit.
        let spring =
            "UPDATE runs SET finished_at = '2001-01-02T00:00:00Z' WHERE batch_id = 'spring-2026'";
        place.execute(spring).await;
        let few = RetainRequest { limit: Some(1), ..ask("old-runs", Some(YEARS)) };
        let done = run(system, &few).await;
        assert_eq!((done.deleted, done.refused, done.end), (1, 0, RetentionEnd::Limit));
        system.release_hold(hold.id, &Actor::new("eve"), "over").await.unwrap();
        let done = run(system, &ask("old-runs", Some(YEARS))).await;
        assert_eq!(done.refused, 0);
        assert_eq!(system.retention().await.unwrap()[0].row.as_ref().unwrap().refused, 0);
        assert_eq!(place.number("SELECT count(*) FROM runs WHERE finished_at < '2002'").await, 0);
    }

    /// It was found due, and then somebody finished it anew.
    async fn b40_what_is_young_again_when_it_is_locked_is_passed_by(place: Place) {
        place.execute(OLD).await;
        place.system().prepare().await.unwrap();
        let runs = place.number("SELECT count(*) FROM runs WHERE batch_id = 'summer-2026'").await;
        let (pauser, mut stops) = Pauser::at("before begin (change)");
        let database = Interposed::on(place.system().database().clone()).watched_by(pauser);
        let policy = place.system().policy().clone();
        let here = Surroundings::of_this_machine();
        let other = System::new(policy, Arc::new(database), here, None);
        let running = tokio::spawn(async move { run(&other, &ask("old-runs", Some(YEARS))).await });
        let stands = stops.next().await.unwrap();
        drop(stops);
        place.execute("UPDATE runs SET finished_at = '2026-01-01T00:00:00Z'").await;
        stands.go();
        let done = running.await.unwrap();
        assert_eq!((done.deleted, done.refused), (0, 0));
        let left = "SELECT count(*) FROM runs WHERE batch_id = 'summer-2026'";
        assert_eq!(place.number(left).await, runs);
    }

    /// A run of the rule stands after its first commit while somebody pauses.
    async fn b41_what_is_paused_begins_no_further_run(place: Place) {
        place.execute(OLD).await;
        place.system().prepare().await.unwrap();
        let (pauser, mut stops) = Pauser::at("after commit (change)");
        let database = Interposed::on(place.system().database().clone()).watched_by(pauser);
        let policy = place.system().policy().clone();
        let here = Surroundings::of_this_machine();
        let other = System::new(policy, Arc::new(database), here, None);
        let running = tokio::spawn(async move { run(&other, &ask("old-runs", Some(YEARS))).await });
        let stands = stops.next().await.unwrap();
        drop(stops);
        let eve = Actor::new("eve");
        assert!(place.system().pause(None, &eve, "a move").await.unwrap());
        stands.go();
        let done = running.await.unwrap();
        assert_eq!((done.deleted, done.end), (1, RetentionEnd::Paused));
        assert!(place.work().await.retained.is_empty());
        assert!(place.system().resume(None, &eve, "moved").await.unwrap());
        assert!(run(place.system(), &ask("old-runs", Some(YEARS))).await.deleted > 1);
    }

    async fn b42_what_is_not_terminal_stays_whatever_its_age(place: Place) {
        place.execute(OLD).await;
        place.execute("UPDATE runs SET status = 'running' WHERE id = 'summer-2026-cork'").await;
        run(place.system(), &ask("old-runs", Some(YEARS))).await;
        let left = place.column("SELECT id FROM runs WHERE batch_id = 'summer-2026'").await;
        assert_eq!(left, [Some("summer-2026-cork".to_owned())]);
    }

    async fn two_programs_do_not_run_a_rule_at_once(place: Place) {
        place.execute(OLD).await;
        place.system().prepare().await.unwrap();
        let (pauser, mut stops) = Pauser::at("after commit (change)");
        let database = Interposed::on(place.system().database().clone()).watched_by(pauser);
        let policy = place.system().policy().clone();
        let here = Surroundings::of_this_machine();
        let other = System::new(policy, Arc::new(database), here, None);
        let running = tokio::spawn(async move { run(&other, &ask("old-runs", Some(YEARS))).await });
        let stands = stops.next().await.unwrap();
        drop(stops);
        let second = place.system().retain(&ask("old-runs", Some(YEARS)), &mut |_| {}).await;
        assert!(matches!(second, Err(RetainError::Taken(_))), "{second:?}");
        stands.go();
        running.await.unwrap();
        assert_eq!(run(place.system(), &ask("old-runs", Some(YEARS))).await.deleted, 0);
    }
}

mod datasets {
    use super::*;

    on_both_databases!(
        sexton_samples::datasets;
        d57_unused_datasets_go_and_what_a_model_names_or_a_guard_keeps_stays,
    );

    async fn d57_unused_datasets_go_and_what_a_model_names_or_a_guard_keeps_stays(place: Place) {
        let named = "SELECT name FROM synthetic_datasets ORDER BY name";
        let before = place.column(named).await;
        let request = ask("unused-datasets", Some(1));
        let look = place.system().look_at_retention(&request, 100).await.unwrap();
        assert_eq!(place.column(named).await, before, "a dry run deleted");
        let due: Vec<_> = look.samples.iter().map(|sample| sample.root.clone()).collect();
        assert!(!due.is_empty() && due.len() < before.len(), "{look:?}");
        let kept = look.samples.iter().filter(|sample| !sample.blockers.is_empty()).count() as u64;
        let done = run(place.system(), &request).await;
        assert_eq!((done.deleted, done.refused), (due.len() as u64 - kept, kept));
        let used = "SELECT count(*) FROM synthetic_datasets WHERE name = 'turin-features'";
        assert_eq!(place.number(used).await, 1);
        let left = before.len() as u64 - done.deleted;
        assert_eq!(place.column(named).await.len() as u64, left);
    }
}

mod snapshots {
    use super::*;

    on_both_databases!(
        sexton_samples::snapshots;
        s40_snapshots_of_an_age_go_with_all_that_a_deletion_takes,
    );

    async fn s40_snapshots_of_an_age_go_with_all_that_a_deletion_takes(place: Place) {
        let request = ask("snapshots", Some(1));
        let twin = place.twin().await;
        let of_snapshots = "SELECT a.id FROM artifacts a WHERE EXISTS (
            SELECT 1 FROM snapshot_metrics m WHERE m.artifact_id = a.id) ORDER BY date_added DESC, id";
        let ids = place.column(of_snapshots).await;
        let done = run(place.system(), &request).await;
        assert_eq!(done.deleted + done.refused, ids.len() as u64, "{done:?}");
        assert!(done.deleted > 1, "{done:?}");
        // One by one by hand, in the same order, comes to the same.
        let mut refused = 0;
        for id in ids.into_iter().flatten() {
            refused += u64::from(twin.delete(root("any-artifact", &id)).await.is_err());
        }
        assert_eq!((refused, place.dump().await), (done.refused, twin.dump().await));
    }
}

mod transcriptions {
    use super::*;

    on_both_databases!(
        sexton_samples::transcriptions;
        t34_t35_what_is_due_loses_its_objects_and_its_row_stays,
        t36_a_job_deleted_meanwhile_is_passed_by,
    );

    const RULE: &str = r#"
[retention.jobs]
thing = "job-content"
where = "purge_after <= {now} and purged_at is null and status in ('completed','failed','cancelled')"
order = "purge_after"
every = "5m"
chunk = 2
"#;

    /// The sample's policy, with a rule by the day that each job says.
    fn policy(place: &Place) -> Policy {
        let (ruled, findings) = parse(&[sexton_samples::transcriptions().policy, RULE].concat());
        assert_eq!(findings, []);
        Policy { retention: ruled.unwrap().retention, ..place.system().policy().clone() }
    }

    async fn system(place: &Place) -> (System, Arc<MemoryStore>) {
        let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let opened: Arc<dyn Store> = store.clone();
        let stores = Stores::of([(StoreName::new("artifacts"), Ok(opened))]);
        let database = place.system().database().clone();
        let system = take_care(policy(place), database).await.unwrap().with_stores(stores);
        for id in place.column("SELECT id FROM jobs").await.into_iter().flatten() {
            store.put(&ObjectKey::new(format!("jobs/{id}/audio.wav")).unwrap(), b"01234");
        }
        (system, store)
    }

    async fn count(store: &MemoryStore) -> usize {
        let listing = Listing {
            prefix: String::new(),
            start: Start::First,
            objects_max: 10_000,
            scope: Scope::Current,
            fold: false,
        };
        store.list(&listing).await.unwrap().objects.len()
    }

    const TERMINAL: &str = "status IN ('completed', 'failed', 'cancelled') AND purged_at IS NULL";

    /// 0 days are due at once, -1 never, others once they have passed.
    async fn due_but_one_of_each(place: &Place) -> (i64, String) {
        let old = format!("UPDATE jobs SET purge_after = '2001-01-01T00:00:00Z' WHERE {TERMINAL}");
        place.execute(&old).await;
        let one = format!("SELECT min(cast(id AS text)) FROM jobs WHERE {TERMINAL}");
        let never = place.column(&one).await.swap_remove(0).unwrap();
        place.execute(&format!("UPDATE jobs SET purge_after = NULL WHERE id = '{never}'")).await;
        let due = format!("SELECT count(*) FROM jobs WHERE {TERMINAL} AND purge_after IS NOT NULL");
        (place.number(&due).await, never)
    }

    async fn t34_t35_what_is_due_loses_its_objects_and_its_row_stays(place: Place) {
        let (system, store) = system(&place).await;
        let (due, never) = due_but_one_of_each(&place).await;
        let jobs = place.number("SELECT count(*) FROM jobs").await;
        let there = count(&store).await;
        let (_never, stop) = tokio::sync::watch::channel(false);
        let worked = system.work(&stop).await.unwrap();
        let [done] = worked.retained.as_slice() else { panic!("{worked:?}") };
        assert_eq!((done.deleted, done.refused), (due.unsigned_abs(), 0), "{done:?}");
        assert_eq!(place.number("SELECT count(*) FROM jobs").await, jobs);
        let purged = "SELECT count(*) FROM jobs WHERE purge_after < '2002-01-01T00:00:00Z' AND purged_at IS NULL";
        assert_eq!(place.number(purged).await, 0);
        let kept = format!("SELECT count(*) FROM jobs WHERE id = '{never}' AND purged_at IS NULL");
        assert_eq!(place.number(&kept).await, 1);
        assert_eq!(there - count(&store).await, usize::try_from(due).unwrap());
        // It is not due again for its pause, and finds nothing then.
        assert!(system.work(&stop).await.unwrap().retained.is_empty());
        assert_eq!(run(&system, &ask("jobs", None)).await.deleted, 0);
        let records = system.audit_list(100).await.unwrap();
        assert!(records.iter().all(|entry| entry.record.actor == "sexton"));
    }

    /// The rule has found what is due and is about to delete the first.
    async fn t36_a_job_deleted_meanwhile_is_passed_by(place: Place) {
        let (prepared, store) = system(&place).await;
        let (due, _) = due_but_one_of_each(&place).await;
        prepared.prepare().await.unwrap();
        let (pauser, mut stops) = Pauser::at("after look for due jobs (look)");
        let database = Interposed::on(place.system().database().clone()).watched_by(pauser);
        let opened: Arc<dyn Store> = store.clone();
        let stores = Stores::of([(StoreName::new("artifacts"), Ok(opened))]);
        let here = Surroundings::of_this_machine();
        let ruled = policy(&place);
        let other = System::new(ruled, Arc::new(database), here, None).with_stores(stores);
        let running = tokio::spawn(async move { run(&other, &ask("jobs", None)).await });
        let stands = stops.next().await.unwrap();
        drop(stops);
        let first = format!(
            "SELECT cast(id AS text) FROM jobs WHERE {TERMINAL} AND purge_after IS NOT NULL
             ORDER BY purge_after, id"
        );
        let first = place.column(&first).await.swap_remove(0).unwrap();
        place.delete(root("job", &first)).await.unwrap();
        stands.go();
        let done = running.await.unwrap();
        assert_eq!((done.deleted, done.passed, done.refused), (due.unsigned_abs() - 1, 1, 0));
        let back = format!("SELECT count(*) FROM jobs WHERE id = '{first}'");
        assert_eq!(place.number(&back).await, 0);
    }
}

mod pauses {
    use super::*;
    use crate::stored::waits_for_objects;

    on_both_databases_with_objects!(
        sexton_samples::datasets;
        a_paused_store_keeps_its_objects_until_it_is_resumed,
    );

    async fn a_paused_store_keeps_its_objects_until_it_is_resumed(place: Place) {
        let iq = StoreName::new("iq");
        let eve = Actor::new("eve");
        assert!(place.system().pause(Some(&iq), &eve, "a bill").await.unwrap());
        let before = place.stores.objects();
        let asked = root("dataset", "da7a5e70-0000-4000-8000-000000000002");
        let id = waits_for_objects(place.delete(asked).await);
        place.holds(&before);
        place.time_passes().await;
        place.work().await;
        place.holds(&before);
        assert!(place.system().resume(Some(&iq), &eve, "paid").await.unwrap());
        place.work().await;
        let mut after = before.clone();
        after.retain(|(store, key), _| store != "iq" || !key.contains("000000000002/"));
        assert!(after.len() < before.len());
        place.holds(&after);
        place.time_passes().await;
        place.work().await;
        place.receipt_of(&id).await;
        assert_eq!(place.system().pauses().await.unwrap(), []);
    }
}
