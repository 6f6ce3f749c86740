//! Runs every check in order and stops at the first that fails: `cargo xtask ci`.
//!
//! The tools print straight to the terminal; this module adds a heading and a time to each
//! step. Adding a check means adding a row to `STEPS`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{browser, cargo, cargo_metadata, python, snapshots, tidy};

enum Outcome {
    Passed,
    Skipped(&'static str),
}

struct Step {
    name: &'static str,
    run: fn(&Path) -> Result<Outcome>,
}

const STEPS: [Step; 7] = [
    Step { name: "fmt", run: check_formatting },
    Step { name: "tidy", run: check_tidiness },
    Step { name: "clippy", run: run_clippy },
    Step { name: "python", run: check_python_client },
    Step { name: "tests", run: run_tests },
    Step { name: "doc", run: build_documentation },
    Step { name: "deny", run: check_foreign_crates },
];

pub fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs all steps, or those named, always in the order of `STEPS`.
pub fn run(root: &Path, wanted: &[String]) -> Result<()> {
    let mut report = Vec::new();
    for step in chosen_steps(wanted)? {
        println!("\n== {} ==", step.name);
        let stopwatch = Stopwatch::start();
        let outcome = (step.run)(root)
            .with_context(|| format!("ci stopped at step `{}` after {stopwatch}", step.name))?;
        let line = match outcome {
            Outcome::Passed => format!("{}: passed in {stopwatch}", step.name),
            Outcome::Skipped(reason) => format!("{}: skipped: {reason}", step.name),
        };
        println!("{line}");
        report.push(line);
    }
    println!("\n== ci passed ==\n{}", report.join("\n"));
    Ok(())
}

fn chosen_steps(wanted: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = wanted.iter().find(|name| !step_names().contains(&name.as_str())) {
        bail!("no step is named `{unknown}`; there are {}", step_names().join(", "));
    }
    let is_chosen = |step: &&Step| wanted.is_empty() || wanted.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(is_chosen).collect())
}

fn check_formatting(root: &Path) -> Result<Outcome> {
    run_loudly(cargo(root).args(["fmt", "--all", "--check"]))
        .context("to mend it, run `cargo fmt --all`")?;
    Ok(Outcome::Passed)
}

fn check_tidiness(root: &Path) -> Result<Outcome> {
    tidy::run(root)?;
    Ok(Outcome::Passed)
}

fn run_clippy(root: &Path) -> Result<Outcome> {
    let arguments = ["--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    run_loudly(cargo(root).arg("clippy").args(arguments))?;
    Ok(Outcome::Passed)
}

fn run_tests(root: &Path) -> Result<Outcome> {
    let references = fresh_snapshot_references(root)?;
    let axe = browser::axe(root)?;
    let run = |arguments: &[&str]| {
        let mut command = cargo(root);
        command
            .args(arguments)
            .env("CI", "true")
            .env("INSTA_UPDATE", "no")
            .env("INSTA_FORCE_PASS", "0")
            .env("INSTA_WORKSPACE_ROOT", root)
            .env("SEXTON_AXE", &axe)
            .env(snapshots::REFERENCES_VARIABLE, &references);
        run_loudly(&mut command)
    };
    if has_subcommand(root, "nextest") {
        // nextest leaves out the examples in documentation. They come first, so that the
        // summary of all other tests stands last.
        run(&["test", "--workspace", "--locked", "--doc"])?;
        run(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])?;
    } else {
        run(&["test", "--workspace", "--locked", "--no-fail-fast"])?;
    }
    snapshots::refuse_unreferenced(root, &references)?;
    Ok(Outcome::Passed)
}

fn check_python_client(root: &Path) -> Result<Outcome> {
    python::check(root)?;
    Ok(Outcome::Passed)
}

/// Where the tests of this run write down the snapshots they use.
fn fresh_snapshot_references(root: &Path) -> Result<PathBuf> {
    let metadata = cargo_metadata(root)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target folder")?;
    let references = Path::new(target).join("snapshot-references");
    fs::create_dir_all(target)
        .and_then(|()| fs::write(&references, ""))
        .with_context(|| format!("emptying {}", references.display()))?;
    Ok(references)
}

fn build_documentation(root: &Path) -> Result<Outcome> {
    let arguments = ["--workspace", "--no-deps", "--document-private-items", "--locked"];
    run_loudly(cargo(root).arg("doc").args(arguments).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

fn check_foreign_crates(root: &Path) -> Result<Outcome> {
    if !has_subcommand(root, "deny") {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    run_loudly(cargo(root).args(["deny", "check", "bans", "licenses", "sources"]))?;
    Ok(Outcome::Passed)
}

fn has_subcommand(root: &Path, name: &str) -> bool {
    let quietly =
        cargo(root).args([name, "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quietly.is_ok_and(|status| status.success())
}

/// Prints the command, lets it print to the terminal, and fails with it.
fn run_loudly(command: &mut Command) -> Result<()> {
    let shown = shown_command(command);
    println!("$ {shown}");
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed with {status}");
    }
    Ok(())
}

fn shown_command(command: &Command) -> String {
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("cargo".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "tells the developer how long a step took")]
    fn start() -> Self {
        Self(Instant::now())
    }
}

impl fmt::Display for Stopwatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown_duration(self.0.elapsed()))
    }
}

fn shown_duration(duration: Duration) -> String {
    match duration.as_secs() {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        secs => format!("{} min {} s", secs / 60, secs % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_chosen_by(wanted: &[&str]) -> Result<Vec<&'static str>> {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        Ok(chosen_steps(&wanted)?.iter().map(|step| step.name).collect())
    }

    #[test]
    fn without_names_every_step_runs() {
        assert_eq!(names_chosen_by(&[]).unwrap(), step_names());
    }

    #[test]
    fn named_steps_run_in_the_order_of_the_table() {
        assert_eq!(names_chosen_by(&["tests", "fmt"]).unwrap(), ["fmt", "tests"]);
    }

    #[test]
    fn an_unknown_step_is_refused_by_name() {
        let error = names_chosen_by(&["fmt", "lint"]).unwrap_err().to_string();
        assert!(error.contains("no step is named `lint`"), "{error}");
    }

    #[test]
    fn a_failing_command_is_named_in_the_error() {
        let mut command = cargo(Path::new("."));
        let error = run_loudly(command.arg("no-such-subcommand").stderr(Stdio::null()));
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("`cargo no-such-subcommand` failed"), "{error}");
    }

    #[test]
    fn long_durations_are_shown_in_minutes() {
        assert_eq!(shown_duration(Duration::from_millis(1240)), "1.2 s");
        assert_eq!(shown_duration(Duration::from_secs(135)), "2 min 15 s");
    }
}
