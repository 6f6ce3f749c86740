//! Finds, for a thing that is `like` another, the things whose keys it takes over.

use std::collections::BTreeMap;

use super::codes;
use super::table::{Reader, suggestion};
use crate::finding::{Finding, Located};

/// Which thing is like which, by name; `None` for a thing that is like no other.
pub(super) type Likes = BTreeMap<String, Option<Located<String>>>;

impl Reader<'_> {
    /// The things that `name` is like, the nearest first; `None` if that cannot be told.
    pub fn ancestors(&mut self, name: &str, likes: &Likes) -> Option<Vec<String>> {
        let mut ancestors: Vec<String> = Vec::new();
        let mut at = name;
        while let Some(Some(like)) = likes.get(at) {
            if !likes.contains_key(&like.value) {
                // Whoever is like this one inherits the mistake; it is told once, where it is.
                if at == name && !self.is_variant {
                    self.refuse(unknown(like, likes));
                }
                return None;
            }
            if like.value == name || ancestors.contains(&like.value) {
                if like.value == name && is_first(name, &ancestors, likes) {
                    self.refuse(cycle(name, &ancestors, likes));
                }
                return None;
            }
            ancestors.push(like.value.clone());
            at = &like.value;
        }
        Some(ancestors)
    }
}

/// Whether `name` is the member of the circle that comes first in the file.
fn is_first(name: &str, others: &[String], likes: &Likes) -> bool {
    let place = |name: &str| likes[name].as_ref().map(|like| like.span);
    others.iter().all(|other| place(name) <= place(other))
}

fn cycle(name: &str, others: &[String], likes: &Likes) -> Finding {
    let mut circle = vec![name];
    circle.extend(others.iter().map(String::as_str));
    circle.push(name);
    let message = format!("these things are like each other in a circle: {}", circle.join(" -> "));
    let span = likes[name].as_ref().map(|like| like.span);
    Finding::error(codes::LIKE_CYCLE, span, message).help("one of them must stand alone")
}

fn unknown(like: &Located<String>, likes: &Likes) -> Finding {
    let message = format!("there is no thing `{}`", like.value);
    Finding::error(codes::UNKNOWN_LIKE, Some(like.span), message)
        .help(suggestion(&like.value, likes.keys().map(String::as_str)))
}
