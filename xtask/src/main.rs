//! The project's automation, run as `cargo xtask <command>`.
//!
//! Not here: installing what the checks need (the script `test` in the root does that), and
//! starting databases (the test kit does that).

mod browser;
mod ci;
mod python;
mod snapshots;
mod tidy;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    match args.split_first() {
        Some((command, steps)) if command == "ci" => ci::run(&repository_root()?, steps),
        Some((command, [])) if command == "tidy" => tidy::run(&repository_root()?),
        Some((command, [])) if command == "help" || command == "--help" => {
            println!("{}", usage());
            Ok(())
        }
        _ => bail!("no such command\n{}", usage()),
    }
}

fn usage() -> String {
    format!(
        "usage: cargo xtask <command>\n\
         \x20 ci [step...]   run all checks, or the named ones of: {}\n\
         \x20 tidy           check the rules of the house that no compiler knows",
        ci::step_names().join(", ")
    )
}

/// Asked at run time: a target folder may be shared by several copies of the repository.
fn repository_root() -> Result<PathBuf> {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").context("start it as `cargo xtask`")?;
    let root = Path::new(&xtask).parent().context("xtask lies in no folder")?;
    Ok(root.to_owned())
}

/// The cargo that runs us, so that every step uses the same toolchain.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// What cargo says of the workspace's own packages: no network, no lock file needed.
fn cargo_metadata(root: &Path) -> Result<serde_json::Value> {
    let output = cargo(root)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("starting cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("reading the answer of cargo metadata")
}
