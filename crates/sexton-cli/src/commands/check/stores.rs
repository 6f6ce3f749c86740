//! Opens the stores of a policy and tells what each of them is and lets us do.

use sexton_core::finding::Finding;
use sexton_core::policy::{Policy, StoreRule};
use sexton_engine::ports::store::{Locks, Probe, Right, Versions};
use sexton_stores::AddressError;

/// What is said of one store.
pub struct Told {
    /// Its name in the policy.
    pub name: String,
    /// Where it is, if that could be read.
    pub address: Option<String>,
    /// What it is and lets us do, a sentence each.
    pub says: Vec<String>,
    /// What of it stands in the way.
    pub findings: Vec<Finding>,
}

/// Asks every store of the policy.
pub async fn ask(policy: &Policy) -> Vec<Told> {
    let mut told = Vec::new();
    for rule in &policy.stores {
        told.push(ask_one(rule).await);
    }
    told
}

async fn ask_one(rule: &StoreRule) -> Told {
    let name = rule.name.as_str().to_owned();
    let mut told = Told { name, address: None, says: Vec::new(), findings: Vec::new() };
    let store = match sexton_stores::open(&rule.address.value) {
        Ok(store) => store,
        Err(error) => {
            told.findings.push(unopened(rule, &error));
            return told;
        }
    };
    told.address = Some(store.address());
    match store.probe().await {
        Ok(probe) => {
            told.says = sentences(&probe);
            told.findings = findings(rule, &probe);
        }
        Err(error) => {
            let message = format!("the store `{}` does not answer: {error}", rule.name);
            told.findings.push(Finding::error("C402", Some(rule.address.span), message));
        }
    }
    told
}

fn unopened(rule: &StoreRule, error: &AddressError) -> Finding {
    let message = format!("the store `{}` cannot be opened: {error}", rule.name);
    Finding::error("C401", Some(rule.address.span), message)
}

fn findings(rule: &StoreRule, probe: &Probe) -> Vec<Finding> {
    let name = &rule.name;
    let mut findings = Vec::new();
    let mut find = |finding: Finding, help: &str| findings.push(finding.help(help));
    let at = Some(rule.address.span);
    for (right, what) in [(&probe.list, "list objects"), (&probe.remove, "remove objects")] {
        match right {
            Right::Refused(why) => find(
                Finding::error("C403", at, format!("`{name}` does not let us {what}: {why}")),
                "grant it to the credentials that Sexton uses",
            ),
            Right::Unknown(why) => find(
                Finding::warning("C404", at, format!("may we {what} in `{name}`? {why}")),
                "what could not be tried may be refused when it matters",
            ),
            Right::Granted | Right::Unsupported => {}
        }
    }
    if let Right::Refused(why) = &probe.uploads {
        let message = format!("`{name}` does not let us list unfinished uploads: {why}");
        find(
            Finding::warning("C405", at, message),
            "parts of uploads that nobody ends stay there; grant it, or let the store end them",
        );
    }
    match &probe.versions {
        Versions::On | Versions::Suspended => find(
            Finding::warning(
                "C406",
                at,
                format!("`{name}` keeps versions: what is removed there is covered and kept"),
            ),
            "objects are gone for good only where their versions are removed, too",
        ),
        Versions::Off | Versions::Unknown(_) => {}
    }
    findings
}

fn sentences(probe: &Probe) -> Vec<String> {
    let right = |right: &Right, what: &str| match right {
        Right::Granted => format!("we may {what}"),
        Right::Refused(_) => format!("we may not {what}"),
        Right::Unsupported => format!("it cannot {what}"),
        Right::Unknown(_) => format!("whether we may {what} could not be tried"),
    };
    let versions = match &probe.versions {
        Versions::Off => "what is removed is gone",
        Versions::On => "versions are kept",
        Versions::Suspended => "older versions are kept",
        Versions::Unknown(_) => "whether versions are kept it does not tell",
    };
    let locks = match &probe.locks {
        Locks::Off => "objects cannot be locked",
        Locks::On => "objects can be locked, and then nobody removes them",
        Locks::Unknown(_) => "whether objects can be locked it does not tell",
    };
    vec![
        right(&probe.list, "list objects"),
        right(&probe.remove, "remove objects"),
        right(&probe.uploads, "list unfinished uploads"),
        versions.to_owned(),
        locks.to_owned(),
    ]
}
