//! The settings in which lines are judged: with no option chosen, and with each choice that gives
//! a line another fate.

use std::borrow::Cow;

use crate::finding::Finding;
use crate::graph::Graph;
use crate::policy::{Options, Policy, Thing};

/// Lines with the fates that a choice gives them, and the things that can be deleted so.
pub(super) struct Setting<'a> {
    pub graph: Graph,
    pub things: Vec<&'a Thing>,
    pub options: Options,
}

/// Every setting, the one with no option chosen first.
pub(super) fn settings<'a>(policy: &'a Policy, graph: &Graph) -> Vec<Setting<'a>> {
    let none = Options::default();
    let things = policy.things.iter().collect();
    let mut settings = vec![Setting { graph: graph.clone(), things, options: none }];
    for thing in &policy.things {
        for options in Options::all_choices(thing) {
            // Most things have no option: no graph is made for them.
            if let Cow::Owned(graph) = graph.switched(&options) {
                settings.push(Setting { graph, things: vec![thing], options });
            }
        }
    }
    settings
}

/// What is found in any setting; of what says "never", what is found in all.
pub(super) fn together(answers: &[Vec<Finding>]) -> Vec<Finding> {
    const NEVER: [&str; 4] = ["C119", "C186", "C195", "C408"];
    let is_told = |finding: &Finding| {
        !NEVER.contains(&finding.code) || answers.iter().all(|found| found.contains(finding))
    };
    answers.iter().flatten().filter(|finding| is_told(finding)).cloned().collect()
}
