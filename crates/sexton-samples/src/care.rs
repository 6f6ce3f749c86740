//! Puts a sample's database under Sexton's care: the engine with a policy, and the policy's fence.
//!
//! Demo, tests and benchmarks begin here, so that none runs without the fence by oversight.

use std::sync::Arc;

use sexton_core::finding::Finding;
use sexton_core::policy::{Policy, parse_files};
use sexton_engine::ports::{Database, DatabaseError};
use sexton_engine::{FenceChange, Surroundings, System};

use crate::sample::{Sample, all};

impl Sample {
    /// Its policy, read with the one that it is like; or what is wrong with it.
    pub fn read_policy(&self) -> Result<Policy, Vec<Finding>> {
        // That of the system's first schema stands beside it as `policy.toml`.
        let first = all().into_iter().find(|first| first.name == self.name);
        let beside = |_: &str, name: &str| match &first {
            Some(first) if name == "policy.toml" => Ok((name.to_owned(), first.policy.to_owned())),
            _ => Err("it is not there".to_owned()),
        };
        let (policy, findings, _) = parse_files("variant.toml", self.policy, &mut { beside });
        policy.filter(|_| findings.is_empty()).ok_or(findings)
    }
}

/// The engine with this policy on a database, and the fence that the policy asks for.
pub async fn take_care(
    policy: Policy,
    database: Arc<dyn Database>,
) -> Result<System, DatabaseError> {
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    system.change_fence(FenceChange::Install).await?;
    Ok(system)
}
