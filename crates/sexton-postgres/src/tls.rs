//! What an address says of TLS, taken as libpq takes it.
//!
//! The driver knows libpq's words, with two differences that would check less than was asked
//! for. They are mended here, always to the stricter side.

use rustls::crypto::ring;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// The options with the mode that libpq would use for this address.
pub(crate) fn as_written(options: PgConnectOptions, url: &str) -> PgConnectOptions {
    choose_library();
    let mode = mode(options.get_ssl_mode(), names_root(url));
    options.ssl_mode(mode)
}

/// Says by which library TLS is spoken, where the program has not said so.
///
/// The driver leaves one step of a handshake to the default of the process, and there is none in
/// a program that has two libraries in it, as one has that speaks with object stores as well.
fn choose_library() {
    drop(ring::default_provider().install_default());
}

fn mode(written: PgSslMode, has_root: bool) -> PgSslMode {
    match written {
        // A root is named to be asked for.
        PgSslMode::Require if has_root => PgSslMode::VerifyCa,
        // Whose certificate is signed by a root of the machine says nothing without the name.
        PgSslMode::VerifyCa if !has_root => PgSslMode::VerifyFull,
        mode => mode,
    }
}

fn names_root(url: &str) -> bool {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let is_root = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        ["sslrootcert", "ssl-root-cert", "ssl-ca"].contains(&name)
    };
    parameters.split('&').any(is_root) || std::env::var_os("PGSSLROOTCERT").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_those_of_libpq_or_stricter() {
        let as_written = |url: &str| {
            let options: PgConnectOptions = url.parse().expect("it is an address");
            as_written(options, url).get_ssl_mode()
        };
        for (parameters, expected) in [
            ("sslmode=disable", "Disable"),
            ("sslmode=prefer", "Prefer"),
            ("sslmode=require", "Require"),
            ("sslmode=require&sslrootcert=/r", "VerifyCa"),
            ("sslrootcert=/r&sslmode=verify-ca", "VerifyCa"),
            ("sslmode=verify-ca", "VerifyFull"),
            ("sslmode=verify-full&sslrootcert=/r", "VerifyFull"),
        ] {
            let mode = as_written(&format!("postgres://h/d?{parameters}"));
            assert_eq!(format!("{mode:?}"), expected, "{parameters}");
        }
    }
}
