//! Rules that delete by age: how they stand, what one would delete now, and a run of one.

use std::sync::Arc;

use axum::http::StatusCode;
use sexton_api::{
    AskRetentionPreview, AskRetentionRun, RetentionPreview, RetentionRule, RetentionSample,
};
use sexton_core::names::RetentionName;
use sexton_engine::{RetainError, RetainRequest, RuleStatus, System};
use tokio::sync::oneshot;

use crate::failure::{Failure, blocker};
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::Action;

/// So many roots are previewed where nobody says.
const SAMPLES: u32 = 10;
/// No more are.
const SAMPLES_MAX: u32 = 100;

/// Every rule of a system, and how it stands.
pub async fn list(
    service: &Service,
    identity: &Identity,
    system: &str,
) -> Result<Vec<RetentionRule>, Failure> {
    let system = service.system_for(system, identity, Action::Watch)?;
    Ok(system.retention().await?.iter().map(shown).collect())
}

/// One rule, and how it stands.
pub async fn show(
    service: &Service,
    identity: &Identity,
    system: &str,
    rule: &str,
) -> Result<RetentionRule, Failure> {
    let rules = list(service, identity, system).await?;
    let found = rules.into_iter().find(|found| found.rule == rule);
    found.ok_or_else(|| Failure::missing(format!("there is no rule `{rule}` under [retention]")))
}

/// What a rule would delete now. Changes nothing.
pub async fn preview(
    service: &Service,
    identity: &Identity,
    (system, rule): (&str, &str),
    ask: &AskRetentionPreview,
) -> Result<RetentionPreview, Failure> {
    let system = service.system_for(system, identity, Action::Retain)?;
    let samples = ask.samples.unwrap_or(SAMPLES);
    if samples > SAMPLES_MAX {
        return Err(Failure::unfit("/samples", "from 0 to 100"));
    }
    let request = RetainRequest {
        rule: RetentionName::new(rule),
        older_than_secs: ask.older_than_secs,
        limit: None,
        actor: identity.actor.clone(),
    };
    let looked = system.look_at_retention(&request, samples).await?;
    let samples = looked.samples.into_iter().map(|sample| RetentionSample {
        root: sample.root,
        rows: sample.rows,
        blockers: sample.blockers.iter().map(blocker).collect(),
        failure: sample.failure,
    });
    Ok(RetentionPreview { rule: rule.to_owned(), due: looked.due, samples: samples.collect() })
}

/// Begins a run of a rule, that goes on whatever becomes of who asked; answers how the rule stands
/// once the run has begun, or why it has not.
pub async fn run(
    service: &Service,
    identity: &Identity,
    (system, rule): (&str, &str),
    ask: &AskRetentionRun,
) -> Result<RetentionRule, Failure> {
    let kept = service.system_for(system, identity, Action::Retain)?.clone();
    let request = RetainRequest {
        rule: RetentionName::new(rule),
        older_than_secs: ask.older_than_secs,
        limit: ask.limit,
        actor: identity.actor.clone(),
    };
    let (begins, begun) = oneshot::channel();
    let stop = service.stopping();
    service.running.work(async move { carry(&kept, &request, begins, stop).await });
    match begun.await {
        Ok(Err(failure)) => Err(*failure),
        // Whoever carried it out has gone: the rule tells how it stands.
        Ok(Ok(())) | Err(_) => show(service, identity, system, rule).await,
    }
}

type Begins = oneshot::Sender<Result<(), Box<Failure>>>;

async fn carry(
    system: &Arc<System>,
    request: &RetainRequest,
    begins: Begins,
    stop: tokio::sync::watch::Receiver<bool>,
) {
    let (name, rule) = (system.policy().system.as_str(), request.rule.as_str());
    let mut begins = Some(begins);
    let mut told = || {
        if let Some(begins) = begins.take() {
            // Nobody may be waiting any more.
            drop(begins.send(Ok(())));
        }
    };
    let ended = system.retain_until(request, &mut told, &stop).await;
    match ended {
        Ok(retained) => {
            let (end, deleted, refused) =
                (retained.end.as_str(), retained.deleted, retained.refused);
            tracing::info!(event = "retained", system = name, rule, end, deleted, refused);
        }
        Err(error) => {
            tracing::warn!(event = "retention_failed", system = name, rule, error = %error);
            if let Some(begins) = begins.take() {
                drop(begins.send(Err(Box::new(error.into()))));
            }
        }
    }
}

fn shown(status: &RuleStatus) -> RetentionRule {
    let row = status.row.as_ref();
    let note = row.and_then(|row| row.note.as_deref());
    RetentionRule {
        rule: status.rule.name.to_string(),
        thing: status.rule.thing.value.to_string(),
        over_secs: status.over_secs,
        every_secs: status.rule.every_secs,
        is_scheduled: status.is_scheduled,
        is_running: row.is_some_and(|row| row.is_running),
        began_at: row.map(|row| row.began_at.to_string()),
        ended_at: row.and_then(|row| row.ended_at).map(|at| at.to_string()),
        due_at: row.map(|row| row.due_at.to_string()),
        refused: row.map_or(0, |row| row.refused),
        last: note.and_then(|note| serde_json::from_str(note).ok()),
    }
}

impl From<RetainError> for Failure {
    fn from(error: RetainError) -> Self {
        match error {
            RetainError::Delete(error) => error.into(),
            RetainError::UnknownRule { .. } => Self::missing(error.to_string()),
            RetainError::NoAge { .. } | RetainError::BadAge { .. } => {
                Self::unfit("/older_than_secs", error.to_string())
            }
            RetainError::Taken(_) => {
                let failure = Self::of(StatusCode::CONFLICT, "in_flight", "It is under way");
                Self { is_retryable: true, ..failure.because(error.to_string()) }
            }
        }
    }
}
