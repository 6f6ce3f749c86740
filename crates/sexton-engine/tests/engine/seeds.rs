//! Which random cases a run tries: always the same ones, unless the environment says otherwise.
//!
//! `SEXTON_SEED=n` runs one case again; `SEXTON_CASES=n` and `SEXTON_SEED_BASE=n` run others.

use std::env;
use std::ops::Range;

/// The cases of one run.
pub struct Seeds {
    /// The seeds.
    pub range: Range<u64>,
    /// Whether these are the cases of every ordinary run, whose census is known.
    pub ordinary: bool,
}

impl Seeds {
    /// These, unless the environment says otherwise.
    pub fn of_this_run(base: u64, cases: u64) -> Self {
        let seeds =
            match (number("SEXTON_SEED"), number("SEXTON_SEED_BASE"), number("SEXTON_CASES")) {
                (Some(seed), ..) => Self { range: seed..seed + 1, ordinary: false },
                (None, None, None) => Self { range: base..base + cases, ordinary: true },
                (None, other, count) => {
                    let base = other.unwrap_or(base);
                    Self { range: base..base + count.unwrap_or(cases), ordinary: false }
                }
            };
        println!("seeds {:?}", seeds.range);
        seeds
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not `{text}`")))
}

/// Names the seed if the test panics while it lives.
pub struct Named(pub u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("while trying the case of SEXTON_SEED={}", self.0);
        }
    }
}

/// Fails with the first case told in full, and the seeds of all.
pub fn demand_none(failures: &[(u64, String)]) {
    if let Some((seed, told)) = failures.first() {
        let seeds: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
        let lines: Vec<String> = failures
            .iter()
            .map(|(seed, told)| format!("  {seed}: {}", told.lines().next().unwrap_or_default()))
            .collect();
        panic!(
            "SEXTON_SEED={seed} fails: {told}\n\nall that failed: {seeds:?}\n{}",
            lines.join("\n")
        );
    }
}
