//! `sexton work`: carries out what deletions promised, and goes on with those of dead processes.

use std::time::Duration;

use serde_json::json;
use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::{DeleteError, Gone, Purged, System, Worked};
use tokio::sync::{mpsc, watch};

use super::retention::retained_json;
use crate::arguments::{Shared, Work};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::{Removing, watched_removing};
use crate::screen::Screen;
use crate::stopping::asked_to_stop;
use crate::text::{self, clean, counted};
use crate::wiring::{self, Opened};

/// So often it is told how many objects are gone, while some go.
const TOLD_EVERY: Duration = Duration::from_secs(5);

pub async fn run(work: &Work, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut systems = vec![wiring::open(shared).await?];
    for policy in &work.more {
        let shared = Shared { policy: policy.clone(), ..shared.clone() };
        systems.push(wiring::open(&shared).await?);
    }
    let (stopping, stop) = watch::channel(false);
    if work.once {
        return once(&systems, &stop, screen).await;
    }
    let names: Vec<&str> = systems.iter().map(|opened| name(&opened.system)).collect();
    say(screen, &json!({ "event": "working", "systems": names }), &|| {
        format!(
            "Working for {}. Ctrl-C ends it once what is under way has ended.",
            names.join(", ")
        )
    });
    tokio::select! {
        () = all(&systems, &stop, screen) => {}
        never = signalled(stopping) => match never {},
    }
    say(screen, &json!({ "event": "stopped" }), &|| "Stopped; nothing is under way.".to_owned());
    Ok(Exit::Done)
}

/// One turn for each system.
async fn once(
    systems: &[Opened],
    stop: &watch::Receiver<bool>,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    for opened in systems {
        let removing = Removing { gone: opened.gone.clone(), total: None };
        let (_never, waits) = watch::channel(None);
        let work = opened.system.work(stop);
        let worked = watched_removing(screen, "working", waits, removing, work).await;
        let mut worked = worked.map_err(|error| opened.failure(error))?;
        // Who asks for one turn does not wait for an interval.
        worked.purged = opened.system.purge(stop).await.map_err(|error| opened.failure(error))?;
        tell(name(&opened.system), &Ok(worked), screen);
    }
    Ok(Exit::Done)
}

/// Turn after turn for every system, until somebody stops it.
async fn all(systems: &[Opened], stop: &watch::Receiver<bool>, screen: &mut Screen) {
    let (done, mut told) = mpsc::unbounded_channel();
    let working = async {
        let workers =
            systems.iter().map(|opened| turns(&opened.system, stop.clone(), done.clone()));
        let workers: Vec<_> = workers.collect();
        drop(done);
        together(workers).await;
    };
    let telling = async {
        let mut removing: Vec<_> = systems.iter().map(Going::of).collect();
        loop {
            tokio::select! {
                turn = told.recv() => match turn {
                    Some((system, worked)) => tell(&system, &worked, screen),
                    None => break,
                },
                () = tokio::time::sleep(TOLD_EVERY) => {
                    for going in &mut removing {
                        going.tell(screen);
                    }
                }
            }
        }
    };
    tokio::join!(working, telling);
}

/// Objects that a system removes while its turns go on.
struct Going<'o> {
    system: &'o str,
    gone: watch::Receiver<Gone>,
    /// How many were told.
    told: u64,
}

impl<'o> Going<'o> {
    fn of(opened: &'o Opened) -> Self {
        Self { system: name(&opened.system), gone: opened.gone.clone(), told: 0 }
    }

    /// Tells how many are gone, if more are than were told.
    fn tell(&mut self, screen: &mut Screen) {
        let gone = *self.gone.borrow_and_update();
        let more = gone.objects - self.told;
        if more == 0 || screen.is_text() && !screen.is_watched() {
            return;
        }
        self.told = gone.objects;
        let event = json!({
            "event": "removing",
            "system": self.system,
            "objects": gone.objects,
            "bytes": gone.bytes,
        });
        say(screen, &event, &|| {
            let removing = text::removing(Gone { objects: more, ..gone }, None, TOLD_EVERY);
            format!("{}: {removing}", self.system)
        });
    }
}

type Turn = (String, Result<Worked, String>);

/// Waits for all of them; each goes on while others wait.
async fn together(work: Vec<impl Future<Output = ()>>) {
    let mut work: Vec<_> = work.into_iter().map(|one| Some(Box::pin(one))).collect();
    std::future::poll_fn(|context| {
        for one in &mut work {
            if one.as_mut().is_some_and(|one| one.as_mut().poll(context).is_ready()) {
                *one = None;
            }
        }
        if work.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}

async fn turns(system: &System, stop: watch::Receiver<bool>, done: mpsc::UnboundedSender<Turn>) {
    let mut told = |worked: Result<Worked, DeleteError>| {
        let turn = (name(system).to_owned(), worked.map_err(|error| error.to_string()));
        // Nobody listens any more only when everything ends.
        drop(done.send(turn));
    };
    system.work_in_turns(stop, &mut told).await;
}

/// Tells those at work to end, once a person or the system asks for it. Never comes back: whoever
/// is told ends by itself.
async fn signalled(stopping: watch::Sender<bool>) -> std::convert::Infallible {
    asked_to_stop().await;
    stopping.send_replace(true);
    std::future::pending().await
}

fn name(system: &System) -> &str {
    system.policy().system.as_str()
}

/// Tells what a turn did; nothing of a turn without work.
fn tell(system: &str, worked: &Result<Worked, String>, screen: &mut Screen) {
    match worked {
        Ok(worked) if *worked == Worked::default() => {}
        Ok(worked) => {
            let settled: Vec<_> = worked.settled.iter().map(settled_json).collect();
            let failed: Vec<_> = worked.failed.iter().map(failed_json).collect();
            let retained: Vec<_> = worked.retained.iter().map(retained_json).collect();
            let event = json!({
                "event": "worked",
                "system": system,
                "ended": worked.ended,
                "failed": failed,
                "settled": settled,
                "purged": purged_json(&worked.purged),
                "retained": retained,
            });
            say(screen, &event, &|| lines(system, worked));
        }
        Err(why) => {
            let event = json!({ "event": "failed", "system": system, "message": why });
            say(screen, &event, &|| format!("{system}: {}; trying again", clean(why)));
        }
    }
}

fn lines(system: &str, worked: &Worked) -> String {
    let mut lines = Vec::new();
    if worked.ended > 0 {
        let promises = counted(worked.ended, "promise", "promises");
        lines.push(format!("{system}: {promises} carried out"));
    }
    for (rule, reason) in &worked.failed {
        lines.push(format!("{system}: {} failed: {}", clean(rule), clean(reason)));
    }
    for (id, state) in &worked.settled {
        lines.push(format!("{system}: {id} is now {state}"));
    }
    if worked.purged.rows > 0 {
        let rows = counted(worked.purged.rows, "row", "rows");
        let chunks = counted(worked.purged.chunks, "chunk", "chunks");
        lines.push(format!("{system}: {rows} purged in {chunks}"));
    }
    for (id, state) in &worked.purged.ended {
        lines.push(format!("{system}: {id} is now {state}"));
    }
    for (id, what) in &worked.purged.waiting {
        lines.push(format!("{system}: {id} waits for {}", clean(what)));
    }
    for retained in &worked.retained {
        let mut told: Vec<String> =
            retained.told.iter().map(|(root, why)| text::stayed(root, why)).collect();
        told.push(text::retained(retained));
        lines.extend(told.iter().map(|told| format!("{system}: {}", told.trim_end())));
    }
    lines.join("\n")
}

fn purged_json(purged: &Purged) -> serde_json::Value {
    let waiting = purged.waiting.iter().map(|(id, what)| json!({ "deletion": id, "for": what }));
    json!({
        "rows": purged.rows,
        "chunks": purged.chunks,
        "ended": purged.ended.iter().map(settled_json).collect::<Vec<_>>(),
        "waiting": waiting.collect::<Vec<_>>(),
    })
}

fn settled_json((id, state): &(DeletionId, State)) -> serde_json::Value {
    json!({ "deletion": id, "state": state })
}

fn failed_json((rule, reason): &(String, String)) -> serde_json::Value {
    json!({ "hook": rule, "reason": reason })
}

fn say(screen: &mut Screen, event: &serde_json::Value, text: &dyn Fn() -> String) {
    if screen.is_text() {
        screen.say(&text());
    } else {
        screen.event(event);
    }
}
