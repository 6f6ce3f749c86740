//! The demo that goes on: every sample behind one server, with its application at work.
//!
//! It goes on with what an earlier demo has left in the folder. What it prints can be pasted into
//! another terminal as it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sexton_core::names::Actor;
use sexton_engine::ports::{Grant, State, SystemClock, SystemSecrets};
use sexton_engine::{FenceChange, Surroundings, System};
use sexton_server::who::config::Config;
use sexton_server::who::gate::KeyGate;
use sexton_server::who::issue::{Wanted, issue_as};
use sexton_server::who::secret::KeySecret;
use sexton_server::{Gate, Service, serve};

use super::folder::Folder;
use super::live::Place;
use super::story::{STORIES, Story};
use super::workers::Workers;
use crate::arguments::{Demo, Shared};
use crate::commands::serve::{SETTINGS, begin_log, listen};
use crate::exit::Exit;
use crate::failure::{Failure, ServerFailure};
use crate::screen::Screen;
use crate::shell::program_as_called;
use crate::stopping::asked_to_stop;
use crate::text;
use crate::wiring::{self, state};

const STATE: &str = "sexton-state.db";
const LOG: &str = "sexton.log";

/// Serves until it is told to stop.
pub async fn run(demo: &Demo, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    // A key that cannot be one is told before anything is made.
    let secret = secret(demo)?;
    let mut folders = Vec::new();
    for story in STORIES {
        folders.push(Folder::make_or_find(demo, story()).await?);
    }
    let log = demo.dir.join(LOG);
    begin_log(&log)?;
    let mut systems = Vec::new();
    for folder in &folders {
        systems.push(system(folder, &log, shared).await?);
    }
    let (gate, state) = gate(demo, secret.as_ref()).await?;
    let service = Service::new(systems, gate, Surroundings::of_this_machine());
    let service = Arc::new(service.map_err(Failure::Indistinct)?.sharing(state));
    let (listener, address) = listen(&demo.listen, service.gate.is_guarded()).await?;
    let mut workers = Workers::new();
    for folder in &folders {
        let place = Place { database: folder.address(), stores: folder.stores() };
        workers.start(folder.sample(), place)?;
    }
    let address = format!("http://{address}");
    tell(&address, demo, &service, secret.as_ref(), screen);
    let unheard = |source| Failure::Unheard { address: demo.listen.clone(), source };
    serve(listener, service, SETTINGS, asked_to_stop()).await.map_err(unheard)?;
    workers.ended()?;
    if screen.is_text() {
        screen.say("\nStopped. `sexton demo` goes on with it; --fresh begins anew.");
    } else {
        screen.event(&json!({ "event": "stopped" }));
    }
    Ok(Exit::Done)
}

/// The key that is asked for: none, the one that was said, or a new one.
fn secret(demo: &Demo) -> Result<Option<KeySecret>, Failure> {
    match &demo.key {
        None => Ok(None),
        Some(None) => Ok(Some(KeySecret::draw(&SystemSecrets))),
        Some(Some(said)) => match KeySecret::read(said) {
            Ok(secret) => Ok(Some(secret)),
            Err(_) => Err(ServerFailure::BadKey.into()),
        },
    }
}

async fn system(folder: &Folder, log: &Path, shared: &Shared) -> Result<Arc<System>, Failure> {
    let log_file: Option<PathBuf> = Some(log.to_owned());
    let of_folder = Shared { policy: folder.policy(), database: None, log_file, ..shared.clone() };
    let opened = wiring::open(&of_folder).await?;
    let fenced = opened.system.change_fence(FenceChange::Install).await;
    fenced.map_err(|error| opened.failure(error))?;
    Ok(Arc::new(opened.system))
}

/// Everybody on this machine is let in, unless a key is said.
async fn gate(
    demo: &Demo,
    secret: Option<&KeySecret>,
) -> Result<(Arc<dyn Gate>, Arc<dyn State>), Failure> {
    let file = demo.dir.join(STATE).display().to_string();
    let kept: Arc<dyn State> = state::open_or_create(&state::StateAddress::File(file)).await?;
    if let Some(secret) = secret
        && kept.key_by_hash(&secret.hash()).await?.is_none()
    {
        let grant = Grant {
            roles: vec!["admin".to_owned()],
            tenant: None,
            systems: None,
            organisations: Vec::new(),
            per_minute: None,
        };
        let name = "demo".to_owned();
        let wanted = Wanted { name: name.clone(), grant, expires_at: None, created_by: name };
        issue_as(&*kept, &Surroundings::of_this_machine(), secret, wanted).await?;
    }
    let config = Config::of(&[]).map_err(ServerFailure::Mistakes)?;
    let gate = KeyGate::new(&config, None, kept.clone(), Arc::new(SystemClock));
    let gate = gate.for_operator(Actor::new("demo"));
    gate.open().await?;
    Ok((Arc::new(gate), kept))
}

fn tell(
    address: &str,
    demo: &Demo,
    service: &Service,
    secret: Option<&KeySecret>,
    screen: &mut Screen,
) {
    let key = secret.map(KeySecret::text);
    if !screen.is_text() {
        let names: Vec<&str> = service.systems().map(|(name, _)| name).collect();
        let told = json!({ "event": "listening", "address": address, "systems": names,
            "keys": service.gate.is_guarded(), "key": key, "folder": demo.dir });
        return screen.event(&told);
    }
    let title = format!("Five sample systems, with their workers, at {address}");
    screen.say(&format!("{}\n", text::bold(&title)));
    for story in STORIES {
        let Story { sample, about, .. } = story();
        let first = about.split(['.', ':']).next().unwrap_or_default();
        screen.say(&format!("  {:<15} {first}", sample.name));
    }
    let dir = demo.dir.display();
    screen.say(&format!("\nTheir databases, objects and policies, and the log, are in {dir}.\n"));
    screen.say(&format!("In a browser, the console: {address}/console\n"));
    screen.say(&text::bold("Or in another terminal:"));
    let without = service.gate.is_guarded().then_some("…");
    for (what, lines) in to_try(address, key.or(without)) {
        screen.say(&format!("\n  {what}"));
        for line in lines {
            screen.say(&format!("    {line}"));
        }
    }
    screen.say("\nCtrl-C ends it.");
}

/// What a newcomer tries, in this order; each line works as it stands, once.
fn to_try(address: &str, key: Option<&str>) -> Vec<(&'static str, Vec<String>)> {
    let program = program_as_called();
    let mut first = vec![format!("export SEXTON_SERVER={address} SEXTON_SYSTEM=batches")];
    first.extend(key.map(|key| format!("export SEXTON_KEY={key}")));
    let bearer = if key.is_some() { " -H \"Authorization: Bearer $SEXTON_KEY\"" } else { "" };
    let api = "$SEXTON_SERVER/api/systems";
    let (batch, own) = ("summer-2026", "$SEXTON_SERVER/api/v1/batches/spring-2026");
    let post = |path: &str, body: String| {
        [format!("curl -s{bearer} {api}/batches/{path} --json \\"), format!("  '{body}'")]
    };
    vec![
        ("Say once where it is:", first),
        (
            "What would go with a batch? Then delete it: that shows it again, and asks.",
            vec![
                format!("{program} preview batch autumn-2026"),
                format!("{program} delete batch autumn-2026"),
            ],
        ),
        (
            "What has become of it? Is every record still what was written?",
            vec![format!("{program} status"), format!("{program} audit verify")],
        ),
        (
            "The same over HTTP:",
            [
                vec![format!("curl -s{bearer} {api}")],
                post("previews", format!("{{\"thing\": \"batch\", \"id\": \"{batch}\"}}")).to_vec(),
                post(
                    "deletions",
                    format!(
                        "{{\"thing\": \"batch\", \"id\": \"{batch}\", \"confirm\": \"{batch}\"}}"
                    ),
                )
                .to_vec(),
                vec![format!("curl -s{bearer} {api}/batches/deletions")],
            ]
            .concat(),
        ),
        (
            "By paths that the application's own clients call (docs/routes.md):",
            vec![
                format!("curl -s{bearer} {own}/delete-preview"),
                format!("curl -si{bearer} -X DELETE {own}"),
            ],
        ),
        ("Every path there is:", vec![format!("curl -s{bearer} $SEXTON_SERVER/openapi.json")]),
    ]
}
