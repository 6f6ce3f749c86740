//! Several programs that remove objects at once, and one that lost what it held.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::names::{Actor, StoreName};
use sexton_engine::Gone;
use sexton_engine::ports::Answer;
use sexton_testkit::interpose::{Pauser, Point, Watcher};
use sexton_testkit::random::ground::Ground;
use tokio::sync::watch;
use tokio::time::Instant;

use super::faults::{Faulty, denied};
use super::stage::{self, BELOW, MANIFESTS, Stage, all_gone, keys, object, put, request};
use super::without_one;
use crate::hooks::Outside;

on_both_databases!(
    two_at_once_remove_everything_once,
    who_lost_its_lease_writes_nothing_down,
    who_lost_its_lease_promises_nothing_of_what_it_read,
    who_is_asked_to_end_waits_for_no_store,
    a_deletion_leaves_what_takes_too_long_to_others,
    how_many_are_gone_is_told_once,
    a_pause_stops_a_prefix_that_is_being_cleared,
    who_waits_does_not_wait_for_a_store_that_is_silent,
    a_failing_hook_holds_up_no_object_and_a_failing_store_no_hook,
);

async fn two_at_once_remove_everything_once(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    for run in 100..140 {
        stage.write(&format!("INSERT INTO runs VALUES ({run}, 1, NULL, NULL)")).await;
        put(&stage.files, &format!("runs/{run}/a"));
    }
    let expected = keys(&stage.files).await.into_iter();
    let kept = ["runs/10", "runs/1/a", "runs/README", "runs/20/a", "runs/20/b/c", "runs/20/d e+ä%"];
    let expected: std::collections::BTreeSet<String> =
        expected.filter(|key| kept.contains(&key.as_str())).collect();
    let down = Faulty::of("before list files (store)", denied());
    let id = stage::left(stage.another(Some(down)).delete(&request("1")).await);
    stage.a_day_passes().await;
    let (one, other) = (stage.another(None), stage.another(None));
    let never = watch::channel(false).1;
    let (first, second) = tokio::join!(one.work(&never), other.work(&never));
    let ended = first.expect("it answers").ended + second.expect("it answers").ended;
    assert_eq!(ended, 42);
    // Who ends last settles; whoever looked before that leaves it.
    stage.work().await;
    assert_eq!(keys(&stage.files).await, expected);
    let gone = all_gone(&stage.receipt(&id).await);
    assert_eq!((gone.deleted, gone.absent, gone.failed), (46, 0, 0));
}

/// The first stands still in front of the store for so long that the second takes over.
async fn who_lost_its_lease_writes_nothing_down(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let expected = without_one(&stage).await;
    let down = Faulty::of("before list files (store)", denied());
    let id = stage::left(stage.another(Some(down)).delete(&request("1")).await);
    stage.a_day_passes().await;
    let (pauser, mut stops) = Pauser::at("before remove files (store)");
    let slow = stage.another(Some(pauser));
    let slow = tokio::spawn(async move { slow.work(&watch::channel(false).1).await });
    let stop = stops.next().await.expect("it comes to the store");
    stage.a_day_passes().await;
    stage.work().await;
    let receipt = stage.receipt(&id).await;
    assert_eq!(keys(&stage.files).await, expected);
    stop.go();
    slow.await.expect("it does not panic").expect("it answers");
    assert_eq!(stage.receipt(&id).await, receipt);
    assert_eq!(all_gone(&receipt).failed, 0);
}

/// The first stands still behind the one manifest, which it has read; the second does all of it.
async fn who_lost_its_lease_promises_nothing_of_what_it_read(ground: Ground) {
    let stage = Stage::new(ground, MANIFESTS).await;
    stage.logs.put(&object("twenty.json"), br#"{"masks": ["masks/1", "masks/2"]}"#);
    for key in ["masks/1", "masks/2", "masks/3"] {
        put(&stage.logs, key);
    }
    let down = Faulty::of("before get logs (store)", denied());
    let id = stage::left(stage.another(Some(down)).delete(&request("2")).await);
    stage.a_day_passes().await;
    let (pauser, mut stops) = Pauser::at("after get logs (store)");
    let slow = stage.another(Some(pauser));
    let slow = tokio::spawn(async move { slow.work(&watch::channel(false).1).await });
    let stop = stops.next().await.expect("it has read a manifest");
    stage.a_day_passes().await;
    stage.work().await;
    let receipt = stage.receipt(&id).await;
    assert_eq!(keys(&stage.logs).await, ["masks/3".to_owned()].into());
    assert_eq!(stage.stored("intents").await, 0);
    stop.go();
    slow.await.expect("it does not panic").expect("it answers");
    assert_eq!(stage.stored("intents").await, 0, "nothing is promised twice");
    assert_eq!(stage.receipt(&id).await, receipt);
    assert_eq!((all_gone(&receipt).deleted, all_gone(&receipt).failed), (3, 0));
}

/// The store never answers; what was noted is there for whoever comes next.
async fn who_is_asked_to_end_waits_for_no_store(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let expected = without_one(&stage).await;
    let down = Faulty::of("before list files (store)", denied());
    let id = stage::left(stage.another(Some(down)).delete(&request("1")).await);
    stage.a_day_passes().await;
    let (pauser, mut stops) = Pauser::at("before remove files (store)");
    let slow = stage.another(Some(pauser));
    let (ending, stop) = watch::channel(false);
    let slow = tokio::spawn(async move { slow.work(&stop).await });
    let silent = stops.next().await.expect("it comes to the store");
    ending.send_replace(true);
    let worked = slow.await.expect("it does not panic").expect("it answers");
    assert_eq!(worked.failed, [], "to be asked to end is no failure");
    assert_eq!(stage.status(&id).await.failing, []);
    drop(silent);
    stage.work().await;
    assert_eq!(keys(&stage.files).await, expected);
    assert_eq!(all_gone(&stage.receipt(&id).await).failed, 0);
}

async fn a_failing_hook_holds_up_no_object_and_a_failing_store_no_hook(ground: Ground) {
    let hook = "
        [hooks.tell]
        of = \"runs\"
        call = \"env:TELL\"
        body = { id = \"{id}\" }
        ";
    let stage = Stage::new(ground, &[BELOW, hook].concat()).await;
    let expected = without_one(&stage).await;
    let refusing = Answer::Refused { reason: "it answered 404".into() };
    let outside = Arc::new(Outside::that_answers("tell", [refusing]));
    let with_caller = |system: sexton_engine::System| system.with_caller(outside.clone());
    let id = stage::left(with_caller(stage.another(None)).delete(&request("1")).await);
    assert_eq!(keys(&stage.files).await, expected);

    outside.mend();
    stage.a_day_passes().await;
    let never = watch::channel(false).1;
    with_caller(stage.another(None)).work(&never).await.expect("it answers");
    let receipt = stage.receipt(&id).await;
    assert_eq!(receipt.called["tell"]["taken"], 2);
    assert_eq!(all_gone(&receipt).deleted, 6);

    let said = outside.said().len();
    let down = Faulty::of("before list files (store)", denied());
    let id = stage::left(with_caller(stage.another(Some(down))).delete(&request("2")).await);
    assert_eq!(outside.said().len(), said + 1);
    stage.a_day_passes().await;
    with_caller(stage.another(None)).work(&never).await.expect("it answers");
    assert_eq!(outside.said().len(), said + 1, "it was told already");
    assert_eq!(all_gone(&stage.receipt(&id).await).deleted, 3);
}

/// The store never answers; what was done is noted, and nothing has failed.
async fn a_deletion_leaves_what_takes_too_long_to_others(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let expected = without_one(&stage).await;
    let (pauser, mut stops) = Pauser::at("before remove files (store)");
    let slow = stage.another(Some(pauser)).with_patience(Duration::from_millis(300));
    let deleting = tokio::spawn(async move { slow.delete(&request("1")).await });
    let silent = stops.next().await.expect("it comes to the store");
    let id = stage::left(deleting.await.expect("it does not panic"));
    assert_eq!(stage.status(&id).await.failing, []);
    drop(silent);
    stage.work().await;
    assert_eq!(keys(&stage.files).await, expected);
    assert_eq!(all_gone(&stage.receipt(&id).await).deleted, 6);
}

/// What an earlier attempt removed is not told again.
async fn how_many_are_gone_is_told_once(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let (meter, gone) = watch::channel(Gone::default());
    let down = Faulty::of("after remove files (store)", denied());
    let failing = stage.another(Some(down)).with_meter(meter.clone());
    let id = stage::left(failing.delete(&request("1")).await);
    let told = gone.borrow().objects;
    stage.a_day_passes().await;
    let working = stage.another(None).with_meter(meter);
    working.work(&watch::channel(false).1).await.expect("it answers");
    working.delete(&request("2")).await.expect("nobody is in the way");
    let of_one = all_gone(&stage.receipt(&id).await);
    assert!(told <= of_one.deleted);
    assert_eq!(gone.borrow().objects, of_one.deleted + 3);
    assert!(gone.borrow().bytes > 0);
}

/// Lets no removal begin until it is told to.
struct Holding {
    came: watch::Sender<bool>,
    is_open: watch::Sender<bool>,
}

#[async_trait]
impl Watcher for Holding {
    async fn at(&self, point: &Point) {
        if point.name() == "before remove files (store)" {
            self.came.send_replace(true);
            let mut is_open = self.is_open.subscribe();
            is_open.wait_for(|is_open| *is_open).await.expect("it is there for as long as this");
        }
    }
}

/// Twenty pages, of which the first batches are under way when somebody pauses the store.
async fn a_pause_stops_a_prefix_that_is_being_cleared(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let many = 20_000;
    for number in 0..many {
        put(&stage.files, &format!("runs/10/many/{number:05}"));
    }
    let (came, is_open) = (watch::Sender::new(false), watch::Sender::new(false));
    let holding = Arc::new(Holding { came: came.clone(), is_open: is_open.clone() });
    let clearing = stage.another(Some(holding));
    let deleting = tokio::spawn(async move { clearing.delete(&request("1")).await });
    came.subscribe().wait_for(|came| *came).await.expect("it comes to the store");
    let (files, ada) = (StoreName::new("files"), Actor::new("ada"));
    stage.system.pause(Some(&files), &ada, "repairs").await.expect("the database answers");
    is_open.send_replace(true);
    let id = stage::left(deleting.await.expect("it does not panic"));
    let left = keys(&stage.files).await.len();
    assert!(left > 8_000, "it went on: {left} are left");
    stage.a_day_passes().await;
    stage.work().await;
    assert_eq!(keys(&stage.files).await.len(), left, "nothing begins");

    stage.system.resume(Some(&files), &ada, "done").await.expect("the database answers");
    stage.a_day_passes().await;
    stage.work().await;
    assert_eq!(all_gone(&stage.receipt(&id).await).deleted, many + 6);
}

/// It takes the question and never answers.
async fn who_waits_does_not_wait_for_a_store_that_is_silent(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let expected = without_one(&stage).await;
    let (pauser, mut stops) = Pauser::at("before list files (store)");
    let waiting = stage.another(Some(pauser));
    let began = Instant::now();
    let deleting = tokio::spawn(async move { waiting.delete(&request("1")).await });
    let silent = stops.next().await.expect("it comes to the store");
    let id = stage::left(deleting.await.expect("it does not panic"));
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    let status = stage.status(&id).await;
    let reasons: Vec<_> = status.failing.iter().filter_map(|one| one.reason.as_deref()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("within its time")), "{reasons:?}");
    drop(silent);
    stage.a_day_passes().await;
    stage.work().await;
    assert_eq!(keys(&stage.files).await, expected);
    assert_eq!(all_gone(&stage.receipt(&id).await).deleted, 6);
}
