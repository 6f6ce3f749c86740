//! `sexton preview`: what deleting a thing would do, or why a table is touched.

use sexton_core::finding::did_you_mean;
use sexton_core::names::ThingName;
use sexton_core::preview::Preview;

use crate::arguments::{self, Shared};
use crate::confirm::root_of;
use crate::desk::{self, Desk};
use crate::exit::Exit;
use crate::failure::{Failure, RemoteFailure};
use crate::screen::Screen;
use crate::text::{self, View};
use crate::wiring::Opened;

pub async fn run(
    arguments: &arguments::Preview,
    shared: &Shared,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    arguments.target.judge_options()?;
    let desk = desk::open(&arguments.at, shared).await?;
    let preview = desk.preview(&arguments.target, arguments.for_good).await?.preview;
    if !screen.is_text() {
        screen.document(&preview);
    } else if let Some(table) = &arguments.why {
        let opened = desk.engine().ok_or(RemoteFailure::OnlyHere("--why"))?;
        screen.say(&why(table, &preview, opened).await?);
    } else {
        let view = View { all: arguments.all, place: &desk.place() };
        screen.say(&text::preview(&preview, view));
    }
    let Some(refusal) = refusal(&preview, desk.as_ref()).await? else { return Ok(Exit::Done) };
    screen.warn(&text::wrapped(&refusal));
    Ok(Exit::Refused)
}

/// Why a deletion of this would refuse now, if it would.
async fn refusal(preview: &Preview, desk: &dyn Desk) -> Result<Option<String>, Failure> {
    if !preview.blockers.is_empty() {
        return Ok(Some("It cannot be deleted now: see what refuses it above (!).".into()));
    }
    let obstacle = desk.obstacle(&preview.thing).await?;
    Ok(obstacle.map(|obstacle| format!("It cannot be deleted now: {obstacle}")))
}

async fn why(table: &str, preview: &Preview, opened: &Opened) -> Result<String, Failure> {
    let thing = ThingName::new(&preview.thing);
    let asked = preview.options.iter().map(|o| (o.name.clone(), o.chosen.to_string())).collect();
    let options = opened.system.options(&thing, &asked).map_err(|error| opened.failure(error))?;
    let plan = opened.system.plan(&thing, &options).await;
    let plan = plan.map_err(|error| opened.failure(error))?;
    let told = text::why(table, preview, &plan, opened.system.policy(), &opened.file);
    told.ok_or_else(|| {
        let known = text::known_tables(preview, &plan);
        let near = did_you_mean(table, known.iter().map(String::as_str)).map(str::to_owned);
        Failure::UntouchedTable { table: table.to_owned(), root: root_of(preview), near }
    })
}
