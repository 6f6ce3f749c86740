//! Holds: which are in force, and that looking for them needs nothing.

use sexton_core::names::{SystemName, ThingName};
use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, HeldOn, Hold, Tx};

use super::{Outcome, Subject, number, run, text};

/// Long ago, by any clock.
const NOW: i64 = 1_000_000;
/// In the year 2255.
const LATER: i64 = 9_000_000_000_000_000;

/// Places a hold on `root`, as it was 500 before now.
async fn place(
    subject: &Subject,
    tx: &mut dyn Tx,
    (system, thing, root): (&str, &str, &str),
    until: Option<i64>,
    released_at: Option<i64>,
) -> Outcome {
    let time = |time: Option<i64>| time.map_or(Arg::Scalar(Scalar::Null), number);
    let names = [system, thing, root, "a lawsuit", "bob"].map(text);
    let times = [number(NOW - 500), time(until), time(released_at)];
    let args = names.into_iter().chain(times).collect();
    run(tx, subject.statements.insert_hold, args).await.map(|_| ())
}

fn roots<'h>(holds: &'h [Hold]) -> Vec<&'h str> {
    let root = |hold: &'h Hold| match &hold.on {
        HeldOn::Root(text) | HeldOn::Condition(text) => text.as_str(),
    };
    holds.iter().map(root).collect()
}

pub async fn only_holds_in_force_are_read(subject: &Subject) -> Outcome {
    subject.database.prepare_ledger().await?;
    let mut tx = subject.change().await?;
    let of_customer = |root| ("shop", "customer", root);
    place(subject, &mut *tx, of_customer("it's 7"), None, None).await?;
    place(subject, &mut *tx, of_customer("later"), Some(LATER), None).await?;
    place(subject, &mut *tx, of_customer("over"), Some(NOW), None).await?;
    place(subject, &mut *tx, of_customer("released"), None, Some(NOW - 1)).await?;
    place(subject, &mut *tx, ("shop", "order", "9,2"), None, None).await?;
    place(subject, &mut *tx, ("shop", "invoice", "other thing"), None, None).await?;
    place(subject, &mut *tx, ("other", "customer", "other system"), None, None).await?;
    tx.commit().await?;

    let shop = SystemName::new("shop");
    let things = [ThingName::new("customer"), ThingName::new("order")];
    for mut tx in [subject.change().await?, subject.look().await?] {
        let holds = tx.active_holds(&shop, &things).await?;
        assert_eq!(roots(&holds), ["it's 7", "later", "9,2"]);
        let hold = &holds[0];
        assert_eq!((hold.reason.as_str(), hold.placed_by.as_str()), ("a lawsuit", "bob"));
        assert_eq!(hold.thing, things[0]);
        assert!(tx.active_holds(&shop, &[]).await?.is_empty());
        tx.rollback().await?;
    }
    Ok(())
}

pub async fn without_sextons_tables_there_is_no_hold(subject: &Subject) -> Outcome {
    let shop = SystemName::new("shop");
    let things = [ThingName::new("customer")];
    for mut tx in [subject.look().await?, subject.change().await?] {
        assert!(tx.active_holds(&shop, &things).await?.is_empty());
        tx.rollback().await?;
    }
    Ok(())
}

pub async fn sextons_tables_are_there_once_prepared(subject: &Subject) -> Outcome {
    assert!(!subject.look().await?.is_there().await?);
    subject.database.prepare_ledger().await?;
    assert!(subject.look().await?.is_there().await?);
    Ok(())
}
