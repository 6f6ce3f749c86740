use super::{check, good, only_finding, unbuilt};
use crate::policy::{Deed, Given, Method, Outcome, Reply, Segment, Verb};

fn route(name: &str, lines: &str) -> String {
    format!("[things.batch]\nrow = \"batches.id\"\n[routes.\"{name}\"]\n{lines}\n")
}

fn deletes(lines: &str) -> String {
    route("DELETE /batches/{id}", &format!("does = \"delete batch\"\n{lines}"))
}

#[test]
fn a_route_is_a_method_and_a_path_of_segments() {
    let policy = good(&route("DELETE /a/{org}/b.c/{id}/", "does = \"delete batch\""));
    let route = &policy.routes[0];
    assert_eq!(route.method, Method::Delete);
    let written = |text: &str| Segment::Written(text.into());
    let named = |text: &str| Segment::Named(text.into());
    let path = [written("a"), named("org"), written("b.c"), named("id"), written("")];
    assert_eq!(route.path, path);
    let does = route.does.as_ref().map(|deed| deed.value.clone());
    assert_eq!(does, Some(Deed::To(Verb::Delete, crate::names::ThingName::new("batch"))));
}

#[test]
fn a_name_that_is_no_method_and_path_is_refused_where_it_stands() {
    for (name, place) in [
        ("/batches", "/batches"),
        ("REMOVE /batches", "REMOVE"),
        ("delete /batches", "delete"),
        ("DELETE batches", "batches"),
        ("DELETE /a/../b", ".."),
        ("DELETE /a/{id", "{id"),
        ("DELETE /a/x{id}", "x{id}"),
        ("DELETE /a/{i d}", "{i d}"),
        ("DELETE /{id}/{id}", "{id}"),
        ("DELETE /a?b", "a?b"),
        ("DELETE /a%20b", "a%20b"),
    ] {
        check(&route(name, "does = \"delete batch\""), &[("P057", place)]);
    }
    // Of nothing, the whole name is shown.
    check(&route("DELETE /a//b", "does = \"delete batch\""), &[("P057", "\"DELETE /a//b\"")]);
    let text = format!("system = \"s\"\n{}", route("DELET /a", "does = \"delete batch\""));
    assert!(only_finding(&text).help.unwrap().starts_with("did you mean `DELETE`?"));
}

#[test]
fn a_route_says_what_it_does_and_every_mistake_is_told() {
    check(&route("GET /a", ""), &[("P005", "\"GET /a\"")]);
    check(&route("GET /a", "does = \"batch\""), &[("P058", "batch")]);
    check(&route("GET /a", "does = \"remove batch\""), &[("P058", "remove batch")]);
    let lines = "does = \"delete batch now\"\nwhat = 1\nids = { max = 0 }\n\
                 options = { a = \"path.a\" }\norder = [\"a.b desc\"]\nover = { from = \"body.a\", unit = \"years\" }";
    let expected = [
        ("P058", "delete batch now"),
        ("P003", "what"),
        ("P005", "{ max = 0 }"),
        ("P016", "0"),
        ("P059", "path.a"),
        ("P008", "a.b"),
        ("P017", "\"years\""),
    ];
    check(&route("GET /a", lines), &expected);
    let unknown = only_finding(&format!("system = \"s\"\n{}", deletes("refuzed = 409")));
    assert_eq!(unknown.code, "P003");
    assert!(unknown.help.unwrap().starts_with("did you mean `refused`?"));
}

#[test]
fn branches_choose_by_a_value_of_the_request() {
    let lines = "if = { \"query.force\" = { \"true\" = \"delete batch\" } }";
    let policy = good(&route("DELETE /a/{id}", lines));
    let branch = &policy.routes[0].branches[0];
    assert_eq!(branch.given.value, Given::Query("force".into()));
    assert_eq!((branch.value.value.as_str(), policy.routes[0].does.as_ref()), ("true", None));
    check(&route("GET /a", "if = {}"), &[("P012", "{}")]);
    let nowhere = "if = { \"header.x\" = { a = \"delete batch\" } }";
    check(&route("GET /a", nowhere), &[("P059", "header.x")]);
}

#[test]
fn everything_that_a_route_can_do_is_carried() {
    for does in ["restore batch", "delete-for-good batch", "retention old"] {
        let policy = good(&route("POST /a/{id}", &format!("does = \"{does}\"")));
        assert_eq!(unbuilt(&policy), [], "{does}");
        assert_eq!(policy.routes.len(), 1);
    }
}

#[test]
fn an_answer_is_a_status_a_table_or_that_of_another_outcome() {
    let policy = good(&deletes(
        "done = 204\nheld = \"refused\"\nmissing.body = { a = \"{id}\" }\n\
         refused = { status = 400, code = \"no\", headers = { X-Why = \"{message}\" } }",
    ));
    let replies = &policy.routes[0].replies;
    let Some(Reply::Own(done)) = replies.to(Outcome::Done) else { panic!() };
    assert_eq!(done.status.as_ref().map(|status| status.value), Some(204));
    let Some(Reply::Like(held)) = replies.to(Outcome::Held) else { panic!() };
    assert_eq!(held.value, Outcome::Refused);
    let Some(Reply::Own(refused)) = replies.to(Outcome::Refused) else { panic!() };
    assert_eq!(refused.headers[0].0, "X-Why");
}

#[test]
fn a_guard_is_answered_beside_or_without_the_other_refusals() {
    let guards = |lines: &str| {
        let policy = good(&deletes(lines));
        let replies = &policy.routes[0].replies;
        (replies.to(Outcome::Refused).is_some(), replies.guards.len())
    };
    assert_eq!(guards("refused.live = 423"), (false, 1));
    assert_eq!(guards("refused.status = 400\nrefused.live = { status = 423 }"), (true, 1));
    assert_eq!(guards("refused.live = \"busy\""), (false, 1));
    check(&deletes("refused.live = true"), &[("P003", "live")]);
}

#[test]
fn answers_are_judged_where_they_stand() {
    for (lines, code, place) in [
        ("done = 99", "P016", "99"),
        ("done = { status = 600 }", "P016", "600"),
        ("done = {}", "P012", "{}"),
        ("done = true", "P004", "true"),
        ("done = { staus = 200 }", "P003", "staus"),
        ("held = \"refuse\"", "P060", "\"refuse\""),
        ("done = { headers = { Content-Length = \"1\" } }", "P061", "Content-Length"),
        ("done = { headers = { Sexton-Deletion = \"1\" } }", "P061", "Sexton-Deletion"),
        ("done = { headers = { \"a b\" = \"1\" } }", "P061", "\"a b\""),
        ("done = { body = { a = \"{id|path}\" } }", "P040", "{id|path}"),
        ("done = { body = { a = \"{id\" } }", "P040", "{"),
    ] {
        check(&deletes(lines), &[(code, place)]);
    }
    check("[replies]\nmising = 404", &[("P003", "mising")]);
}

#[test]
fn only_answers_add_up() {
    let policy = good(&deletes("done = { status = 200, body = \"{rows.a + rows.b}\" }"));
    let Some(Reply::Own(done)) = policy.routes[0].replies.to(Outcome::Done) else { panic!() };
    assert_eq!(done.slots()[0].written(), "rows.a + rows.b");
    let hook = "[hooks.h]\nof = \"a\"\ncall = \"env:A\"\nbody = { a = \"{b + c}\" }";
    check(hook, &[("P008", " ")]);
}

#[test]
fn a_list_is_rows_of_a_thing() {
    let policy = good("[lists.kept]\nof = \"batch\"\nsql = \"select 1 where {id} = 1\"");
    assert_eq!(policy.lists[0].of.value.as_str(), "batch");
    check(
        "[lists.Kept]\nof = \"batch\"\nsq = \"1\"",
        &[("P005", "[lists.Kept]"), ("P021", "Kept"), ("P003", "sq")],
    );
}

#[test]
fn the_routes_of_the_sample_policies_can_be_read() {
    // As the language is written down: what stands there must be understood, sums and all.
    let policy = good(
        "[things.batch]\nrow = \"batches.id\"\n\
         [replies]\nanonymous = { headers = { WWW-Authenticate = \"Bearer\" }, body.error = { code = \"unauthorized\" } }\n\
         bad-id = \"missing\"\nbody = { error = { code = \"{code}\", message = \"{message}\" } }\n\
         [routes.\"GET /api/v1/tags/{name}/batches\"]\ndoes = \"list batch\"\nroles = []\n\
         parent = \"select 1 from tags where name = {path.name}\"\nwhere = \"tag = {path.name}\"\n\
         order = [\"created_at desc\", \"id desc\"]\npage = { limit = 20, max = 100, lenient = true }\n\
         done = { status = 200, body = { items = \"{items}\", \"offset?\" = \"{offset}\" } }\n",
    );
    let route = &policy.routes[0];
    assert_eq!((route.page.limit, route.page.max, route.page.lenient), (20, 100, true));
    assert_eq!(route.roles.as_deref(), Some(&[][..]));
    let orders: Vec<_> =
        route.order.iter().map(|o| (o.value.column.as_str(), o.value.descending)).collect();
    assert_eq!(orders, [("created_at", true), ("id", true)]);
    assert!(policy.replies.envelope.is_some());
}
