//! The program among the processes of an application: workers at work, and a cache.

mod cached;
mod parallel;

use std::path::{Path, PathBuf};
use std::process::Command;

use sexton_testkit::spoken::Spoken;

use crate::place::Place;

/// Starts a process of the application: `sexton-sample` with these words.
pub fn sample(words: &[&str]) -> Spoken {
    Spoken::start(&words.join(" "), Command::new(sample_program()).args(words))
}

/// A package's tests are built with its examples, and one of them is the samples' program.
fn sample_program() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_sexton")).parent().expect("it lies in a folder");
    folder.join("examples").join("sample")
}

/// The sample with its whole policy, and the fence that it asks for.
pub fn whole(place: &Place) {
    // A machine under load is no reason to refuse.
    let policy = sexton_samples::batches().policy;
    assert!(policy.contains("wait    = \"5s\""));
    place.write_policy(&policy.replace("wait    = \"5s\"", "wait    = \"60s\""));
    place.sexton(&["fence", "install"]).expect(0);
}

/// Expects that the application's rows agree with each other.
pub async fn is_sound(place: &Place) {
    for (sentence, sql) in sexton_samples::app::truth::of("batches") {
        let against = place.column(sql).await;
        assert!(against.is_empty(), "{sentence}: not so for {against:?}");
    }
}
