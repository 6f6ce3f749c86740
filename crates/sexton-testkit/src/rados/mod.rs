//! A real server that speaks S3: Ceph's gateway on loopback, started for one test.
//!
//! A double says what its writer believes; this one says what a server does. It takes some
//! fifteen seconds to start, so one test tries everything on it in turn. It needs the Debian
//! packages `ceph-mon ceph-osd radosgw ceph-common`, and no configuration.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// The programs that have to be installed.
const PROGRAMS: [&str; 4] = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"];

/// Set where a missing server is a failure and no reason to skip.
const REQUIRED: &str = "SEXTON_S3_SERVER";

const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How often it is looked for before it is given up: a minute.
const LOOKS_MAX: u32 = 1200;

/// The server. It stops when this is dropped.
pub struct RadosGateway {
    folder: TempDir,
    port: u16,
}

impl RadosGateway {
    /// The server, or nothing if it is not installed and nobody requires it; then what was
    /// skipped is printed.
    pub fn start(for_what: &str) -> Option<Self> {
        let missing: Vec<_> = PROGRAMS.iter().filter(|name| !is_installed(name)).collect();
        if missing.is_empty() {
            let started = Self::started();
            return Some(started.unwrap_or_else(|error| panic!("no S3 server: {error:#}")));
        }
        let is_required = std::env::var_os(REQUIRED).is_some();
        assert!(!is_required, "{missing:?} are not installed, and {REQUIRED} is set");
        println!("skipped, as {missing:?} are not installed: {for_what}");
        None
    }

    /// Where it is. The user is `test`, the secret `testtest`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn started() -> Result<Self> {
        let folder = tempfile::tempdir().context("making a folder")?;
        // Race: somebody else may take a port before the server does; then it does not start.
        let held: Vec<TcpListener> =
            (0..3).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
        let ports = held.iter().map(|port| Ok(port.local_addr()?.port()));
        let ports = ports.collect::<Result<Vec<u16>>>()?;
        drop(held);
        let server = Self { folder, port: ports[0] };
        let log = fs::File::create(server.path("start.log"))?;
        let mut start = Command::new("sh");
        start.arg("-c").arg(include_str!("start.sh")).env("D", server.folder.path());
        start.env("RGW_PORT", ports[0].to_string()).env("MON_PORT", ports[1].to_string());
        start.env("MON_PORT_V1", ports[2].to_string());
        start.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if !start.status().context("starting sh")?.success() {
            bail!("it did not start: {}", last_lines(&server.path("start.log")));
        }
        for _ in 0..LOOKS_MAX {
            if TcpStream::connect(("127.0.0.1", server.port)).is_ok() {
                return Ok(server);
            }
            thread::sleep(LOOK_AGAIN);
        }
        bail!("nobody listens: {}", last_lines(&server.path("log/client.rgw.log")))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Stops one of its daemons and waits until it has gone.
    fn stop(&self, daemon: &str) {
        let Ok(text) = fs::read_to_string(self.path(&format!("run/{daemon}.pid"))) else { return };
        let process = text.trim();
        let signal = |signal: &str| {
            let mut kill = Command::new("kill");
            kill.arg(signal).arg(process).stdout(Stdio::null()).stderr(Stdio::null());
            kill.status().is_ok_and(|status| status.success())
        };
        // It keeps nothing that is worth an orderly end.
        signal("-KILL");
        for _ in 0..LOOKS_MAX {
            if !signal("-0") {
                return;
            }
            thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for RadosGateway {
    fn drop(&mut self) {
        for daemon in ["client.rgw", "osd.0", "mon.a"] {
            self.stop(daemon);
        }
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn last_lines(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
