//! The files that pages are made with. Their names change with their content, so they are kept.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sexton_console::assets::find;

use crate::failure::Failure;

/// A file.
pub async fn show(Path(name): Path<String>) -> Result<Response, Failure> {
    let missing = || Failure::missing(format!("there is no file `{name}`"));
    let asset = find(&name).ok_or_else(missing)?;
    let headers =
        [(CONTENT_TYPE, asset.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.text).into_response())
}
