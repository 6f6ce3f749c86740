//! Lets one process go on at a time, and ends some in the middle of what they do.
//!
//! A process stands wherever it begins a transaction or calls a store, and nowhere else: a file has
//! one writer, and who stands inside a transaction would keep all others from theirs. It may be
//! ended at any point.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sexton_engine::ports::{DatabaseError, StoreError, Transient};
use sexton_testkit::interpose::{Moment, Point, Watcher};
use sexton_testkit::random::dice::Dice;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::actors;
use crate::world::World;

/// Processes at once.
const PROCESSES: usize = 4;
/// Turns of a case.
const TURNS: usize = 120;

/// What a process says to the scheduler.
enum Said {
    Stands(usize, oneshot::Sender<()>),
    Ended(usize),
    Dies(usize),
}

/// What happened.
#[derive(Default)]
pub struct Told {
    /// In order, for whoever reads of a failure.
    pub story: Vec<String>,
    /// Processes that were ended in the middle.
    pub killed: usize,
    /// Calls that failed.
    pub failed: usize,
}

/// Chance at every point of one process.
struct Fate {
    number: usize,
    dice: Mutex<Dice>,
    said: mpsc::UnboundedSender<Said>,
    failed: Arc<Mutex<usize>>,
    stands: AtomicBool,
}

impl Fate {
    fn rolls(&self, of_ten_thousand: usize) -> bool {
        self.dice.lock().unwrap().below(10_000) < of_ten_thousand
    }
}

#[async_trait]
impl Watcher for Fate {
    async fn at(&self, point: &Point) {
        // A process may do several things at once. While one of them stands, the others go on, and
        // nobody is listening to them.
        if self.stands.load(Ordering::Relaxed) {
            return;
        }
        if self.rolls(40) {
            self.said.send(Said::Dies(self.number)).ok();
            std::future::pending::<()>().await;
        }
        let stands = point.call.starts_with("begin (") || point.call.ends_with("(store)");
        if stands && point.moment == Moment::Before {
            let (go, may_go) = oneshot::channel();
            self.stands.store(true, Ordering::Relaxed);
            self.said.send(Said::Stands(self.number, go)).ok();
            may_go.await.ok();
            self.stands.store(false, Ordering::Relaxed);
        }
    }

    fn failure(&self, point: &Point) -> Option<DatabaseError> {
        if point.moment != Moment::Before || !self.rolls(80) {
            return None;
        }
        *self.failed.lock().unwrap() += 1;
        let (label, detail) = (point.call.clone(), "by chance".to_owned());
        Some(match self.dice.lock().unwrap().below(10) {
            0 => DatabaseError::Transient { kind: Transient::LockTimeout, label, detail },
            1..4 => DatabaseError::Lost(detail),
            _ => DatabaseError::Failed { label, detail },
        })
    }

    fn store_failure(&self, _: &Point) -> Option<StoreError> {
        if !self.rolls(1_000) {
            return None;
        }
        *self.failed.lock().unwrap() += 1;
        Some(StoreError::Denied { doing: "do that", detail: "by chance".into() })
    }
}

/// The case, turn by turn.
pub async fn run(world: &World) -> Told {
    let mut dice = Dice::new(world.seed);
    let mut told = Told::default();
    let failed = Arc::new(Mutex::new(0));
    let (said, mut saying) = mpsc::unbounded_channel();
    let mut running: BTreeMap<usize, JoinHandle<()>> = BTreeMap::new();
    let mut standing: BTreeMap<usize, oneshot::Sender<()>> = BTreeMap::new();
    let mut numbered = 0;
    for _ in 0..TURNS {
        // Between the turns of processes, the application and time go on.
        told.story.extend(actors::between(world, &mut dice).await);
        if running.len() < PROCESSES {
            numbered += 1;
            let seed = dice.draw();
            let fate = Fate {
                number: numbered,
                dice: Mutex::new(Dice::new(seed)),
                said: said.clone(),
                failed: failed.clone(),
                stands: AtomicBool::new(false),
            };
            let process = world.process(Some(Arc::new(fate)));
            let (act, what) = actors::process(process, &mut dice);
            told.story.push(format!("{numbered} begins: {what}"));
            let said = said.clone();
            let number = numbered;
            running.insert(
                number,
                tokio::spawn(async move {
                    act.await;
                    said.send(Said::Ended(number)).ok();
                }),
            );
        } else {
            let numbers: Vec<usize> = standing.keys().copied().collect();
            let number = *dice.pick(&numbers);
            let go = standing.remove(&number).expect("it stands");
            go.send(()).ok();
        }
        one_says(&mut saying, &mut running, &mut standing, &mut told).await;
    }
    // The machine is switched off.
    for (_, process) in std::mem::take(&mut running) {
        process.abort();
        drop(process.await);
        told.killed += 1;
    }
    told.failed = *failed.lock().unwrap();
    told
}

/// Waits until whoever went on stands again, has ended, or is to die.
async fn one_says(
    saying: &mut mpsc::UnboundedReceiver<Said>,
    running: &mut BTreeMap<usize, JoinHandle<()>>,
    standing: &mut BTreeMap<usize, oneshot::Sender<()>>,
    told: &mut Told,
) {
    match saying.recv().await.expect("the scheduler listens to itself") {
        Said::Stands(number, go) => {
            standing.insert(number, go);
        }
        Said::Ended(number) => {
            told.story.push(format!("{number} ends"));
            drop(running.remove(&number).expect("it ran").await);
        }
        Said::Dies(number) => {
            told.story.push(format!("{number} dies"));
            told.killed += 1;
            let process = running.remove(&number).expect("it ran");
            process.abort();
            drop(process.await);
        }
    }
}
