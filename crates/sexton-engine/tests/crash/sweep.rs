//! Kills a process at every point, two at a time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sexton_engine::FenceChange;
use sexton_testkit::interpose::{Interposed, Pauser, Recorder};

use crate::aftermath::{Truth, judge};
use crate::child::{self, End, Work, request};
use crate::place::{Place, Rows};
use crate::worker;

const SIGKILL: i32 = 9;
/// From here on the rows are gone.
const COMMITTED: &str = "after commit (change)";

/// Kills the work at each of its points that is wanted, and judges what is left each time.
pub async fn points(lanes: [Arc<dyn Place>; 2], work: Work, is_wanted: fn(&str) -> bool) {
    let (points, after) = undisturbed(lanes[0].as_ref(), work).await;
    let (points, after) = (Arc::new(points), Arc::new(after));
    let next = Arc::new(AtomicUsize::new(0));
    let running = lanes.map(|place| {
        let (points, after, next) = (points.clone(), after.clone(), next.clone());
        tokio::spawn(async move {
            let mut hit = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(point) = points.get(number) else {
                    return hit;
                };
                if !is_wanted(point) {
                    continue;
                }
                let before = prepare(place.as_ref(), work).await;
                kill(place.as_ref(), work, number, point).await;
                let truth = Truth { before: &before, after: &after };
                hit.push((number, judge(place.as_ref(), work, truth, point).await));
            }
        })
    });
    let mut hit = BTreeSet::new();
    for lane in running {
        hit.extend(lane.await.expect("a lane came to its end"));
    }
    let committed = points.iter().rposition(|point| point == COMMITTED);
    let wanted = points.iter().enumerate().filter(|(_, point)| is_wanted(point));
    let expected = wanted.map(|(at, _)| (at, committed.is_none_or(|from| at >= from)));
    assert!(hit.iter().copied().eq(expected), "points were left out: {hit:?}");
    println!("killed at {} of {} points: {points:#?}", hit.len(), points.len());
}

/// The points of the work when nobody disturbs it, and the rows after the deletion.
async fn undisturbed(place: &dyn Place, work: Work) -> (Vec<String>, Rows) {
    place.renew().await;
    let before = place.rows().await;
    prepare(place, work).await;
    let recorder = Arc::new(Recorder::default());
    let watched = Interposed::on(place.open().await).watched_by(recorder.clone());
    let system = work.system(watched, &place.address());
    work.carry_out(&system).await.expect("nobody is in the way");
    // Whoever renews the place waits until nobody is connected.
    drop(system);
    let points = recorder.points();
    assert_eq!(points.contains(&COMMITTED.to_owned()), work != Work::Settle);
    assert_eq!(recorder.failures(), [""; 0]);
    let after = place.rows().await;
    assert!(after != before, "the deletion did nothing");

    // One process more, to be killed after the last point: it meets no further one.
    prepare(place, work).await;
    let end = in_a_process(place, work, points.len()).await;
    let all_met = end.is_well && end.point.is_none();
    assert!(all_met, "there are further points, or it failed: {}", end.printed);
    (points, after)
}

/// The database as the work finds it, and its rows.
async fn prepare(place: &dyn Place, work: Work) -> Rows {
    place.renew().await;
    child::forget(&place.address());
    match work {
        Work::Delete | Work::Tell => {}
        Work::Settle => leave_committed(place).await,
        Work::Drain | Work::Call => {
            let system = work.system(Interposed::on(place.open().await), &place.address());
            system.change_fence(FenceChange::Install).await.expect("triggers can be made");
            worker::begins(&place.address()).await;
        }
    }
    place.rows().await
}

/// A deletion whose process went away right after its commit, some time ago.
async fn leave_committed(place: &dyn Place) {
    let (pauser, mut stops) = Pauser::at(COMMITTED);
    let database = Interposed::on(place.open().await).watched_by(pauser);
    let left = Work::Settle.system(database, &place.address());
    let leaving = tokio::spawn(async move { left.delete(&request()).await });
    let stop = stops.next().await.expect("the deletion commits");
    leaving.abort();
    assert!(leaving.await.is_err_and(|end| end.is_cancelled()));
    drop(stop);
    place.end_leases().await;
}

async fn kill(place: &dyn Place, work: Work, number: usize, point: &str) {
    let end = in_a_process(place, work, number).await;
    let told = (end.signal, end.point.as_deref());
    assert_eq!(told, (Some(SIGKILL), Some(point)), "point {number}: {}", end.printed);
}

async fn in_a_process(place: &dyn Place, work: Work, number: usize) -> End {
    let address = place.address();
    let ended = tokio::task::spawn_blocking(move || work.in_a_process(&address, number));
    ended.await.expect("waiting for a process does not panic")
}
