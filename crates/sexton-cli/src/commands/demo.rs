//! `sexton demo`: the sample systems in a folder, served; or a first deletion in one of them.

mod folder;
mod live;
mod served;
mod story;
mod workers;

use serde_json::json;
use sexton_engine::ports::{Clock, SystemClock};
use sexton_engine::{Bound, Budget, DeleteRequest, FenceChange};

use super::audit;
use crate::arguments::{Demo, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::shell::CommandLine;
use crate::text::{self, View};
use crate::wiring::{self, Opened};
use folder::Folder;
use live::Place;
pub use story::STORIES;
use story::Story;

pub async fn run(demo: &Demo, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let Some(system) = &demo.system else { return served::run(demo, shared, screen).await };
    let story = Story::of(system);
    let folder = Folder::make(demo, story).await?;
    let shared = Shared {
        policy: folder.policy(),
        database: None,
        output: shared.output,
        log_file: shared.log_file.clone(),
        verbose: shared.verbose,
        color: shared.color,
    };
    let opened = wiring::open(&shared).await?;
    opened.system.change_fence(FenceChange::Install).await?;
    if screen.is_text() {
        in_text(&story, &folder, &opened, screen).await?;
    } else {
        in_json(&story, &folder, &opened, screen).await?;
    }
    Ok(Exit::Done)
}

async fn in_text(
    story: &Story,
    folder: &Folder,
    opened: &Opened,
    screen: &mut Screen,
) -> Result<(), Failure> {
    step(screen, "A sample system", &format!("in {}", folder.shown()));
    screen.say(&text::wrapped(story.about));
    step(screen, "\nCheck", "does the policy fit the live schema?");
    let findings = opened.system.check().await.map_err(|error| opened.failure(error))?;
    screen.say(&text::findings_summary(&findings));
    let question = format!("what would deleting a {} do? Nothing is changed by it.\n", story.thing);
    step(screen, "\nPreview", &question);
    let preview = opened.system.preview(&story.root(), Budget::default()).await;
    let preview = preview.map_err(|error| opened.failure(error))?;
    screen.say(&text::preview(&preview, View { all: false, place: "policy sexton.toml" }));
    step(screen, "\nDelete", "exactly that, in one transaction, then look again.");
    let began = SystemClock.now();
    let deleted = opened.system.delete(&request(story, preview.digest.map(Bound::Digest))).await;
    let receipt = deleted.map_err(|error| opened.failure(error))?;
    let took = text::took(began, SystemClock.now());
    screen.say(&text::brief_receipt(&receipt, &took));
    step(screen, "\nAudit", "is every record still what was written?");
    audit::verify(opened, screen).await?;
    step(screen, "\nAt work", story.at_work);
    let place = Place { database: folder.address(), stores: folder.stores() };
    live::show(story, &place, opened, screen).await?;
    step(screen, "\nNow you", "these work as they are:");
    screen.say(&next_steps(story, folder));
    Ok(())
}

async fn in_json(
    story: &Story,
    folder: &Folder,
    opened: &Opened,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let deleted = opened.system.delete(&request(story, None)).await;
    let receipt = deleted.map_err(|error| opened.failure(error))?;
    screen.document(&json!({ "policy": folder.policy(), "receipt": receipt }));
    Ok(())
}

fn step(screen: &mut Screen, name: &str, what: &str) {
    screen.say(&format!("{} {what}", text::bold(&format!("{name}:"))));
}

fn request(story: &Story, bound_to: Option<Bound>) -> DeleteRequest {
    DeleteRequest { root: story.root(), reason: Some("first look".into()), bound_to }
}

fn next_steps(story: &Story, folder: &Folder) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "sexton".into());
    let line = CommandLine::with_full_paths(&program, &folder.policy());
    let steps: [&[&str]; 4] = [
        &["preview", story.thing, story.second],
        &["delete", story.thing, story.second],
        &["status"],
        &["audit", "list"],
    ];
    let lines = steps.map(|words| format!("  {}", line.with(words)));
    format!("{}\n\nThe policy is worth reading: {}", lines.join("\n"), folder.policy().display())
}
