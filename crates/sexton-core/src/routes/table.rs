//! Which route a request is for.
//!
//! A path is cut at its slashes and each segment decoded by itself, so that a slash in an id does
//! not cut it. What is `.` or `..`, however it is written, leads nowhere.

use std::collections::BTreeMap;

use super::address::decoded;
use crate::policy::{Method, Policy, Route, Segment};

/// The routes of a policy.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    routes: &'a [Route],
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Found<'a> {
    /// A route.
    Route(Match<'a>),
    /// No route by this method; these there are.
    Method(Vec<Method>),
    /// No route at all.
    Nothing,
}

/// A route, and what its path gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Match<'a> {
    /// The route.
    pub route: &'a Route,
    /// Its names, decoded.
    pub path: BTreeMap<String, String>,
}

impl<'a> Table<'a> {
    /// The routes of this policy.
    pub fn of(policy: &'a Policy) -> Self {
        Self { routes: &policy.routes }
    }

    /// What a request by this method for this path, as an address has it, is for.
    pub fn find(self, method: &str, path: &str) -> Found<'a> {
        let Some(segments) = segments(path) else { return Found::Nothing };
        let fits = self.routes.iter().filter_map(|route| Some((route, named(route, &segments)?)));
        let fits: Vec<(&Route, BTreeMap<String, String>)> = fits.collect();
        let own = fits.iter().find(|(route, _)| route.method.as_str() == method);
        if let Some((route, path)) = own {
            return Found::Route(Match { route, path: path.clone() });
        }
        let mut methods: Vec<Method> = fits.iter().map(|(route, _)| route.method).collect();
        methods.sort_unstable();
        methods.dedup();
        if methods.is_empty() { Found::Nothing } else { Found::Method(methods) }
    }
}

fn segments(path: &str) -> Option<Vec<String>> {
    let segments = path.strip_prefix('/')?.split('/').map(decoded);
    let segments = segments.collect::<Option<Vec<String>>>()?;
    let climbs = |segment: &String| segment == "." || segment == "..";
    (!segments.iter().any(climbs)).then_some(segments)
}

/// The names that the path gives, if the route is of this path.
fn named(route: &Route, segments: &[String]) -> Option<BTreeMap<String, String>> {
    if route.path.len() != segments.len() {
        return None;
    }
    let mut names = BTreeMap::new();
    for (wanted, given) in route.path.iter().zip(segments) {
        match wanted {
            Segment::Written(text) if text == given => {}
            Segment::Written(_) => return None,
            Segment::Named(name) => {
                names.insert(name.clone(), given.clone());
            }
        }
    }
    Some(names)
}
