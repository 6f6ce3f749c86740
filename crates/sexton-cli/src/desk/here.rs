//! The engine on the policy's database.

use async_trait::async_trait;
use sexton_core::names::{Actor, DeletionId, StoreName, ThingName};
use sexton_core::preview::Preview;
use sexton_core::sweep::SweepReport;
use sexton_engine::ports::{DatabaseError, Pause};
use sexton_engine::{
    AuditEntry, Bound, Cancelled, DeleteError, DeleteRequest, DeletionStatus, EngineError, Gone,
    ReclaimRequest, Reclaimed, Restored, SweepRequest, Waiting,
};
use tokio::sync::watch;

use super::{Back, Chain, Desk, Ended, Left, Progress, Settled, Shown};
use crate::arguments::{Delete, Restore, Sweep, Target};
use crate::commands::root::actor;
use crate::confirm::root_of;
use crate::failure::Failure;
use crate::shell::CommandLine;
use crate::wiring::Opened;

#[async_trait]
impl Desk for Opened {
    fn line(&self) -> &CommandLine {
        &self.line
    }

    fn place(&self) -> String {
        format!("policy {}", self.file.name)
    }

    fn engine(&self) -> Option<&Opened> {
        Some(self)
    }

    fn gone(&self) -> watch::Receiver<Gone> {
        self.gone.clone()
    }

    async fn preview(&self, target: &Target, for_good: bool) -> Result<Shown, Failure> {
        let (root, budget) = (target.root(), target.budget());
        let looked = if for_good {
            self.system.preview_for_good(&root, budget).await
        } else {
            self.system.preview(&root, budget).await
        };
        Ok(Shown { preview: looked.map_err(|error| self.failure(error))?, kept: None })
    }

    async fn obstacle(&self, thing: &str) -> Result<Option<String>, Failure> {
        match self.system.may_delete(&ThingName::new(thing)).await {
            Ok(()) => Ok(None),
            Err(
                error @ (DeleteError::Unbuilt(_) | DeleteError::Engine(EngineError::Policy(_))),
            ) => {
                let check = self.line.with(&["check"]);
                Ok(Some(format!("{error}. See: {check}")))
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    async fn admit(&self, delete: &Delete, shown: &Shown) -> Result<(), Failure> {
        let preview = &shown.preview;
        if !preview.blockers.is_empty() {
            // The refusal stands, whether it can be kept or not.
            drop(self.system.refuse(&request(delete, None), &preview.blockers).await);
            let blockers = preview.blockers.clone();
            return Err(Failure::Blocked { root: root_of(preview), blockers });
        }
        let allowed = self.system.may_delete(&delete.target.thing()).await;
        allowed.map_err(|error| self.failure(error))?;
        bound(delete, preview, &self.line).map(drop)
    }

    async fn delete(
        &self,
        delete: &Delete,
        shown: &Shown,
        waiting: &watch::Sender<Option<Waiting>>,
    ) -> Result<Ended, Failure> {
        let request = request(delete, bound(delete, &shown.preview, &self.line)?);
        let deleted = if delete.for_good {
            self.system.delete_for_good(&request, waiting).await
        } else {
            self.system.delete_watched(&request, waiting).await
        };
        match deleted {
            Ok(receipt) => Ok(Ended::Done(Box::new(receipt))),
            Err(DeleteError::Unreaped { deletion, open, failing, objects, next_try }) => {
                let words = "This goes on with what is due, and looks again once nothing is left:";
                let next = (words, self.line.with(&["work", "--once"]));
                Ok(Ended::Left(Box::new(Left { deletion, open, failing, objects, next_try, next })))
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    async fn cancel(&self, target: &Target) -> Result<Cancelled, Failure> {
        self.system.cancel(&target.root()).await.map_err(|error| self.failure(error))
    }

    async fn settle(&self) -> Result<Option<Settled>, Failure> {
        match self.system.settle().await {
            Ok(settled) => Ok(Some(settled)),
            Err(DeleteError::Engine(EngineError::Database(
                DatabaseError::ReadOnly(_) | DatabaseError::Denied { .. },
            ))) => Ok(None),
            Err(error) => Err(self.failure(error)),
        }
    }

    async fn status(&self, id: &str) -> Result<Option<DeletionStatus>, Failure> {
        let found = self.system.status(&DeletionId::new(id)).await;
        found.map_err(|error| self.failure(error))
    }

    async fn statuses(&self, limit: u32) -> Result<(String, Vec<DeletionStatus>), Failure> {
        let found = self.system.statuses(limit).await.map_err(|error| self.failure(error))?;
        Ok((self.system.policy().system.to_string(), found))
    }

    async fn pauses(&self) -> Result<Vec<Pause>, Failure> {
        self.system.pauses().await.map_err(|error| self.failure(error))
    }

    async fn restore(&self, restore: &Restore) -> Result<Option<Back>, Failure> {
        let id = DeletionId::new(restore.deletion.as_str());
        let by = Actor::new(actor(restore.actor.as_ref()));
        let restored = self.system.restore(&id, &by).await;
        let restored = restored.map_err(|error| self.failure(error))?;
        Ok(restored.map(|restored| match restored {
            Restored::Rows(rows) => Back::Rows(Some(rows)),
            Restored::Refused(why) => Back::Refused(why),
        }))
    }

    async fn retry(&self, id: &str) -> Result<Option<(Settled, bool)>, Failure> {
        let retried = self.system.retry(&DeletionId::new(id)).await;
        let retried = retried.map_err(|error| self.failure(error))?;
        Ok(retried.map(|worked| (worked.settled, worked.failed.is_empty())))
    }

    async fn records(&self, limit: usize) -> Result<Vec<AuditEntry>, Failure> {
        self.system.audit_list(limit).await.map_err(|error| self.failure(error))
    }

    async fn verify(&self) -> Result<Chain, Failure> {
        let report = self.system.audit_verify().await.map_err(|error| self.failure(error))?;
        let faults = report.faults.iter().map(|fault| {
            let told = serde_json::to_value(fault).unwrap_or_default();
            (fault.to_string(), told)
        });
        Ok(Chain {
            records: report.records,
            unsealed: report.unsealed,
            faults: faults.collect(),
            head: report.head,
        })
    }

    async fn sweep(
        &self,
        sweep: &Sweep,
        progress: &mut Progress<'_>,
    ) -> Result<(SweepReport, Option<Vec<Reclaimed>>), Failure> {
        let stores = sweep.stores.iter().map(|store| StoreName::new(store.as_str())).collect();
        let request = SweepRequest { stores, older_than_secs: sweep.older_than };
        if !sweep.reclaim {
            let swept = self.system.sweep(&request, progress).await;
            return Ok((swept.map_err(|error| self.failure(error))?, None));
        }
        let request = ReclaimRequest {
            sweep: request,
            actor: Actor::new(actor(sweep.actor.as_ref())),
            reason: sweep.reason.clone(),
            percent_max: sweep.at_most_percent,
        };
        let done = self.system.reclaim(&request, progress).await;
        let (report, gone) = done.map_err(|error| self.failure(error))?;
        Ok((report, Some(gone)))
    }
}

fn request(delete: &Delete, bound_to: Option<Bound>) -> DeleteRequest {
    DeleteRequest { root: delete.target.root(), reason: delete.reason.clone(), bound_to }
}

/// What the deletion is bound to: the digest that was given, or the preview just shown to whoever
/// confirms it. Who has confirmed the id beforehand has seen no preview, and means what is there.
fn bound(delete: &Delete, preview: &Preview, line: &CommandLine) -> Result<Option<Bound>, Failure> {
    let (Some(digest), Some(parts)) = (&preview.digest, &preview.parts) else {
        return Err(Failure::Unbound { root: root_of(preview) });
    };
    if delete.confirm.is_some() && delete.digest.is_none() {
        return Ok(None);
    }
    match &delete.digest {
        Some(given) if parts.matches(given) => Ok(Some(Bound::Digest(given.clone()))),
        Some(_) => Err(other_digest(preview, line)),
        None => Ok(Some(Bound::Parts { digest: digest.clone(), parts: parts.clone() })),
    }
}

/// What was confirmed before is not what was shown now.
pub(super) fn other_digest(preview: &Preview, line: &CommandLine) -> Failure {
    let ids = preview.roots.all().iter().map(|root| root.id.as_str());
    let words: Vec<&str> = ["preview", &preview.thing].into_iter().chain(ids).collect();
    Failure::OtherDigest { root: root_of(preview), again: line.with(&words) }
}
