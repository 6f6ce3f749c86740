use super::{finds, judged, only};
use crate::finding::Severity;
use crate::schema::Dialect;

const TABLES: &str = "jobs: id int key, slug text unique, audio_gone time null, n int, \
     twice int generated\n\
     tasks: id int key, job_id int index -> jobs\ntapes: id int key";

/// A job, its audio alone, and these lines.
fn with_audio(lines: &str) -> String {
    format!(
        "[stores]\ns = \"memory:\"\n[things.job]\nrow = \"jobs.id\"\n\
         [things.job-audio]\nlike = \"job\"\n{lines}\n\
         [references]\n\"tasks.job_id -> jobs\" = \"delete\"\n\
         [objects.job]\nof = \"jobs\"\nstore = \"s\"\nprefix = \"jobs/{{id}}/\"\n\
         [objects.audio]\nof = \"jobs\"\nstore = \"s\"\npart = true\nprefix = \"jobs/{{id}}/in/\"\n\
         [objects.tasks]\nof = \"tasks\"\nstore = \"s\"\nprefix = \"tasks/{{id}}/\"\n"
    )
}

/// All findings but those of what is not carried out yet.
fn found(dialect: Dialect, policy: &str) -> Vec<(&'static str, String)> {
    let (text, checked) = judged(dialect, TABLES, policy);
    let built = checked.findings.into_iter().filter(|finding| finding.code != "C170");
    let place = |span: crate::finding::Span| text[span.start..span.end].to_owned();
    built.map(|finding| (finding.code, finding.span.map_or(String::new(), place))).collect()
}

#[test]
fn a_partial_thing_names_rules_of_its_own_row() {
    for lines in [
        "removes = [\"objects.audio\"]",
        "removes = [\"objects.audio\", \"objects.job\"]\nset = { audio_gone = \"={now}\", n = 0 }",
    ] {
        assert_eq!(found(Dialect::Postgres, &with_audio(lines)), []);
        assert_eq!(found(Dialect::Sqlite, &with_audio(lines)), []);
    }
    for (removed, place) in
        [("objects.audoi", "\"objects.audoi\""), ("objects.tasks", "\"objects.tasks\"")]
    {
        let lines = format!("removes = [\"objects.audio\", \"{removed}\"]");
        let expected = [("C423", place.to_owned())];
        assert_eq!(found(Dialect::Postgres, &with_audio(&lines)), expected);
    }
}

#[test]
fn what_a_partial_thing_sets_can_be_set() {
    let set = |set: &str| with_audio(&format!("removes = [\"objects.audio\"]\nset = {{ {set} }}"));
    for (column, code, place) in [
        ("gone = \"=null\"", "C102", "gone"),
        ("n = \"=null\"", "C114", "n"),
        ("twice = 1", "C115", "twice"),
        // A row that is known by another key is another row.
        ("id = 0", "C425", "id"),
    ] {
        let found = found(Dialect::Postgres, &set(column));
        assert_eq!(found, [(code, place.to_owned())], "{column}");
    }
    let (_, checked) = judged(Dialect::Postgres, TABLES, &set("audio_gone = \"={now}\""));
    let tried: Vec<&str> = checked.probes.iter().map(|probe| probe.what.as_str()).collect();
    assert!(tried.contains(&"the value of `audio_gone` in `job-audio`"), "{tried:?}");
}

#[test]
fn a_partial_thing_has_a_row_that_stays() {
    let key = "[stores]\ns = \"memory:\"\n[things.job]\nrow = \"jobs.id\"\n\
               [things.key]\nstarts = [\"jobs.n\"]\nremoves = [\"objects.job\"]\n\
               [references]\n\"tasks.job_id -> jobs\" = \"delete\"\n\
               [objects.job]\nof = \"jobs\"\nstore = \"s\"\nprefix = \"jobs/{id}/\"\n";
    let all = found(Dialect::Postgres, key);
    assert!(all.contains(&("C425", "\"objects.job\"".to_owned())), "{all:?}");
    // What goes is not set.
    let lines = with_audio("set = { n = 0 }").replace("part = true\n", "");
    assert_eq!(found(Dialect::Postgres, &lines), [("C425", "n".to_owned())]);
}

#[test]
fn a_part_that_nobody_names_is_warned_of() {
    finds(TABLES, &with_audio(""), &[("C424", "audio")]);
    let (severity, message, _) = only(TABLES, &with_audio(""));
    assert_eq!(severity, Severity::Warning);
    let said = "[objects.audio] removes nothing: it is a part, and no thing names it";
    assert_eq!(message, said);
}

/// Aim: nothing that only a partial thing could reach is called reached.
#[test]
fn the_row_of_a_partial_thing_is_not_lost() {
    let policy = "[stores]\ns = \"memory:\"\n\
         [things.tape]\nrow = \"tapes.id\"\nremoves = [\"objects.tape\"]\n\
         [references]\n\"tasks.job_id -> jobs\" = \"keep\"\n\
         [objects.tape]\nof = \"tapes\"\nstore = \"s\"\npart = true\nprefix = \"{id}/\"\n\
         [objects.whole]\nof = \"tapes\"\nstore = \"s\"\nprefix = \"{id}/\"\n\
         [hooks.h]\nof = \"tapes\"\ncall = \"https://a.example\"\nbody = 1\n";
    let expected = [("C408", "tapes".to_owned()), ("C195", "tapes".to_owned())];
    assert_eq!(found(Dialect::Postgres, policy), expected);
}
