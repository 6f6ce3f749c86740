//! `GET /api/systems/{system}/overview`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{DayFigures, FailingFigures, Overview, SampleFigures, UnderWayFigures};
use sexton_core::names::Timestamp;
use sexton_engine::{self as engine, DAYS_SHOWN, day_of};

use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

const DAY_SECS: i64 = 86_400;

/// How a system stands: what went each day of a month, what is still to be done, what fails.
#[utoipa::path(get, path = "/api/systems/{system}/overview", tag = "overview",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "How it stands", body = Overview)))]
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Json<Overview>, Failure> {
    let system = service.system(&name, &identity)?;
    Ok(Json(shown(&name, system.overview().await?)))
}

/// The same as it is told.
pub(crate) fn shown(system: &str, overview: engine::Overview) -> Overview {
    let engine::Overview { at, days, samples, under_way, backlog, failing } = overview;
    let today = day_of(at);
    let days = days.into_iter().map(|day| DayFigures {
        date: date(day.day),
        thing: day.thing.to_string(),
        state: day.state.to_string(),
        deletions: day.deletions,
        rows: day.rows,
        objects: day.objects,
        bytes: day.bytes,
    });
    let samples = samples.into_iter().map(|sample| SampleFigures {
        of: sample.of.as_str().to_owned(),
        name: sample.name,
        date: date(sample.day),
        at: sample.at.to_string(),
        items: sample.items,
        bytes: sample.bytes,
        orphans: sample.orphans,
        dangling: sample.dangling,
    });
    let under_way = under_way.into_iter().map(|under_way| UnderWayFigures {
        state: under_way.state.to_string(),
        deletions: under_way.deletions,
        oldest_at: under_way.oldest.to_string(),
    });
    let failing = failing.into_iter().map(|failing| FailingFigures {
        rule: failing.rule,
        reason: failing.reason,
        promises: failing.intents,
        deletion: failing.deletion.to_string(),
        next_try_at: failing.next_try.to_string(),
    });
    Overview {
        system: system.to_owned(),
        at: at.to_string(),
        dates: (today - DAYS_SHOWN + 1..=today).map(date).collect(),
        days: days.collect(),
        samples: samples.collect(),
        under_way: under_way.collect(),
        promises: backlog.intents,
        oldest_promise_at: backlog.oldest_intent.map(|at| at.to_string()),
        failing: failing.collect(),
    }
}

/// The date of a day, which is what its first moment begins with.
fn date(day: i64) -> String {
    let moment = Timestamp(0).plus_secs(day * DAY_SECS).to_string();
    moment.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_told_by_its_date() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-21"] {
            let moment = Timestamp::of_written(text).expect("it is a date");
            assert_eq!(date(day_of(moment)), text);
        }
    }
}
