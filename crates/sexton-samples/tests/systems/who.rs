//! Who may delete what, for everything that the policies say of it: roles, owners, tenants.
//!
//! A role or an owner that is taken out of a policy must be noticed here. What the answers leave
//! unchanged is the business of the engine's own tests.

use sexton_core::names::{Actor, TenantId};
use sexton_engine::{Budget, Caller, EngineError, Root};
use sexton_samples::Sample;

use crate::place::{Place, root};

/// What a preview answers.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Shown,
    Missing,
    Forbidden,
}
use Answer::{Forbidden, Missing, Shown};

/// A thing, its id, who asks with which roles, and within which tenant.
type Asked = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str);

macro_rules! answers {
    ($($system:ident: $table:ident),* $(,)?) => {
        $(#[tokio::test]
        async fn $system() {
            are_given(sexton_samples::$system(), $table).await;
        })*
    };
}

answers! {
    batches: BATCHES,
    datasets: DATASETS,
    transcriptions: TRANSCRIPTIONS,
    snapshots: SNAPSHOTS,
    requests: REQUESTS,
    requests_later: LATER,
}

async fn are_given(sample: Sample, table: &[(Asked, Answer)]) {
    let place = Place::on_sqlite(sample).await;
    for ((thing, id, actor, roles, tenant), wanted) in table {
        let caller = Caller::of_roles(Actor::new(*actor), roles);
        let caller = if tenant.is_empty() { caller } else { caller.within(TenantId::new(*tenant)) };
        let asked = Root { caller, ..root(thing, id) };
        let answer = match place.system().preview(&asked, Budget::default()).await {
            Ok(_) => Shown,
            Err(EngineError::NotFound { .. }) => Missing,
            Err(EngineError::NoRole { .. } | EngineError::NotOwner { .. }) => Forbidden,
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(answer, *wanted, "{thing} {id} as {actor} {roles:?} of {tenant:?}");
    }
}

const BATCHES: &[(Asked, Answer)] = &[
    (("batch", "autumn-2026", "eve", &["viewer"], ""), Forbidden),
    (("batch", "autumn-2026", "eve", &["admin"], ""), Shown),
    (("run", "autumn-2026-arles", "eve", &["viewer"], ""), Forbidden),
    (("run", "autumn-2026-arles", "eve", &["admin"], ""), Shown),
    (("snapshot", "1", "eve", &["viewer"], ""), Forbidden),
    (("snapshot", "1", "eve", &["admin"], ""), Shown),
];

const MODEL: &str = "30de1000-0000-4000-8000-000000000001";

const DATASETS: &[(Asked, Answer)] = &[
    (("model", MODEL, "nobody", &[], ""), Missing),
    (("model-by-force", MODEL, "nobody", &["viewer"], ""), Forbidden),
    // A role lets ask, and makes nobody an owner.
    (("model-by-force", MODEL, "nobody", &["admin"], ""), Missing),
];

const ACME: &str = "7e4a4700-0000-4000-8000-000000000001";
const BETA: &str = "7e4a4700-0000-4000-8000-000000000002";
const ADA: &str = "4e700000-0000-4000-8000-000000000002";
const BEN: &str = "4e700000-0000-4000-8000-000000000003";
const JOB: &str = "10b00000-0000-4000-8000-000000000001";
const SESSION: &str = "5e550000-0000-4000-8000-000000000001";
const HOOK: &str = "eb400000-0000-4000-8000-000000000001";

const TRANSCRIPTIONS: &[(Asked, Answer)] = &[
    (("job", JOB, ADA, &["jobs:write"], ACME), Shown),
    (("job", JOB, ADA, &["jobs:read"], ACME), Forbidden),
    (("job", JOB, BEN, &["jobs:write"], ACME), Missing),
    (("job", JOB, ADA, &["jobs:write"], BETA), Missing),
    (("job-any-tenant", JOB, BEN, &["super-admin"], BETA), Shown),
    (("job-any-tenant", JOB, ADA, &["jobs:write"], ACME), Forbidden),
    (("session", SESSION, ADA, &["realtime"], ACME), Shown),
    (("session", SESSION, ADA, &["jobs:write"], ACME), Forbidden),
    (("session", SESSION, BEN, &["realtime"], ACME), Missing),
    (("session", SESSION, ADA, &["realtime"], BETA), Missing),
    (("model", "parakeet", ADA, &["admin"], ""), Shown),
    (("model", "parakeet", ADA, &["jobs:write"], ""), Forbidden),
    (("webhook", HOOK, ADA, &["webhooks"], ACME), Shown),
    (("webhook", HOOK, ADA, &["jobs:write"], ACME), Forbidden),
    (("webhook", HOOK, ADA, &["webhooks"], BETA), Missing),
    (("tenant", ACME, ADA, &["super-admin"], BETA), Shown),
    (("tenant", ACME, ADA, &["admin"], ACME), Forbidden),
];

const SNAPSHOTS: &[(Asked, Answer)] = &[
    (("artifact", "12", "101", &["preprod"], "1"), Shown),
    (("artifact", "12", "101", &["preprod"], "2"), Missing),
    (("artifact", "12", "102", &["preprod"], "1"), Missing),
    (("artifact", "12", "101", &["member"], "1"), Forbidden),
    (("any-artifact", "12", "104", &["staff"], "2"), Shown),
    (("any-artifact", "12", "101", &["preprod"], "1"), Forbidden),
    (("project", "5", "101", &["admin"], "1"), Shown),
    (("project", "5", "101", &["admin"], "2"), Missing),
    (("project", "5", "101", &["preprod"], "1"), Forbidden),
    (("organization", "1", "101", &["admin"], "1"), Shown),
    (("organization", "1", "101", &["admin"], "2"), Missing),
    (("organization", "1", "101", &["preprod"], "1"), Forbidden),
];

const FILE: &str = "f1000000-0000-4000-8000-000000000001";
const BATCH: &str = "ba000000-0000-4000-8000-000000000001";

const REQUESTS: &[(Asked, Answer)] = &[
    (("file", FILE, "ada", &[], ""), Shown),
    (("file", FILE, "ben", &[], ""), Missing),
    (("batch", BATCH, "ada", &[], ""), Shown),
    (("batch", BATCH, "ben", &[], ""), Missing),
];

const LATER: &[(Asked, Answer)] = &[
    (("file", FILE, "ben", &[], ""), Missing),
    (("batch", BATCH, "ben", &[], ""), Missing),
    (("creator", "ada", "ada", &["viewer"], ""), Forbidden),
    (("creator", "ada", "root", &["admin"], ""), Shown),
];
