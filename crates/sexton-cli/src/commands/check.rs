//! `sexton check`: every finding of the file, then of the file against the live schema; and what
//! deletions take and touch otherwise than before.

mod stores;

use std::path::Path;

use serde_json::json;
use sexton_core::check::together;
use sexton_core::closures::{Change, Closures, changes};
use sexton_core::finding::{Finding, Severity};
use sexton_core::policy::Policy;
use sexton_engine::{Inspected, Reach, System};

use crate::arguments::{Check, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::policy_file::PolicyFile;
use crate::screen::Screen;
use crate::text;
use crate::wiring;
use stores::Told;

/// The finding of a file that cannot be read at all, which is a matter of configuration.
const NOT_TOML: &str = "P001";

pub async fn run(check: &Check, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    if let Some(role) = &check.grants {
        return grants(role.as_deref(), shared, screen).await;
    }
    let file = PolicyFile::read(&shared.policy)?;
    let old = check.diff.as_deref().map(Old::read).transpose()?;
    let (policy, mut findings) = file.parse();
    for more in &check.more {
        let other = PolicyFile::read(more)?.policy()?;
        findings.extend(policy.iter().flat_map(|policy| together(policy, &other)));
    }
    let mut said =
        Said { file, findings, short: Short::default(), stores: Vec::new(), changes: None };
    if let Some(policy) = policy
        && let Err(failure) = said.judge(&policy, old, check, shared).await
    {
        // What the file alone says is of use even if the database cannot be asked.
        if screen.is_text() && !said.findings.is_empty() {
            screen.say(&text::findings(&said.file, &said.findings));
        }
        return Err(failure);
    }
    said.show(check, screen);
    Ok(exit(&said.findings, check.strict))
}

/// The least that a role needs; nothing else goes to standard output.
async fn grants(role: Option<&str>, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let opened = wiring::open(shared).await?;
    let standing = opened.system.rights(role).await.map_err(|error| opened.failure(error))?;
    let Some(standing) = standing else {
        screen.warn("SQLite has no roles: who may write to the file may delete.");
        return Ok(Exit::Usage);
    };
    let lines = standing.grants();
    if screen.is_text() {
        for line in &lines {
            screen.say(line);
        }
    } else {
        screen.document(&json!({ "role": standing.role, "grants": lines }));
    }
    Ok(Exit::Done)
}

/// What was not looked at.
#[derive(Default)]
struct Short {
    bounded: Vec<String>,
    unanswered: Vec<String>,
}

/// What is said of a policy.
struct Said {
    file: PolicyFile,
    findings: Vec<Finding>,
    short: Short,
    stores: Vec<Told>,
    changes: Option<Vec<Change>>,
}

impl Said {
    /// Asks the database, and the stores.
    async fn judge(
        &mut self,
        policy: &Policy,
        old: Option<Old>,
        check: &Check,
        shared: &Shared,
    ) -> Result<(), Failure> {
        let opened = wiring::open_with(shared, self.file.clone(), policy.clone()).await?;
        let system = &opened.system;
        let reach = if check.all_rows { Reach::All } else { Reach::Some };
        let Inspected { findings, bounded, unanswered } = system.inspect(reach).await?;
        self.findings.extend(findings);
        self.short =
            Short { bounded: bounded.iter().map(ToString::to_string).collect(), unanswered };
        self.stores = stores::ask(policy).await;
        self.findings.extend(self.stores.iter().flat_map(|told| told.findings.clone()));
        if old.is_none() && check.save.is_none() {
            return Ok(());
        }
        let now = system.closures(policy).await?;
        if let Some(old) = old {
            self.changes = Some(changes(&old.closures(system).await?, &now));
        }
        check.save.as_deref().map_or(Ok(()), |file| save(file, &now))
    }

    fn show(&self, check: &Check, screen: &mut Screen) {
        let Self { file, findings, short, stores, changes } = self;
        let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
        if screen.is_text() {
            if !findings.is_empty() {
                screen.say(&text::findings(file, findings));
            }
            for told in stores.iter().filter(|told| !told.says.is_empty()) {
                let address = told.address.as_deref().unwrap_or_default();
                let says = told.says.join("; ");
                let line = format!("store {} ({address}): {says}", told.name);
                screen.say(&text::clean(&line));
            }
            if let Some((changes, old)) = changes.as_ref().zip(check.diff.as_deref()) {
                screen.say(&text::changes(changes, &old.display().to_string()));
            }
            for line in text::looked_short(&short.bounded, &short.unanswered) {
                screen.say(&line);
            }
            screen.say(&format!(
                "{}: {}",
                text::clean(&file.name),
                text::findings_summary(findings)
            ));
            return;
        }
        let mut document = json!({
            "findings": file.located(findings),
            "errors": count(Severity::Error),
            "warnings": count(Severity::Warning),
        });
        if !stores.is_empty() {
            let told = |told: &Told| json!({ "name": told.name, "address": told.address, "says": told.says });
            document["stores"] = stores.iter().map(told).collect();
        }
        if !short.bounded.is_empty() {
            document["bounded"] = json!(short.bounded);
        }
        if !short.unanswered.is_empty() {
            document["unanswered"] = json!(short.unanswered);
        }
        if let Some(changes) = changes {
            document["changes"] = json!(changes);
        }
        screen.document(&document);
    }
}

/// What a policy is compared with.
enum Old {
    Policy(Box<Policy>),
    Kept(Closures),
}

impl Old {
    fn read(path: &Path) -> Result<Self, Failure> {
        let kept = std::fs::read_to_string(path).ok().and_then(|text| Closures::kept(&text));
        match kept {
            Some(kept) => Ok(Self::Kept(kept)),
            None => Ok(Self::Policy(Box::new(PolicyFile::read(path)?.policy()?))),
        }
    }

    async fn closures(self, system: &System) -> Result<Closures, Failure> {
        match self {
            Self::Policy(policy) => Ok(system.closures(&policy).await?),
            Self::Kept(kept) => Ok(kept),
        }
    }
}

fn save(file: &Path, closures: &Closures) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(closures).expect("closures are plain values");
    std::fs::write(file, text + "\n")
        .map_err(|source| Failure::FileUnwritten { file: file.to_owned(), source })
}

fn exit(findings: &[Finding], strict: bool) -> Exit {
    let fails = |finding: &Finding| strict || finding.severity == Severity::Error;
    if findings.iter().any(|finding| finding.code == NOT_TOML) {
        Exit::Usage
    } else if findings.iter().any(fails) {
        Exit::Refused
    } else {
        Exit::Done
    }
}
