//! The session of somebody at the console: the cookie that carries it, and what is kept of it.
//!
//! The cookie is random like a key and is kept as a hash only. No script can read it, no other
//! site's page makes a browser send it, and where the console is reached over TLS it never travels
//! without.

use data_encoding::BASE32_NOPAD;
use sexton_engine::ports::{SecretHash, Secrets};

/// The name of the cookie.
pub const COOKIE: &str = "sexton_session";
/// So long a session lasts, unless its key ends before.
pub const LASTS_SECS: i64 = 12 * 60 * 60;

const MARK: &str = "ses_";
const LENGTH: usize = MARK.len() + 52;
// Changing this ends every session.
const HASHED: &str = "sexton 2026-11 hash of a session of the console";

/// What the cookie carries.
#[derive(Clone)]
pub struct SessionToken(String);

impl SessionToken {
    /// A new one.
    pub fn draw(secrets: &dyn Secrets) -> Self {
        Self([MARK, &BASE32_NOPAD.encode(&secrets.secret()).to_lowercase()].concat())
    }

    /// Reads what a browser sends; nothing where it can be none.
    pub fn read(text: &str) -> Option<Self> {
        let signs = text.strip_prefix(MARK)?;
        let is_sign = |sign: u8| matches!(sign, b'a'..=b'z' | b'2'..=b'7');
        (text.len() == LENGTH && signs.bytes().all(is_sign)).then(|| Self(text.to_owned()))
    }

    /// What is kept of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash(blake3::derive_key(HASHED, self.0.as_bytes()))
    }
}

/// A session that was opened.
pub struct Opened {
    /// What the cookie carries.
    pub token: SessionToken,
    /// So long it lasts.
    pub lasts_secs: i64,
    /// Whether the browser speaks TLS.
    pub is_secure: bool,
}

impl Opened {
    /// The header that has the browser keep it, for the paths below this one.
    pub fn set_cookie(&self, path: &str) -> String {
        cookie(&self.token.0, self.lasts_secs, path, self.is_secure)
    }
}

/// The header that has the browser forget it.
pub fn forget_cookie(path: &str) -> String {
    cookie("", 0, path, false)
}

fn cookie(value: &str, lasts_secs: i64, path: &str, is_secure: bool) -> String {
    let path = if path.is_empty() { "/" } else { path };
    let secure = if is_secure { "; Secure" } else { "" };
    format!(
        "{COOKIE}={value}; Path={path}; Max-Age={lasts_secs}; HttpOnly; SameSite=Strict{secure}"
    )
}

#[cfg(test)]
mod tests {
    use sexton_engine::ports::SystemSecrets;

    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_drawn_and_nothing_else_is() {
        let token = SessionToken::draw(&SystemSecrets);
        let read = SessionToken::read(&token.0).unwrap();
        assert_eq!(read.hash(), token.hash());
        let large = token.0.to_uppercase();
        for other in ["", "ses_", &token.0[..55], &large, "sxt_abc", &[&token.0, "a"].concat()] {
            assert!(SessionToken::read(other).is_none(), "{other}");
        }
        assert_ne!(SessionToken::draw(&SystemSecrets).hash(), token.hash());
    }

    #[test]
    fn b1_the_cookie_is_for_this_site_and_no_script() {
        let token = SessionToken::draw(&SystemSecrets);
        let opened = Opened { token: token.clone(), lasts_secs: 60, is_secure: true };
        let said = opened.set_cookie("/sexton");
        let (value, rest) = said.split_once("; ").unwrap();
        assert_eq!(value, [COOKIE, "=", &token.0].concat());
        assert_eq!(rest, "Path=/sexton; Max-Age=60; HttpOnly; SameSite=Strict; Secure");
        let plain = Opened { is_secure: false, ..opened };
        assert!(!plain.set_cookie("").contains("Secure"), "plain http would never send it back");
        assert!(forget_cookie("").contains("Max-Age=0"));
    }
}
