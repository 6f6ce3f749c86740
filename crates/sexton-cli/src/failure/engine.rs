//! The words for what the engine and the database report: one exhaustive match for each.

use serde_json::json;
use sexton_core::policy::BadOption;
use sexton_core::preview::Blocker;
use sexton_engine::ports::{DatabaseError, Transient, Violation};
use sexton_engine::{DeleteError, EngineError, Refusal};

use super::told::{Told, Touched, of_blockers};
use crate::exit::Exit;
use crate::shell::CommandLine;
use crate::text::clean;

/// The outcome that these blockers mean.
pub fn outcome(blockers: &[Blocker]) -> &'static str {
    Refusal::of(blockers.to_vec()).map_or("refused", |refusal| refusal.by.as_str())
}

/// The words for why a deletion did not happen, or is not complete.
pub fn told(error: &DeleteError, line: &CommandLine) -> Told {
    let message = clean(&error.to_string());
    match error {
        DeleteError::Engine(error) => of_engine(error, line),
        DeleteError::Unbuilt(missing) => {
            Told::new(Exit::Usage, "refused", message).data(json!({ "unbuilt": missing })).next(
                "Without them a deletion would be less safe than the policy says, so none is \
                 carried out while they stand in the file.",
            )
        }
        DeleteError::Refused(refusal) => {
            let message = "it cannot be deleted now";
            let told = Told::new(Exit::Refused, refusal.by.as_str(), message);
            let touched = if refusal.has_asked { Touched::WorkAsked } else { Touched::Nothing };
            of_blockers(told, &refusal.blockers).touched(touched)
        }
        DeleteError::Stale(differences) => {
            let mut told = Told::new(Exit::Refused, "stale", message)
                .data(json!({ "differences": differences }));
            for difference in differences {
                told = told.detail(&clean(&difference.sentence));
            }
            told.next("Look at the preview again, and confirm that.")
        }
        DeleteError::Busy { blockers, .. } => {
            let mut told =
                Told::new(Exit::Refused, "busy", message).data(json!({ "blockers": blockers }));
            for blocker in blockers {
                told = told.detail(&clean(blocker));
            }
            told.next("Try again when they are done.")
        }
        DeleteError::Untaken { hook, .. } => Told::new(Exit::Failed, "failed", message)
            .data(json!({ "hook": hook }))
            .next("It is called before anything goes, so nothing was deleted. Try again."),
        DeleteError::Unreaped { deletion, open, .. } => Told::new(Exit::Done, "committed", message)
            .data(json!({ "deletion": deletion, "open": open }))
            .touched(Touched::RowsGone)
            .next("This goes on with them:")
            .run(&line.with(&["work", "--once"])),
        DeleteError::Unverified { deletion, left } => {
            let mut told = Told::new(Exit::Failed, "failed", message)
                .data(json!({ "deletion": deletion, "left": left }))
                .touched(Touched::RowsGone);
            for (reference, rows) in left {
                told = told.detail(&format!("{rows} row(s) by \"{reference}\""));
            }
            told.next("Something wrote them late. Remove them; after a minute this looks again:")
                .run(&line.with(&["status", deletion.as_str()]))
        }
        DeleteError::Unfinished { deletion, .. } => Told::new(Exit::Failed, "failed", message)
            .data(json!({ "deletion": deletion }))
            .touched(Touched::RowsGone)
            .next("Looking again is still to come. After a minute this does it:")
            .run(&line.with(&["status", deletion.as_str()])),
        DeleteError::Uncertain { deletion } => {
            let message = format!("the connection was lost during the commit of {deletion}");
            Told::new(Exit::Failed, "failed", message)
                .data(json!({ "deletion": deletion }))
                .touched(Touched::Unknown)
                .next("All of them are gone, or none. After a minute this tells:")
                .run(&line.with(&["status", deletion.as_str()]))
        }
    }
}

fn of_engine(error: &EngineError, line: &CommandLine) -> Told {
    let message = clean(&error.to_string());
    match error {
        EngineError::UnknownThing { thing, near, known } => {
            let message = format!("the policy has no thing `{}`", clean(thing.as_str()));
            let told = Told::new(Exit::Usage, "usage", message);
            match near {
                Some(near) => told.next(&format!("Did you mean `{near}`? It has {known}.")),
                None => told.next(&format!("It has {known}.")),
            }
        }
        EngineError::UnknownStore { store, known } => {
            let message = format!("the policy has no store `{}`", clean(store.as_str()));
            let has = if known.is_empty() { "none" } else { known };
            Told::new(Exit::Usage, "usage", message).next(&format!("It has {has}."))
        }
        EngineError::Policy(findings) => Told::new(Exit::Usage, "usage", message)
            .data(json!({ "findings": findings }))
            .next("This shows them:")
            .run(&line.with(&["check"])),
        EngineError::NoRole { roles, .. } => {
            Told::new(Exit::Refused, "forbidden", message).data(json!({ "roles": roles }))
        }
        EngineError::NotOwner { ids, .. } => {
            Told::new(Exit::Refused, "forbidden", message).data(json!({ "ids": ids }))
        }
        EngineError::NotFound { ids, .. } => Told::new(Exit::NotFound, "missing", message)
            .data(json!({ "ids": ids }))
            .next("Ids are compared exactly, capital letters included."),
        EngineError::BadId { ids, .. } => {
            Told::new(Exit::Usage, "bad-id", message).data(json!({ "ids": ids }))
        }
        EngineError::OneAtATime { .. } => {
            Told::new(Exit::Usage, "bad-id", message).next("Delete them in several calls.")
        }
        EngineError::NoTenant { .. } => {
            Told::new(Exit::Usage, "unset", message).next("Say it with --tenant.")
        }
        EngineError::TooManyRoots { .. } => {
            Told::new(Exit::Refused, "over-limit", message).next("Delete them in several calls.")
        }
        EngineError::BadOption(error) => {
            let told = Told::new(Exit::Usage, "bad-option", message);
            match error {
                BadOption::Unknown { near: Some(near), .. } => {
                    told.next(&format!("Did you mean `{near}`?"))
                }
                BadOption::Unknown { .. } => told,
                BadOption::Unreadable { name, .. } => {
                    told.next(&format!("Write --option {0} or --option {0}=false.", clean(name)))
                }
            }
        }
        EngineError::Database(error) => of_database(error, line),
    }
}

fn of_database(error: &DatabaseError, line: &CommandLine) -> Told {
    let failed = |message: String| Told::new(Exit::Failed, "failed", clean(&message));
    match error {
        DatabaseError::Unreachable(why) => failed(format!("the database cannot be reached: {why}"))
            .next("See that it is there and that its address is right."),
        DatabaseError::Transient { kind, .. } => {
            let message = format!("others are in the way: {}", in_the_way(*kind));
            Told::new(Exit::Refused, "busy", message).next("Try again in a moment.")
        }
        DatabaseError::Violation { kind, table, detail, .. } => {
            let table = table.as_ref().map(|table| format!(" on {table}")).unwrap_or_default();
            let told = failed(format!("the database refuses a change{table}: {detail}"));
            told.next(violated(*kind)).run(&line.with(&["check"]))
        }
        DatabaseError::BadValue(why) => failed(format!("a value does not fit its column: {why}"))
            .next("Compare the id, and the values that the policy sets, with their columns."),
        DatabaseError::Statement { detail, .. } => {
            failed(format!("the database does not understand what the policy asks for: {detail}"))
                .next("This tells where:")
                .run(&line.with(&["check"]))
        }
        DatabaseError::Denied { detail, .. } => failed(format!("a right is missing: {detail}"))
            .next("Grant it to the role that Sexton connects as."),
        DatabaseError::ReadOnly(_) => failed("the database can only be read".into())
            .next("Connect where it can be written, with a role that may."),
        DatabaseError::Full(_) => failed("the database is full".into())
            .next("Make room; a deletion needs some for its log and its record."),
        DatabaseError::Timeout { .. } => failed("the database took longer than allowed".into())
            .next("Try again when it is less busy, or give more time with --budget."),
        DatabaseError::Lost(why) => failed(format!("the connection was lost: {why}"))
            .next("Try again: what had not committed was taken back."),
        DatabaseError::Failed { detail, .. } => failed(format!("the database failed: {detail}"))
            .next("With --verbose it says at which step."),
    }
}

fn in_the_way(kind: Transient) -> &'static str {
    match kind {
        Transient::LockTimeout => "a row or the file is locked",
        Transient::Deadlock => "two transactions waited for each other",
        Transient::Serialization => "another transaction came first",
        Transient::LateReference => "a referring row came in between",
    }
}

fn violated(kind: Violation) -> &'static str {
    match kind {
        Violation::Reference => "A reference is missing in the policy, or is kept though enforced:",
        Violation::Check | Violation::NotNull | Violation::Unique => {
            "What the policy sets is not allowed there. Mend the line, then:"
        }
        Violation::Raised => {
            "A trigger or rule of the database is against it. What the policy says:"
        }
    }
}
