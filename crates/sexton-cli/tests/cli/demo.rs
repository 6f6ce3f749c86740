//! `sexton demo`: a sample system that works as it is, and a folder that is never overwritten.

use std::fs;

use crate::program::run;

#[test]
fn a_demo_shows_a_first_deletion_and_what_to_try_next() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let said = run(folder.path(), &["demo", "batches"]).expect(0);
    snapshot!("demo", said);
    let wide = said.out.lines().find(|line| line.chars().count() > 80 && !line.contains('/'));
    assert_eq!(wide, None);
}

#[test]
fn the_commands_that_a_demo_prints_work_in_any_folder() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let said = run(folder.path(), &["demo", "batches", "--dir", "it's mine"]).expect(0);
    let (_, steps) = said.out.split_once("these work as they are:").expect("there are next steps");
    let (steps, _) = steps.split_once("The policy is worth").expect("the policy is named");
    let steps = steps.replace("\\\n", " ");
    let commands: Vec<&str> = steps.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(commands.len(), 4, "{said}");
    for command in commands {
        let mut shell = std::process::Command::new("sh");
        let ran = shell.arg("-c").arg(command).current_dir("/").output().expect("there is a shell");
        // A deletion asks, and nobody is there to answer.
        let expected = if command.contains(" delete ") { 2 } else { 0 };
        assert_eq!(ran.status.code(), Some(expected), "{command}");
    }
}

#[test]
fn every_sample_has_a_demo_and_they_share_a_folder() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    snapshot!("demo_datasets", run(folder.path(), &["demo", "datasets"]).expect(0));
    snapshot!("demo_transcriptions", run(folder.path(), &["demo", "transcriptions"]).expect(0));
    for sample in ["batches", "snapshots", "requests"] {
        let said = run(folder.path(), &["demo", sample]).expect(0);
        assert!(said.out.contains("Verified: the chain of 1 record is whole"), "{said}");
        let has_shared = said.out.contains("1 stay because rows name them");
        assert_eq!(has_shared, sample == "snapshots", "{said}");
    }
    for sample in sexton_samples::all() {
        run(folder.path(), &["demo", sample.name]).expect(2);
    }
}

#[test]
fn a_demo_of_what_is_no_sample_names_those_there_are() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let said = run(folder.path(), &["demo", "dataset"]).expect(2);
    assert!(said.err.contains("datasets, transcriptions, snapshots, requests"), "{said}");
    assert!(!folder.path().join("sexton-demo").exists());
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let mine = folder.path().join("mine");
    fs::create_dir(&mine).expect("it is made");
    fs::write(mine.join("notes"), "keep").expect("it is written");
    for fresh in [&[][..], &["--fresh"]] {
        let demo = [&["demo", "batches", "--dir", "mine"][..], fresh].concat();
        let said = run(folder.path(), &demo).expect(2);
        assert!(said.err.contains("no demo made it"), "{said}");
    }
    assert_eq!(fs::read_dir(&mine).expect("it is a folder").count(), 1);
    run(folder.path(), &["demo", "--dir", "mine/notes"]).expect(2);
}

#[test]
fn a_second_demo_asks_to_start_afresh_and_then_keeps_other_files() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    run(folder.path(), &["demo", "batches"]).expect(0);
    snapshot!("demo_again", run(folder.path(), &["demo", "batches"]).expect(2));
    let notes = folder.path().join("sexton-demo/batches/notes");
    fs::write(&notes, "keep").expect("it is written");
    let said = run(folder.path(), &["demo", "batches", "--fresh"]).expect(0);
    assert!(said.out.contains("Deleted batch autumn-2026"), "{said}");
    assert_eq!(fs::read_to_string(&notes).expect("it is there"), "keep");
}

#[test]
fn a_demo_keeps_its_objects_in_folders_and_starting_afresh_brings_them_back() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let objects = folder.path().join("sexton-demo/datasets/objects");
    let there = |key: &str| objects.join("iq/synthetic").join(key).exists();
    let (alps, lyon) =
        ("da7a5e70-0000-4000-8000-000000000002", "da7a5e70-0000-4000-8000-000000000003");
    for more in [&[][..], &["--fresh"]] {
        let said = run(folder.path(), &[&["demo", "datasets"], more].concat()).expect(0);
        assert!(said.out.contains("iq in iq: 707 removed"), "{said}");
        assert!(!there(alps) && there(&format!("{alps}-copy/x")), "{said}");
        assert!(there(&format!("{lyon}/0/RX_000.npy")), "{said}");
        fs::write(objects.join("notes"), "keep").expect("it is written");
    }
    assert!(objects.join("notes").exists());
    let next =
        ["-p", "sexton-demo/datasets/sexton.toml", "delete", "dataset", lyon, "--confirm", lyon];
    let said = run(folder.path(), &next).expect(0);
    assert!(said.out.contains("iq in iq: 300 removed"), "{said}");
    assert!(!there(lyon));
}

#[test]
fn a_demo_for_programs_is_one_document() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let document =
        run(folder.path(), &["demo", "batches", "--output", "json"]).expect(0).document();
    assert_eq!(document["receipt"]["removed"]["runs"], 7);
}
