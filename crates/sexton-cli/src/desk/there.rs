//! A server, as one key sees it.

use std::time::Duration;

use async_trait::async_trait;
use sexton_api::AskSweep;
use sexton_client::{Error, Previewing, Roots, Sexton, What};
use sexton_core::finding::did_you_mean;
use sexton_core::names::ThingName;
use sexton_core::sweep::SweepReport;
use sexton_engine::ports::Pause;
use sexton_engine::{AuditEntry, Cancelled, DeletionStatus, EngineError, Gone, Reclaimed, Waiting};
use tokio::sync::watch;
use tokio::time::Instant;

use super::here::other_digest;
use super::{Back, Chain, Desk, Ended, Progress, Settled, Shown, answers};
use crate::arguments::{At, Delete, Restore, Shared, Sweep, Target};
use crate::confirm::root_of;
use crate::failure::{Failure, RemoteFailure};
use crate::shell::CommandLine;

/// So often it is looked at what goes on.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// No server waits longer with one answer.
const ANSWER_MAX: Duration = Duration::from_mins(1);

/// A system behind a server.
pub struct There {
    client: Sexton,
    system: String,
    line: CommandLine,
}

impl There {
    /// Finds the system that is meant.
    pub async fn open(server: &str, at: &At, shared: &Shared) -> Result<Self, Failure> {
        if shared.database.is_some() {
            return Err(RemoteFailure::OnlyHere("--database").into());
        }
        let settings = Sexton::at(server);
        let settings = match at.key.as_deref().filter(|key| !key.is_empty()) {
            Some(key) => settings.with_key(key),
            None => settings,
        };
        let client = settings.client().map_err(RemoteFailure::Asked)?;
        let system = match &at.system {
            Some(system) => system.clone(),
            None => only(&client).await?,
        };
        Ok(Self { client, system, line: CommandLine::on_server(at) })
    }

    /// The same failure, unless the thing itself is not known.
    async fn of_thing(&self, thing: &str, error: Error) -> Failure {
        if !matches!(error, Error::NotFound(_)) {
            return RemoteFailure::Asked(error).into();
        }
        let Ok(things) = self.client.things(&self.system).await else {
            return RemoteFailure::Asked(error).into();
        };
        let known: Vec<&str> = things.iter().map(|known| known.name.as_str()).collect();
        if known.contains(&thing) {
            return RemoteFailure::Asked(error).into();
        }
        let near = did_you_mean(thing, known.iter().copied()).map(str::to_owned);
        let (thing, known) = (ThingName::new(thing), known.join(", "));
        EngineError::UnknownThing { thing, near, known }.into()
    }

    fn previewing(&self, target: &Target) -> Result<Previewing, Failure> {
        let mut asked = self.client.thing(&self.system, &target.thing).preview(roots(target));
        for (name, chosen) in chosen(target)? {
            asked = asked.option(name, chosen);
        }
        Ok(asked)
    }

    /// Waits for what the server goes on with by itself, as long as was asked for.
    async fn followed(&self, id: &str, delete: &Delete) -> Result<Ended, Failure> {
        let deletions = self.client.deletions(&self.system);
        let until = Instant::now() + delete.wait;
        loop {
            let deletion = deletions.get(id).await.map_err(RemoteFailure::Asked)?;
            match deletion.state.as_str() {
                "complete" => {
                    let receipt = deletions.receipt(id).await.map_err(RemoteFailure::Asked)?;
                    return Ok(Ended::Done(Box::new(answers::receipt(&receipt)?)));
                }
                _ if deletion.is_ended => return Err(answers::ended(deletion).into()),
                "requested" | "drained" => {}
                "committed" | "reaped" if Instant::now() < until => {}
                "committed" | "reaped" => {
                    let words = "The server goes on with it. This tells how it is:";
                    let next = (words, self.line.with(&["status", id]));
                    return Ok(Ended::Left(Box::new(answers::left(&deletion, next)?)));
                }
                _ => return Ok(Ended::GoesOn(Box::new(answers::status(deletion, None)?))),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[async_trait]
impl Desk for There {
    fn line(&self) -> &CommandLine {
        &self.line
    }

    fn place(&self) -> String {
        format!("server {}", self.client.server())
    }

    fn gone(&self) -> watch::Receiver<Gone> {
        watch::channel(Gone::default()).1
    }

    async fn preview(&self, target: &Target, for_good: bool) -> Result<Shown, Failure> {
        of_the_key(target)?;
        if for_good {
            return Err(RemoteFailure::OnlyHere("--for-good").into());
        }
        let kept = match self.previewing(target)?.await {
            Ok(kept) => kept,
            Err(error) => return Err(self.of_thing(&target.thing, error).await),
        };
        let preview = answers::read("a preview", kept.preview.clone())?;
        Ok(Shown { preview, kept: Some(What::from(&kept)) })
    }

    async fn obstacle(&self, _: &str) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    async fn admit(&self, delete: &Delete, shown: &Shown) -> Result<(), Failure> {
        let preview = &shown.preview;
        if !preview.blockers.is_empty() {
            let blockers = preview.blockers.clone();
            return Err(Failure::Blocked { root: root_of(preview), blockers });
        }
        match (&preview.digest, &delete.digest) {
            (None, _) => Err(Failure::Unbound { root: root_of(preview) }),
            // A bounded digest is of the same preview as an exact one: the server judges it.
            (Some(digest), Some(given)) if given != digest && !given.starts_with("bounded-") => {
                Err(other_digest(preview, &self.line))
            }
            (Some(_), _) => Ok(()),
        }
    }

    async fn delete(
        &self,
        delete: &Delete,
        shown: &Shown,
        _: &watch::Sender<Option<Waiting>>,
    ) -> Result<Ended, Failure> {
        let target = &delete.target;
        let thing = self.client.thing(&self.system, &target.thing);
        let is_shown = delete.confirm.is_none() || !target.find.is_empty();
        let mut asked = match (&shown.kept, &delete.digest) {
            (Some(kept), None) if is_shown => thing.delete(kept.clone()),
            (Some(kept), digest) if digest.is_some() && *digest == shown.preview.digest => {
                thing.delete(kept.clone())
            }
            (_, digest) => {
                let mut asked = thing.delete(roots(target));
                for (name, chosen) in chosen(target)? {
                    asked = asked.option(name, chosen);
                }
                match digest {
                    Some(digest) => asked.digest(digest),
                    None => asked,
                }
            }
        };
        if let Some(reason) = &delete.reason {
            asked = asked.reason(reason);
        }
        let deletion = asked.wait(ANSWER_MAX).await.map_err(RemoteFailure::Asked)?;
        self.followed(&deletion.id, delete).await
    }

    async fn cancel(&self, target: &Target) -> Result<Cancelled, Failure> {
        of_the_key(target)?;
        let [id] = target.ids.as_slice() else {
            return Err(RemoteFailure::OnlyHere("asking for several, or by --find,").into());
        };
        let asked = self.client.thing(&self.system, &target.thing).cancel(id).await;
        match asked {
            Ok(cancelled) => answers::read("what was asked of work", cancelled),
            Err(error) => Err(self.of_thing(&target.thing, error).await),
        }
    }

    /// A server settles by itself.
    async fn settle(&self) -> Result<Option<Settled>, Failure> {
        Ok(Some(Vec::new()))
    }

    async fn status(&self, id: &str) -> Result<Option<DeletionStatus>, Failure> {
        let deletions = self.client.deletions(&self.system);
        let Some(deletion) = there(deletions.get(id).await)? else { return Ok(None) };
        let receipt = match deletion.state.as_str() {
            "complete" => Some(deletions.receipt(id).await.map_err(RemoteFailure::Asked)?),
            _ => None,
        };
        answers::status(deletion, receipt).map(Some)
    }

    async fn statuses(&self, limit: u32) -> Result<(String, Vec<DeletionStatus>), Failure> {
        let latest = self.client.deletions(&self.system).list().first(limit as usize).await;
        let latest = latest.map_err(RemoteFailure::Asked)?;
        let statuses = latest.into_iter().map(|deletion| answers::status(deletion, None));
        Ok((self.system.clone(), statuses.collect::<Result<_, _>>()?))
    }

    /// Who may not see what is paused is told where deletions wait for it.
    async fn pauses(&self) -> Result<Vec<Pause>, Failure> {
        match self.client.pauses(&self.system).list().await {
            Ok(pauses) => Ok(pauses.into_iter().filter_map(answers::pause).collect()),
            Err(Error::Forbidden(_)) => Ok(Vec::new()),
            Err(error) => Err(RemoteFailure::Asked(error).into()),
        }
    }

    async fn restore(&self, restore: &Restore) -> Result<Option<Back>, Failure> {
        if restore.actor.is_some() {
            return Err(RemoteFailure::OfTheKey("--actor").into());
        }
        match self.client.deletions(&self.system).restore(&restore.deletion).await {
            Ok(_) => Ok(Some(Back::Rows(None))),
            Err(Error::Conflict(why)) => {
                let why = why.to_string();
                let bare = why.strip_prefix("it cannot be restored: ").unwrap_or(&why);
                Ok(Some(Back::Refused(bare.to_owned())))
            }
            answer => there(answer).map(|_| None),
        }
    }

    async fn retry(&self, id: &str) -> Result<Option<(Settled, bool)>, Failure> {
        let retried = there(self.client.deletions(&self.system).retry(id).await)?;
        Ok(retried.map(|deletion| {
            let failed = deletion.waiting_on.iter().any(|waiting| waiting.last_error.is_some());
            (Vec::new(), !failed)
        }))
    }

    async fn records(&self, limit: usize) -> Result<Vec<AuditEntry>, Failure> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let records = self.client.audit(&self.system).records(limit).await;
        let records = records.map_err(RemoteFailure::Asked)?;
        records.into_iter().map(answers::entry).collect()
    }

    async fn verify(&self) -> Result<Chain, Failure> {
        let found = self.client.audit(&self.system).verify().await;
        Ok(answers::chain(found.map_err(RemoteFailure::Asked)?))
    }

    async fn sweep(
        &self,
        sweep: &Sweep,
        _: &mut Progress<'_>,
    ) -> Result<(SweepReport, Option<Vec<Reclaimed>>), Failure> {
        if sweep.reclaim {
            return Err(RemoteFailure::OnlyHere("--reclaim").into());
        }
        let sweeps = self.client.sweeps(&self.system);
        let ask = AskSweep {
            stores: sweep.stores.clone(),
            older_than_secs: sweep.older_than,
            ..AskSweep::default()
        };
        let mut found = sweeps.begin(&ask).await.map_err(RemoteFailure::Asked)?;
        while found.ended_at.is_none() {
            tokio::time::sleep(LOOK_EVERY).await;
            found = sweeps.latest().await.map_err(RemoteFailure::Asked)?;
        }
        match (found.report, found.failure) {
            (Some(report), None) => Ok((answers::read("a sweep", report)?, None)),
            (_, why) => Err(RemoteFailure::Unswept(why.unwrap_or_default()).into()),
        }
    }
}

/// The one system that the key sees.
async fn only(client: &Sexton) -> Result<String, Failure> {
    let seen = client.systems().await.map_err(RemoteFailure::Asked)?;
    let mut names: Vec<String> = seen.into_iter().map(|system| system.name).collect();
    match names.as_slice() {
        [_] => Ok(names.swap_remove(0)),
        _ => Err(RemoteFailure::WhichSystem(names).into()),
    }
}

/// Tenant and name are those of the key.
fn of_the_key(target: &Target) -> Result<(), Failure> {
    let given = [("--tenant", &target.tenant), ("--actor", &target.actor)];
    match given.into_iter().find(|(_, value)| value.is_some()) {
        Some((name, _)) => Err(RemoteFailure::OfTheKey(name).into()),
        None => Ok(()),
    }
}

fn roots(target: &Target) -> Roots {
    if target.ids.is_empty() {
        return Roots::find(target.find.iter().cloned());
    }
    Roots::Ids(target.ids.clone())
}

/// The options as they were given.
fn chosen(target: &Target) -> Result<Vec<(String, bool)>, Failure> {
    let read = |(name, value): &(String, String)| match value.to_lowercase().parse() {
        Ok(chosen) => Ok((name.clone(), chosen)),
        Err(_) => Err(RemoteFailure::BadOption(name.clone(), value.clone()).into()),
    };
    target.option.iter().map(read).collect()
}

/// What is there, if it is.
fn there<T>(answer: Result<T, Error>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(RemoteFailure::Asked(error).into()),
    }
}
