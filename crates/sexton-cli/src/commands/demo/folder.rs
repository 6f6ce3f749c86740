//! The folder of a demo: its database, its objects, its policy, its README, and a mark that a demo
//! made it.
//!
//! Only a folder that does not exist, is empty, or bears the mark is ever written to, and
//! starting afresh removes only files that a demo makes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sexton_samples::install_sqlite_with_objects;

use super::story::Story;
use crate::arguments::Demo;
use crate::failure::Failure;
use crate::shell::{CommandLine, program_as_called};

const MARK: &str = ".sexton-demo";
const POLICY: &str = "sexton.toml";
const README: &str = "README.md";
/// Stores are folders in it.
const OBJECTS: &str = "objects";
/// How long a policy waits before it looks for objects again, or decides on shared ones.
const WAITS: [&str; 2] = ["look_again", "grace"];
/// A SQLite database is its file, its log and the log's index.
const OF_A_DATABASE: [&str; 3] = ["", "-wal", "-shm"];

/// The folder of a demo.
pub struct Folder {
    dir: PathBuf,
    story: Story,
}

impl Folder {
    /// Makes everything, or says why it is left alone.
    pub async fn make(demo: &Demo, story: Story) -> Result<Self, Failure> {
        let failed = |source| Failure::DemoFile { dir: demo.dir.clone(), source };
        let dir = std::path::absolute(&demo.dir).map_err(failed)?;
        let folder = Self { dir, story };
        match folder.found().map_err(failed)? {
            Found::Nothing => {}
            Found::Ours if demo.fresh => folder.clear().map_err(failed)?,
            Found::Ours => {
                return Err(Failure::DemoIsThere {
                    dir: demo.dir.clone(),
                    go_on: folder.go_on(),
                    afresh: afresh(demo),
                });
            }
            Found::Others => return Err(Failure::NotADemo(demo.dir.clone())),
        }
        folder.write().map_err(failed)?;
        let (sample, objects) = (&folder.story.sample, folder.objects());
        install_sqlite_with_objects(sample, &folder.database(), &objects).await?;
        Ok(folder)
    }

    /// What an earlier demo has made, or everything anew.
    pub async fn make_or_find(demo: &Demo, story: Story) -> Result<Self, Failure> {
        let failed = |source| Failure::DemoFile { dir: demo.dir.clone(), source };
        let dir = std::path::absolute(&demo.dir).map_err(failed)?;
        let folder = Self { dir, story };
        let is_ours = matches!(folder.found().map_err(failed)?, Found::Ours);
        if is_ours && !demo.fresh { Ok(folder) } else { Self::make(demo, story).await }
    }

    /// The sample.
    pub fn sample(&self) -> &'static str {
        self.story.sample.name
    }

    /// Its policy, by its full path.
    pub fn policy(&self) -> PathBuf {
        self.system().join(POLICY)
    }

    /// Its folder, for people.
    pub fn shown(&self) -> String {
        self.system().display().to_string()
    }

    /// Where the application finds its database.
    pub fn address(&self) -> String {
        self.database().display().to_string()
    }

    /// Where its workers upload: its stores and their folders.
    pub fn stores(&self) -> Vec<(String, String)> {
        let buckets = self.story.sample.objects().buckets.into_iter();
        let folder = |store: &str| self.objects().join(store).display().to_string();
        buckets.map(|(store, _)| (store.to_owned(), folder(store))).collect()
    }

    fn system(&self) -> PathBuf {
        self.dir.join(self.story.sample.name)
    }

    fn database(&self) -> PathBuf {
        self.system().join(format!("{}.db", self.story.sample.name))
    }

    fn objects(&self) -> PathBuf {
        self.system().join(OBJECTS)
    }

    fn found(&self) -> io::Result<Found> {
        if self.dir.join(MARK).is_file() {
            let files = [self.database(), self.policy(), self.system().join(README)];
            let there = files.iter().any(|file| file.exists());
            return Ok(if there { Found::Ours } else { Found::Nothing });
        }
        match fs::read_dir(&self.dir) {
            Ok(mut entries) => {
                Ok(if entries.next().is_some() { Found::Others } else { Found::Nothing })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Found::Others),
            Err(error) => Err(error),
        }
    }

    /// Removes what a demo makes, and nothing else.
    fn clear(&self) -> io::Result<()> {
        let database = self.database();
        let parts = OF_A_DATABASE.map(|suffix| with_suffix(&database, suffix));
        for path in parts.into_iter().chain([self.policy(), self.system().join(README)]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        for (store, _) in self.story.sample.objects().buckets {
            match fs::remove_dir_all(self.objects().join(store)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn write(&self) -> io::Result<()> {
        fs::create_dir_all(self.system())?;
        fs::write(
            self.dir.join(MARK),
            "Made by `sexton demo`; `--fresh` may replace its files.\n",
        )?;
        fs::write(self.policy(), self.policy_text())?;
        fs::write(self.system().join(README), self.readme())
    }

    /// The sample's policy with this database and these folders in it, so that its commands need
    /// nothing else. Nobody uploads for long here, so nobody waits for it.
    fn policy_text(&self) -> String {
        // Text in JSON is text in TOML too.
        let shown = |path: PathBuf| serde_json::Value::from(path.display().to_string()).to_string();
        let (sample, database) = (&self.story.sample, shown(self.database()));
        let mut text = sample.policy.replacen("\"env:DATABASE_URL\"", &database, 1);
        for (store, _) in sample.objects().buckets {
            let is_its = |line: &str| {
                let named = line.split_once('=').map(|(name, _)| name.trim());
                named == Some(store) && line.contains("\"env:")
            };
            let folder = || format!("{store} = {}", shown(self.objects().join(store)));
            let lines =
                text.lines().map(|line| if is_its(line) { folder() } else { line.to_owned() });
            text = lines.collect::<Vec<String>>().join("\n") + "\n";
        }
        let in_a_hurry = text.lines().map(|line| match line.split_once(" = \"") {
            Some((name, _)) if WAITS.contains(&name.trim()) => format!("{} = \"1s\"", name.trim()),
            _ => line.to_owned(),
        });
        in_a_hurry.collect::<Vec<String>>().join("\n") + "\n"
    }

    fn readme(&self) -> String {
        format!(
            "# {name}\n\nMade by `sexton demo`: a sample system to play with.\n\n\
             - `{name}.db`: its SQLite database\n\
             - `sexton.toml`: its policy, which says what goes, stays and changes\n{objects}\n\
             In this folder, `sexton preview {thing} {second}` shows what a deletion would do.\n",
            objects = if self.story.sample.objects().buckets.is_empty() {
                ""
            } else {
                "- `objects/`: its stores, a folder each\n"
            },
            name = self.story.sample.name,
            thing = self.story.thing,
            second = self.story.second,
        )
    }

    fn go_on(&self) -> String {
        let program = std::env::current_exe().unwrap_or_else(|_| "sexton".into());
        CommandLine::with_full_paths(&program, &self.policy()).with(&["status"])
    }
}

fn afresh(demo: &Demo) -> String {
    let dir = demo.dir.display().to_string();
    let mut words = vec!["demo"];
    words.extend(demo.system.as_deref());
    words.extend(["--dir", &dir, "--fresh"]);
    CommandLine::plain(&program_as_called()).with(&words)
}

/// What is in the folder already.
enum Found {
    Nothing,
    Ours,
    Others,
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
