//! `sexton demo` as it is served: what it prints works as it stands, applications are at work, and it
//! ends when it is told to.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::program::{program, run};
use crate::serving::ask;

/// A demo that is served; it is killed if a test ends before it.
struct Demo {
    process: Child,
    out: BufReader<std::process::ChildStdout>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Demo {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut command = program(folder);
        command.args(["demo", "--listen", "127.0.0.1:0"]).args(more);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = BufReader::new(process.stdout.take().expect("it is heard"));
        Self { process, out }
    }

    /// What it says up to this line.
    fn said(&mut self, last: &str) -> String {
        let mut said = String::new();
        while !said.lines().any(|line| line == last) {
            let read = self.out.read_line(&mut said).expect("it says something");
            assert!(read > 0, "it ended: {said}");
        }
        said
    }

    fn event(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("it says something");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Is told to stop, as by Ctrl-C, and ends; what it said last.
    fn stopped(mut self) -> String {
        let told = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        assert!(told.expect("it can be told").success());
        let mut said = String::new();
        self.out.read_to_string(&mut said).expect("it says something");
        assert!(self.process.wait().expect("it ends").success(), "{said}");
        said
    }
}

/// A line of curl as what it asks: the method, the path, and the body.
fn asked(line: &str) -> (String, String, String) {
    let (before, body) = line.split_once("--json").unwrap_or((line, ""));
    let body = body.trim().trim_matches('\'').to_owned();
    let url = before.split_whitespace().find_map(|word| word.strip_prefix("$SEXTON_SERVER"));
    let method = match before.split_once("-X ") {
        Some((_, rest)) => rest.split_whitespace().next().expect("a method is named"),
        None if body.is_empty() => "GET",
        None => "POST",
    };
    (method.to_owned(), url.expect("it has an address").to_owned(), body)
}

#[test]
fn what_a_demo_prints_works_as_it_stands() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let mut demo = Demo::start(folder.path(), &[]);
    let said = demo.said("Ctrl-C ends it.");
    let wide = said.lines().find(|line| line.chars().count() > 80 && !line.contains("debug"));
    assert_eq!(wide, None);
    let (_, steps) = said.split_once("in another terminal:").expect("it says what to try");
    let steps = steps.replace("\\\n", " ");
    let lines: Vec<&str> = steps.lines().filter_map(|line| line.strip_prefix("    ")).collect();
    let (exports, lines): (Vec<&str>, Vec<&str>) =
        lines.into_iter().partition(|line| line.starts_with("export "));
    let address = exports[0].split("http://").nth(1).and_then(|rest| rest.split(' ').next());
    let address = address.expect("it says where").to_owned();
    let mut statuses = Vec::new();
    for line in &lines {
        if line.starts_with("curl ") {
            let (method, path, body) = asked(line);
            let (status, answer) = ask(&address, &method, &path, "", &body);
            assert!((200..300).contains(&status), "{line}\n{status} {answer:#}");
            // A deletion that takes longer than a moment goes on.
            statuses.push(if status == 202 { 201 } else { status });
        } else {
            let script = format!("{}\n{line}", exports.join("\n"));
            let mut shell = Command::new("sh");
            let ran = shell.args(["-c", &script]).current_dir("/").output();
            let ran = ran.expect("there is a shell");
            // A deletion asks, and nobody is there to answer.
            let expected = if line.contains(" delete ") { 2 } else { 0 };
            assert_eq!(ran.status.code(), Some(expected), "{line}");
            statuses.push(0);
        }
    }
    assert_eq!(statuses, [0, 0, 0, 0, 200, 201, 201, 200, 200, 204, 200], "{lines:#?}");
    let said = demo.stopped();
    assert!(said.contains("Stopped."), "{said}");
}

#[test]
fn a_demo_is_gone_on_with_and_applications_are_at_work() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let json = ["--output", "json"];
    let mut demo = Demo::start(folder.path(), &json);
    let event = demo.event();
    let names = ["batches", "datasets", "requests", "snapshots", "transcriptions"];
    assert_eq!(event["systems"], serde_json::json!(names));
    let address = event["address"].as_str().expect("it says where").replace("http://", "");
    // Something new comes in and is worked on.
    let path = "/api/systems/batches/things/batch?q=live";
    let is_there = || ask(&address, "GET", path, "", "").1["data"][0].is_object();
    assert!((0..5_000).any(|_| is_there()), "nothing comes in");
    let confirm = r#"{"thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026"}"#;
    let deletions = "/api/systems/batches/deletions";
    let (status, gone) = ask(&address, "POST", deletions, "Prefer: wait=30\r\n", confirm);
    assert_eq!(status, 201, "{gone:#}");
    assert!(demo.stopped().contains("stopped"));
    // What was deleted stays so, until it is begun anew.
    for (more, kept) in [(&json[..], 1), (&["--output", "json", "--fresh"][..], 0)] {
        let mut demo = Demo::start(folder.path(), more);
        let address = demo.event()["address"].as_str().expect("where").replace("http://", "");
        let (_, listed) = ask(&address, "GET", deletions, "", "");
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(kept), "{listed:#}");
        demo.stopped();
    }
}

#[test]
fn a_demo_with_a_key_asks_for_it() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let mut demo = Demo::start(folder.path(), &["--output", "json", "--key"]);
    let event = demo.event();
    let (address, key) = (event["address"].as_str(), event["key"].as_str());
    let address = address.expect("it says where").replace("http://", "");
    let key = key.expect("it says the new key").to_owned();
    let systems = |headers: &str| ask(&address, "GET", "/api/systems", headers, "").0;
    let bearer = format!("Authorization: Bearer {key}\r\n");
    assert_eq!((systems(""), systems(&bearer)), (401, 200));
    demo.stopped();
    // The same key once more is the same key.
    let mut demo = Demo::start(folder.path(), &["--output", "json", "--key", &key]);
    let address = demo.event()["address"].as_str().expect("where").replace("http://", "");
    assert_eq!(ask(&address, "GET", "/api/systems", &bearer, "").0, 200);
    demo.stopped();
    let said = run(folder.path(), &["demo", "--key", "sxt_short"]).expect(2);
    assert!(said.err.contains("misspelt"), "{said}");
    let said = run(folder.path(), &["demo", "--dir", "other", "--listen", "0.0.0.0:0"]).expect(2);
    assert!(said.err.contains("no keys are configured"), "{said}");
}
