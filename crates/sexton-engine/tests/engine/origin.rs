//! Values without a row of their own that several tenants use: each tenant's is its own.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, TenantId, ThingName};
use sexton_engine::{
    Bound, Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey, System,
};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;
use crate::who::{answers, turned_away};

/// Runs and marks carry a batch and their tenant; a run's is told by its project too. Who has
/// none belongs to nobody. `d` is a batch of beta only.
const TABLES: &str = "
    CREATE TABLE projects (id integer PRIMARY KEY, org text);
    CREATE TABLE runs (id integer PRIMARY KEY, batch text, org text, project_id integer);
    CREATE TABLE marks (id integer PRIMARY KEY, batch text, org text);
    CREATE TABLE notes (id integer PRIMARY KEY, run_id integer);
    CREATE INDEX runs_batch ON runs (batch);
    CREATE INDEX marks_batch ON marks (batch);
    CREATE INDEX notes_run_id ON notes (run_id);
    INSERT INTO projects VALUES (1, 'acme'), (2, 'beta'), (3, NULL);";

const ROWS: &str = "
    INSERT INTO runs VALUES (1, 'b', 'acme', 1), (2, 'b', 'beta', 2), (3, 'c', 'acme', 1),
        (4, 'b', 'acme', 1), (5, 'b', NULL, 3);
    INSERT INTO marks VALUES (1, 'b', 'acme'), (2, 'b', 'beta'), (3, 'b', NULL),
        (5, 'e', 'acme'), (6, 'e', 'beta');
    INSERT INTO notes VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5);";

const OF_BETA: &str = "
    INSERT INTO runs VALUES (6, 'd', 'beta', 2);
    INSERT INTO marks VALUES (7, 'd', 'beta');
    INSERT INTO notes VALUES (6, 6);";

const POLICY: &str = "
    system = \"runs\"
    [things.batch]
    starts = [\"runs.batch\", \"marks.batch\"]
    tenant = \"org\"
    [things.batch-of-project]
    starts = [\"runs.batch\"]
    tenant = \"project_id.org\"
    [things.batch-by-sql]
    starts = [\"runs.batch\"]
    tenant = \"=(select p.org from projects p where p.id = runs.project_id)\"
    [things.any-batch]
    like = \"batch\"
    across_tenants = true
    [references]
    \"runs.project_id -> projects\" = \"keep\"
    \"notes.run_id -> runs\" = \"delete\"
";

fn root(thing: &str, id: &str, caller: Caller) -> Root {
    let key = RootKey::Id(id.to_owned());
    Root { thing: ThingName::new(thing), key, options: BTreeMap::new(), caller }
}

fn operator() -> Caller {
    Caller::operator(Actor::new("op"))
}

fn of(tenant: &str) -> Caller {
    Caller::of_roles(Actor::new("ann"), &[]).within(TenantId::new(tenant))
}

fn asking(root: Root) -> DeleteRequest {
    DeleteRequest { root, reason: None, bound_to: None }
}

async fn system(place: &mut Place, more: &str) -> System {
    let script = [TABLES, ROWS, OF_BETA, more].concat();
    place.renew_with(&script, POLICY).await.expect("the policy is read")
}

/// A caller deletes a value, and what a script does by hand has happened.
async fn deletes(place: &mut Place, root: Root, by_hand: &str) -> sexton_core::audit::Receipt {
    system(place, by_hand).await;
    let expected = place.ground.dump().await;
    let system = system(place, "").await;
    assert_eq!(system.check().await.expect("it can be asked"), []);
    let receipt = system.delete(&asking(root)).await.expect("it is theirs");
    assert!(place.ground.dump().await == expected, "other rows than those of {by_hand}");
    receipt
}

async fn each_tenants_own(ground: Ground) {
    let mut place = Place::on(ground).await;
    for thing in ["batch", "batch-of-project", "batch-by-sql"] {
        for (tenant, rows) in [("acme", 4), ("beta", 2)] {
            let runs = format!("SELECT id FROM runs WHERE batch = 'b' AND org = '{tenant}'");
            let marks = format!("DELETE FROM marks WHERE batch = 'b' AND org = '{tenant}';");
            let by_hand = format!(
                "DELETE FROM notes WHERE run_id IN ({runs}); DELETE FROM runs WHERE id IN ({runs});
                 {}",
                if thing == "batch" { marks.as_str() } else { "" }
            );
            // An operator who says for whom is bound to it like everybody else.
            for caller in [of(tenant), operator().within(TenantId::new(tenant))] {
                let receipt = deletes(&mut place, root(thing, "b", caller), &by_hand).await;
                assert_eq!(receipt.record.tenant.as_deref(), Some(tenant));
                assert_eq!(receipt.rows(), rows + u64::from(thing == "batch"));
            }
        }
    }
    let by_hand = "DELETE FROM notes WHERE run_id <> 3 AND run_id <> 6;
                   DELETE FROM runs WHERE batch = 'b'; DELETE FROM marks WHERE batch = 'b';";
    let receipt = deletes(&mut place, root("any-batch", "b", operator()), by_hand).await;
    assert_eq!((receipt.rows(), receipt.record.tenant), (11, None));
    // Whoever is of one tenant reaches across them by a role of the thing's own; it names none.
    let system = system(&mut place, "").await;
    let refused = system.delete(&asking(root("any-batch", "b", of("acme")))).await;
    let refused = refused.expect_err("a tenant's");
    assert!(matches!(refused, DeleteError::Engine(EngineError::NoRole { .. })), "{refused:?}");
}

async fn anothers_never_was(ground: Ground) {
    let mut place = Place::on(ground).await;
    let things = ["batch", "batch-of-project", "batch-by-sql"];
    let system = system(&mut place, "").await;
    let mut before = Vec::new();
    for thing in things {
        before.push(answers(&mut place, &system, root(thing, "d", of("acme"))).await);
    }
    let script = [TABLES, ROWS].concat();
    let system = place.renew_with(&script, POLICY).await.expect("the policy is read");
    for (thing, before) in things.into_iter().zip(before) {
        assert!(before.contains(&format!("there is no {thing} `d`")), "{before}");
        let after = answers(&mut place, &system, root(thing, "d", of("acme"))).await;
        assert_eq!(after, before);
    }
}

/// All tenants at once is what nobody meant who did not say so.
async fn whose_must_be_said(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place, "").await;
    for (id, caller) in [("b", operator()), ("z", operator()), ("d", ann_of_no_tenant())] {
        let error = turned_away(&mut place, &system, root("batch", id, caller)).await;
        assert!(matches!(error, EngineError::NoTenant { .. }), "{error:?}");
        let said =
            "batch is a value that each tenant has of its own, and whose is meant is not said";
        assert_eq!(error.to_string(), said);
    }
    assert_eq!(system.statuses(10).await.expect("it can be asked"), []);
}

fn ann_of_no_tenant() -> Caller {
    Caller::of_roles(Actor::new("ann"), &[])
}

/// Where only leaves hold the value, the same number of rows goes for either tenant.
async fn a_preview_is_one_tenants(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place, "").await;
    let previewed = system.preview(&root("batch", "e", of("acme")), Budget::default()).await;
    let previewed = previewed.expect("it is there");
    assert_eq!(previewed.roots.all()[0].tenant.as_deref(), Some("acme"));
    let bound_to = previewed.digest.map(Bound::Digest);
    let bound = |tenant| DeleteRequest {
        bound_to: bound_to.clone(),
        ..asking(root("batch", "e", of(tenant)))
    };
    let stale = system.delete(&bound("beta")).await;
    assert!(matches!(stale, Err(DeleteError::Stale(_))), "{stale:?}");
    system.delete(&bound("acme")).await.expect("that was confirmed");
}

macro_rules! on_both {
    ($($name:ident: $sqlite:ident, $postgres:ident;)+) => {$(
        #[tokio::test]
        async fn $sqlite() {
            $name(Ground::sqlite().await).await;
        }

        #[tokio::test]
        async fn $postgres() {
            $name(Ground::postgres().await).await;
        }
    )+};
}

on_both! {
    each_tenants_own: a_value_that_several_tenants_use_is_each_ones_own_on_sqlite,
        a_value_that_several_tenants_use_is_each_ones_own_on_postgres;
    anothers_never_was: a_value_of_another_tenant_is_answered_as_if_it_never_was_on_sqlite,
        a_value_of_another_tenant_is_answered_as_if_it_never_was_on_postgres;
    whose_must_be_said: whose_value_is_meant_must_be_said_on_sqlite,
        whose_value_is_meant_must_be_said_on_postgres;
    a_preview_is_one_tenants: a_preview_of_one_tenants_value_confirms_no_other_on_sqlite,
        a_preview_of_one_tenants_value_confirms_no_other_on_postgres;
}
