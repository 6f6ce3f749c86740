//! What judges whether pages are accessible: a script that comes from a registry when tests run, so that
//! no copy of it is part of the project.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo_metadata;

const PACKAGE: &str = "axe-core-python==0.1.0";
const SCRIPT: &str = "axe_core_python/axe.min.js";

/// Where the script is, fetched unless it is there.
pub fn axe(root: &Path) -> Result<PathBuf> {
    let metadata = cargo_metadata(root)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    let place = Path::new(target).join("axe");
    let script = place.join(SCRIPT);
    if script.is_file() {
        return Ok(script);
    }
    fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
    let tools = Path::new(target).join("axe-tools");
    run(Command::new("python3").args(["-m", "venv"]).arg(&tools))?;
    let quiet = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"];
    run(Command::new(tools.join("bin/pip")).args(quiet).arg(&place).arg(PACKAGE))?;
    if !script.is_file() {
        bail!("{PACKAGE} has no {SCRIPT}");
    }
    Ok(script)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {command:?}"))?;
    if !status.success() {
        bail!("{command:?} failed with {status}");
    }
    Ok(())
}
