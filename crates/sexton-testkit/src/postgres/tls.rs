//! A PostgreSQL server that speaks TLS, with certificates made for one test.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::server::Server;

/// A server on the machine's own address, for one test. It stops when this is dropped.
pub struct TlsServer {
    server: Server,
    folder: TempDir,
    port: u16,
}

impl TlsServer {
    /// A server whose certificate says `localhost` and was signed by a root made just now.
    pub fn start() -> Self {
        Self::made().unwrap_or_else(|error| panic!("no PostgreSQL server with TLS: {error:#}"))
    }

    fn made() -> Result<Self> {
        // Another account than ours may run the server.
        let open = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(open).tempdir();
        let folder = folder.context("making a folder")?;
        // Race: somebody else may take the port before the server does; then it does not start.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = format!("listen_addresses = '127.0.0.1'\nport = {port}\n");
        let server = Server::own(folder.path().join("server"), &settings)?;
        let made = Self { server, folder, port };
        made.certify()?;
        Ok(made)
    }

    /// Makes the certificates in the server's folder, where its account may write.
    fn certify(&self) -> Result<()> {
        let make = |arguments: &str| {
            let arguments: Vec<&str> = arguments.split(' ').collect();
            self.server.run_as_account("openssl", &arguments)
        };
        for name in ["root", "other"] {
            make(&format!(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                 -subj /CN={name} -keyout {name}.key -out {name}.crt"
            ))?;
        }
        make(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
             -addext subjectAltName=DNS:localhost -keyout server.key -out server.csr",
        )?;
        make(
            "x509 -req -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -days 2 \
             -copy_extensions copy -out server.crt",
        )?;
        self.server.run_as_account("chmod", &["600", "server.key"])?;
        self.server.run_as_account("chmod", &["755", "."])?;
        self.server.switch_tls_on()
    }

    /// The certificate that signed the server's.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("server/root.crt")
    }

    /// A certificate that signed nothing here.
    pub fn other_root(&self) -> PathBuf {
        self.folder.path().join("server/other.crt")
    }

    /// The address by this name of the machine, with these parameters.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("postgres://postgres@{host}:{}/postgres?{parameters}", self.port)
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.server.stop();
    }
}
