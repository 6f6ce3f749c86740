//! The samples behind a server of this build, in a folder, for one test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use sexton_samples::{Sample, install_sqlite_with_objects};
use tempfile::TempDir;

use crate::browser::Browser;

/// A server, its systems and its keys.
pub struct Place {
    folder: TempDir,
    samples: Vec<Sample>,
    server: Option<Server>,
}

struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Place {
    /// These samples, installed and fenced; nothing is served yet.
    pub async fn with(samples: &[Sample]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        for sample in samples {
            let at = |name: &str| folder.path().join(format!("{}{name}", sample.name));
            let (database, objects) = (at(".db"), at(".objects"));
            let made = install_sqlite_with_objects(sample, &database, &objects).await;
            made.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
            let text = policy(sample, &database, &objects);
            std::fs::write(at(".toml"), text).expect("the test's own folder can be written");
        }
        let place = Self { folder, samples: samples.to_vec(), server: None };
        for sample in samples {
            place.sexton(sample.name, &["fence", "install"]);
        }
        place
    }

    /// Every sample, with a history, served to whoever has a key; and an administrator's key.
    pub async fn lived_in() -> (Self, String) {
        let mut place = Self::with(&sexton_samples::all()).await;
        place.sexton(
            "batches",
            &[
                "delete",
                "batch",
                "autumn-2026",
                "--confirm",
                "autumn-2026",
                "--reason",
                "asked for by mail",
            ],
        );
        place.sexton(
            "batches",
            &["hold", "add", "batch", "spring-2026", "--reason", "a dispute", "--case", "K-17"],
        );
        let key = place.key("ann", &["--role", "admin"]);
        place.serve();
        (place, key)
    }

    /// Runs the program on one of its systems; it must succeed.
    #[track_caller]
    pub fn sexton(&self, system: &str, arguments: &[&str]) -> Value {
        let output = self.output(system, arguments);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{system} {arguments:?}: {out}{err}");
        serde_json::from_str(out.lines().last().unwrap_or_default())
            .or_else(|_| serde_json::from_str(&out))
            .unwrap_or_default()
    }

    fn output(&self, system: &str, arguments: &[&str]) -> Output {
        let mut command = self.program();
        command.args(arguments).args(["-p", &format!("{system}.toml"), "--output", "json"]);
        command.output().expect("the program starts")
    }

    /// A new key.
    pub fn key(&self, name: &str, grants: &[&str]) -> String {
        let first = self.samples[0].name;
        let made = self.sexton(first, &[&["key", "create", "--name", name], grants].concat());
        made["secret"].as_str().unwrap_or_else(|| panic!("no secret: {made}")).to_owned()
    }

    /// Serves them.
    pub fn serve(&mut self) {
        let mut command = self.program();
        command.args(["serve", "-p", &format!("{}.toml", self.samples[0].name)]);
        command.args(["--listen", "127.0.0.1:0", "--output", "json", "--log-file", "server.log"]);
        command.args(self.samples[1..].iter().map(|sample| format!("{}.toml", sample.name)));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let said = process.stdout.as_mut().expect("it is heard");
        BufReader::new(said).read_line(&mut line).expect("it says something");
        let event: Value = serde_json::from_str(&line).unwrap_or(json!({}));
        let address = event["address"].as_str().unwrap_or_else(|| panic!("not served: {line}"));
        self.server = Some(Server { address: address.to_owned(), process });
    }

    /// The full address of a path.
    pub fn at(&self, path: &str) -> String {
        let server = self.server.as_ref().expect("it is served");
        [&server.address, path].concat()
    }

    /// Signs somebody in who has a key.
    #[track_caller]
    pub fn sign_in(&self, browser: &Browser, key: &str) {
        browser.open(&self.at("/console/sign-in"));
        browser.write("#key", key);
        browser.go("main button[type=submit]");
        browser.find(".who .name");
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sexton"));
        for variable in ["SEXTON_POLICY", "SEXTON_LOG", "SEXTON_STATE", "NO_COLOR", "DATABASE_URL"]
        {
            command.env_remove(variable);
        }
        // A hundred years: no worker deletes of `batches` what a test counts.
        command.env("RETENTION", "36500d").env("DATASET_RETENTION_DAYS", "365");
        command.current_dir(self.folder.path()).env("USER", "ann");
        command
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The sample's policy with this database and these stores in it.
fn policy(sample: &Sample, database: &Path, objects: &Path) -> String {
    // Text in JSON is text in TOML too.
    let shown = |path: &Path| Value::from(path.display().to_string()).to_string();
    let mut text = sample.policy.replacen("\"env:DATABASE_URL\"", &shown(database), 1);
    for (store, _) in sample.objects().buckets {
        let is_its = |line: &str| {
            let named = line.split_once('=').map(|(name, _)| name.trim());
            named == Some(store) && line.contains("\"env:")
        };
        let folder = format!("{store} = {}", shown(&objects.join(store)));
        let lines = text.lines().map(|line| if is_its(line) { &folder } else { line });
        text = lines.collect::<Vec<&str>>().join("\n") + "\n";
    }
    text
}
