//! A route as a description of an API tells it: what it does, what it takes, how it answers.

use std::collections::BTreeMap;

use super::answer::resolved;
use super::facts::Facts;
use crate::policy::{Deed, Given, Method, Outcome, Policy, Route, Verb};

/// What there is to tell of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its path, as the policy writes it.
    pub path: String,
    /// All that it may do, in the policy's words.
    pub does: String,
    /// Names that the path gives.
    pub segments: Vec<String>,
    /// Parameters behind the `?`.
    pub query: Vec<String>,
    /// Keys of the JSON that is sent.
    pub body: Vec<String>,
    /// How it may end, by the status that is answered.
    pub answers: BTreeMap<u16, Vec<Outcome>>,
}

/// What there is to tell of a route of the policy.
pub fn describe(policy: &Policy, route: &Route) -> Described {
    let does: Vec<String> = route.deeds().map(|deed| written(&deed.value)).collect();
    let options = route.options.iter().map(|(_, given)| &given.value);
    let branches = route.branches.iter().map(|branch| &branch.given.value);
    let ids = route.ids.iter().map(|ids| &ids.from.value);
    let over = route.over.iter().map(|over| &over.from.value);
    let (mut query, mut body) = (Vec::new(), Vec::new());
    for given in branches.chain(options).chain(ids).chain(over) {
        let names = if matches!(given, Given::Query(_)) { &mut query } else { &mut body };
        if !names.iter().any(|known| known == given.name()) {
            names.push(given.name().to_owned());
        }
    }
    if route.deeds().any(|deed| deed.value.verb() == Some(Verb::List)) {
        query.extend(["limit", "offset"].map(str::to_owned));
    }
    let mut answers: BTreeMap<u16, Vec<Outcome>> = BTreeMap::new();
    for outcome in Outcome::ALL.into_iter().filter(|outcome| may_end(route, *outcome)) {
        answers.entry(status(policy, route, outcome)).or_default().push(outcome);
    }
    Described {
        path: route.name.as_str().split_whitespace().nth(1).unwrap_or_default().to_owned(),
        does: does.join(", or "),
        segments: route.path_names().map(str::to_owned).collect(),
        query,
        body,
        answers,
    }
}

fn written(deed: &Deed) -> String {
    match deed {
        Deed::To(verb, thing) => format!("{} {thing}", verb.as_str()),
        Deed::Retention(rule) => format!("retention {rule}"),
    }
}

/// The status of an outcome that nothing more is known of.
fn status(policy: &Policy, route: &Route, outcome: Outcome) -> u16 {
    let (told, answer) = resolved(policy, route, outcome, &Facts::default());
    let status = answer.and_then(|answer| answer.status.as_ref()).map(|status| status.value);
    status.unwrap_or_else(|| told.status())
}

/// Whether a request to this route may end so.
fn may_end(route: &Route, outcome: Outcome) -> bool {
    let any = |may: &dyn Fn(&Deed) -> bool| route.deeds().any(|deed| may(&deed.value));
    let finds = any(&|deed| deed.verb().is_some_and(Verb::needs_id));
    let deletes = any(&|deed| matches!(deed.verb(), Some(Verb::Delete | Verb::DeleteForGood)));
    let retains = any(&|deed| deed.rule().is_some());
    match outcome {
        Outcome::Done
        | Outcome::Anonymous
        | Outcome::RateLimited
        | Outcome::Forbidden
        | Outcome::Failed
        | Outcome::Unavailable => true,
        Outcome::CrossOrigin => route.method != Method::Get,
        Outcome::Blank => finds || route.path_names().next().is_some(),
        Outcome::BadId | Outcome::Wrong => finds,
        Outcome::BadOption => {
            !route.options.is_empty() || any(&|deed| deed.verb() == Some(Verb::List))
        }
        Outcome::BadBody => {
            !route.branches.is_empty() || route.ids.is_some() || route.over.is_some()
        }
        Outcome::Unset => retains || route.tenant.is_some(),
        Outcome::Missing => finds || route.parent.is_some(),
        Outcome::Refused | Outcome::Held => {
            deletes || any(&|deed| deed.verb() == Some(Verb::Restore))
        }
        Outcome::OverLimit | Outcome::Undrained | Outcome::Stale => deletes,
        Outcome::Busy => deletes || retains || any(&|deed| deed.verb() == Some(Verb::Cancel)),
    }
}
