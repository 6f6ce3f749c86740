//! `sexton check`: every finding of the file, then of the file against the live schema.

use serde_json::json;
use sexton_core::finding::{Finding, Severity};

use crate::arguments::{Check, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::policy_file::PolicyFile;
use crate::screen::Screen;
use crate::text;
use crate::wiring;

/// The finding of a file that cannot be read at all, which is a matter of configuration.
const NOT_TOML: &str = "P001";

pub async fn run(check: &Check, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let file = PolicyFile::read(&shared.policy)?;
    let (policy, mut findings) = file.parse();
    if let Some(policy) = policy {
        let judged = match wiring::open_with(shared, file.clone(), policy).await {
            Ok(opened) => opened.system.check().await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match judged {
            Ok(more) => findings.extend(more),
            Err(failure) => {
                // What the file alone says is of use even if the database cannot be asked.
                if screen.is_text() && !findings.is_empty() {
                    screen.say(&text::findings(&file, &findings));
                }
                return Err(failure);
            }
        }
    }
    show(&file, &findings, screen);
    Ok(exit(&findings, check.strict))
}

fn show(file: &PolicyFile, findings: &[Finding], screen: &mut Screen) {
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    if screen.is_text() {
        if !findings.is_empty() {
            screen.say(&text::findings(file, findings));
        }
        screen.say(&format!("{}: {}", text::clean(&file.name), text::findings_summary(findings)));
        return;
    }
    screen.document(&json!({
        "findings": file.located(findings),
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
    }));
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
