//! Whether policies can be served together: each system has a name of its own, and each request one
//! route that it is meant for.

use crate::finding::Finding;
use crate::policy::{Policy, Route};

/// Routes of two systems that can be the same request: of the one and of the other.
pub fn shared_route<'p>(one: &'p Policy, other: &'p Policy) -> Option<(&'p Route, &'p Route)> {
    let mut routes = one.routes.iter();
    routes.find_map(|route| {
        let met = other.routes.iter().find(|known| known.meets(route));
        met.map(|met| (route, met))
    })
}

/// What is wrong with a policy beside another one that is served with it.
pub fn together(policy: &Policy, other: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    if policy.system == other.system {
        let message = format!("another policy is of a system `{}` too", other.system);
        let finding = Finding::error("C518", None, message);
        findings.push(finding.help("give one of them another `system`"));
    }
    for route in &policy.routes {
        let met = other.routes.iter().find(|known| known.meets(route));
        findings.extend(met.map(|met| {
            let message = format!(
                "`{}` and `{}` of the system `{}` can be the same request",
                route.name, met.name, other.system
            );
            let finding = Finding::error("C517", Some(route.span), message);
            finding.help("write one of them with another path, or serve them apart")
        }));
    }
    findings
}
