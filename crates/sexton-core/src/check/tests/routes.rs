use super::{finds, judged};
use crate::schema::Dialect;

const TABLES: &str = "tags: name text key\nbatches: id text key, tag text index, made text\n\
                      runs: id text key, batch_id text index";

const LINES: &str = "[things.batch]\nrow = \"batches.id\"\nshow = [\"tag\"]\n\
                     options = { deep = { default = false } }\n\
                     [references]\n\"runs.batch_id -> batches\" = { rule = \"delete\", with = { deep = \"keep\" } }\n\
                     \"batches.tag -> tags\" = \"keep\"\n\
                     [work.runs]\nrunning = \"id = 'x'\"\n\
                     [guards.busy]\nof = \"batches\"\nrows = \"runs r\"\nlink = \"r.batch_id = batches.id\"\n\
                     where = \"r.id = 'x'\"\nsay = \"no\"\n";

/// A policy with these routes.
fn with(routes: &str) -> String {
    format!("{LINES}{routes}\n")
}

fn deletes(lines: &str) -> String {
    with(&format!("[routes.\"DELETE /b/{{id}}\"]\ndoes = \"delete batch\"\n{lines}"))
}

#[test]
fn a_route_that_fits_is_no_finding() {
    finds(TABLES, &deletes("options = { deep = \"query.deep\" }\nwait_objects = \"10s\""), &[]);
    let list = "[routes.\"GET /t/{name}\"]\ndoes = \"list batch\"\norder = \"made desc\"\n\
                parent = \"select 1 from tags where name = {path.name}\"\n\
                where = \"tag = {path.name}\"\npage = { limit = 5 }\n\
                done = { status = 200, body = { items = \"{items}\" } }";
    finds(TABLES, &with(list), &[]);
}

#[test]
fn a_route_is_about_what_there_is() {
    let text = with("[routes.\"DELETE /b/{id}\"]\ndoes = \"delete bath\"");
    finds(TABLES, &text, &[("C501", "delete bath")]);
    let option = deletes("options = { depe = \"query.deep\" }");
    finds(TABLES, &option, &[("C503", "depe")]);
    finds(TABLES, &deletes("refused.bussy = 423"), &[("C509", "bussy")]);
    finds(TABLES, &with("[lists.l]\nof = \"bath\"\nsql = \"select 1\""), &[("C501", "\"bath\"")]);
    let lists = "[routes.\"GET /b\"]\ndoes = \"list batch\"\norder = \"maid\"\n\
                 done = { status = 200, body = \"{items}\" }";
    finds(TABLES, &with(lists), &[("C102", "maid")]);
}

#[test]
fn two_routes_do_not_meet_one_request() {
    for (one, other, meet) in [
        ("DELETE /b/{id}", "DELETE /b/{id}/", false),
        ("DELETE /b/{id}", "POST /b/{id}", false),
        ("DELETE /b/{id}", "DELETE /c/{id}", false),
        ("DELETE /b/{id}", "DELETE /{kind}/{id}", true),
        ("DELETE /b/{id}/x", "DELETE /{id}/c/x", true),
    ] {
        let route = |name: &str| format!("[routes.\"{name}\"]\ndoes = \"delete batch\"\n");
        let (text, checked) =
            judged(Dialect::Sqlite, TABLES, &with(&[route(one), route(other)].concat()));
        let found: Vec<_> = checked.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(found, if meet { vec!["C502"] } else { vec![] }, "{text}");
    }
}

#[test]
fn a_route_says_which_thing_is_meant() {
    let text = with("[routes.\"DELETE /b/{name}\"]\ndoes = \"delete batch\"");
    finds(TABLES, &text, &[("C504", "delete batch")]);
    let found = LINES.replace("show", "find = \"tag = {path.name}\"\nshow");
    let route = "[routes.\"DELETE /b/{name}\"]\ndoes = \"delete batch\"\n";
    finds(TABLES, &(found.clone() + route), &[]);
    let other = "[routes.\"DELETE /b/{tag}\"]\ndoes = \"delete batch\"\n";
    finds(TABLES, &(found + other), &[("C504", "delete batch")]);
    let ids = "[routes.\"DELETE /b\"]\ndoes = \"delete batch\"\nids = { from = \"body.ids\" }";
    finds(TABLES, &with(ids), &[]);
}

#[test]
fn keys_say_something_about_what_is_done() {
    for (lines, key) in [
        ("page = { limit = 1 }", "page"),
        ("order = \"id\"", "order"),
        ("parent = \"select 1\"", "parent"),
        ("over = { from = \"body.a\", unit = \"days\" }", "over"),
    ] {
        finds(TABLES, &deletes(lines), &[("C511", key)]);
    }
}

#[test]
fn names_in_sql_stand_in_the_path() {
    let text = deletes("where = \"tag = {path.tag}\"");
    finds(TABLES, &text, &[("C507", "tag = {path.tag}")]);
    finds(TABLES, &deletes("tenant = \"=(select {id})\""), &[("C202", "(select {id})")]);
    let list = "[lists.l]\nof = \"batch\"\nsql = \"select {path.id}\"";
    finds(TABLES, &with(list), &[("C202", "select {path.id}")]);
}

#[test]
fn sql_of_routes_and_lists_is_tried_by_the_database() {
    let text = deletes(
        "where = \"tag = 'a'\"\ntenant = \"=(select max(name) from tags)\"\n\
         [lists.l]\nof = \"batch\"\nsql = \"select id from runs where batch_id = {id}\"\n\
         [routes.\"GET /b\"]\ndoes = \"list batch\"\nparent = \"select 1 from tags\"\n\
         done = { status = 200, body = \"{items}\" }",
    );
    let (_, checked) = judged(Dialect::Postgres, TABLES, &text);
    let tried = |what: &str| {
        let probe = checked.probes.iter().find(|probe| probe.what == what);
        probe.map(|probe| probe.sql.clone()).unwrap_or_default()
    };
    assert_eq!(
        tried("`tenant` of the route `DELETE /b/{id}`"),
        "SELECT ((select max(name) from tags))"
    );
    assert_eq!(
        tried("`parent` of the route `GET /b`"),
        "SELECT 1 WHERE EXISTS (select 1 from tags)"
    );
    assert!(tried("`where` of the route `DELETE /b/{id}`").contains("WHERE (tag = 'a')"));
    assert!(tried("`sql` of [lists.l]").starts_with("SELECT 1 FROM (select id from runs"));
}

#[test]
fn outcomes_lead_to_an_answer() {
    finds(TABLES, &deletes("held = \"busy\"\nbusy = \"held\""), &[("C505", "\"busy\"")]);
    finds(TABLES, &deletes("held = \"held\""), &[("C505", "\"held\"")]);
    // What the route says comes first, also where it closes a circle.
    let text = deletes("refused = \"held\"\n[replies]\nheld = \"refused\"");
    finds(TABLES, &text, &[("C505", "\"held\"")]);
    finds(TABLES, &deletes("held = \"busy\"\nbusy = \"refused\""), &[]);
}

#[test]
fn a_status_without_a_body_has_none() {
    finds(TABLES, &deletes("done.body = { a = 1 }"), &[("C508", "done")]);
    finds(
        TABLES,
        &deletes("missing = { status = 204, body = 1 }"),
        &[("C508", "{ status = 204, body = 1 }")],
    );
    let mute = with("[routes.\"GET /b\"]\ndoes = \"list batch\"\ndone = 200");
    finds(TABLES, &mute, &[("C514", "list batch")]);
}

#[test]
fn an_answer_says_what_is_known() {
    let done = |word: &str| deletes(&format!("done = {{ status = 200, body = \"{word}\" }}"));
    for word in [
        "{id} {ids} {thing} {Thing} {code} {message} {actor} {path.id} {query.a} {body.a}",
        "{rows.runs + rows.batches}",
        "{objects.deleted} {objects.all_gone} {deletion}",
    ] {
        finds(TABLES, &done(word), &[]);
    }
    for (word, code) in [
        ("{idd}", "C506"),
        ("{objects.kept}", "C506"),
        ("{work.runs}", "C506"),
        ("{id$.a}", "C506"),
        ("{count}", "C506"),
        ("{items}", "C506"),
        ("{row.tag}", "C506"),
        ("{subject.tag}", "C506"),
        ("{path.name}", "C507"),
        ("{rows.ruins}", "C101"),
    ] {
        finds(TABLES, &done(word), &[(code, word)]);
    }
    finds(TABLES, &deletes("missing.body = \"{rows.runs}\""), &[("C506", "{rows.runs}")]);
    finds(TABLES, &deletes("undrained.body = \"{work.runs.running}\""), &[]);
    let unworked = deletes("undrained.body = \"{work.batches.running}\"");
    finds(TABLES, &unworked, &[("C513", "{work.batches.running}")]);
}

#[test]
fn a_preview_says_what_is_read() {
    let previews = |word: &str| {
        let lines = "[lists.l]\nof = \"batch\"\nsql = \"select 1\"\n\
                     [routes.\"GET /b/{id}\"]\ndoes = \"preview batch\"\n";
        with(&format!("{lines}done = {{ status = 200, body = \"{word}\" }}"))
    };
    finds(TABLES, &previews("{row.tag} {row.id} {rows} {lists.l} {work.runs.waiting}"), &[]);
    finds(TABLES, &previews("{row.made}"), &[("C512", "{row.made}")]);
    finds(TABLES, &previews("{row.maid}"), &[("C102", "{row.maid}")]);
    finds(TABLES, &previews("{lists.m}"), &[("C513", "{lists.m}")]);
}

#[test]
fn what_a_guard_keeps_is_said_where_it_refuses() {
    let own = "refused.busy = { body = \"{subject.tag} {subject.label} {count} {names}\" }";
    finds(TABLES, &deletes(own), &[]);
    finds(TABLES, &deletes("refused.busy.body = \"{subject.tug}\""), &[("C102", "{subject.tug}")]);
    finds(TABLES, &deletes("refused.body = \"{subject.tag}\""), &[("C506", "{subject.tag}")]);
}

#[test]
fn what_is_restored_is_what_can_be_given_back() {
    let hidden = |hide: &str| {
        let things = LINES.replace("show = [\"tag\"]", &format!("show = [\"tag\"]\n{hide}"));
        format!("{things}[routes.\"POST /b/{{id}}\"]\ndoes = \"restore batch\"\n")
    };
    let set = "set = { made = \"never\" }, hidden = \"made = 'never'\"";
    let found = |hide: &str| {
        let (_, checked) = judged(Dialect::Sqlite, TABLES, &hidden(hide));
        let codes = checked.findings.iter().map(|finding| finding.code);
        codes.filter(|code| code.starts_with("C51")).collect::<Vec<_>>()
    };
    assert_eq!(found(""), ["C515"]);
    assert_eq!(found(&format!("hide = {{ {set} }}")), ["C515"]);
    assert_eq!(found(&format!("hide = {{ {set}, undo = \"7d\" }}")), [""; 0]);
    assert_eq!(found(&format!("hide = {{ {set}, undo = \"forever\" }}")), [""; 0]);
}

#[test]
fn a_route_runs_a_rule_that_there_is() {
    let rule = "[retention.old]\nthing = \"batch\"\nwhere = \"tag = 'x'\"\nevery = \"1h\"\n";
    let route = |does: &str, over: &str| {
        with(&format!("{rule}[routes.\"POST /purge\"]\ndoes = \"{does}\"\n{over}"))
    };
    finds(TABLES, &route("retention old", ""), &[]);
    finds(TABLES, &route("retention odl", ""), &[("C516", "retention odl")]);
    let over = "over = { from = \"body.days\", unit = \"days\" }";
    finds(TABLES, &route("retention old", over), &[("C516", "body.days")]);
    // Of many deletions only rows are told.
    for (word, code) in [("rows.runs", None), ("deletion", Some("C506")), ("ids", Some("C506"))] {
        let done = format!("done = {{ status = 200, body = {{ told = \"{{{word}}}\" }} }}");
        let (_, checked) = judged(Dialect::Sqlite, TABLES, &route("retention old", &done));
        let found: Vec<_> = checked.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(found, code.into_iter().collect::<Vec<_>>(), "{word}");
    }
}

#[test]
fn a_panel_lists_what_is_a_thing_and_acts_on_what_its_rows_lead_to() {
    let on_tag = "[panels.Earlier]\nof = \"tags\"\nrows = \"batches.tag\"\norder = \"made desc\"\n";
    finds(TABLES, &with(&format!("{on_tag}actions = [\"delete batch\"]")), &[]);
    let of = "[panels.All]\nof = \"batch\"\nactions = { \"delete batch\" = \"made < {now}\" }";
    finds(TABLES, &with(of), &[]);
    for (panel, code, place) in [
        ("[panels.P]\nof = \"bath\"", "C501", "\"bath\""),
        ("[panels.P]\nof = \"tags\"\nrows = \"runs.batch_id\"", "C501", "runs.batch_id"),
        ("[panels.P]\nof = \"tacks\"\nrows = \"batches.tag\"", "C101", "\"tacks\""),
        ("[panels.P]\nof = \"tags\"\nrows = \"batches.tack\"", "C102", "batches.tack"),
        ("[panels.P]\nof = \"batch\"\norder = \"maid\"", "C102", "maid"),
        ("[panels.P]\nof = \"batch\"\nactions = [\"delete bath\"]", "C501", "\"delete bath\""),
    ] {
        finds(TABLES, &with(panel), &[(code, place)]);
    }
}
