#![doc = include_str!("../README.md")]

mod arguments;
mod commands;
mod confirm;
mod desk;
mod exit;
mod failure;
mod log;
mod policy_file;
mod progress;
mod screen;
mod shell;
mod stopping;
mod text;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use screen::Screen;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut screen = Screen::new(&arguments.shared);
    match commands::run(&arguments, &mut screen).await {
        Ok(exit) => exit.into(),
        Err(failure) => failure::report(&failure, &arguments, &mut screen).into(),
    }
}
