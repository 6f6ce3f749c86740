//! How a case ended: everybody is well, time has passed, and nothing is left to say.

use sexton_core::names::Actor;
use sexton_testkit::random::dice::Dice;
use tokio::sync::watch;

use crate::schedule::Told;
use crate::world::{BOXES, World};

/// Drains in good health until nothing goes on any more.
const DRAINS: usize = 12;

/// What was met in all cases.
#[derive(Debug, Default)]
pub struct Census {
    cases: usize,
    killed: usize,
    failed: usize,
    complete: usize,
    restored: usize,
    withdrawn: usize,
    refused: usize,
    held: usize,
    stayed: usize,
    rows: usize,
}

impl Census {
    /// Each case a few of each, or the cases prove nothing.
    pub fn demand(&self) {
        assert!(self.cases >= 20, "too few cases for the time: {self:?}");
        let of_each = [self.killed, self.failed, self.complete, self.rows / 4];
        assert!(of_each.iter().all(|met| *met >= self.cases), "{self:?}");
        let sometimes = [self.restored, self.withdrawn, self.refused, self.held];
        assert!(sometimes.iter().all(|met| *met >= self.cases / 20), "{self:?}");
    }
}

/// Deletions that have not ended, but for those that say that their box is held.
const OPEN: &str = "SELECT id || ' ' || state || ' ' || coalesce(note, '') FROM sexton_deletions
     WHERE state NOT IN ('complete', 'restored', 'withdrawn', 'refused')
       AND NOT (state = 'purging' AND coalesce(note, '') LIKE '%is held by%'
                AND EXISTS (SELECT 1 FROM sexton_holds WHERE released_at IS NULL))";

/// Judges the end of a case.
pub async fn end(world: &World, told: &Told, census: &mut Census) -> Result<(), String> {
    census.cases += 1;
    census.killed += told.killed;
    census.failed += told.failed;
    settles(world).await?;
    let open = world.rows(OPEN).await;
    if !open.is_empty() {
        return Err(format!("these have not ended: {open:?}"));
    }
    for (state, count) in [
        ("complete", &mut census.complete),
        ("restored", &mut census.restored),
        ("withdrawn", &mut census.withdrawn),
        ("refused", &mut census.refused),
    ] {
        *count += world
            .rows(&format!("SELECT id FROM sexton_deletions WHERE state = '{state}'"))
            .await
            .len();
    }
    census.held += usize::from(!world.rows("SELECT id FROM sexton_holds").await.is_empty());
    for number in 1..=BOXES {
        judged(world, number, census).await.map_err(|why| format!("box {number}: {why}"))?;
    }
    let system = world.process(None);
    let chain = system.audit_verify().await.map_err(|error| error.to_string())?;
    if chain.faults.is_empty() { Ok(()) } else { Err(format!("the chain: {:?}", chain.faults)) }
}

/// Lets time pass and everybody drain, with nothing in their way any more.
async fn settles(world: &World) -> Result<(), String> {
    world.outside.is_well();
    world.does("UPDATE items SET state = 'done'").await;
    let mut dice = Dice::new(world.seed ^ 0xE9D);
    let systems = [world.process(None), world.process(None)];
    if dice.percent(70) {
        for hold in systems[0].holds(false, 10).await.map_err(|error| error.to_string())? {
            let released = systems[0].release_hold(hold.id, &Actor::new("ada"), "over").await;
            released.map_err(|error| error.to_string())?;
        }
    }
    let (_, stop) = watch::channel(false);
    for _ in 0..DRAINS {
        world.clock.by(300);
        world.does("UPDATE sexton_deletions SET leased_until = 0").await;
        world
            .does("UPDATE sexton_intents SET leased_until = 0, not_before = 0, next_try = 0")
            .await;
        let system = dice.pick(&systems);
        system.work(&stop).await.map_err(|error| format!("working in good health: {error}"))?;
        system.purge(&stop).await.map_err(|error| format!("purging in good health: {error}"))?;
        if world.rows(OPEN).await.is_empty() {
            break;
        }
    }
    Ok(())
}

/// A box is gone with all that was ever put into it, and told exactly; or it is as it was.
async fn judged(world: &World, number: usize, census: &mut Census) -> Result<(), String> {
    let made: Vec<i64> = {
        let made = world.made.lock().unwrap();
        made.iter().filter(|(of, _)| *of == number).map(|(_, id)| *id).collect()
    };
    let ids = made.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let receipts = world
        .rows(&format!(
            "SELECT receipt FROM sexton_deletions WHERE root = '{number}' AND state = 'complete'"
        ))
        .await;
    let shown = world.rows(&format!("SELECT label FROM boxes WHERE id = {number}")).await;
    let items = world.rows(&format!("SELECT id FROM items WHERE id IN ({ids})")).await.len();
    let notes = world.rows(&format!("SELECT id FROM notes WHERE item_id IN ({ids})")).await.len();
    let links = world.rows(&format!("SELECT id FROM links WHERE item_id IN ({ids})")).await.len();
    let all = world.objects().await;
    let objects = made.iter().filter(|id| all.contains(&format!("items/{id}"))).count();
    let counts = [items, notes, links, objects];
    let held = format!(
        "SELECT id FROM sexton_deletions WHERE root = '{number}' AND state IN ('hidden', 'purging')"
    );
    if !world.rows(&held).await.is_empty() {
        // It says why, and its label does not come back by itself.
        census.stayed += 1;
        return if shown[0][0].is_none() { Ok(()) } else { Err(format!("held and {shown:?}")) };
    }
    let [receipt] = &receipts[..] else {
        if !receipts.is_empty() {
            return Err(format!("it is gone {} times", receipts.len()));
        }
        let whole = [made.len(); 4];
        let labelled = shown[0][0].as_deref() == Some(["one", "two", "three", "four"][number - 1]);
        return if counts == whole && labelled {
            Ok(())
        } else {
            Err(format!("{counts:?} of {} are left, and {shown:?}", made.len()))
        };
    };
    if counts != [0; 4] || shown[0][0].is_some() {
        return Err(format!("{counts:?} are left of what is gone, and {shown:?}"));
    }
    census.rows += 2 * made.len();
    let receipt: serde_json::Value = serde_json::from_str(receipt[0].as_deref().unwrap()).unwrap();
    let counted = |table: &str| receipt["purged"][table].as_u64().unwrap_or(0);
    let expected = u64::try_from(made.len()).unwrap();
    if [counted("items"), counted("notes")] != [expected; 2] {
        return Err(format!("{expected} items and notes went, and its receipt says {receipt}"));
    }
    let taken = world.outside.taken.lock().unwrap();
    let is_told = |id: &&i64| {
        let said = serde_json::json!({ "item": id });
        taken
            .iter()
            .any(|body| serde_json::from_str(body).is_ok_and(|v: serde_json::Value| v == said))
    };
    match made.iter().find(|id| !is_told(id)) {
        None => Ok(()),
        Some(id) => Err(format!("nobody was told of item {id}: {taken:?}")),
    }
}
