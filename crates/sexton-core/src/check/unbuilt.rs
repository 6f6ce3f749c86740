//! Parts of the language that stand in the file and have no engine behind them yet.

use super::Source;
use crate::finding::Finding;
use crate::policy::Unbuilt;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.unbuilt.iter().map(finding).collect()
}

fn finding(part: &Unbuilt) -> Finding {
    let key = &part.key;
    let (message, help) = if part.makes_safer {
        (
            format!("`{key}` is not built yet: deletions of this system are refused until it is"),
            "take it out only if a deletion without it is what you want",
        )
    } else {
        (
            format!("`{key}` is read over by this version"),
            "nothing to do: rows are deleted the same way without it",
        )
    };
    Finding::warning("C170", Some(part.span), message).help(help)
}
