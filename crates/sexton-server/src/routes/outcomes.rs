//! From how the engine ended to what an answer may say of it.

use sexton_core::policy::Outcome;
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_core::routes::{Facts, Refusing};
use sexton_engine::ports::DatabaseError;
use sexton_engine::{DeleteError, EngineError};

use crate::outcome;

/// The outcome of an error, with what is known of it.
pub(super) fn of_engine(error: &EngineError, facts: &mut Facts) -> Outcome {
    facts.message = match error {
        // What a database says may tell of rows; it belongs into the log.
        EngineError::Database(_) => "the database failed".to_owned(),
        error => error.to_string(),
    };
    match error {
        EngineError::Database(DatabaseError::BadValue(_)) => Outcome::BadId,
        error => in_words(outcome::Outcome::of_engine(error)),
    }
}

/// The same of a deletion. Nothing where its rows are gone, whatever failed then.
pub(super) fn of_deletion(error: &DeleteError, facts: &mut Facts) -> Option<Outcome> {
    facts.message = error.to_string();
    match error {
        DeleteError::Engine(error) => Some(of_engine(error, facts)),
        DeleteError::Unreaped { .. }
        | DeleteError::Unverified { .. }
        | DeleteError::Unfinished { .. } => None,
        DeleteError::Unbuilt(_) => Some(Outcome::Unavailable),
        DeleteError::Refused(refusal) => {
            blocked(&refusal.blockers, facts);
            Some(in_words(outcome::Outcome::of(error)))
        }
        error => Some(in_words(outcome::Outcome::of(error))),
    }
}

/// The outcome of the server as the policy names it.
fn in_words(outcome: outcome::Outcome) -> Outcome {
    Outcome::named(outcome.word()).unwrap_or(Outcome::Failed)
}

/// What refuses first, and how much work has not stopped.
pub(super) fn blocked(blockers: &[Blocker], facts: &mut Facts) {
    let Some(first) = blockers.first() else { return };
    facts.message.clone_from(&first.message);
    facts.refusal = Some(Refusing {
        guard: (first.kind == BlockerKind::Guard).then(|| first.name.clone()),
        count: first.count,
        names: first.names.clone(),
        subject: first.subject.clone(),
    });
    let undrained = blockers.iter().filter(|blocker| blocker.kind == BlockerKind::Undrained);
    let work = undrained.map(|work| {
        let table = work.name.trim_start_matches("work.").to_owned();
        (table, "running", work.count)
    });
    facts.work = work.collect();
}
