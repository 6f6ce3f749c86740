//! Sweeps: stores compared with rows in the background, and orphans removed if asked to.

use axum::http::StatusCode;
use sexton_api::{AskSweep, ReclaimedStore, Sweep};
use sexton_core::names::{StoreName, SweepId};
use sexton_core::objects::Removed;
use sexton_core::sweep::SweepReport;
use sexton_engine::{DeleteError, ReclaimRequest, Reclaimed, SweepRequest, System};

use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::Action;

/// Nothing is removed from a store of which more would go, where nobody says.
const PERCENT_MAX: u32 = 50;

/// Begins a sweep, that goes on whatever becomes of who asked.
pub async fn begin(
    service: &std::sync::Arc<Service>,
    identity: &Identity,
    system: &str,
    ask: &AskSweep,
) -> Result<Sweep, Failure> {
    let system = service.system_for(system, identity, Action::Sweep)?.clone();
    let request = request(&system, identity, ask)?;
    let now = service.surroundings.clock.now();
    let begun = Sweep {
        id: service.new_id("swp_"),
        system: system.policy().system.to_string(),
        actor: identity.actor.to_string(),
        began_at: now.to_string(),
        ..Sweep::default()
    };
    if !service.sweeps.begin(&begun, now).await? {
        let failure = Failure::of(StatusCode::CONFLICT, "in_flight", "A sweep is under way");
        return Err(Failure { is_retryable: true, ..failure }.because("wait for its end"));
    }
    let (reclaims, sweep, kept) = (ask.reclaim, begun.clone(), service.clone());
    service.running.work(async move {
        let clock = kept.surroundings.clock.clone();
        let id = SweepId::new(sweep.id.as_str());
        let swept = carry_out(&system, &request, reclaims);
        let swept = kept.sweeps.held(&id, clock.as_ref(), swept).await;
        if let Ok((report, _)) = &swept
            && let Err(error) = system.keep_sweep(report).await
        {
            let system = system.policy().system.as_str();
            tracing::warn!(event = "figures_failed", system, error = %error);
        }
        let now = clock.now();
        let sweep = Sweep { ended_at: Some(now.to_string()), ..found(sweep, swept) };
        if let Err(error) = kept.sweeps.end(&sweep, now).await {
            tracing::warn!(event = "sweep_not_kept", error = %error);
        }
    });
    Ok(begun)
}

/// The latest sweep of a system, and what it has found.
pub async fn latest(
    service: &Service,
    identity: &Identity,
    system: &str,
) -> Result<Sweep, Failure> {
    service.system_for(system, identity, Action::Sweep)?;
    let latest = service.sweeps.latest(system, service.surroundings.clock.now()).await?;
    latest.ok_or_else(|| Failure::missing("nobody has swept it yet"))
}

fn request(
    system: &System,
    identity: &Identity,
    ask: &AskSweep,
) -> Result<ReclaimRequest, Failure> {
    let known = &system.policy().stores;
    let is_known = |store: &String| known.iter().any(|known| known.name.as_str() == store);
    if let Some(unknown) = ask.stores.iter().find(|store| !is_known(store)) {
        return Err(Failure::unfit("/stores", format!("there is no store `{unknown}`")));
    }
    if ask.older_than_secs.is_some_and(|secs| secs < 0) {
        return Err(Failure::unfit("/older_than_secs", "an age is not negative"));
    }
    if ask.at_most_percent.is_some_and(|percent| percent > 100) {
        return Err(Failure::unfit("/at_most_percent", "from 0 to 100"));
    }
    if !ask.reclaim && (ask.at_most_percent.is_some() || ask.reason.is_some()) {
        return Err(Failure::unfit("/reclaim", "without it nothing is removed"));
    }
    let stores = ask.stores.iter().map(|store| StoreName::new(store.as_str())).collect();
    Ok(ReclaimRequest {
        sweep: SweepRequest { stores, older_than_secs: ask.older_than_secs },
        actor: identity.actor.clone(),
        reason: ask.reason.clone(),
        percent_max: ask.at_most_percent.unwrap_or(PERCENT_MAX),
    })
}

type Swept = Result<(SweepReport, Option<Vec<Reclaimed>>), DeleteError>;

async fn carry_out(system: &System, request: &ReclaimRequest, reclaims: bool) -> Swept {
    if reclaims {
        let (report, gone) = system.reclaim(request, &mut |_| {}).await?;
        return Ok((report, Some(gone)));
    }
    Ok((system.sweep(&request.sweep, &mut |_| {}).await?, None))
}

fn found(sweep: Sweep, swept: Swept) -> Sweep {
    match swept {
        Ok((report, gone)) => Sweep {
            report: serde_json::to_value(report).ok(),
            reclaimed: gone.map(|gone| gone.iter().map(of_store).collect()),
            ..sweep
        },
        Err(error) => Sweep { failure: Some(error.to_string()), ..sweep },
    }
}

fn of_store(of: &Reclaimed) -> ReclaimedStore {
    let (deletion, objects, failure) = match &of.gone {
        None => (None, None, None),
        Some((id, Ok(receipt))) => (Some(id), Some(&receipt.objects_gone), None),
        Some((id, Err(error))) => match error {
            DeleteError::Unreaped { objects, .. } => (Some(id), Some(objects), Some(error)),
            error => (Some(id), None, Some(error)),
        },
    };
    let total = |count: fn(&Removed) -> u64| {
        objects.map_or(0, |gone| gone.values().flat_map(|stores| stores.values()).map(count).sum())
    };
    ReclaimedStore {
        store: of.store.to_string(),
        asked: of.asked,
        more: of.more,
        removed: total(|removed| removed.deleted + removed.hidden),
        removed_bytes: total(|removed| removed.bytes),
        failed: total(|removed| removed.failed),
        refused: of.refused.clone(),
        deletion: deletion.map(ToString::to_string),
        failure: failure.map(ToString::to_string),
    }
}
