mod answering;
mod asking;
mod finding;

use crate::policy::{Policy, parse};

/// A policy with these lines behind a thing `batch` and one that is found by names.
fn policy(lines: &str) -> Policy {
    let text = format!(
        "system = \"s\"\n[things.batch]\nrow = \"batches.id\"\n\
         [things.shot]\nrow = \"shots.id\"\nfind = \"cohort = {{path.cohort}} and slug = {{path.slug}}\"\n\
         [things.forced]\nlike = \"batch\"\n{lines}"
    );
    let (policy, findings) = parse(&text);
    assert_eq!(findings, [], "in\n{text}");
    policy.unwrap()
}
