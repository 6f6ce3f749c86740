//! Lists in pages: how long one is, and where the next begins.
//!
//! A cursor is opaque: the place of the last row and the list that it is of, signed with a secret
//! that all servers share. One that is another list's, was changed, or is none of ours is refused.

use axum::Json;
use axum::http::header::LINK;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use axum::http::StatusCode;

use crate::failure::Failure;

/// So long a page is where nobody says.
const LIMIT: u32 = 50;
/// No page is longer.
const LIMIT_MAX: u32 = 200;

/// Which page is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    /// How many.
    pub limit: Option<u32>,
    /// Where it begins.
    pub cursor: Option<String>,
}

impl Paging {
    /// How many at most.
    pub fn limit(&self) -> Result<u32, Failure> {
        let limit = self.limit.unwrap_or(LIMIT);
        if (1..=LIMIT_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(Failure::unfit("limit", "from 1 to 200"))
    }

    /// The place behind which it begins, in this list.
    pub fn place<T: DeserializeOwned>(
        &self,
        signer: &Signer,
        list: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let place = signer.read(cursor, list).and_then(|text| serde_json::from_slice(&text).ok());
        place.map(Some).ok_or_else(|| {
            let detail = "take `next_cursor` of the page before of the same list, or none";
            Failure::of(StatusCode::BAD_REQUEST, "bad_cursor", "This is no cursor")
                .because(detail)
                .at("cursor", detail)
        })
    }
}

/// So many bytes of a signature are in a cursor.
const SIGNATURE: usize = 16;

/// Signs cursors, and knows its own again.
#[derive(Debug, Clone)]
pub struct Signer(pub [u8; 32]);

impl Signer {
    /// The cursor behind this place of this list.
    pub fn cursor<T: Serialize>(&self, list: &str, place: &T) -> Option<String> {
        let text = serde_json::to_vec(place).ok()?;
        let bytes = [&self.signature(list, &text)[..], &text].concat();
        Some(BASE64URL_NOPAD.encode(&bytes))
    }

    /// What a cursor of this list says.
    fn read(&self, cursor: &str, list: &str) -> Option<Vec<u8>> {
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
        let (signature, text) = bytes.split_at_checked(SIGNATURE)?;
        // Hashes compare in constant time.
        let expected = blake3::Hash::from(widened(&self.signature(list, text)));
        let presented = blake3::Hash::from(widened(signature));
        (expected == presented).then(|| text.to_vec())
    }

    fn signature(&self, list: &str, text: &[u8]) -> [u8; SIGNATURE] {
        let said = [list.as_bytes(), b"\n", text].concat();
        let hash = blake3::keyed_hash(&self.0, &said);
        std::array::from_fn(|at| hash.as_bytes()[at])
    }
}

fn widened(signature: &[u8]) -> [u8; 32] {
    std::array::from_fn(|at| signature.get(at).copied().unwrap_or_default())
}

/// A page, with a link to the next where there is one.
pub fn paged<T: Serialize>(page: T, path: &str, limit: u32, next: Option<&str>) -> Response {
    let Some(next) = next else { return Json(page).into_response() };
    let sign = if path.contains('?') { '&' } else { '?' };
    let link = format!("<{path}{sign}limit={limit}&cursor={next}>; rel=\"next\"");
    ([(LINK, link)], Json(page)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(signer: &Signer, cursor: &str, list: &str) -> Option<i64> {
        let paging = Paging { limit: None, cursor: Some(cursor.to_owned()) };
        paging.place(signer, list).ok().flatten()
    }

    #[test]
    fn a_cursor_that_was_changed_or_is_another_lists_is_none() {
        let signer = Signer([7; 32]);
        let cursor = signer.cursor("holds", &17_i64).unwrap();
        assert_eq!(read(&signer, &cursor, "holds"), Some(17));
        assert_eq!(read(&signer, &cursor, "deletions"), None);
        assert_eq!(read(&Signer([8; 32]), &cursor, "holds"), None);
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let changed = BASE64URL_NOPAD.encode(&changed);
            assert_eq!(read(&signer, &changed, "holds"), None, "byte {at}");
        }
        for none in ["", "!", "AAAA", &BASE64URL_NOPAD.encode(b"17")] {
            assert_eq!(read(&signer, none, "holds"), None, "{none}");
        }
    }
}
