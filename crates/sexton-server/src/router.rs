//! Every path of the API with its description, and the layers around them all.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api;
use crate::service::Service;
use crate::telling::{Panicked, tell};
use crate::who::door::{guard_origin, pass};

/// No body that is needed is longer.
const BODY_MAX: usize = 1024 * 1024;

/// The description of every path.
pub fn openapi() -> OpenApi {
    let mut document = described().split_for_parts().1;
    api::explain(&mut document, "");
    document
}

fn described() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::with_openapi(api::document())
        .routes(routes!(api::health::alive))
        .routes(routes!(api::health::ready))
        .routes(routes!(api::metrics::metrics))
        .routes(routes!(api::systems::list))
        .routes(routes!(api::overview::show))
        .routes(routes!(api::things::list))
        .routes(routes!(api::things::rows))
        .routes(routes!(api::things::show))
        .routes(routes!(api::things::cancel))
        .routes(routes!(api::previews::create))
        .routes(routes!(api::previews::show))
        .routes(routes!(api::deletions::create, api::deletions::list))
        .routes(routes!(api::deletions::show))
        .routes(routes!(api::deletions::receipt))
        .routes(routes!(api::deletions::events))
        .routes(routes!(api::deletions::retry))
        .routes(routes!(api::deletions::restore))
        .routes(routes!(api::deletions::withdraw))
        .routes(routes!(api::holds::create, api::holds::list))
        .routes(routes!(api::holds::show))
        .routes(routes!(api::holds::release))
        .routes(routes!(api::retention::list))
        .routes(routes!(api::retention::show))
        .routes(routes!(api::retention::preview))
        .routes(routes!(api::retention::run))
        .routes(routes!(api::pauses::list_all, api::pauses::pause_all))
        .routes(routes!(api::pauses::lift_all))
        .routes(routes!(api::pauses::list, api::pauses::pause))
        .routes(routes!(api::pauses::lift))
        .routes(routes!(api::audit::list))
        .routes(routes!(api::audit::verify))
        .routes(routes!(api::sweeps::create))
        .routes(routes!(api::sweeps::latest))
}

/// Everything that is answered.
pub fn router(service: Arc<Service>) -> Router {
    let base_path = service.base_path();
    let (paths, mut document) = described().split_for_parts();
    api::describe_routes(&mut document, &service);
    api::explain(&mut document, base_path);
    let document = Arc::new(document);
    let openapi = move || {
        let document = document.clone();
        async move { Json(document.as_ref().clone()) }
    };
    let paths = paths.route("/openapi.json", axum::routing::get(openapi));
    let paths = paths.route_layer(from_fn_with_state(service.clone(), pass));
    let paths = paths.merge(crate::console::router(&service));
    let placed = if base_path.is_empty() { paths } else { Router::new().nest(base_path, paths) };
    // Order: routes of a policy have words of their own for requests from other sites.
    placed
        .layer(from_fn_with_state(service.clone(), guard_origin))
        .fallback(crate::routes::serve)
        .layer(CatchPanicLayer::custom(Panicked))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            service.answer_time(),
        ))
        .layer(from_fn_with_state(service.clone(), tell))
        .with_state(service)
}
