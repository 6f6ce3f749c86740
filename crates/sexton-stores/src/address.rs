//! Reads where a store is, and opens it.
//!
//! `s3://bucket`, with `endpoint`, `region`, `path_style` and `profile` behind a `?`; `file:` and
//! a path, or a path; `memory:`; or `env:NAME`, a variable that holds one of these.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sexton_engine::ports::{Store, StoreError, SystemClock};

use crate::folder::FolderStore;
use crate::late::LateFolder;
use crate::memory::MemoryStore;
use crate::s3::{Credentials, NoCredentials, S3Settings, S3Store};

/// How long one attempt of a call may take. A thousand keys take seconds in a slow store.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(1);

/// Why a store cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing is written.
    #[error("the store's address is empty: write s3://BUCKET or a folder's path")]
    Empty,
    /// The variable is not there.
    #[error("the variable {0}, which holds the store's address, is not set")]
    UnsetVariable(String),
    /// Another kind of address.
    #[error("`{0}:` is no kind of store: known are s3://BUCKET, file:PATH or a path, and memory:")]
    UnknownKind(String),
    /// A bucket's name that no server takes.
    #[error("`{0}` is no bucket's name: 3 to 63 letters, digits, dots and dashes")]
    BadBucket(String),
    /// More than a bucket.
    #[error("a store is a whole bucket: leave `/{0}` out and put it before the keys in the policy")]
    NotABucket(String),
    /// A secret in the address.
    #[error(
        "credentials do not belong in a store's address: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    HasCredentials,
    /// A word behind the `?`.
    #[error(
        "`{0}` is nothing that a store's address may say: known are endpoint, region, path_style and profile"
    )]
    UnknownParameter(String),
    /// A value behind the `?`.
    #[error("`{name}={value}`: {want}")]
    BadParameter {
        /// Its name.
        name: &'static str,
        /// What is written.
        value: String,
        /// What can be written.
        want: &'static str,
    },
    /// Nobody to ask it as.
    #[error(transparent)]
    Credentials(#[from] NoCredentials),
    /// It is not there.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the store at an address. A bucket is not asked anything yet.
pub fn open(written: &str) -> Result<Arc<dyn Store>, AddressError> {
    open_with(written, &|name| std::env::var(name).ok())
}

/// The same, but a folder is opened when it is first asked for: until it is there, it is a store
/// that is down.
pub fn open_late(written: &str) -> Result<Arc<dyn Store>, AddressError> {
    let variable = |name: &str| std::env::var(name).ok();
    match read(address(written, &variable)?.trim())? {
        Address::Folder(path) => Ok(Arc::new(LateFolder::at(path))),
        _ => open_with(written, &variable),
    }
}

/// The same with variables from elsewhere than the environment.
pub fn open_with(
    written: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn Store>, AddressError> {
    Ok(match opened(written, variable)? {
        Opened::Memory(store) => Arc::new(store),
        Opened::Folder(store) => Arc::new(store),
        Opened::Bucket(store) => Arc::new(store),
    })
}

/// A store, of whichever kind its address is.
pub(crate) enum Opened {
    Memory(MemoryStore),
    Folder(FolderStore),
    Bucket(S3Store),
}

pub(crate) fn opened(
    written: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Opened, AddressError> {
    Ok(match read(address(written, variable)?.trim())? {
        Address::Memory => Opened::Memory(MemoryStore::new(Arc::new(SystemClock))),
        Address::Folder(path) => Opened::Folder(FolderStore::open(&path)?),
        Address::Bucket(bucket) => {
            let credentials = Credentials::found(bucket.profile.as_deref(), variable)?;
            let region = || variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
            Opened::Bucket(S3Store::new(S3Settings {
                path_style: bucket.path_style.unwrap_or(bucket.endpoint.is_some()),
                bucket: bucket.name,
                endpoint: bucket.endpoint,
                region: bucket.region.or_else(region).unwrap_or_else(|| "us-east-1".into()),
                credentials,
                attempt_timeout: ATTEMPT_TIMEOUT,
            }))
        }
    })
}

/// An address as it is, or that of the variable which `env:NAME` names.
fn address(
    written: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<String, AddressError> {
    let Some(name) = written.trim().strip_prefix("env:") else { return Ok(written.to_owned()) };
    variable(name)
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| AddressError::UnsetVariable(name.to_owned()))
}

/// Whether an address can be read, without opening it.
pub fn judge(address: &str) -> Result<(), AddressError> {
    read(address.trim()).map(drop)
}

#[derive(Debug, PartialEq)]
enum Address {
    Bucket(Bucket),
    Folder(PathBuf),
    Memory,
}

#[derive(Debug, Default, PartialEq)]
struct Bucket {
    name: String,
    endpoint: Option<String>,
    region: Option<String>,
    path_style: Option<bool>,
    profile: Option<String>,
}

fn read(address: &str) -> Result<Address, AddressError> {
    if address.is_empty() {
        return Err(AddressError::Empty);
    }
    let is_kind = |kind: &str| {
        kind.len() > 1 && kind.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match address.split_once(':').filter(|(kind, _)| is_kind(kind)) {
        None => Ok(Address::Folder(PathBuf::from(address))),
        Some(("memory", "")) => Ok(Address::Memory),
        Some(("s3", rest)) => bucket(rest.strip_prefix("//").unwrap_or(rest)).map(Address::Bucket),
        Some(("file", rest)) => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            let path = decoded(path).filter(|path| !path.is_empty());
            path.map(|path| Address::Folder(Path::new(&path).to_owned())).ok_or(AddressError::Empty)
        }
        Some((kind, _)) => Err(AddressError::UnknownKind(kind.to_owned())),
    }
}

fn bucket(rest: &str) -> Result<Bucket, AddressError> {
    let (name, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if name.contains('@') {
        return Err(AddressError::HasCredentials);
    }
    let (name, below) = name.split_once('/').unwrap_or((name, ""));
    if !below.is_empty() {
        return Err(AddressError::NotABucket(below.to_owned()));
    }
    let belongs = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if !(3..=63).contains(&name.len()) || !name.chars().all(belongs) {
        return Err(AddressError::BadBucket(name.to_owned()));
    }
    let mut bucket = Bucket { name: name.to_owned(), ..Bucket::default() };
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = decoded(value).unwrap_or_else(|| value.to_owned());
        match name {
            "endpoint" => bucket.endpoint = Some(endpoint(value)?),
            "region" => bucket.region = Some(value),
            "profile" => bucket.profile = Some(value),
            "path_style" => bucket.path_style = Some(truth("path_style", value)?),
            // Whoever writes a secret here must not find it in a message.
            name => return Err(AddressError::UnknownParameter(name.to_owned())),
        }
    }
    Ok(bucket)
}

fn endpoint(value: String) -> Result<String, AddressError> {
    let host = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    match host {
        Some(host) if host.contains('@') => Err(AddressError::HasCredentials),
        Some(host) if !host.is_empty() => Ok(value),
        _ => Err(AddressError::BadParameter {
            name: "endpoint",
            value,
            want: "it begins with https:// or http:// and names a host",
        }),
    }
}

fn truth(name: &'static str, value: String) -> Result<bool, AddressError> {
    match value.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(AddressError::BadParameter { name, value, want: "it is true or false" }),
    }
}

/// The text with its `%` escapes read; a `+` is a plus.
fn decoded(text: &str) -> Option<String> {
    crate::s3::decoded(&text.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address_is_read() {
        let folder = |path: &str| Address::Folder(PathBuf::from(path));
        for (address, path) in [
            ("objects", "objects"),
            ("/srv/a b", "/srv/a b"),
            ("./memory:", "./memory:"),
            ("file:///srv/objects", "/srv/objects"),
            ("file:objects", "objects"),
            ("file:///srv/a%20b+c", "/srv/a b+c"),
        ] {
            assert_eq!(read(address), Ok(folder(path)), "{address}");
        }
        assert_eq!(read("memory:"), Ok(Address::Memory));
        let plain = Bucket { name: "iq-files".into(), ..Bucket::default() };
        assert_eq!(read("s3://iq-files/"), Ok(Address::Bucket(plain)));
        let address = "s3://iqs?endpoint=http%3A%2F%2F127.0.0.1:9000&path_style=false&region=eu-1";
        let full = Bucket {
            name: "iqs".into(),
            endpoint: Some("http://127.0.0.1:9000".into()),
            region: Some("eu-1".into()),
            path_style: Some(false),
            profile: None,
        };
        assert_eq!(read(address), Ok(Address::Bucket(full)));
    }

    #[test]
    fn what_cannot_be_read_says_what_to_write() {
        for (address, why) in [
            ("", AddressError::Empty),
            ("file:", AddressError::Empty),
            ("gs://bucket", AddressError::UnknownKind("gs".into())),
            ("memory:more", AddressError::UnknownKind("memory".into())),
            ("s3://", AddressError::BadBucket(String::new())),
            ("s3://a b c", AddressError::BadBucket("a b c".into())),
            ("s3://bucket/below", AddressError::NotABucket("below".into())),
            ("s3://name:hush@bucket", AddressError::HasCredentials),
            ("s3://bucket?endpoint=https://name:hush@host", AddressError::HasCredentials),
            ("s3://bucket?secret=hush", AddressError::UnknownParameter("secret".into())),
        ] {
            let refused = read(address).unwrap_err();
            assert!(!refused.to_string().contains("hush"), "{refused}");
            assert_eq!(refused, why, "{address}");
        }
        let refused = read("s3://bucket?path_style=yes").unwrap_err().to_string();
        assert_eq!(refused, "`path_style=yes`: it is true or false");
        let refused = read("s3://bucket?endpoint=host").unwrap_err().to_string();
        assert!(refused.contains("begins with https://"), "{refused}");
    }

    #[test]
    fn a_variable_may_hold_the_address() {
        let set = |name: &str| (name == "IQ").then(|| "memory:".to_owned());
        assert_eq!(open_with("env:IQ", &set).map(|store| store.address()), Ok("memory:".into()));
        let refused = open_with("env:NONE", &set).map(drop).unwrap_err();
        assert_eq!(refused, AddressError::UnsetVariable("NONE".into()));
        let refused = open_with("s3://bucket", &set).map(drop).unwrap_err().to_string();
        assert!(refused.contains("set AWS_ACCESS_KEY_ID"), "{refused}");
    }
}
