//! What handlers take out of a request: who asks, and bodies and queries that can be read.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::only_looks;

/// Who asks.
pub struct Asker(pub Identity);

impl FromRequestParts<Arc<Service>> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        // The door has asked already, wherever there is one.
        match parts.extensions.get::<Identity>() {
            Some(identity) => Ok(Self(identity.clone())),
            None => service.gate.identify(parts).await.map(Self),
        }
    }
}

/// Who asks, if they may change anything.
pub struct Changer(pub Identity);

impl FromRequestParts<Arc<Service>> for Changer {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        let Asker(identity) = Asker::from_request_parts(parts, service).await?;
        if only_looks(&identity) {
            let detail = "a viewer looks, and changes nothing";
            return Err(Failure::by(Outcome::Forbidden).because(detail));
        }
        Ok(Self(identity))
    }
}

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Failure> {
        let read = Json::<T>::from_request(request, service).await;
        read.map(|Json(value)| Self(value)).map_err(|rejection| of_body(&rejection))
    }
}

/// A JSON body, or none, which says nothing.
pub struct MaybeBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<Arc<Service>> for MaybeBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), service).await;
        let bytes = bytes.map_err(|_| too_large())?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        Body::from_request(request, service).await.map(|Body(value)| Self(value))
    }
}

fn of_body(rejection: &JsonRejection) -> Failure {
    let detail = rejection.body_text();
    match rejection.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => unsupported(),
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        StatusCode::UNPROCESSABLE_ENTITY => Failure::unfit("", detail),
        _ => Failure::by(Outcome::BadBody).because(detail),
    }
}

/// The body is not what can be read here.
pub fn unsupported() -> Failure {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Failure::of(status, "unsupported_media_type", "The body is of another kind")
        .because("send JSON, with the header Content-Type: application/json")
}

/// The body is longer than any that is needed.
pub fn too_large() -> Failure {
    Failure::of(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too long")
}

/// The parameters behind the `?`.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Service>> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        let read = Query::<T>::from_request_parts(parts, service).await;
        let unread = |rejection: QueryRejection| {
            let status = StatusCode::BAD_REQUEST;
            Failure::of(status, "bad_query", "The query cannot be read")
                .because(rejection.body_text())
        };
        read.map(|Query(value)| Self(value)).map_err(unread)
    }
}

/// The named parts of the path.
pub struct Place<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Service>> for Place<T> {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        let read = Path::<T>::from_request_parts(parts, service).await;
        let unread = |rejection: PathRejection| Failure::missing(rejection.body_text());
        read.map(|Path(value)| Self(value)).map_err(unread)
    }
}
