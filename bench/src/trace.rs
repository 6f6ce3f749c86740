//! Where the engine's time goes: by transaction, and by statement inside each.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::engine::Done;
use crate::figures::Series;
use crate::watch::Call;

/// One of the transactions of a deletion, over all repetitions.
#[derive(Debug, Clone)]
pub struct Phase {
    /// What it is for.
    pub name: String,
    /// Whether it is the one that deletes.
    pub deletes: bool,
    /// From its BEGIN to the answer to its end.
    pub span: Series,
    /// Calls of one repetition.
    pub calls: usize,
    /// What its statements took.
    pub labels: Vec<(String, Series)>,
}

/// The transactions of these deletions or previews, in order.
pub fn phases(all: &[Done]) -> Vec<Phase> {
    let mut by_tx: BTreeMap<usize, Vec<Vec<&Call>>> = BTreeMap::new();
    for done in all {
        let mut own: BTreeMap<usize, Vec<&Call>> = BTreeMap::new();
        for call in &done.calls {
            own.entry(call.tx).or_default().push(call);
        }
        for (tx, calls) in own {
            by_tx.entry(tx).or_default().push(calls);
        }
    }
    by_tx.into_iter().map(|(tx, repetitions)| phase(tx, &repetitions)).collect()
}

fn phase(tx: usize, repetitions: &[Vec<&Call>]) -> Phase {
    let mode = repetitions[0][0].mode.as_str();
    let word = match mode {
        "look" => "looks",
        "change" => "deletes",
        "keep" => "keeps its books",
        _ => "outside of a transaction",
    };
    Phase {
        name: format!("{tx}. {word}"),
        deletes: mode == "change",
        span: repetitions.iter().map(|calls| span(calls)).collect(),
        calls: repetitions[0].len(),
        labels: labels(repetitions),
    }
}

fn span(calls: &[&Call]) -> Duration {
    match (calls.first(), calls.last()) {
        (Some(first), Some(last)) => last.began + last.took - first.began,
        _ => Duration::ZERO,
    }
}

/// Calls of the same label are one, in the order in which the first repetition made them.
fn labels(repetitions: &[Vec<&Call>]) -> Vec<(String, Series)> {
    let mut labels: Vec<(String, Series)> = Vec::new();
    for calls in repetitions {
        let mut sums: BTreeMap<&str, Duration> = BTreeMap::new();
        for call in calls {
            *sums.entry(&call.label).or_default() += call.took;
        }
        for call in calls {
            let Some(sum) = sums.remove(call.label.as_str()) else { continue };
            match labels.iter_mut().find(|(label, _)| *label == call.label) {
                Some((_, series)) => series.add(sum),
                None => labels.push((call.label.clone(), [sum].into_iter().collect())),
            }
        }
    }
    labels
}
