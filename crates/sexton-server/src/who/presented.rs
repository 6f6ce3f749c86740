//! What a request presents to be known by: the one credential of its `Authorization` header, or
//! the cookie of a session of the console.

use axum::http::{HeaderMap, header};

use super::session::{COOKIE, SessionToken};

/// Longer ones are none.
const LENGTH_MAX: usize = 8 * 1024;

/// There is an `Authorization` header, and it is not one bearer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// The credential, if there is one.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Unreadable> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, second) = (values.next(), values.next());
    let Some(value) = value else { return Ok(None) };
    if second.is_some() || value.len() > LENGTH_MAX {
        return Err(Unreadable);
    }
    let text = value.to_str().map_err(|_| Unreadable)?;
    let (scheme, credential) = text.split_once(' ').ok_or(Unreadable)?;
    let credential = credential.trim_matches(' ');
    let is_sign = |sign: u8| sign.is_ascii_alphanumeric() || b"-._~+/=".contains(&sign);
    if !scheme.eq_ignore_ascii_case("bearer")
        || credential.is_empty()
        || !credential.bytes().all(is_sign)
    {
        return Err(Unreadable);
    }
    Ok(Some(credential))
}

/// The session that the browser keeps; of several, the first that can be one.
pub fn session(headers: &HeaderMap) -> Option<SessionToken> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let mut own = pairs.filter(|(name, _)| name.trim() == COOKIE);
    own.find_map(|(_, value)| SessionToken::read(value.trim()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&[u8]]) -> Result<Option<String>, Unreadable> {
        let mut headers = HeaderMap::new();
        for value in values {
            let Ok(value) = HeaderValue::from_bytes(value) else { return Err(Unreadable) };
            headers.append(header::AUTHORIZATION, value);
        }
        bearer(&headers).map(|credential| credential.map(str::to_owned))
    }

    #[test]
    fn one_bearer_is_read_and_nothing_else() {
        assert_eq!(read(&[]), Ok(None));
        for good in ["Bearer abc", "bearer abc", "BEARER   abc  "] {
            assert_eq!(read(&[good.as_bytes()]), Ok(Some("abc".to_owned())), "{good}");
        }
        for bad in [
            "",
            " ",
            "Bearer",
            "Bearer ",
            "Bearer  ",
            "abc",
            "Basic YTpi",
            "Bearerabc",
            "Bearer a b",
            "Bearer a,b",
            "Bearer\tabc",
            "Bearer a\tb",
            " Bearer abc",
            "Bearer \"a\"",
            "Token abc",
            "Bearer a;b",
            "Bearer ä",
        ] {
            assert_eq!(read(&[bad.as_bytes()]), Err(Unreadable), "{bad:?}");
        }
        assert_eq!(read(&[b"Bearer abc", b"Bearer abc"]), Err(Unreadable));
        assert_eq!(read(&[b"Bearer \xff\xfe"]), Err(Unreadable));
        let long = format!("Bearer {}", "a".repeat(LENGTH_MAX));
        assert_eq!(read(&[long.as_bytes()]), Err(Unreadable));
    }

    /// Whatever bytes come, what is read is a credential of harmless signs that stood there.
    #[test]
    fn nothing_else_gets_through() {
        let mut state = 7_u64;
        let mut roll = move |end: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % end as u64).unwrap()
        };
        let parts: [&[u8]; 12] = [
            b"Bearer", b"bearer", b" ", b"  ", b"\t", b"sxt_abc", b"a.b.c", b",", b"\xff", b"=",
            b"Basic", b"\"",
        ];
        let mut read_some = 0;
        for _ in 0..20_000 {
            let mut value = if roll(2) == 0 { b"Bearer ".to_vec() } else { Vec::new() };
            for _ in 0..roll(6) {
                match roll(8) {
                    0 => value.push(u8::try_from(roll(256)).unwrap()),
                    _ => value.extend_from_slice(parts[roll(parts.len())]),
                }
            }
            if let Ok(Some(credential)) = read(&[&value]) {
                read_some += 1;
                assert!(value.len() > 7 && value[..6].eq_ignore_ascii_case(b"bearer"));
                let stood = value.windows(credential.len()).any(|at| at == credential.as_bytes());
                assert!(stood && !credential.contains([' ', ',', '"', '\t']), "{credential:?}");
            }
        }
        assert!(read_some > 1_000, "{read_some} were read");
    }
}
