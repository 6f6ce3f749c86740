//! Whether what the policy fences can be fenced, and whether its triggers are there.

use super::{Source, spelling};
use crate::fence::{self, Post, Standing};
use crate::finding::{Finding, Span};
use crate::policy::Fate;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let Some(fence) = &source.policy.fence else { return Vec::new() };
    let (_, mut findings) = fence::fenced(source.policy, source.schema, source.graph);
    if !fence::is_by_triggers(source.policy) {
        return findings;
    }
    let posts = fence::posts(source.policy, source.schema, source.graph);
    let of = |standing: Standing| -> Vec<&Post> {
        posts.iter().filter(|post| post.standing == standing).collect()
    };
    findings.extend(amiss(&of(Standing::Missing), "are not installed", fence.span));
    findings.extend(amiss(&of(Standing::Stale), "were changed or switched off", fence.span));
    findings.extend(leftover(&of(Standing::Leftover), fence.span));
    findings.extend(open(source, fence.span));
    findings
}

/// Without its triggers the policy would be half a policy: deletions refuse.
fn amiss(posts: &[&Post], are: &str, span: Span) -> Option<Finding> {
    let tables = tables(posts)?;
    let message = format!("{} trigger(s) of the fence {are}: on {tables}", posts.len());
    Some(
        Finding::error("C174", Some(span), message)
            .help("run `sexton fence install`; `sexton fence install --print` shows what it does"),
    )
}

fn leftover(posts: &[&Post], span: Span) -> Option<Finding> {
    let tables = tables(posts)?;
    let message = format!(
        "{} trigger(s) on {tables} are of an earlier fence of this system, and still refuse writers",
        posts.len()
    );
    Some(
        Finding::warning("C175", Some(span), message)
            .help("run `sexton fence install`: it removes what the policy no longer says"),
    )
}

/// The tables of these, each once; nothing if there are none.
fn tables(posts: &[&Post]) -> Option<String> {
    let mut names: Vec<String> = posts.iter().map(|post| post.table.to_string()).collect();
    names.sort();
    names.dedup();
    (!names.is_empty()).then(|| spelling::listed(names))
}

/// References by which rows can come back that nothing keeps late writers from.
fn open(source: &Source<'_>, span: Span) -> Option<Finding> {
    let (fenced, _) = fence::fenced(source.policy, source.schema, source.graph);
    let held: Vec<_> =
        fenced.iter().flat_map(|fenced| &fenced.lines).map(|line| line.edge.id).collect();
    let open = source.graph.edges.iter().filter(|edge| {
        edge.enforced.is_none()
            && edge.fate == Fate::Delete
            && source.losses.reach(&edge.parent)
            && !held.contains(&edge.id)
    });
    let open: Vec<&str> = open.map(|edge| edge.text.as_str()).collect();
    (!open.is_empty()).then(|| {
        let message = format!(
            "{} reference(s) are neither enforced nor fenced: {}",
            open.len(),
            spelling::listed(&open)
        );
        Finding::warning("C176", Some(span), message)
            .help("what is written through them late is found by looking again, and not kept off")
    })
}
