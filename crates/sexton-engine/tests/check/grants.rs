//! The grants of `check --grants`, tried on every system of the samples: with them everything can
//! be previewed and deleted, and without any one of them something is denied.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::names::{Actor, TenantId};
use sexton_core::plan::LookAgain;
use sexton_core::policy::{Options, Policy, TableColumns, TenantPath, Thing};
use sexton_engine::ports::{Answer, DatabaseError, HookCall, HookCaller, Store, SystemClock};
use sexton_engine::{
    Budget, Caller, DeleteError, DeleteRequest, EngineError, FenceChange, Root, RootKey, Stores,
    Surroundings, System,
};
use sexton_postgres::{PostgresDatabase, delete_in};
use sexton_samples::{Sample, batches, datasets, requests, requests_later, snapshots};
use sexton_stores::MemoryStore;
use sexton_testkit::postgres::TestDatabase;
use sqlx::{Connection, PgConnection};

/// So many roots of a thing, under one choice of its options, are tried without each right.
const TRIED: usize = 3;

/// Takes every call of a hook, whatever variable says where it goes.
struct Everybody;

#[async_trait]
impl HookCaller for Everybody {
    fn is_set(&self, _variable: &str) -> bool {
        true
    }

    async fn call(&self, _call: &HookCall) -> Answer {
        Answer::Taken
    }
}

/// A sample on a server, and a role that may do what is granted to it.
struct Stage {
    database: TestDatabase,
    policy: Policy,
    /// What names mean without a schema, where that is not the database's default.
    path: String,
    role: String,
    lines: Vec<String>,
    /// What is asked for, of each thing and choice of options; those first that do most.
    roots: Vec<Root>,
}

impl Stage {
    /// `quiet` sees to it that nobody is at work.
    async fn of(sample: Sample, quiet: &str) -> Self {
        let database = TestDatabase::new().await;
        database.execute(&[sample.schema_postgres, sample.seed_postgres].concat()).await;
        let mut policy = policy(&sample);
        // Nobody waits for late uploads: a deletion is complete when it returns.
        policy.objects.iter_mut().for_each(|rule| rule.look_again_secs = 0);
        policy.pools.iter_mut().for_each(|pool| pool.grace_secs = 0);
        let path = policy.schema.as_ref().map(|schema| schema.value.clone());
        let path = path.map_or_else(String::new, |schema| format!("SET search_path TO {schema};"));
        database.execute(&[&path, quiet].concat()).await;
        let owner = system(&policy, &database.url());
        owner.change_fence(FenceChange::Install).await.expect("nothing is in the way");
        let role = format!("{}_{}", sample.name, std::process::id());
        database.execute(&format!("CREATE ROLE {role} LOGIN")).await;
        let standing = owner.rights(Some(&role)).await.expect("the policy fits");
        let lines = standing.expect("there are roles").grants();
        database.execute(&lines.join("\n")).await;
        let mut stage = Self { database, policy, path, role, lines, roots: Vec::new() };
        stage.roots = stage.ranked(&owner).await;
        stage
    }

    fn url(&self) -> String {
        let url = self.database.url();
        let own = url.replace("user=postgres", &format!("user={}", self.role));
        assert!(own.contains(&self.role), "{own}");
        own
    }

    /// The roots of every thing that do most, tried by the owner. Each thing has one that goes.
    async fn ranked(&self, owner: &System) -> Vec<Root> {
        let mut link = connect(&self.database.url(), &self.path).await;
        let mut chosen = Vec::new();
        for thing in &self.policy.things {
            let mut goes = false;
            for options in Options::all_choices(thing) {
                let mut ranked = Vec::new();
                for root in self.roots_of(thing, &options).await {
                    // All that may go with it, hidden first or not.
                    let preview = owner.preview_for_good(&root, Budget::default()).await;
                    let preview = preview.expect("the owner may look at everything");
                    let done = tried(owner, &mut link, &root).await;
                    let touched =
                        preview.removed.len() + preview.changed.len() + preview.derived.len();
                    goes |= done.is_ok();
                    ranked.push((done.is_ok(), touched + preview.work.len(), root));
                }
                ranked.sort_by_key(|(done, touched, _)| std::cmp::Reverse((*done, *touched)));
                chosen.extend(ranked.into_iter().take(TRIED));
            }
            assert!(goes, "no {} can be deleted here, so nothing is proved of it", thing.name);
        }
        chosen.sort_by_key(|(done, touched, _)| std::cmp::Reverse((*done, *touched)));
        chosen.into_iter().map(|(_, _, root)| root).collect()
    }

    /// Everything that there is of a thing.
    async fn roots_of(&self, thing: &Thing, options: &Options) -> Vec<Root> {
        let tenant = match thing.tenant.as_ref().map(|tenant| &tenant.value) {
            Some(TenantPath::Columns(columns)) if thing.row.is_none() => columns.first(),
            _ => None,
        };
        let key = |columns: &TableColumns| {
            let key: Vec<String> = columns.columns.iter().map(|c| format!("{c}::text")).collect();
            let tenant =
                tenant.map_or_else(|| "NULL".to_owned(), |column| format!("{column}::text"));
            let (key, table, path) = (key.join(" || ',' || "), &columns.table, &self.path);
            format!("{path} SELECT DISTINCT {key}, {tenant} FROM {table}")
        };
        let columns = thing
            .row
            .iter()
            .chain(thing.row.is_none().then_some(&thing.starts).into_iter().flatten());
        let mut roots = Vec::new();
        for columns in columns {
            for row in self.database.query(&key(&columns.value)).await {
                let [Some(id), tenant] = row.as_slice() else { continue };
                let caller = Caller::operator(Actor::new("ann"));
                roots.push(Root {
                    thing: thing.name.clone(),
                    key: RootKey::Id(id.clone()),
                    options: options
                        .iter()
                        .map(|(n, on)| (n.to_string(), on.to_string()))
                        .collect(),
                    caller: Caller { tenant: tenant.as_deref().map(TenantId::new), ..caller },
                });
            }
        }
        roots
    }

    async fn end(self, system: System) {
        drop(system);
        let role = self.role;
        self.database.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    }
}

fn policy(sample: &Sample) -> Policy {
    let beside = |_: &str, name: &str| match name {
        "policy.toml" => Ok((name.to_owned(), requests().policy.to_owned())),
        _ => Err("it is not there".to_owned()),
    };
    let (policy, findings, _) =
        sexton_core::policy::parse_files("variant.toml", sample.policy, &mut { beside });
    assert_eq!(findings, []);
    policy.expect("it has no mistakes")
}

fn system(policy: &Policy, url: &str) -> System {
    let schema = policy.schema.as_ref().map(|schema| schema.value.as_str());
    let database = PostgresDatabase::connect(url, schema).expect("an address of ours");
    let system =
        System::new(policy.clone(), Arc::new(database), Surroundings::of_this_machine(), None);
    // Stores know no roles of the database; those of the policy are there, and empty.
    let stores = policy.stores.iter().map(|rule| {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        (rule.name.clone(), Ok(store))
    });
    system.with_stores(Stores::of(stores))
}

async fn connect(url: &str, path: &str) -> PgConnection {
    let mut link = PgConnection::connect(url).await.expect("the role may connect");
    sqlx::raw_sql(sqlx::AssertSqlSafe(path.to_owned()))
        .execute(&mut link)
        .await
        .expect("it is set");
    link
}

fn asking(root: &Root) -> DeleteRequest {
    DeleteRequest { root: root.clone(), reason: None, bound_to: None }
}

/// A deletion in a transaction that is taken back.
async fn tried(system: &System, link: &mut PgConnection, root: &Root) -> Result<(), DeleteError> {
    let mut tx = link.begin().await.expect("the server is there");
    let done = delete_in(&mut tx, system, &asking(root)).await;
    tx.rollback().await.expect("it is taken back");
    done.map(drop)
}

/// Whether a right is missing.
fn is_denied(error: &DeleteError) -> bool {
    matches!(error, DeleteError::Engine(EngineError::Database(DatabaseError::Denied { .. })))
}

/// Whether anything is denied that is done with a root: previewing, deleting, stopping its work.
async fn is_any_denied(system: &System, link: &mut PgConnection, root: &Root) -> bool {
    // Whoever is no admin is judged by rows that no admin is judged by.
    let admin = root.caller.clone();
    let roles = system.policy().things.iter().flat_map(|thing| &thing.roles);
    let roles = roles.map(|role| role.value.clone()).collect();
    let other = Root { caller: Caller { admin: false, roles, ..admin }, ..root.clone() };
    for asked in [root, &other] {
        let looked = system.preview(asked, Budget::default()).await;
        if looked.is_err_and(|error| is_denied(&error.into())) {
            return true;
        }
    }
    let done = tried(system, link, root).await;
    done.is_err_and(|error| is_denied(&error))
        || system.cancel(root).await.is_err_and(|error| is_denied(&error))
}

/// With what is granted, the role does what the owner does; and it does so for good, with whatever
/// comes after a commit.
async fn the_grants_suffice(sample: Sample, quiet: &str) {
    let stage = Stage::of(sample, quiet).await;
    let mut link = connect(&stage.url(), &stage.path).await;
    let granted = system(&stage.policy, &stage.url());
    let found = granted.check().await.expect("the database answers");
    assert!(!found.iter().any(|finding| finding.code.starts_with("C31")), "{found:#?}");
    for root in &stage.roots {
        let is_denied = is_any_denied(&granted, &mut link, root).await;
        assert!(!is_denied, "{root:?}\n{:#?}", stage.lines);
    }
    let calling = granted.with_caller(Arc::new(Everybody));
    let mut gone: BTreeMap<String, u64> = BTreeMap::new();
    // Order: what takes most of the others along comes last.
    for root in stage.roots.iter().rev() {
        match calling.delete(&asking(root)).await {
            Ok(_) => *gone.entry(root.thing.to_string()).or_default() += 1,
            Err(DeleteError::Refused(_) | DeleteError::Engine(EngineError::NotFound { .. })) => {}
            Err(error) => panic!("{root:?}: {error:?}"),
        }
    }
    println!("{}: gone {gone:?}", sample.name);
    assert!(!gone.is_empty());
    calling.settle().await.expect("it may look late, too");
    drop(link);
    stage.end(calling).await;
}

/// Tables of Sexton's own that a deletion of this policy writes before it commits. What it does with
/// them besides is the same for every system, and is tried with the rights of one; calls of hooks
/// are stored where somebody can be called.
async fn written(system: &System) -> Vec<&'static str> {
    let mut written = vec!["deletions", "audit"];
    for thing in &system.policy().things {
        let plan = system.plan(&thing.name, &Options::defaults(thing)).await;
        let plan = plan.expect("the policy fits");
        let keys_are_kept = |again: &LookAgain| again.looks.iter().any(|look| look.keys.is_some());
        let kept = [
            ("tombstones", plan.looks.iter().any(keys_are_kept) || !plan.root.started.is_empty()),
            ("fenced", !plan.remembered.is_empty() || plan.root.memory.is_some()),
        ];
        written.extend(kept.into_iter().filter(|(_, is_kept)| *is_kept).map(|(table, _)| table));
    }
    written
}

fn is_tried(line: &str, written: &[&str]) -> bool {
    let is_written = |table: &&str| line.contains(&format!("GRANT INSERT ON sexton.{table} "));
    !line.contains(" sexton") || written.iter().any(is_written)
}

/// Whether something is denied while what is hidden is purged; root after root is hidden for it.
async fn is_missed_by_a_purge(system: &System, stage: &Stage) -> bool {
    let things = &system.policy().things;
    let hides =
        |root: &&Root| things.iter().any(|thing| thing.name == root.thing && thing.hide.is_some());
    let (_going, stop) = tokio::sync::watch::channel(false);
    for root in stage.roots.iter().filter(hides) {
        match system.delete(&asking(root)).await {
            Err(error) if is_denied(&error) => return true,
            _ => {}
        }
        if system.purge(&stop).await.is_err_and(|error| is_denied(&error)) {
            return true;
        }
    }
    false
}

/// Each right is missed.
async fn each_is_missed(sample: Sample, quiet: &str) {
    let stage = Stage::of(sample, quiet).await;
    let mut link = connect(&stage.url(), &stage.path).await;
    let reduced = system(&stage.policy, &stage.url());
    reduced.check().await.expect("the database answers");
    for root in &stage.roots {
        assert!(!is_any_denied(&reduced, &mut link, root).await, "{root:?} needs more");
    }
    let (written, mut left) = (written(&reduced).await, Vec::new());
    for line in stage.lines.iter().filter(|line| is_tried(line, &written)) {
        let revoke = line.replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1);
        stage.database.execute(&revoke).await;
        let mut is_missed = false;
        for root in &stage.roots {
            is_missed = is_any_denied(&reduced, &mut link, root).await;
            if is_missed {
                break;
            }
        }
        stage.database.execute(line).await;
        if !is_missed {
            left.push(line);
        }
    }
    let mut unneeded = Vec::new();
    for line in left {
        let revoke = line.replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1);
        stage.database.execute(&revoke).await;
        let is_missed = is_missed_by_a_purge(&reduced, &stage).await;
        stage.database.execute(line).await;
        // Rows far below a hidden root are claimed, and so locked, only where a single row next to it
        // has too much below it, as none of a sample has.
        let purges = stage.policy.things.iter().any(|thing| thing.purge.is_some());
        let is_for_claims = purges && line.ends_with("locked, for which any column will do");
        if !is_missed && !is_for_claims {
            unneeded.push(line.split(" TO ").next().unwrap_or_default());
        }
    }
    assert_eq!(unneeded, [""; 0], "nobody needs these");
    println!("{}: {} rights, {} roots", sample.name, stage.lines.len(), stage.roots.len());
    drop(link);
    stage.end(reduced).await;
}

macro_rules! of_each_system {
    ($($name:ident: $sample:expr, $quiet:expr;)+) => {$(
        mod $name {
            #[tokio::test]
            async fn a_role_with_the_grants_previews_and_deletes_every_thing() {
                super::the_grants_suffice($sample, $quiet).await;
            }

            #[tokio::test]
            async fn without_any_one_of_the_grants_something_is_denied() {
                super::each_is_missed($sample, $quiet).await;
            }
        }
    )+};
}

of_each_system! {
    of_batches: super::batches(), "";
    of_datasets: super::datasets(), "";
    of_transcriptions: sexton_samples::transcriptions(),
        "UPDATE tasks SET lease_expires_at = '2020-01-01T00:00:00Z';";
    of_snapshots: super::snapshots(), "";
    of_requests: super::requests(), "";
    of_later_requests: super::requests_later(), "";
}
