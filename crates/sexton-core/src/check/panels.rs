//! Whether panels list what is there, and act on what a row is or refers to.

use super::Source;
use crate::finding::Finding;
use crate::plan::panel;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let panels = source.policy.panels.iter();
    let judged = panels.map(|known| panel(source.policy, source.schema, source.graph, known));
    judged.filter_map(|judged| judged.err().map(|finding| *finding)).collect()
}
