//! What a form or an address says: names with values, some of them more than once.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use sexton_core::routes::query;

use crate::extract::{too_large, unsupported};
use crate::failure::Failure;
use crate::service::Service;

/// Names and values, in order.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of this name, without space around it, unless it is empty.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of this name that is not empty.
    pub fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Names that begin so, without that, and their values.
    pub fn below<'f>(&'f self, prefix: &str) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.0.iter().filter_map(move |(name, value)| {
            name.strip_prefix(prefix).map(|name| (name, value.trim()))
        })
    }
}

/// What stands behind the `?`.
pub struct InAddress(pub Fields);

impl<S: Send + Sync> FromRequestParts<S> for InAddress {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self(Fields(query(parts.uri.query().unwrap_or_default()))))
    }
}

/// What a form has sent.
pub struct Sent(pub Fields);

impl FromRequest<Arc<Service>> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Failure> {
        let kind = request.headers().get("content-type").and_then(|kind| kind.to_str().ok());
        let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default().trim());
        if kind.is_some_and(|kind| kind != "application/x-www-form-urlencoded") {
            return Err(unsupported());
        }
        let body = Bytes::from_request(request, service).await.map_err(|_| too_large())?;
        let text = String::from_utf8_lossy(&body);
        Ok(Self(Fields(query(&text))))
    }
}
