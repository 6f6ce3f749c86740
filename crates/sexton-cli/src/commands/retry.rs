//! `sexton retry`: makes the open calls of a deletion now, whenever they would be tried.

use sexton_core::names::DeletionId;

use super::status::one;
use crate::arguments::{Retry, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::watched;
use crate::screen::Screen;
use crate::wiring;

pub async fn run(retry: &Retry, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    let id = DeletionId::new(retry.deletion.as_str());
    let retried = watched(screen, "calling", opened.system.retry(&id)).await;
    let retried = retried.map_err(|error| opened.failure(error))?;
    let worked = retried.ok_or_else(|| Failure::NoDeletion(retry.deletion.clone()))?;
    one(&retry.deletion, &worked.settled, &opened, screen).await?;
    Ok(if worked.failed.is_empty() { Exit::Done } else { Exit::Failed })
}
