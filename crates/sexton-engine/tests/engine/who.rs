//! Who may: roles, tenants, owners, and those whom a thing is shown to.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, TenantId, ThingName};
use sexton_engine::{
    Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey, System,
};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// Models have owners, who are people or teams; batches are values, some of them without a row.
const TABLES: &str = "
    CREATE TABLE models (id integer PRIMARY KEY, slug text NOT NULL UNIQUE, owner text, org text);
    CREATE TABLE shares (id integer PRIMARY KEY, model integer, who text);
    CREATE TABLE batches (id integer PRIMARY KEY, org text);
    CREATE TABLE runs (id integer PRIMARY KEY, batch integer);
    CREATE INDEX shares_model ON shares (model);
    CREATE INDEX runs_batch ON runs (batch);
    INSERT INTO models VALUES (6, 'm-6', 'ann', 'acme');
    INSERT INTO batches VALUES (1, 'acme');
    INSERT INTO runs VALUES (1, 1);";

const ROWS: &str = "
    INSERT INTO models VALUES (1, 'm-1', 'ann', 'acme'), (2, 'm-2', 'ben', 'acme'),
        (3, 'm-3', NULL, 'acme'), (4, 'm-4', 'ann', 'beta'), (5, 'm-5', 'team', 'acme');
    INSERT INTO shares VALUES (1, 2, 'ann'), (2, 4, 'ann'), (3, 3, 'ann');
    INSERT INTO batches VALUES (2, 'beta');
    INSERT INTO runs VALUES (2, 2), (3, 3);";

const POLICY: &str = "
    system = \"models\"
    [things.model]
    row = \"models.id\"
    tenant = \"org\"
    owner = \"owner\"
    show = [\"slug\", \"owner\"]
    find = \"slug = {path.slug}\"
    visible = \"exists (select 1 from shares s where s.model = models.id and s.who = {actor})\"
    [things.own-model]
    row = \"models.id\"
    owner = \"owner\"
    find = \"org = {path.org}\"
    [things.shown-model]
    row = \"models.id\"
    visible = \"exists (select 1 from shares s where s.model = models.id and s.who = {actor})\"
    [things.any-model]
    like = \"model\"
    across_tenants = true
    roles = [\"auditor\", \"janitor\"]
    [things.batch]
    row = \"batches.id\"
    starts = [\"runs.batch\"]
    tenant = \"org\"
    [references]
    \"shares.model -> models\" = \"delete\"
    \"runs.batch -> batches\" = \"delete\"
";

fn ann() -> Caller {
    Caller::of_roles(Actor::new("ann"), &[]).within(TenantId::new("acme"))
}

fn zoe() -> Caller {
    Caller { actor: Actor::new("zoe"), ..ann() }
}

fn root(thing: &str, ids: &[&str], caller: Caller) -> Root {
    let key = match ids {
        [id] => RootKey::Id((*id).to_owned()),
        ids => RootKey::Ids(ids.iter().map(|&id| id.to_owned()).collect()),
    };
    Root { thing: ThingName::new(thing), key, options: BTreeMap::new(), caller }
}

async fn system(place: &mut Place) -> System {
    let script = [TABLES, ROWS].concat();
    place.renew_with(&script, POLICY).await.expect("the policy is read")
}

/// What preview and deletion answer who may not; both must say the same, and change nothing.
pub async fn turned_away(place: &mut Place, system: &System, root: Root) -> EngineError {
    let before = place.ground.dump().await;
    let looked = system.preview(&root, Budget::default()).await;
    let request = DeleteRequest { root, reason: None, bound_to: None };
    let deleted = system.delete(&request).await;
    assert!(place.ground.dump().await == before, "{request:?} changed rows");
    let looked = looked.err().unwrap_or_else(|| panic!("it is shown: {request:?}"));
    match deleted {
        Err(DeleteError::Engine(error)) => {
            assert_eq!(format!("{error:?}"), format!("{looked:?}"));
            error
        }
        other => panic!("{request:?}: {other:?}"),
    }
}

/// Everything that an answer is made of, and what is kept of it.
pub async fn answers(place: &mut Place, system: &System, root: Root) -> String {
    let error = turned_away(place, system, root).await;
    let kept = system.statuses(1).await.expect("it can be asked");
    let kept = kept.first().map(|status| (&status.row.note, &status.row.roots, &status.sentence));
    format!("{error:?} {error} {kept:?}")
}

async fn a_role_is_asked_for_first(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    for (id, caller) in
        [("4", ann()), ("77", ann()), ("4", Caller { roles: vec!["x".into()], ..ann() })]
    {
        let error = turned_away(&mut place, &system, root("any-model", &[id], caller)).await;
        assert!(matches!(error, EngineError::NoRole { .. }), "{error:?}");
        assert_eq!(error.to_string(), "deleting a any-model needs the role auditor or janitor");
    }
    assert_eq!(system.statuses(10).await.expect("it can be asked"), []);
    // With the role, whose it is and where does not matter.
    let janitor = Caller { roles: vec!["janitor".into()], ..ann() };
    for id in ["4", "5"] {
        let asked = root("any-model", &[id], janitor.clone());
        let request = DeleteRequest { root: asked, reason: None, bound_to: None };
        system.delete(&request).await.expect("a janitor may");
    }
    // An admin of one tenant is none of the others; one of all of them has every role.
    let admin = Caller { admin: true, ..ann() };
    let error = turned_away(&mut place, &system, root("any-model", &["2"], admin.clone())).await;
    assert!(matches!(error, EngineError::NoRole { .. }), "{error:?}");
    let root = root("any-model", &["2"], Caller { tenant: None, ..admin });
    system.preview(&root, Budget::default()).await.expect("an admin has every role");
}

async fn what_is_concealed_never_was(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    let by_slug = |slug: &str| Root {
        key: RootKey::Named(BTreeMap::from([("slug".to_owned(), slug.to_owned())])),
        ..root("model", &["1"], ann())
    };
    // There are many in this one, and none is hers.
    let by_org = Root {
        thing: ThingName::new("own-model"),
        caller: zoe(),
        key: RootKey::Named(BTreeMap::from([("org".to_owned(), "acme".to_owned())])),
        ..root("model", &["1"], ann())
    };
    // Of another tenant though theirs and shown to them; of another and not shown to them; of
    // another and of no one; a value of another tenant; one of several.
    let concealed = [
        root("model", &["4"], ann()),
        root("model", &["5"], ann()),
        root("model", &["3"], zoe()),
        root("own-model", &["3"], ann()),
        root("own-model", &["2"], ann()),
        root("shown-model", &["5"], ann()),
        by_slug("m-4"),
        by_slug("m-5"),
        by_org,
        root("batch", &["2"], ann()),
        root("model", &["6", "4", "5"], ann()),
    ];
    let mut before = Vec::new();
    for root in &concealed {
        before.push(answers(&mut place, &system, root.clone()).await);
    }
    let system = place.renew_with(TABLES, POLICY).await.expect("the policy is read");
    for (root, before) in concealed.iter().zip(&before) {
        assert_eq!(answers(&mut place, &system, root.clone()).await, *before);
    }
    assert!(before[10].contains("there is no model `4`, `5`"), "{}", before[10]);
}

async fn who_sees_and_does_not_own_is_forbidden(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    // Ben's, and nobody's: both are shown to Ann.
    for id in ["2", "3"] {
        let error = turned_away(&mut place, &system, root("model", &[id], ann())).await;
        assert_eq!(error.to_string(), format!("model `{id}` belongs to somebody else"));
        let kept = &system.statuses(1).await.expect("it can be asked")[0];
        assert!(kept.row.note.as_deref().is_some_and(|note| note.contains("\"forbidden\"")));
    }
    let error = turned_away(&mut place, &system, root("model", &["1", "3", "2"], ann())).await;
    assert_eq!(error.to_string(), "model `2`, `3` belongs to somebody else");
    // One that is missing outweighs those that are forbidden.
    let error = turned_away(&mut place, &system, root("model", &["1", "2", "9"], ann())).await;
    assert_eq!(error.to_string(), "there is no model `9`");
}

async fn owners_their_organisations_and_admins_may(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    let may = [
        root("model", &["1"], ann()),
        root("model", &["1", "5"], ann().acting_for("team")),
        root("model", &["2"], Caller { admin: true, ..ann() }),
        root("model", &["3"], Caller { admin: true, ..ann() }),
        root("model", &["4"], Caller::operator(Actor::new("op"))),
        root("own-model", &["4"], ann()),
        // Nobody owns such a thing: whoever sees it may.
        root("shown-model", &["2"], ann()),
        root("batch", &["1"], ann()),
        root("batch", &["2", "3"], Caller::operator(Actor::new("op"))),
    ];
    for root in may {
        let shown = system.preview(&root, Budget::default()).await;
        shown.unwrap_or_else(|error| panic!("{root:?}: {error}"));
    }
    // An admin of a tenant is none of another; a value without a row is nobody's but the
    // operator's.
    for root in [
        root("model", &["4"], Caller { admin: true, ..ann() }),
        root("batch", &["3"], Caller { admin: true, ..ann() }),
    ] {
        let error = turned_away(&mut place, &system, root).await;
        assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
    }
    let shown = system.preview(&root("model", &["1"], ann()), Budget::default()).await;
    let shown = shown.expect("it is Ann's");
    let columns = [("slug", "m-1"), ("owner", "ann")];
    let columns = columns.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
    assert_eq!(shown.roots.all()[0].show, columns);
    assert_eq!(shown.roots.all()[0].tenant.as_deref(), Some("acme"));
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
    a_role_is_asked_for_first: a_role_is_asked_for_before_anything_is_looked_for_on_sqlite,
        a_role_is_asked_for_before_anything_is_looked_for_on_postgres;
    what_is_concealed_never_was: what_is_concealed_is_answered_as_if_it_never_was_on_sqlite,
        what_is_concealed_is_answered_as_if_it_never_was_on_postgres;
    who_sees_and_does_not_own_is_forbidden: who_sees_it_and_does_not_own_it_is_forbidden_on_sqlite,
        who_sees_it_and_does_not_own_it_is_forbidden_on_postgres;
    owners_their_organisations_and_admins_may: owners_their_organisations_and_admins_may_on_sqlite,
        owners_their_organisations_and_admins_may_on_postgres;
}
