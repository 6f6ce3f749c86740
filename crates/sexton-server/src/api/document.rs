//! What the description of the API says beside its paths.

use utoipa::openapi::path::Operation;
use utoipa::openapi::{
    Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

use sexton_api::Problem;

/// A description without paths.
pub fn document() -> OpenApi {
    let info =
        InfoBuilder::new().title("Sexton").version(env!("CARGO_PKG_VERSION")).description(Some(
            "Deletes a thing and everything derived from it: shown before, complete, once, and \
             proven. Every failure is a `Problem`.",
        ));
    let mut document = OpenApiBuilder::new().info(info.build()).build();
    let schemas = &mut document.components.get_or_insert_default().schemas;
    let mut below = Vec::new();
    Problem::schemas(&mut below);
    schemas.extend(below);
    schemas.insert(Problem::name().into_owned(), Problem::schema());
    document
}

/// Says where it is served, and that every path may answer with a problem.
pub fn explain(document: &mut OpenApi, base_path: &str) {
    if !base_path.is_empty() {
        document.servers = Some(vec![Server::new(base_path)]);
    }
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        operations.into_iter().flatten().for_each(may_fail);
    }
}

fn may_fail(operation: &mut Operation) {
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name(Problem::name()))));
    let response = ResponseBuilder::new()
        .description("Why it was not carried out")
        .content("application/problem+json", content);
    operation.responses.responses.insert("default".to_owned(), RefOr::T(response.build()));
}
