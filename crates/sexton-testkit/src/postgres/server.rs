//! One throw-away PostgreSQL server per user, shared by all test processes.
//!
//! It lives in a fixed folder below the temporary one and listens on a socket there. Whoever
//! needs it first starts it, under a file lock. A small shell loop stops it when it was not used
//! for ten minutes. A server that is down is never started again: its folder is emptied and a
//! new one is made, so nothing of an earlier run can leak into this one.

use std::fs::{self, File, Permissions, TryLockError};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use std::{env, io};

use anyhow::{Context, Result, bail};

const SETTINGS: &str = "
listen_addresses = ''
max_connections = 200
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
";

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A running server.
pub(super) struct Server {
    folder: PathBuf,
    programs: PathBuf,
    account: Option<Account>,
}

/// Held while the server is looked for or changed; ends with the file.
pub(super) struct Turn(#[expect(dead_code, reason = "closing the file ends the lock")] File);

/// The account that runs the server where we are root, which the server refuses to be.
#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Server {
    /// The server, started if need be, and the turn that keeps others waiting meanwhile.
    pub(super) async fn running() -> Result<(Self, Turn)> {
        let (version, programs) = programs()?;
        let account = account()?;
        let folder = format!("sexton-testkit-pg-{version}-{}", own_user()?);
        let folder = env::temp_dir().join(folder);
        let server = Self { folder, programs, account };
        server.make_folder()?;
        let turn = server.turn().await?;
        fs::write(server.folder.join("used"), "").context("marking the server as used")?;
        if !server.is_running()? {
            server.start("")?;
        }
        Ok((server, turn))
    }

    /// The address of one of its databases.
    pub(super) fn url(&self, database: &str) -> String {
        let host = self.folder.display().to_string().replace('%', "%25").replace('&', "%26");
        format!("postgres:///{database}?host={host}&port=5432&user=postgres")
    }

    /// Removes a database without waiting for it.
    pub(super) fn drop_in_background(&self, database: &str) {
        let mut command = self.command("dropdb");
        command.args(["--force", "--if-exists", "-U", "postgres", "-h"]);
        command.arg(&self.folder).arg(database);
        // If it does not start, the database stays until the server ends.
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    }

    fn make_folder(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).context("making the server's folder")?;
        fs::set_permissions(&self.folder, Permissions::from_mode(0o700))
            .with_context(|| format!("{} belongs to somebody else", self.folder.display()))?;
        if let Some(Account { user, group }) = self.account {
            chown(&self.folder, Some(user), Some(group)).context("giving the folder away")?;
        }
        Ok(())
    }

    /// Waits without blocking the thread: whoever has the turn may be a task on the same one.
    async fn turn(&self) -> Result<Turn> {
        let path = self.folder.join("lock");
        let file = File::create(&path).context("making the server's lock")?;
        fs::set_permissions(&path, Permissions::from_mode(0o666)).context("sharing the lock")?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn(file)),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK_AGAIN).await,
                Err(TryLockError::Error(error)) => {
                    return Err(error).context("waiting for the server's lock");
                }
            }
        }
    }

    fn is_running(&self) -> Result<bool> {
        let mut command = self.command("pg_ctl");
        let output = command.arg("status").arg("-D").arg(self.data()).output();
        Ok(output.context("starting pg_ctl")?.status.success())
    }

    /// A server of its own in this folder, with these settings beside the usual ones.
    pub(super) fn own(folder: PathBuf, settings: &str) -> Result<Self> {
        let server = Self { folder, programs: programs()?.1, account: account()? };
        server.make_folder()?;
        fs::write(server.folder.join("used"), "").context("marking the server as used")?;
        server.start(settings)?;
        Ok(server)
    }

    /// Runs a program of the system as the account that runs the server, in its folder.
    pub(super) fn run_as_account(&self, program: &str, arguments: &[&str]) -> Result<()> {
        succeed(self.as_account(Command::new(program)).args(arguments))
    }

    /// Lets it speak TLS, with `server.crt` and `server.key` of its folder.
    pub(super) fn switch_tls_on(&self) -> Result<()> {
        let folder = self.folder.display();
        let settings = format!(
            "ssl = on\nssl_cert_file = '{folder}/server.crt'\nssl_key_file = '{folder}/server.key'\n"
        );
        let file = self.data().join("postgresql.auto.conf");
        let before = fs::read_to_string(&file).context("reading the server's settings")?;
        fs::write(file, before + &settings).context("writing the server's settings")?;
        let mut restart = self.command("pg_ctl");
        restart.args(["restart", "--silent", "--wait", "-m", "fast", "-D"]).arg(self.data());
        succeed(restart.arg("-l").arg(self.folder.join("log")))
            .with_context(|| format!("see the file `log` in {folder}"))
    }

    /// Stops it at once.
    pub(super) fn stop(&self) {
        let mut command = self.command("pg_ctl");
        command.args(["stop", "--silent", "-m", "immediate", "-D"]).arg(self.data());
        // If it does not stop, its watchdog stops it.
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }

    fn start(&self, more: &str) -> Result<()> {
        match fs::remove_dir_all(self.data()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).context("removing the last server's files");
            }
            _ => {}
        }
        let mut init = self.command("initdb");
        init.arg("-D").arg(self.data()).args(["-U", "postgres", "--auth=trust", "--no-sync"]);
        succeed(init.args(["--encoding=UTF8", "--locale=C.UTF-8"]))?;
        let folder = self.folder.display();
        let settings = format!("{SETTINGS}unix_socket_directories = '{folder}'\n{more}");
        let file = self.data().join("postgresql.auto.conf");
        fs::write(file, settings).context("writing the server's settings")?;
        let mut start = self.command("pg_ctl");
        start.args(["start", "--silent", "--wait", "-D"]).arg(self.data());
        succeed(start.arg("-l").arg(self.folder.join("log")))
            .with_context(|| format!("see the file `log` in {}", self.folder.display()))?;
        self.watch()
    }

    /// Starts the loop that stops the server when nobody uses it. It has a session of its own,
    /// so that it outlives the test and its terminal.
    fn watch(&self) -> Result<()> {
        let mut command = self.as_account(Command::new("setsid"));
        command.arg("sh").arg("-c").arg(include_str!("watchdog.sh")).arg("watchdog");
        command.arg(&self.folder).arg(&self.programs);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().context("starting the server's watchdog with setsid")?;
        Ok(())
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        self.as_account(Command::new(self.programs.join(program)))
    }

    fn as_account(&self, mut command: Command) -> Command {
        command.current_dir(&self.folder);
        if let Some(Account { user, group }) = self.account {
            command.uid(user).gid(group);
        }
        command
    }
}

/// The newest installed server: its version, and the folder of its programs.
fn programs() -> Result<(u32, PathBuf)> {
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = installed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let debian = versions
        .map(|version| (version, PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))))
        .filter(|(_, folder)| folder.join("initdb").exists())
        .max();
    debian.map_or_else(programs_on_path, Ok)
}

fn programs_on_path() -> Result<(u32, PathBuf)> {
    let path = env::var_os("PATH").unwrap_or_default();
    let Some(folder) = env::split_paths(&path).find(|folder| folder.join("initdb").exists()) else {
        bail!(
            "tests on PostgreSQL need its server programs, and there is no initdb in \
             /usr/lib/postgresql/*/bin nor on the PATH: install the Debian package `postgresql`"
        );
    };
    let output = Command::new(folder.join("initdb")).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let digits = text.rsplit(' ').next().and_then(|version| version.split('.').next());
    let version = digits.and_then(|digits| digits.trim().parse().ok());
    Ok((version.with_context(|| format!("initdb says `{text}`"))?, folder))
}

fn own_user() -> Result<u32> {
    Ok(fs::metadata("/proc/self").context("asking who we are")?.uid())
}

fn account() -> Result<Option<Account>> {
    if own_user()? != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd").context("looking for an account")?;
    let find = |name| accounts.lines().find_map(|line| account_of(line, name));
    let found = find("postgres").or_else(|| find("nobody"));
    found.map(Some).context("the server refuses root, and there is no `postgres` or `nobody`")
}

fn account_of(line: &str, name: &str) -> Option<Account> {
    let fields: Vec<&str> = line.split(':').collect();
    match fields[..] {
        [found, _, user, group, ..] if found == name => {
            Some(Account { user: user.parse().ok()?, group: group.parse().ok()? })
        }
        _ => None,
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let program = Path::new(command.get_program()).display().to_string();
    let Output { status, stderr, .. } =
        command.stdin(Stdio::null()).output().with_context(|| format!("starting {program}"))?;
    if status.success() {
        return Ok(());
    }
    bail!("{program} failed: {}", String::from_utf8_lossy(&stderr).trim())
}
