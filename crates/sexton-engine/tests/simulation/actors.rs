//! What processes do, and what goes on beside them.

use std::pin::Pin;

use sexton_core::audit::RootNames;
use sexton_core::names::{Actor, DeletionId};
use sexton_engine::{DeleteRequest, HoldOn, HoldRequest, System};
use sexton_testkit::random::dice::Dice;
use tokio::sync::watch;

use crate::world::{BOXES, World, root};

type Act = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a new process does, by chance. Whether it succeeds is its own business: what became of it
/// is judged in the end.
pub fn process(system: System, dice: &mut Dice) -> (Act, String) {
    let number = dice.between(1, BOXES);
    let (_, stop) = watch::channel(false);
    match dice.weighted(&[25, 20, 20, 25, 5, 5]) {
        0 => (Box::pin(async move { drop(system.purge(&stop).await) }), "purge".into()),
        1 => (Box::pin(async move { drop(system.work(&stop).await) }), "work".into()),
        2 => {
            let asked = DeleteRequest { root: root(number), reason: None, bound_to: None };
            let act = async move { drop(system.delete(&asked).await) };
            (Box::pin(act), format!("delete {number}"))
        }
        3 => {
            let act = async move {
                let latest = system.statuses(20).await.unwrap_or_default();
                for status in latest
                    .into_iter()
                    .filter(|status| status.row.roots == RootNames::of(vec![number.to_string()]))
                {
                    let id = DeletionId::new(status.row.id.to_string());
                    drop(system.restore(&id, &Actor::new("ada")).await);
                }
            };
            (Box::pin(act), format!("restore {number}"))
        }
        4 => {
            let request = HoldRequest {
                on: HoldOn::Root(root(number)),
                case: None,
                reason: "a case".into(),
                actor: Actor::new("ada"),
                until: None,
            };
            (
                Box::pin(async move { drop(system.put_hold(&request).await) }),
                format!("hold {number}"),
            )
        }
        _ => {
            let act = async move {
                for hold in system.holds(false, 10).await.unwrap_or_default() {
                    drop(system.release_hold(hold.id, &Actor::new("ada"), "over").await);
                }
            };
            (Box::pin(act), "release".into())
        }
    }
}

/// The application, time, and leases, between two turns.
pub async fn between(world: &World, dice: &mut Dice) -> Option<String> {
    let number = dice.between(1, BOXES);
    match dice.weighted(&[50, 25, 8, 4, 2, 5]) {
        0 => None,
        1 => {
            // Nobody puts anything into what is not there.
            let state = if dice.percent(25) { "running" } else { "done" };
            if !world.makes_item(number, state).await {
                return None;
            }
            Some(format!("an item in {number}"))
        }
        2 => {
            world.clock.by(20);
            Some("20 s pass".into())
        }
        3 => {
            world.clock.by(90);
            Some("90 s pass".into())
        }
        4 => {
            world.does("UPDATE items SET state = 'done' WHERE state = 'running'").await;
            Some("workers end".into())
        }
        _ => {
            world.does("UPDATE sexton_deletions SET leased_until = 0").await;
            world.does("UPDATE sexton_intents SET leased_until = 0").await;
            Some("leases run out".into())
        }
    }
}
