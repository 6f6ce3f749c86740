//! The routes of the policies in the description that a server serves: whoever reads it finds all
//! that the server answers, whatever policies it has.
//!
//! What a body holds is the policy's own business; here stand its names, and how a request may end.

use sexton_core::policy::{Method, Outcome};
use sexton_core::routes::{Described, describe};
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{
    Content, OpenApi, RefOr, Required, Response, ResponseBuilder, Schema, Server,
};

use crate::service::Service;

/// The mark of operations that are an application's own.
const TAG: &str = "routes";

/// Adds the routes of every policy to a description.
pub fn describe_routes(document: &mut OpenApi, service: &Service) {
    for (_, system) in service.systems() {
        let policy = system.policy();
        for route in &policy.routes {
            let described = describe(policy, route);
            let mut item = PathItem::new(method(route.method), operation(route.method, &described));
            if !service.base_path().is_empty() {
                // The application's paths are where its clients know them.
                item.servers = Some(vec![Server::new("/")]);
            }
            match document.paths.paths.get_mut(&described.path) {
                Some(known) => known.merge_operations(item),
                None => {
                    document.paths.paths.insert(described.path.clone(), item);
                }
            }
        }
    }
}

fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

fn operation(method: Method, described: &Described) -> Operation {
    let in_path = described.segments.iter();
    let in_path = in_path.map(|name| parameter(name, ParameterIn::Path, Required::True));
    let in_query = described.query.iter();
    let in_query = in_query.map(|name| parameter(name, ParameterIn::Query, Required::False));
    let body = (!described.body.is_empty()).then(|| body(&described.body));
    let mut operation = OperationBuilder::new()
        .tag(TAG)
        .summary(Some(described.does.clone()))
        .operation_id(Some(format!("{} {}", method.as_str(), described.path)))
        .parameters(Some(in_path.chain(in_query)))
        .request_body(body);
    for (status, outcomes) in &described.answers {
        operation = operation.response(status.to_string(), response(*status, outcomes));
    }
    operation.build()
}

fn text() -> Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

fn parameter(name: &str, place: ParameterIn, required: Required) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
    parameter.schema(Some(Schema::from(text()))).build()
}

/// An object with these keys; of what type each is, its column or the policy says.
fn body(names: &[String]) -> RequestBody {
    let mut object = ObjectBuilder::new().schema_type(Type::Object);
    for name in names {
        let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue).build();
        object = object.property(name, Schema::from(any));
    }
    let content = Content::new(Some(RefOr::T(Schema::from(object.build()))));
    RequestBodyBuilder::new().content("application/json", content).build()
}

fn response(status: u16, outcomes: &[Outcome]) -> Response {
    let outcomes: Vec<&str> = outcomes.iter().map(|outcome| outcome.as_str()).collect();
    let response = ResponseBuilder::new().description(outcomes.join(", "));
    if matches!(status, 204 | 205 | 304) {
        return response.build();
    }
    response.content("application/json", Content::new(None::<RefOr<Schema>>)).build()
}
