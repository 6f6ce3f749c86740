//! Objects below a prefix: the engine beside programs that people use for it, in turns.
//!
//! Each is a process of its own and speaks to the same server, the test kit's double in this
//! process, which holds objects in memory and answers as late as it is told. What is left is
//! compared each time: a way that leaves anything below the prefix, or takes anything beside it,
//! fails the run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sexton_core::objects::Prefix;
use sexton_engine::clear::{ClearRequest, Effort, Spared, clear};
use sexton_engine::ports::SystemEntropy;
use sexton_engine::ports::store::Scope;
use sexton_testkit::s3::S3Double;

use crate::clock;
use crate::figures::Series;

const BUCKET: &str = "bench";
const PREFIX: &str = "runs/1/";
/// Lies beside the prefix and stays.
const BESIDE: &str = "runs/10/stays";
/// How often the peak of another process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The programs that are asked with a request for each object take minutes where each is late.
const SLOW_TURNS: usize = 1;

const BOTO: &str = "
import sys, boto3
from botocore.config import Config
endpoint, bucket, prefix = sys.argv[1:4]
s3 = boto3.client('s3', endpoint_url=endpoint, config=Config(s3={'addressing_style': 'path'}))
for page in s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix):
    keys = [{'Key': of['Key']} for of in page.get('Contents', [])]
    if keys:
        answer = s3.delete_objects(Bucket=bucket, Delete={'Objects': keys, 'Quiet': True})
        assert not answer.get('Errors'), answer['Errors'][:3]
";

/// How much is measured.
pub struct Amounts {
    /// How many objects lie below the prefix, each a table of its own.
    pub objects: Vec<usize>,
    /// How late every answer is.
    pub latencies: Vec<Duration>,
    /// Turns that count.
    pub turns: usize,
}

/// Who removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Engine,
    S5cmd,
    Rclone,
    Boto3,
    Aws,
}

impl Way {
    const ALL: [Self; 5] = [Self::Engine, Self::S5cmd, Self::Rclone, Self::Boto3, Self::Aws];

    /// What the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Engine => "the engine",
            Self::S5cmd => "s5cmd rm",
            Self::Rclone => "rclone purge",
            Self::Boto3 => "boto3, a batch after the other",
            Self::Aws => "aws s3 rm --recursive",
        }
    }

    /// Whether it asks once for each object.
    fn is_slow(self) -> bool {
        matches!(self, Self::Rclone | Self::Aws)
    }
}

/// What one way took at one latency.
pub struct Taken {
    pub way: Way,
    pub took: Series,
    pub requests: u64,
    pub peak_kib: u64,
}

/// All ways with so many objects, at one latency.
pub struct Table {
    pub objects: usize,
    pub latency: Duration,
    pub taken: Vec<Taken>,
}

/// The programs that are here.
pub struct Tools {
    found: Vec<(Way, PathBuf)>,
    /// How each calls itself.
    pub versions: Vec<String>,
}

impl Tools {
    /// Those that variables name, or that lie on the path: `SEXTON_BENCH_S5CMD`,
    /// `SEXTON_BENCH_RCLONE`, `SEXTON_BENCH_PYTHON` (with boto3), `SEXTON_BENCH_AWS`.
    pub fn found() -> Result<Self> {
        let this = env::current_exe().context("finding this program")?;
        let mut tools = Self { found: vec![(Way::Engine, this)], versions: Vec::new() };
        for (way, variable, program, version) in [
            (Way::S5cmd, "SEXTON_BENCH_S5CMD", "s5cmd", "version"),
            (Way::Rclone, "SEXTON_BENCH_RCLONE", "rclone", "version"),
            (Way::Boto3, "SEXTON_BENCH_PYTHON", "python3", "--version"),
            (Way::Aws, "SEXTON_BENCH_AWS", "aws", "--version"),
        ] {
            let program = env::var_os(variable).map_or_else(|| program.into(), PathBuf::from);
            let Ok(said) = Command::new(&program).arg(version).output() else { continue };
            if !said.status.success() || way == Way::Boto3 && !has_boto3(&program) {
                continue;
            }
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            let first = said.lines().next().unwrap_or_default();
            tools.versions.push(format!("{}: {first}", way.name()));
            tools.found.push((way, program));
        }
        Ok(tools)
    }
}

fn has_boto3(python: &Path) -> bool {
    let imported = Command::new(python).args(["-c", "import boto3"]).stderr(Stdio::null()).status();
    imported.is_ok_and(|status| status.success())
}

/// Measures all ways in turns.
pub async fn measure(tools: &Tools, amounts: &Amounts) -> Result<Vec<Table>> {
    let mut tables = Vec::new();
    for objects in &amounts.objects {
        for latency in &amounts.latencies {
            eprintln!("{objects} objects, {} ms late", latency.as_millis());
            tables.push(at(tools, *objects, *latency, amounts.turns).await?);
        }
    }
    Ok(tables)
}

async fn at(tools: &Tools, objects: usize, latency: Duration, turns: usize) -> Result<Table> {
    let double = S3Double::start(&[BUCKET]).await?;
    let mut taken: Vec<Taken> = Way::ALL
        .into_iter()
        .filter(|way| tools.found.iter().any(|(found, _)| found == way))
        .map(|way| Taken { way, took: Series::default(), requests: 0, peak_kib: 0 })
        .collect();
    // The first turn warms up where nothing is late.
    let first = usize::from(!latency.is_zero());
    for turn in first..=turns {
        let count = taken.len();
        for at in 0..count {
            let of = &mut taken[(at + turn) % count];
            if of.way.is_slow() && !latency.is_zero() && of.took.len() >= SLOW_TURNS {
                continue;
            }
            let done = once(tools, of.way, &double, (objects, latency)).await?;
            if turn > 0 {
                of.took.add(done.took);
                of.requests = done.requests;
                of.peak_kib = of.peak_kib.max(done.peak_kib);
            }
            eprintln!("  {}: {:.2} s", of.way.name(), done.took.as_secs_f64());
        }
    }
    Ok(Table { objects, latency, taken })
}

struct Done {
    took: Duration,
    requests: u64,
    peak_kib: u64,
}

async fn once(
    tools: &Tools,
    way: Way,
    double: &S3Double,
    (objects, latency): (usize, Duration),
) -> Result<Done> {
    let keys = (0..objects).map(|number| format!("{PREFIX}{:03}/{number:07}.npy", number % 97));
    double.fill(BUCKET, keys.chain([BESIDE.to_owned()]), b"0123456789abcdef");
    double.fail(|faults| faults.latency = latency);
    let (before, began) = (double.seen().requests, clock::start());
    let mut child = command(tools, way, &double.endpoint())?
        .envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "testtest")])
        .envs([("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", way.name()))?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_of(child.id()).unwrap_or(peak_kib);
        match child.try_wait()? {
            Some(status) => break status,
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    };
    let took = began.elapsed();
    if !status.success() {
        let said = child.wait_with_output()?;
        anyhow::bail!("{}: {}", way.name(), String::from_utf8_lossy(&said.stderr));
    }
    let left = double.keys(BUCKET);
    ensure!(left == [BESIDE], "{} left {} objects", way.name(), left.len());
    Ok(Done { took, requests: double.seen().requests - before, peak_kib })
}

fn command(tools: &Tools, way: Way, endpoint: &str) -> Result<Command> {
    let found = tools.found.iter().find(|(found, _)| *found == way);
    let mut command = Command::new(&found.context("it was found")?.1);
    match way {
        Way::Engine => command.args(["clear-alone", endpoint]),
        Way::S5cmd => command.args(["--endpoint-url", endpoint, "--log", "error", "rm"]).arg(
            // What it does not quote is a pattern of its own.
            format!("s3://{BUCKET}/{PREFIX}*"),
        ),
        Way::Rclone => command
            .args(["purge", "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", endpoint])
            .args(["--config", "/dev/null", "--checkers", "32", "--transfers", "32"])
            .arg(format!(":s3:{BUCKET}/{PREFIX}")),
        Way::Boto3 => command.args(["-c", BOTO, endpoint, BUCKET, PREFIX]),
        Way::Aws => command
            .args(["--endpoint-url", endpoint, "s3", "rm", "--recursive", "--only-show-errors"])
            .arg(format!("s3://{BUCKET}/{PREFIX}")),
    };
    Ok(command)
}

/// The child process: clears the prefix as a deletion does.
pub async fn clear_alone(endpoint: &str) -> Result<()> {
    let address = format!("s3://{BUCKET}?endpoint={endpoint}");
    let store = sexton_stores::open_late(&address).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut request = ClearRequest {
        prefix: Prefix::new(PREFIX)?,
        scope: Scope::Current,
        behind: None,
        spared: Spared::default(),
        effort: Effort::USUAL,
        gate: None,
    };
    // As a deletion: once more, until a listing was empty.
    loop {
        let entropy = Arc::new(SystemEntropy);
        let cleared = clear(Arc::clone(&store), entropy, &request, &mut |_| {}).await?;
        ensure!(cleared.failures.is_empty(), "{:?}", cleared.failures);
        if cleared.found_nothing() {
            return Ok(());
        }
        request.behind = None;
    }
}

/// The most memory that a process had resident, in KiB.
fn peak_of(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
