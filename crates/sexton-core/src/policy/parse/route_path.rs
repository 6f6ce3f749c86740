//! Reads the name of a route: `DELETE /api/v1/batches/{id}`.
//!
//! A path is written as requests have it once they are decoded, so that it reads the same in the
//! policy and in a log. A slash at its end belongs to it.

use super::codes;
use super::placed::Placed;
use super::table::suggestion;
use crate::finding::{Finding, Span};
use crate::policy::{Method, Segment};

/// The method and the path of a route's name.
pub(super) fn read(placed: &Placed) -> Result<(Method, Vec<Segment>), Finding> {
    let Some((method, path)) = placed.text.split_once(' ') else {
        return Err(bad(placed.all(), "a route is a method and a path"));
    };
    let Some(known) = Method::named(method) else {
        let known = Method::ALL.map(Method::as_str);
        let finding = Finding::error(
            codes::BAD_ROUTE,
            Some(placed.span(0..method.len())),
            format!("`{method}` is not a method that a route can have"),
        );
        return Err(finding.help(suggestion(method, known.into_iter())));
    };
    let start = placed.text.len() - path.len();
    if !path.starts_with('/') {
        return Err(bad(placed.span(start..placed.text.len()), "a path begins with `/`"));
    }
    let mut segments = Vec::new();
    let mut at = start + 1;
    let count = path.split('/').count() - 1;
    for (number, text) in path[1..].split('/').enumerate() {
        let span = placed.span(at..at + text.len());
        let segment = segment(text, number + 1 == count).map_err(|why| bad(span, &why))?;
        if let Segment::Named(name) = &segment
            && segments.contains(&segment)
        {
            return Err(bad(span, &format!("`{{{name}}}` stands twice in this path")));
        }
        segments.push(segment);
        at += text.len() + 1;
    }
    Ok((known, segments))
}

fn segment(text: &str, is_last: bool) -> Result<Segment, String> {
    if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(belongs) {
            return Err(format!("`{{{name}}}` is no name: letters, digits and `_` make one"));
        }
        return Ok(Segment::Named(name.to_owned()));
    }
    if text.is_empty() && !is_last {
        return Err("nothing stands between two slashes".to_owned());
    }
    if text == "." || text == ".." {
        return Err(format!("`{text}` would lead to another path"));
    }
    match text.chars().find(|c| "{}?#%\\\"".contains(*c) || c.is_control() || *c == ' ') {
        Some(c) => Err(format!("`{c}` cannot stand in a path; a name is all of `{{name}}`")),
        None => Ok(Segment::Written(text.to_owned())),
    }
}

fn bad(span: Span, message: &str) -> Finding {
    Finding::error(codes::BAD_ROUTE, Some(span), message)
        .help("write it as in \"DELETE /api/v1/batches/{id}\"")
}
