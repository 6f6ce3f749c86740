//! The same batches deleted and previewed by Django, which runs in a process of its own beside.
//!
//! All ways take turns on one PostgreSQL database, each repetition on another batch. Django is
//! stock: its Collector, with and without somebody who listens to leaves, and the admin's
//! NestedObjects. Its environment is made once, under the build's own folder.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::engine::Engine;
use crate::figures::Series;
use crate::normal::Supply;
use crate::place::Place;
use crate::report::Conditions;
use crate::scale::{Extent, RUNS, rows_of_batch};

/// What Django does, with the times as long that the engine should make it.
const WAYS: [(&str, &str, Against, f64); 3] = [
    ("delete", "Django, `Model.delete()`", Against::Deletion, 1.5),
    ("signals", "Django, the same with receivers on leaves", Against::Deletion, 8.0),
    ("nested", "Django, the admin's `NestedObjects`", Against::Preview, 40.0),
];

#[derive(Clone, Copy)]
enum Against {
    Deletion,
    Preview,
}

/// Everything that was measured.
pub struct Beside {
    version: String,
    django: [Series; 3],
    deletion: Series,
    preview: Series,
}

/// A worker that answers a line with a line.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    version: String,
}

/// Measures in turns; the first round warms up and does not count.
pub async fn measure(
    place: &Place,
    engine: &Engine,
    extent: Extent,
    supply: &mut Supply,
) -> Result<Beside> {
    let mut worker = Worker::start(&place.address()?)?;
    let mut beside = Beside {
        version: worker.version.clone(),
        django: Default::default(),
        deletion: Series::default(),
        preview: Series::default(),
    };
    let rows = rows_of_batch(RUNS);
    let ways = WAYS.len() + 2;
    for round in 0..=extent.repetitions {
        for turn in 0..ways {
            let batch = supply.take()?;
            let way = (turn + round) % ways;
            let took = match way {
                0 => engine.delete(&batch, rows).await?.took,
                1 => engine.preview(&batch, rows).await?.took,
                way => worker.ask(WAYS[way - 2].0, &batch, rows)?,
            };
            let series = match way {
                0 => &mut beside.deletion,
                1 => &mut beside.preview,
                way => &mut beside.django[way - 2],
            };
            if round > 0 {
                series.add(took);
            }
        }
    }
    worker.end()?;
    Ok(beside)
}

impl Worker {
    fn start(address: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("django");
        let mut child = Command::new(environment(&folder)?)
            .arg(folder.join("worker.py"))
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting Django")?;
        let input = child.stdin.take().context("its input was asked for")?;
        let output = child.stdout.take().context("its output was asked for")?;
        let mut worker =
            Self { child, input, output: BufReader::new(output), version: String::new() };
        let said = worker.line()?;
        let version =
            said.strip_prefix("ready ").context("Django does not say that it is ready")?;
        version.clone_into(&mut worker.version);
        Ok(worker)
    }

    /// Has one batch deleted or previewed, which must be of so many rows.
    fn ask(&mut self, way: &str, batch: &str, rows: i64) -> Result<Duration> {
        writeln!(self.input, "{way} {batch}").context("asking Django")?;
        let said = self.line()?;
        let (micros, found) = said.split_once(' ').context("Django says two numbers")?;
        ensure!(found.parse::<i64>()? == rows, "Django's {way} of {batch} found {found} rows");
        Ok(Duration::from_micros(micros.parse()?))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).context("hearing from Django")?;
        ensure!(!line.is_empty(), "Django has ended; what it said is above");
        Ok(line.trim_end().to_owned())
    }

    fn end(mut self) -> Result<()> {
        drop(self.input);
        let status = self.child.wait().context("waiting for Django's end")?;
        ensure!(status.success(), "Django ended with {status}");
        Ok(())
    }
}

/// The interpreter of an environment with what `requirements.txt` asks for.
fn environment(folder: &Path) -> Result<PathBuf> {
    let program = std::env::current_exe().context("finding this program")?;
    let home = program.parent().context("a program lies in a folder")?.join("sexton-bench-django");
    let python = home.join("bin/python");
    if !home.join("complete").exists() {
        eprintln!("making an environment for Django");
        run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let requirements = folder.join("requirements.txt");
        run(Command::new(&python).args(["-m", "pip", "install", "-q", "-r"]).arg(requirements))?;
        std::fs::write(home.join("complete"), "").context("keeping the environment")?;
    }
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("running {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// The report, as Markdown.
pub fn written(conditions: &Conditions, extent: Extent, settings: &str, beside: &Beside) -> String {
    let Conditions { command, machine, note, busy: (before, after) } = conditions;
    let mut text = format!(
        "# Deleting rows: the engine beside Django\n\n\
         `{command}`, a release build, and Django {} in a process of its own. Milliseconds: medians,\n\
         with quartiles in parentheses. All ways were measured in turns, in one run on one database,\n\
         each repetition on another batch of {} rows, after a warm-up round that does not count.\n\
         Ratios hold within this run only.\n\n\
         - Machine: {machine}. Load average {before} before, {after} after.\n",
        beside.version,
        rows_of_batch(RUNS),
    );
    for sentence in note.iter().map(String::as_str).chain([settings]) {
        writeln!(text, "- {}.", sentence.trim_end_matches('.')).expect("text can be written");
    }
    write!(
        text,
        "- Data: the sample `batches`, {}; {} repetitions.\n\
         - Both find the same rows: each answer was compared with the number of rows of a batch.\n\
         - Django sets the two references of rows that stay to their default. The engine computes\n  \
         200 domains anew, keeps an audit record, looks again and writes a receipt; its preview\n  \
         judges guards and holds, foretells new values and makes a digest.\n\n\
         | way | ms | times as long as the engine | goal | met |\n|---|---|---|---|---|\n\
         | engine, deletion | {} | | | |\n| engine, exact preview | {} | | | |\n",
        extent.large, extent.repetitions, beside.deletion, beside.preview
    )
    .expect("text can be written");
    for ((_, name, against, goal), took) in WAYS.iter().zip(&beside.django) {
        let engine = match against {
            Against::Deletion => beside.deletion.median(),
            Against::Preview => beside.preview.median(),
        };
        let times = took.median() / engine;
        let met = if times >= *goal { "yes" } else { "**no**" };
        writeln!(text, "| {name} | {took} | {times:.1} | {goal} | {met} |")
            .expect("text can be written");
    }
    text
}
