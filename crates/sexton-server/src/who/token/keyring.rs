//! The keys that tokens are judged by: one secret, or the public keys of a JWKS file.
//!
//! The file is read again when it is another than before, so that keys are changed without a
//! restart. What cannot be read then is told in the log, and the keys from before stay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// So long a secret must be at least: as long as what it makes (RFC 7518, 3.2).
const SECRET_BYTES_MIN: usize = 32;

/// Keys of one algorithm.
pub enum Keyring {
    /// HS256, by a secret that both sides have.
    Secret(DecodingKey),
    /// RS256, by public keys in a file.
    File(KeyFile),
}

/// Why keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The variable that holds the secret is not set.
    #[error("the variable {0} is not set; the secret of tokens is read from it")]
    Unset(String),
    /// It could be guessed.
    #[error("the secret has {0} bytes; HS256 needs at least {SECRET_BYTES_MIN}")]
    ShortSecret(usize),
    /// There is no such file, or it cannot be read.
    #[error("{} cannot be read", .0.display())]
    Unread(PathBuf, #[source] std::io::Error),
    /// It is no set of keys.
    #[error("{} is no JWKS: {}", .0.display(), .1)]
    NoKeys(PathBuf, String),
}

impl Keyring {
    /// HS256 by this secret.
    pub fn of_secret(secret: &[u8]) -> Result<Self, Unusable> {
        if secret.len() < SECRET_BYTES_MIN {
            return Err(Unusable::ShortSecret(secret.len()));
        }
        Ok(Self::Secret(DecodingKey::from_secret(secret)))
    }

    /// HS256 by the secret in this file, without the end of its line.
    pub fn of_secret_file(path: &Path) -> Result<Self, Unusable> {
        let secret = std::fs::read(path).map_err(|e| Unusable::Unread(path.to_owned(), e))?;
        Self::of_secret(secret.trim_ascii_end())
    }

    /// RS256 by the keys of this file.
    pub fn of_file(path: &Path) -> Result<Self, Unusable> {
        let read = Read::of(path)?;
        Ok(Self::File(KeyFile { path: path.to_owned(), read: Mutex::new(read) }))
    }

    /// The one algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Secret(_) => Algorithm::HS256,
            Self::File(_) => Algorithm::RS256,
        }
    }

    /// The key of this name. A token may leave the name out where there is one key only.
    pub fn key(&self, kid: Option<&str>) -> Option<DecodingKey> {
        match self {
            Self::Secret(key) => Some(key.clone()),
            Self::File(file) => file.key(kid),
        }
    }
}

/// An algorithm as tokens name it.
pub fn name_of(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HS256 => "HS256",
        Algorithm::RS256 => "RS256",
        _ => "another",
    }
}

/// Public keys in a file.
pub struct KeyFile {
    path: PathBuf,
    read: Mutex<Read>,
}

impl KeyFile {
    fn key(&self, kid: Option<&str>) -> Option<DecodingKey> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        if stamp != read.stamp {
            match Read::of(&self.path) {
                Ok(anew) => {
                    tracing::info!(event = "jwks_read_again", keys = anew.keys.len());
                    *read = anew;
                }
                Err(error) => {
                    tracing::error!(event = "jwks_unreadable", %error);
                    read.stamp = stamp;
                }
            }
        }
        match kid {
            Some(kid) => read.keys.get(&Some(kid.to_owned())).cloned(),
            None if read.keys.len() == 1 => read.keys.values().next().cloned(),
            None => None,
        }
    }
}

/// The file as it was read.
struct Read {
    stamp: Option<Stamp>,
    keys: Arc<BTreeMap<Option<String>, DecodingKey>>,
}

impl Read {
    fn of(path: &Path) -> Result<Self, Unusable> {
        // Order: the stamp first, so that a file that changes meanwhile is read once more.
        let stamp = Stamp::of(path);
        let text = std::fs::read(path).map_err(|error| Unusable::Unread(path.to_owned(), error))?;
        let keys = keys(&text).map_err(|why| Unusable::NoKeys(path.to_owned(), why))?;
        Ok(Self { stamp, keys: Arc::new(keys) })
    }
}

/// By what a changed file is told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    file: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let file = std::os::unix::fs::MetadataExt::ino(&found);
        #[cfg(not(unix))]
        let file = 0;
        Some(Self { modified: found.modified().ok(), bytes: found.len(), file })
    }
}

/// The keys of RS256 in a JWKS; others are for others.
fn keys(text: &[u8]) -> Result<BTreeMap<Option<String>, DecodingKey>, String> {
    let set: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let list = set.get("keys").and_then(Value::as_array).ok_or("it has no list `keys`")?;
    let mut keys = BTreeMap::new();
    for key in list {
        let word = |name| key.get(name).and_then(Value::as_str);
        let is_ours = word("kty") == Some("RSA")
            && word("use").is_none_or(|used| used == "sig")
            && word("alg").is_none_or(|alg| alg == "RS256");
        if !is_ours {
            continue;
        }
        let (Some(modulus), Some(exponent)) = (word("n"), word("e")) else {
            return Err("an RSA key has no `n` or no `e`".to_owned());
        };
        let read = DecodingKey::from_rsa_components(modulus, exponent);
        let read = read.map_err(|error| format!("an RSA key cannot be read: {error}"))?;
        if keys.insert(word("kid").map(str::to_owned), read).is_some() {
            return Err("two keys have the same `kid`".to_owned());
        }
    }
    if keys.is_empty() { Err("it has no key for RS256".to_owned()) } else { Ok(keys) }
}
