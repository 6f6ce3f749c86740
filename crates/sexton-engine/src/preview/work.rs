//! Work in flight, as a preview tells it: who waits, who is at work, and what becomes of them.
//!
//! It is no part of the digest: it changes by itself, and a deletion stops whatever it meets.

use sexton_core::plan::Working;
use sexton_core::preview::{Preview, WorkFate, WorkInFlight};

use super::Looking;
use crate::outcome::EngineError;
use crate::walk::WorkCount;

impl Looking<'_> {
    /// Tells the work of every table that has some, and refuses where the deletion would.
    pub(super) async fn tell_work(
        &mut self,
        preview: &mut Preview,
        all_found: bool,
    ) -> Result<(), EngineError> {
        let plan = self.walk.plan;
        if plan.steps.work.is_empty() || !all_found || !self.in_time {
            return Ok(());
        }
        for working in &plan.steps.work {
            let counted = self.walk.count_work(working).await;
            let Some(count) = self.unless_late(counted)? else { return Ok(()) };
            if count.waiting + count.running + count.dead > 0 {
                preview.work.push(told(working, count));
            }
        }
        let refusing = self.walk.at_work(|working| !working.is_stopped).await;
        preview.blockers.extend(self.unless_late(refusing)?.unwrap_or_default());
        Ok(())
    }
}

fn told(working: &Working, count: WorkCount) -> WorkInFlight {
    let fate = match (working.holds_up, working.is_stopped, count.running) {
        (false, _, _) => WorkFate::NotAwaited,
        (true, _, 0) => WorkFate::Idle,
        (true, true, _) => WorkFate::Stopped,
        (true, false, _) => WorkFate::Refuses,
    };
    WorkInFlight {
        table: working.table.to_string(),
        waiting: count.waiting,
        running: count.running,
        dead: count.dead,
        fate,
        stopped: working.stopped.clone(),
        asked: working.asked.clone(),
        wait_secs: working.wait_secs,
    }
}
