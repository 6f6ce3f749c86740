//! `sexton demo`: a sample system in a folder, and a first deletion in it.

mod folder;

use serde_json::json;
use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::{Clock, SystemClock};
use sexton_engine::{Bound, Budget, DeleteRequest, Root, RootKey};

use super::audit;
use crate::arguments::{Demo, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::shell::CommandLine;
use crate::text::{self, View};
use crate::wiring::{self, Opened};
use folder::Folder;

const THING: &str = "batch";
const FIRST: &str = "autumn-2026";
const SECOND: &str = "summer-2026";

pub async fn run(demo: &Demo, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let folder = Folder::make(demo).await?;
    let shared = Shared {
        policy: folder.policy(),
        database: None,
        output: shared.output,
        verbose: shared.verbose,
        color: shared.color,
    };
    let opened = wiring::open(&shared).await?;
    if screen.is_text() {
        in_text(&folder, &opened, screen).await?;
    } else {
        in_json(&folder, &opened, screen).await?;
    }
    Ok(Exit::Done)
}

async fn in_text(folder: &Folder, opened: &Opened, screen: &mut Screen) -> Result<(), Failure> {
    step(screen, "A sample system", &format!("in {}", folder.shown()));
    screen.say(&text::wrapped(
        "A DNS test service: batches of runs, with their log, facts and snapshots. Its database \
         enforces hardly any reference; its policy knows them all.",
    ));
    step(screen, "\nCheck", "does the policy fit the live schema?");
    let findings = opened.system.check().await.map_err(|error| opened.failure(error))?;
    screen.say(&text::findings_summary(&findings));
    step(screen, "\nPreview", "what would deleting a batch do? Nothing is changed by it.\n");
    let preview = opened.system.preview(&root(), Budget::default()).await;
    let preview = preview.map_err(|error| opened.failure(error))?;
    screen.say(&text::preview(&preview, View { all: false, policy: "sexton.toml" }));
    step(screen, "\nDelete", "exactly that, in one transaction, then look again.");
    let began = SystemClock.now();
    let deleted = opened.system.delete(&request(preview.digest.map(Bound::Digest))).await;
    let receipt = deleted.map_err(|error| opened.failure(error))?;
    let took = text::took(began, SystemClock.now());
    screen.say(&text::brief_receipt(&receipt, &took));
    step(screen, "\nAudit", "is every record still what was written?");
    audit::verify(opened, screen).await?;
    step(screen, "\nNow you", "these work as they are:");
    screen.say(&next_steps(folder));
    Ok(())
}

async fn in_json(folder: &Folder, opened: &Opened, screen: &mut Screen) -> Result<(), Failure> {
    let deleted = opened.system.delete(&request(None)).await;
    let receipt = deleted.map_err(|error| opened.failure(error))?;
    screen.document(&json!({ "policy": folder.policy(), "receipt": receipt }));
    Ok(())
}

fn step(screen: &mut Screen, name: &str, what: &str) {
    screen.say(&format!("{} {what}", text::bold(&format!("{name}:"))));
}

fn root() -> Root {
    Root {
        thing: ThingName::new(THING),
        key: RootKey::Id(FIRST.into()),
        options: std::collections::BTreeMap::new(),
        tenant: None,
        actor: Actor::new("demo"),
    }
}

fn request(bound_to: Option<Bound>) -> DeleteRequest {
    DeleteRequest { root: root(), reason: Some("first look".into()), bound_to }
}

fn next_steps(folder: &Folder) -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| "sexton".into());
    let line = CommandLine::with_full_paths(&program, &folder.policy());
    let steps: [&[&str]; 4] =
        [&["preview", THING, SECOND], &["delete", THING, SECOND], &["status"], &["audit", "list"]];
    let lines = steps.map(|words| format!("  {}", line.with(words)));
    format!("{}\n\nThe policy is worth reading: {}", lines.join("\n"), folder.policy().display())
}
