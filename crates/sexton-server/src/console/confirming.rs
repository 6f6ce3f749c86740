//! Confirming a deletion: the page that asks, and what is done when it is sent.
//!
//! What is confirmed is the preview that was shown, by its id and digest. Sent again, by a second
//! click or a browser that goes back, it finds the deletion that the first one made. What is not
//! done is told on the same page, over what would happen now.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use sexton_api::Problem;
use sexton_console::frame::Section;
use sexton_console::links::{Links, With as _};
use sexton_console::page::confirm::{Confirm, Listed, Milder, Verb, confirm};
use sexton_core::names::{DeletionId, TenantId, ThingName};
use sexton_core::policy;
use sexton_engine::ports::RequestKey;
use sexton_engine::{
    Acceptance, Accepted, Committed, DeleteError, DeleteRequest, ForRoute, Root, RootKey, System,
};
use tokio::sync::{oneshot, watch};

use super::fields::{Fields, InAddress, Sent};
use super::frame::within;
use super::page::Page;
use crate::api::deletions::goes_on;
use crate::api::previews::{Reach, kept, previewed, root_of};
use crate::api::things::declared;
use crate::extract::{Asker, Changer, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::running::Ended;
use crate::service::Service;
use crate::telling::RequestId;
use crate::who::Identity;

/// So long a page waits to know whether it is refused: longer than most policies wait for work.
const WAIT: Duration = Duration::from_secs(12);
/// So long it waits for the end, once the rows are gone.
const SETTLING: Duration = Duration::from_millis(800);

/// Asks for a confirmation.
pub async fn ask(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    InAddress(fields): InAddress,
    id: axum::Extension<RequestId>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let asking = Asking { service: &service, identity: &identity, system: &name, id: &id.0.0 };
    let wanted = Wanted::of(&service, &name, &identity, &fields)?;
    Ok(asking.page(&wanted, None, &headers).await)
}

/// Does what was confirmed, and leads to the deletion.
pub async fn send(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    id: axum::Extension<RequestId>,
    headers: HeaderMap,
    Sent(fields): Sent,
) -> Result<Response, Failure> {
    let asking = Asking { service: &service, identity: &identity, system: &name, id: &id.0.0 };
    let wanted = Wanted::of(&service, &name, &identity, &fields)?;
    match asking.carry_out(&wanted, &fields).await {
        Ok(deletion) => {
            let links = Links::below(service.base_path());
            let page = links.of_system(&name, &format!("/deletions/{deletion}"));
            Ok(Redirect::to(&page.with("said", Some("asked"))).into_response())
        }
        Err(failure) => Ok(asking.page(&wanted, Some(failure), &headers).await),
    }
}

/// What somebody wants to be done.
struct Wanted {
    thing: policy::Thing,
    ids: Vec<String>,
    verb: Verb,
    options: BTreeMap<String, bool>,
    back: String,
    reason: Option<String>,
}

impl Wanted {
    fn of(
        service: &Service,
        system: &str,
        identity: &Identity,
        fields: &Fields,
    ) -> Result<Self, Failure> {
        let policy = service.system(system, identity)?.policy();
        let name = fields.one("thing").unwrap_or_default();
        let thing = policy.things.iter().find(|thing| thing.name.as_str() == name);
        let thing = thing.ok_or_else(|| Failure::missing(format!("there is no thing `{name}`")))?;
        let ids: Vec<String> = fields.all("id").map(str::to_owned).collect();
        if ids.is_empty() {
            return Err(Failure::unfit("id", "choose at least one"));
        }
        let verb = match fields.one("verb") {
            Some("delete-for-good") => Verb::DeleteForGood,
            _ if thing.hide.is_some() && thing.purge.is_none() => Verb::Retire,
            _ => Verb::Delete,
        };
        let links = Links::below(service.base_path());
        let back = fields.one("back").filter(|back| links.is_own(back)).map(str::to_owned);
        let list = || links.of_system(system, &format!("/things/{name}"));
        let home = || links.system(system);
        let back = back.unwrap_or_else(|| if thing.row.is_some() { list() } else { home() });
        let reason = fields.one("reason").map(str::to_owned);
        let thing = thing.clone();
        Ok(Self { options: options(fields), thing, ids, verb, back, reason })
    }

    fn root(&self, identity: &Identity) -> Root {
        let key = match self.ids.as_slice() {
            [id] => RootKey::Id(id.clone()),
            ids => RootKey::Ids(ids.to_vec()),
        };
        root_of(self.thing.name.as_str(), key, &self.options, identity.caller())
    }

    /// What must have been typed: the id, exactly; of several their number.
    fn expected(&self) -> Option<String> {
        match self.ids.as_slice() {
            [id] if self.thing.confirm == policy::Confirm::TypeId => Some(id.clone()),
            [_] => None,
            ids => Some(ids.len().to_string()),
        }
    }
}

/// Options that were ticked; one that is ticked by itself and is not now was turned off.
fn options(fields: &Fields) -> BTreeMap<String, bool> {
    let offered = fields.all("offered").map(|name| (name.to_owned(), false));
    let given = fields.below("option.").map(|(name, value)| (name.to_owned(), value == "true"));
    offered.chain(given).collect()
}

/// Somebody who asks for a deletion of a system.
struct Asking<'a> {
    service: &'a Arc<Service>,
    identity: &'a Identity,
    system: &'a str,
    /// The request, as the log has it.
    id: &'a str,
}

impl Asking<'_> {
    /// The page that asks, with why it was not done.
    async fn page(
        &self,
        wanted: &Wanted,
        failure: Option<Failure>,
        headers: &HeaderMap,
    ) -> Response {
        let reach = match wanted.verb {
            Verb::DeleteForGood => Reach::ForGood,
            Verb::Delete | Verb::Retire => Reach::AsItIsDeleted,
        };
        let root = wanted.root(self.identity);
        let found = previewed(self.service, self.identity, self.system, root.clone(), reach).await;
        let (preview, failure) = match found {
            Ok(preview) => (Some(preview), failure),
            // Why it was not done is told before why it cannot be looked at any more.
            Err(unseen) => (None, Some(failure.unwrap_or(unseen))),
        };
        if let Some(cause) = failure.as_ref().and_then(|failure| failure.told.cause.as_ref()) {
            tracing::error!(event = "page_failed", request_id = self.id, error = cause);
        }
        let lists = if preview.is_some() {
            self.lists(&wanted.thing.name, &root).await
        } else {
            Vec::new()
        };
        let status = failure.as_ref().map_or(StatusCode::OK, |failure| failure.status);
        let problem: Option<Problem> = failure.map(|failure| failure.problem(self.id));
        let asked = Confirm {
            system: self.system.to_owned(),
            verb: wanted.verb,
            thing: declared(&wanted.thing),
            ids: wanted.ids.clone(),
            preview,
            problem,
            lists,
            milder: self.milder(wanted),
            back: wanted.back.clone(),
            reason: wanted.reason.clone(),
        };
        let frame = within(self.service, self.identity, headers, self.system, Section::Things);
        Page(status, confirm(&frame, &asked).into_string()).into_response()
    }

    /// What the policy lists of the root, where a route of it previews such things.
    async fn lists(&self, thing: &ThingName, root: &Root) -> Vec<Listed> {
        let Ok(system) = self.service.system(self.system, self.identity) else { return Vec::new() };
        let is_preview = |deed: &policy::Deed| matches!(deed, policy::Deed::To(policy::Verb::Preview, known) if known == thing);
        let mut routes = system.policy().routes.iter();
        let route = routes.find(|route| route.deeds().any(|deed| is_preview(&deed.value)));
        let (Some(route), RootKey::Id(_)) = (route, &root.key) else { return Vec::new() };
        let path = BTreeMap::new();
        let of = ForRoute { route, thing, path: &path, caller: &root.caller };
        // What is listed beside a preview must not keep anybody from it.
        let lists = system.lists(of, root).await.unwrap_or_default();
        let listed = lists.into_iter().map(|(name, rows)| Listed {
            name,
            rows: rows.as_array().cloned().unwrap_or_default(),
        });
        listed.collect()
    }

    fn milder(&self, wanted: &Wanted) -> Vec<Milder> {
        if wanted.verb != Verb::DeleteForGood || wanted.thing.hide.is_none() {
            return Vec::new();
        }
        let thing = &wanted.thing;
        let links = Links::below(self.service.base_path());
        let href = links.of_system(self.system, "/delete");
        let href = href.with("thing", Some(thing.name.as_str())).with("back", Some(&wanted.back));
        let href = wanted.ids.iter().fold(href, |href, id| href.with("id", Some(id)));
        let verb = if thing.purge.is_some() { Verb::Delete } else { Verb::Retire };
        vec![Milder {
            title: format!("{} {}, which can be taken back", verb.title(), thing.name),
            href,
        }]
    }

    /// The deletion that does exactly what was shown.
    async fn carry_out(&self, wanted: &Wanted, fields: &Fields) -> Result<DeletionId, Failure> {
        let system = self.service.system(self.system, self.identity)?.clone();
        if wanted.expected().is_some_and(|expected| fields.one("confirm") != Some(&expected)) {
            let what = if wanted.ids.len() == 1 {
                "the whole id, letter by letter"
            } else {
                "how many there are"
            };
            let failure = Failure::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unconfirmed",
                "It was not confirmed",
            );
            return Err(failure.because(format!("type {what}")));
        }
        let preview = fields.one("preview").unwrap_or_default();
        let key = self.key(preview);
        let known = system.known(&key).await?.and_then(|known| known.deletion);
        if let Some(deletion) = known {
            return Ok(deletion);
        }
        let request = self.confirmed(preview, wanted, fields).await?;
        let accepted = match wanted.verb {
            Verb::DeleteForGood => system.accept_for_good(&request).await?,
            Verb::Delete | Verb::Retire => match system.accept_once(&request, &key, "").await? {
                Acceptance::New(accepted) => *accepted,
                Acceptance::Known(known) => return known.deletion.ok_or_else(already),
            },
        };
        self.begun(system, accepted).await
    }

    /// A preview is confirmed once: whoever sends it again means the same deletion.
    fn key(&self, preview: &str) -> RequestKey {
        let tenant = self.identity.tenant.as_ref().map(TenantId::as_str).unwrap_or_default();
        let asker = format!("{tenant}\n{}", self.identity.actor);
        RequestKey { asker, key: format!("console {preview}") }
    }

    async fn confirmed(
        &self,
        preview: &str,
        wanted: &Wanted,
        fields: &Fields,
    ) -> Result<DeleteRequest, Failure> {
        let kept = kept(self.service, self.system, preview, self.identity).await?;
        let root = wanted.root(self.identity);
        let meant = |root: &Root| (root.thing.clone(), root.key.clone(), root.options.clone());
        if meant(&kept.root) != meant(&root) {
            return Err(Failure::unfit("preview", "the preview is of something else; look again"));
        }
        let bound = kept.bound.filter(|bound| fields.one("digest") == Some(bound.digest()));
        let unbound =
            || Failure::unfit("digest", "nothing was shown that can be confirmed; look again");
        let bound_to = Some(bound.ok_or_else(unbound)?);
        Ok(DeleteRequest { root, reason: wanted.reason.clone(), bound_to })
    }

    /// Has it carried out, and waits until it is known that it will be.
    async fn begun(&self, system: Arc<System>, accepted: Accepted) -> Result<DeletionId, Failure> {
        let id = accepted.id().clone();
        tracing::info!(event = "deletion_accepted", system = self.system, deletion = id.as_str());
        let (gone, mut is_gone) = watch::channel(None);
        let meter = self.service.meter.clone();
        let ended = self.service.running.carry_told(system, accepted, meter, gone);
        match self.decided(ended, &mut is_gone).await {
            Some(Err(error)) if !goes_on(&error) => Err(refused(error).about(&id)),
            _ => Ok(id),
        }
    }

    /// How it ended, if that was decided before anything was gone, and soon.
    async fn decided(
        &self,
        mut ended: oneshot::Receiver<Ended>,
        is_gone: &mut watch::Receiver<Option<Committed>>,
    ) -> Option<Ended> {
        let mut stopping = self.service.stopping();
        let committed = async {
            let is_committed = is_gone.wait_for(Option::is_some).await.is_ok();
            if !is_committed {
                // It ended without: that is what is waited for then.
                std::future::pending::<()>().await;
            }
        };
        let is_committed = tokio::select! {
            biased;
            ended = &mut ended => return ended.ok(),
            () = committed => true,
            () = tokio::time::sleep(WAIT) => false,
            _ = stopping.wait_for(|is_stopped| *is_stopped) => false,
        };
        // Most are looked at again at once, and then their page says so.
        let settled = tokio::time::timeout(SETTLING, ended);
        if is_committed { settled.await.ok()?.ok() } else { None }
    }
}

fn refused(error: DeleteError) -> Failure {
    let is_stale = matches!(error, DeleteError::Stale(_));
    let failure = Failure::from(error);
    if is_stale {
        return Failure { title: "It has changed since you looked", ..failure }
            .because("nothing was done");
    }
    if failure.status == Outcome::Missing.status() {
        return Failure { title: "It is not there any more", ..failure };
    }
    failure
}

/// The key of a preview is a deletion's, and nothing else has it.
fn already() -> Failure {
    Failure::by(Outcome::Busy).because("this preview was used up; look again")
}
