//! The Python client: built, judged and tried in an environment of its own, which knows nothing but
//! what the client asks for.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, cargo_metadata};

const CLIENT: &str = "clients/python";

/// Installs the client as its users do, and runs its checks against a server of this build.
pub fn check(root: &Path) -> Result<()> {
    let metadata = cargo_metadata(root)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    let target = Path::new(target);
    run(cargo(root).args(["build", "--locked", "-p", "sexton-cli", "--bin", "sexton"]))?;
    let tools = environment(root, target)?;
    let program = target.join("debug").join("sexton");
    let tool = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(tools.join(name));
        let command = command.args(arguments).current_dir(root.join(CLIENT));
        run(command.env("SEXTON_PROGRAM", &program).env("PYTHONDONTWRITEBYTECODE", "1"))
    };
    tool("ruff", &["format", "--check", "--no-cache", "."])?;
    tool("ruff", &["check", "--no-cache", "."])?;
    tool("mypy", &["--cache-dir", "/dev/null"])?;
    tool("pytest", &["-q", "-p", "no:cacheprovider"])
}

/// A fresh environment with the client installed from its built package; returns its programs.
fn environment(root: &Path, target: &Path) -> Result<PathBuf> {
    let place = target.join("python");
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("emptying {}", place.display()))?;
    }
    run(Command::new("python3").args([OsStr::new("-m"), OsStr::new("venv"), place.as_os_str()]))?;
    let tools = place.join("bin");
    let package = format!("{}[test]", root.join(CLIENT).display());
    let quiet = ["install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(tools.join("pip")).args(quiet).arg(package))?;
    Ok(tools)
}

fn run(command: &mut Command) -> Result<()> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    let words: Vec<_> = std::iter::once(program.to_string_lossy()).chain(arguments).collect();
    let shown = words.join(" ");
    println!("$ {shown}");
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed with {status}");
    }
    Ok(())
}
