//! `sexton retry`: makes the open calls of a deletion now, whenever they would be tried.

use super::status::one;
use crate::arguments::{Retry, Shared};
use crate::desk;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::watched;
use crate::screen::Screen;

pub async fn run(retry: &Retry, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let desk = desk::open(&retry.at, shared).await?;
    let retried = watched(screen, "calling", desk.retry(&retry.deletion)).await?;
    let (settled, is_done) = retried.ok_or_else(|| Failure::NoDeletion(retry.deletion.clone()))?;
    one(&retry.deletion, &settled, desk.as_ref(), screen).await?;
    Ok(if is_done { Exit::Done } else { Exit::Failed })
}
