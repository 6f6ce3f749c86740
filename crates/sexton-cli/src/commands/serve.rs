//! `sexton serve`: the HTTP API of its systems, and their background work.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sexton_core::names::Actor;
use sexton_engine::{Surroundings, System};
use sexton_server::{Gate, Service, Settings, log_to, serve};
use tokio::net::TcpListener;

use super::root::actor;
use crate::arguments::{Serve, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::stopping::asked_to_stop;
use crate::wiring;
use crate::wiring::state::gate;

/// It works, and deletions under way have so long to end once it is told to stop.
pub const SETTINGS: Settings = Settings { works: true, grace: Duration::from_secs(10) };

pub async fn run(asked: &Serve, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    // Events of the policies go where the server's own lines go.
    let log_file = shared.log_file.clone().unwrap_or_else(|| PathBuf::from("-"));
    let shared = Shared { log_file: Some(log_file.clone()), ..shared.clone() };
    begin_log(&log_file)?;
    let mut systems = vec![system(&shared).await?];
    for policy in &asked.more {
        systems.push(system(&Shared { policy: policy.clone(), ..shared.clone() }).await?);
    }
    let (gate, state) = gate(&asked.state, &shared, Actor::new(actor(None))).await?;
    let gate: Arc<dyn Gate> = Arc::new(gate);
    let (listener, address) = listen(&asked.listen, gate.is_guarded()).await?;
    let service = Service::new(systems, gate, Surroundings::of_this_machine());
    let service = service.map_err(Failure::Indistinct)?.below(&asked.base_path).sharing(state);
    let service = Arc::new(service);
    let unheard = |source| Failure::Unheard { address: asked.listen.clone(), source };
    tell(&service, address, screen);
    let settings = Settings { works: !asked.no_work, ..SETTINGS };
    serve(listener, service, settings, asked_to_stop()).await.map_err(unheard)?;
    say(screen, &json!({ "event": "stopped" }), &|| "Stopped.".to_owned());
    Ok(Exit::Done)
}

async fn system(shared: &Shared) -> Result<Arc<System>, Failure> {
    Ok(Arc::new(wiring::open(shared).await?.system))
}

/// Listens, but where others than this machine could ask and nobody is asked for a key.
pub async fn listen(written: &str, is_guarded: bool) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = address(written).await?;
    if !is_guarded && !address.ip().is_loopback() {
        return Err(Failure::Unguarded { address: written.to_owned() });
    }
    let unheard = |source| Failure::Unheard { address: written.to_owned(), source };
    let listener = TcpListener::bind(address).await.map_err(unheard)?;
    let address = listener.local_addr().map_err(unheard)?;
    Ok((listener, address))
}

async fn address(written: &str) -> Result<SocketAddr, Failure> {
    let unread = |source| Failure::Unheard { address: written.to_owned(), source };
    let found = tokio::net::lookup_host(written).await.map_err(unread)?.next();
    found.ok_or_else(|| Failure::Unheard {
        address: written.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::NotFound, "it is no address"),
    })
}

/// Begins the server's log.
pub fn begin_log(file: &Path) -> Result<(), Failure> {
    let unwritten = |error| Failure::FileUnwritten {
        file: file.to_owned(),
        source: std::io::Error::other(error),
    };
    log_to(Some(file)).map_err(unwritten)
}

fn tell(service: &Service, address: SocketAddr, screen: &mut Screen) {
    let names: Vec<&str> = service.systems().map(|(name, _)| name).collect();
    let is_guarded = service.gate.is_guarded();
    let base = service.base_path();
    let event = json!({
        "event": "listening",
        "address": format!("http://{address}{base}"),
        "systems": names,
        "keys": is_guarded,
    });
    say(screen, &event, &|| {
        let open = "\nNo keys are configured: only this machine is answered, and everybody on it is \
                    the operator.";
        format!(
            "Listening on http://{address}{base} for {}. Ctrl-C ends it.{}",
            names.join(", "),
            if is_guarded { "" } else { open },
        )
    });
}

fn say(screen: &mut Screen, event: &serde_json::Value, text: &dyn Fn() -> String) {
    if screen.is_text() {
        screen.say(&text());
    } else {
        screen.event(event);
    }
}
