//! Lists in pages: how long one is, and where the next begins.
//!
//! A cursor is opaque: the place of the last row, in a form that only a server reads. One that is
//! none of ours is refused; one that was changed leads nowhere else than a query of its own would,
//! because what the caller may see is judged for every page.

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

    /// The place behind which it begins.
    pub fn place<T: DeserializeOwned>(&self) -> Result<Option<T>, Failure> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok();
        let place = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        place.map(Some).ok_or_else(|| {
            let detail = "take `next_cursor` of the page before, or none";
            Failure::of(StatusCode::BAD_REQUEST, "bad_cursor", "This is no cursor")
                .because(detail)
                .at("cursor", detail)
        })
    }
}

/// The cursor behind this place.
pub fn cursor<T: Serialize>(place: &T) -> Option<String> {
    serde_json::to_vec(place).ok().map(|bytes| BASE64URL_NOPAD.encode(&bytes))
}

/// A page, with a link to the next where there is one.
pub fn paged<T: Serialize>(page: T, path: &str, limit: u32, next: Option<&str>) -> Response {
    let Some(next) = next else { return Json(page).into_response() };
    let sign = if path.contains('?') { '&' } else { '?' };
    let link = format!("<{path}{sign}limit={limit}&cursor={next}>; rel=\"next\"");
    ([(LINK, link)], Json(page)).into_response()
}
