//! A deletion: how far it has come, and what may be done about it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use sexton_api::{AuditVerification, Deletion, Problem};
use sexton_console::frame::{Frame, Notice, Section};
use sexton_console::links::{Links, With as _};
use sexton_console::page::confirm::Verb;
use sexton_console::page::deletion::{Watched, deletion};
use sexton_console::page::receipt::{Receipt, receipt};
use sexton_core::policy::Thing;
use sexton_engine::System;

use super::fields::{Fields, InAddress};
use super::frame::within;
use super::page::Page;
use super::things::{confirmed_at, verbs};
use crate::acts::undoing;
use crate::api::deletions::{found, receipt_of, shown};
use crate::extract::{Asker, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::telling::RequestId;
use crate::who::Identity;
use crate::who::access::{Action, Subject, Verdict, may};

/// The page of a deletion.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, id)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let deletion = shown(found(system, &id, &identity).await?);
    let mut frame = within(&service, &identity, &headers, &name, Section::History);
    frame.notice = said(&fields, &deletion);
    let looking = Looking { service: &service, identity: &identity, system };
    Ok(looking.page(&frame, deletion, None))
}

/// Carries out open promises now.
pub async fn retry(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let deletion = found(system, &id, &identity).await?.row.id;
    system.retry(&deletion).await?;
    Ok(back(&service, &name, &id, "tried"))
}

/// Gives back what is hidden.
pub async fn restore(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
    request: axum::Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let done = undoing::restore(&service, &identity, &name, &id).await;
    let looking = Undoing { service, identity, name, id, request: request.0.0, headers };
    looking.answer(done, "restored").await
}

/// Takes it back before anything is gone.
pub async fn withdraw(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
    request: axum::Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let done = undoing::withdraw(&service, &identity, &name, (&id, None)).await;
    let looking = Undoing { service, identity, name, id, request: request.0.0, headers };
    looking.answer(done, "withdrawn").await
}

/// The receipt; asked to, the chain that it stands in is judged.
pub async fn receipt_page(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, id)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let status = found(system, &id, &identity).await?;
    let none = || {
        let failure = Failure::of(StatusCode::CONFLICT, "not_complete", "There is no receipt yet");
        failure.because(status.sentence.clone()).about(&status.row.id)
    };
    let said = receipt_of(&status.row).and_then(|receipt| serde_json::to_value(receipt).ok());
    let said = said.ok_or_else(none)?;
    let may_verify = may(&identity, Action::Audit, Subject::System(&name)) == Verdict::May;
    let verification = match fields.one("verify").filter(|_| may_verify) {
        Some(_) => {
            let report = system.audit_verify().await?;
            Some(AuditVerification {
                is_whole: report.faults.is_empty(),
                records: report.records,
                unsealed: report.unsealed,
                head: report.head,
                faults: report.faults.iter().map(ToString::to_string).collect(),
            })
        }
        None => None,
    };
    let frame = within(&service, &identity, &headers, &name, Section::History);
    let page = Receipt { system: name, deletion: id, said, verification, may_verify };
    Ok(Page::of(receipt(&frame, &page).into_string()))
}

/// What was just done, by the word in the address; only words that are known say anything.
fn said(fields: &Fields, deletion: &Deletion) -> Option<Notice> {
    let (text, is_good) = match (fields.one("said")?, deletion.state.as_str()) {
        ("asked", "complete") => ("It is done, and was looked at again.", true),
        ("asked", "hidden") => ("It is hidden. Until it is purged it can be restored.", true),
        ("asked", "committed" | "reaped") => ("The rows are gone.", true),
        ("asked", "refused" | "withdrawn") => ("It was asked for, and did not happen.", false),
        ("asked", _) => ("It is asked for, and goes on whether you stay or not.", true),
        ("tried", _) => ("What was open was tried.", true),
        ("restored", _) => ("It is visible again, as it was.", true),
        ("withdrawn", _) => ("Nothing of it will happen.", true),
        _ => return None,
    };
    Some(Notice { text: text.to_owned(), is_good })
}

fn back(service: &Service, system: &str, id: &str, said: &str) -> Response {
    let links = Links::below(service.base_path());
    let page = links.of_system(system, &format!("/deletions/{id}"));
    Redirect::to(&page.with("said", Some(said))).into_response()
}

/// Somebody who takes a deletion back.
struct Undoing {
    service: Arc<Service>,
    identity: Identity,
    name: String,
    id: String,
    request: String,
    headers: HeaderMap,
}

impl Undoing {
    /// Back to the page, with what was done or why it was not.
    async fn answer(
        &self,
        done: Result<Deletion, Failure>,
        said: &str,
    ) -> Result<Response, Failure> {
        let failure = match done {
            Ok(_) => return Ok(back(&self.service, &self.name, &self.id, said)),
            Err(failure) if failure.status == StatusCode::CONFLICT => failure,
            Err(failure) => return Err(failure),
        };
        let (service, identity) = (&self.service, &self.identity);
        let system = service.system(&self.name, identity)?;
        let deletion = shown(found(system, &self.id, identity).await?);
        let frame = within(service, identity, &self.headers, &self.name, Section::History);
        let looking = Looking { service, identity, system };
        let page = looking.page(&frame, deletion, Some(failure.problem(&self.request)));
        Ok(Page(failure.status, page.1).into_response())
    }
}

/// Somebody who looks at a deletion.
struct Looking<'a> {
    service: &'a Service,
    identity: &'a Identity,
    system: &'a System,
}

impl Looking<'_> {
    fn page(&self, frame: &Frame, found: Deletion, problem: Option<Problem>) -> Page {
        let links = Links::below(self.service.base_path());
        let thing = self.system.policy().things.iter();
        let thing = thing.into_iter().find(|thing| thing.name.as_str() == found.thing);
        let root = match found.roots.as_slice() {
            // Where the audit names roots by keyed hashes, nobody can look at them again.
            [root] if self.system.policy().audit.root_id_key.is_none() => Some(root.clone()),
            _ => None,
        };
        let at = |thing: &Thing, root: &str, verb| {
            confirmed_at(&links, &found.system, thing, root, verb, &links.system(&found.system))
        };
        let both = thing.zip(root.as_deref());
        let may_change =
            thing.is_some_and(|thing| !verbs(self.identity, &found.system, thing).is_empty());
        let again = both.map(|(thing, root)| at(thing, root, Verb::Delete));
        let for_good = both.map(|(thing, root)| at(thing, root, Verb::DeleteForGood));
        let watched = Watched { deletion: found, problem, may_change, again, for_good };
        Page::of(deletion(frame, &watched).into_string())
    }
}
