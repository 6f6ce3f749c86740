//! One module per command: what it asks of the engine, and what it shows of the answer.

mod audit;
mod cancel;
mod check;
mod delete;
pub mod demo;
mod fence;
mod give_up;
mod graph;
mod hold;
mod init;
mod key;
mod pause;
mod preview;
mod restore;
mod retention;
mod retry;
pub mod root;
mod schema;
pub mod serve;
mod status;
mod sweep;
mod work;

use crate::arguments::{Arguments, Command, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;

/// Runs the command that was asked for.
pub async fn run(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Failure> {
    let shared = &arguments.shared;
    let draws = matches!(arguments.command, Command::Graph(_));
    if shared.output == Format::Svg && !draws {
        return Err(Failure::NoDrawing);
    }
    match &arguments.command {
        Command::Demo(demo) => demo::run(demo, shared, screen).await,
        Command::Init(init) => init::run(init, shared, screen).await,
        Command::Check(check) => check::run(check, shared, screen).await,
        Command::Graph(graph) => graph::run(graph, shared, screen),
        Command::Preview(preview) => preview::run(preview, shared, screen).await,
        Command::Delete(delete) => delete::run(delete, shared, screen).await,
        Command::Cancel(cancel) => cancel::run(cancel, shared, screen).await,
        Command::Fence(fence) => fence::run(fence, shared, screen).await,
        Command::Retention(asked) => retention::run(asked, shared, screen).await,
        Command::Pause(asked) => pause::run(pause::Way::Pause, asked, shared, screen).await,
        Command::Resume(asked) => pause::run(pause::Way::Resume, asked, shared, screen).await,
        Command::Hold(hold) => hold::run(hold, shared, screen).await,
        Command::Key(key) => key::run(key, shared, screen).await,
        Command::Schema => Ok(schema::run(screen)),
        Command::Status(status) => status::run(status, shared, screen).await,
        Command::Restore(restore) => restore::run(restore, shared, screen).await,
        Command::Retry(retry) => retry::run(retry, shared, screen).await,
        Command::GiveUp(give_up) => give_up::run(give_up, shared, screen).await,
        Command::Sweep(sweep) => sweep::run(sweep, shared, screen).await,
        Command::Work(work) => work::run(work, shared, screen).await,
        Command::Serve(serve) => serve::run(serve, shared, screen).await,
        Command::Audit(audit) => audit::run(audit, shared, screen).await,
    }
}
