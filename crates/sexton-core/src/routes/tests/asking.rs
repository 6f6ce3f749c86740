use serde_json::json;

use super::policy;
use crate::policy::Deed;
use crate::routes::{Asked, AskedKey, Found, PageAsked, Table, Unfit, ask, query};

const ROUTES: &str = "[routes.\"DELETE /b/{id}\"]\ndoes = \"delete batch\"\n\
    if = { \"query.force\" = { \"true\" = \"delete forced\" } }\n\
    options = { deep = \"query.deep\", wide = \"body.wide\" }\n\
    [routes.\"DELETE /many\"]\ndoes = \"delete batch\"\n\
    ids = { from = \"body.ids\", max = 3, unknown = \"skip\" }\n\
    [routes.\"POST /shots/{cohort}/{slug}\"]\n\
    if = { \"body.status\" = { \"captured\" = \"cancel shot\", \"retired\" = \"delete shot\" } }\n\
    [routes.\"GET /tags/{name}/b\"]\ndoes = \"list batch\"\n\
    done = { status = 200, body = \"{items}\" }\n\
    [routes.\"GET /strict\"]\ndoes = \"list batch\"\npage = { limit = 5, max = 7 }\n\
    done = { status = 200, body = \"{items}\" }\n";

fn asked(method: &str, address: &str, sent: &str) -> Result<Asked, Box<Unfit>> {
    let lenient = ROUTES.replace("list batch\"\ndone", "list batch\"\npage.lenient = true\ndone");
    let policy = policy(&lenient);
    let (path, behind) = address.split_once('?').unwrap_or((address, ""));
    let Found::Route(found) = Table::of(&policy).find(method, path) else { panic!("{address}") };
    ask(&policy, &found, &query(behind), sent.as_bytes())
}

/// How a request ends early.
fn unfit(method: &str, address: &str, sent: &str) -> (&'static str, String) {
    let unfit = asked(method, address, sent).unwrap_err();
    (unfit.outcome.as_str(), unfit.message)
}

fn does(method: &str, address: &str, sent: &str) -> String {
    match asked(method, address, sent).unwrap().deed {
        Deed::To(verb, thing) => format!("{} {thing}", verb.as_str()),
        Deed::Retention(rule) => rule,
    }
}

#[test]
fn an_id_is_trimmed_and_then_taken_as_it_is() {
    let id = |address: &str| {
        let asked = asked("DELETE", address, "").unwrap();
        (asked.key, asked.facts.id)
    };
    assert_eq!(id("/b/%20B-1%20"), (AskedKey::Id("B-1".into()), "B-1".into()));
    assert_eq!(id("/b/a%2Fb").1, "a/b");
    for address in ["/b/", "/b/%20", "/b/%09%0A"] {
        assert_eq!(unfit("DELETE", address, ""), ("blank", "batch id is required".into()));
    }
    assert_eq!(unfit("DELETE", "/b/a%00", "").0, "bad-id");
    assert_eq!(unfit("GET", "/tags/%20/b", "").0, "blank");
}

#[test]
fn a_value_of_the_request_chooses_in_any_case_of_letters() {
    assert_eq!(does("DELETE", "/b/1", ""), "delete batch");
    assert_eq!(does("DELETE", "/b/1?force=true", ""), "delete forced");
    assert_eq!(does("DELETE", "/b/1?force=TRUE&force=no", ""), "delete forced");
    assert_eq!(does("DELETE", "/b/1?force=yes", ""), "delete batch");
    assert_eq!(does("POST", "/shots/c/s", "{\"status\":\"Retired\"}"), "delete shot");
    for sent in ["", "{}", "{\"status\":\"gone\"}", "{\"status\":null}", "{\"status\":[1]}"] {
        let expected = "`body.status` must be captured or retired".to_owned();
        assert_eq!(unfit("POST", "/shots/c/s", sent), ("bad-body", expected), "{sent}");
    }
    assert_eq!(unfit("POST", "/shots/c/s", "{").0, "bad-body");
    assert_eq!(unfit("POST", "/shots/c/s", "[]").0, "bad-body");
}

#[test]
fn a_thing_is_found_by_what_its_path_names() {
    let asked = asked("POST", "/shots/7/sp%20ring", "{\"status\":\"retired\"}").unwrap();
    let AskedKey::Named(names) = asked.key else { panic!("{:?}", asked.key) };
    assert_eq!((names["cohort"].as_str(), names["slug"].as_str()), ("7", "sp ring"));
    assert_eq!(unfit("POST", "/shots/7/%20", "{\"status\":\"retired\"}").0, "blank");
}

#[test]
fn options_are_taken_from_where_the_route_says() {
    let asked = asked("DELETE", "/b/1?deep=TRUE&other=1", "{\"wide\":false}").unwrap();
    let options: Vec<(&str, &str)> =
        asked.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(options, [("deep", "TRUE"), ("wide", "false")]);
}

#[test]
fn ids_are_whole_numbers_or_texts_and_each_once() {
    let ids = |sent: &str| match asked("DELETE", "/many", sent).unwrap().key {
        AskedKey::Ids(ids) => serde_json::Value::Array(ids),
        key => panic!("{key:?}"),
    };
    assert_eq!(ids("{\"ids\":[2,1,2]}"), json!([2, 1]));
    assert_eq!(ids("{\"ids\":[\" a \",\"b\"]}"), json!(["a", "b"]));
    for (sent, outcome) in [
        ("", "blank"),
        ("{}", "blank"),
        ("{\"ids\":null}", "blank"),
        ("{\"ids\":[]}", "blank"),
        ("{\"ids\":7}", "bad-body"),
        ("{\"ids\":[1,2,3,4]}", "bad-body"),
        ("not json", "bad-body"),
        ("{\"ids\":[1.5]}", "bad-id"),
        ("{\"ids\":[true]}", "bad-id"),
        ("{\"ids\":[null]}", "bad-id"),
        ("{\"ids\":[\" \"]}", "bad-id"),
    ] {
        assert_eq!(unfit("DELETE", "/many", sent).0, outcome, "{sent}");
    }
}

#[test]
fn a_list_is_given_in_parts() {
    let page = |address: &str| asked("GET", address, "").unwrap().page;
    let of = |limit, offset| PageAsked { limit, offset };
    assert_eq!(page("/strict"), of(5, 0));
    assert_eq!(page("/strict?limit=9&offset=3"), of(7, 3));
    for address in ["/strict?limit=0", "/strict?limit=x", "/strict?offset=-1"] {
        assert_eq!(unfit("GET", address, "").0, "bad-option", "{address}");
    }
    assert_eq!(page("/tags/a/b?limit=1000&offset=4"), of(100, 4));
    for address in ["/tags/a/b?limit=0", "/tags/a/b?limit=-3&offset=x", "/tags/a/b?limit=1.5"] {
        assert_eq!(page(address), of(20, 0), "{address}");
    }
}

#[test]
fn an_age_is_a_whole_number_that_is_not_less_than_the_least() {
    let over = |from: &str| {
        policy(&format!(
            "[routes.\"POST /purge\"]\ndoes = \"retention old\"\n\
             over = {{ from = \"{from}\", unit = \"days\", min = 1 }}\n"
        ))
    };
    let asked = |from: &str, behind: &str, sent: &str| {
        let policy = over(from);
        let Found::Route(found) = Table::of(&policy).find("POST", "/purge") else { panic!() };
        let asked = ask(&policy, &found, &query(behind), sent.as_bytes());
        asked.map(|asked| asked.over_secs).map_err(|unfit| unfit.outcome.as_str())
    };
    for sent in ["", "{}", "{\"days\":null}", "{\"other\":1}"] {
        assert_eq!(asked("body.days", "", sent), Ok(None), "{sent}");
    }
    assert_eq!(asked("body.days", "", "{\"days\":30}"), Ok(Some(30 * 24 * 3_600)));
    assert_eq!(asked("query.days", "days=1", ""), Ok(Some(24 * 3_600)));
    for days in ["0", "-1", "1.5", "\"7\"", "true", "[]", "1000000000", "99999999999999999999"] {
        let sent = format!("{{\"days\":{days}}}");
        assert_eq!(asked("body.days", "", &sent), Err("bad-body"), "{days}");
    }
    for behind in ["days=", "days=x", "days=0"] {
        assert_eq!(asked("query.days", behind, ""), Err("bad-body"), "{behind}");
    }
    assert_eq!(asked("body.days", "", "{\"days\""), Err("bad-body"));
}

#[test]
fn what_stands_before_an_id_is_no_part_of_it() {
    let policy = policy(
        "[things.marked]\nlike = \"batch\"\nid = { strip = \"resp_\" }\n\
         [routes.\"DELETE /r/{id}\"]\ndoes = \"delete marked\"\n\
         [routes.\"DELETE /rs\"]\ndoes = \"delete marked\"\nids = { from = \"body.ids\" }\n",
    );
    let asked = |address: &str, sent: &str| {
        let Found::Route(found) = Table::of(&policy).find("DELETE", address) else { panic!() };
        let asked = ask(&policy, &found, &[], sent.as_bytes());
        asked.map(|asked| (asked.key, asked.facts.id)).map_err(|unfit| unfit.outcome.as_str())
    };
    for (address, id) in [
        ("/r/resp_7", "7"),
        ("/r/7", "7"),
        ("/r/%20resp_7%20", "7"),
        ("/r/resp_resp_7", "resp_7"),
        ("/r/RESP_7", "RESP_7"),
    ] {
        assert_eq!(asked(address, ""), Ok((AskedKey::Id(id.into()), id.into())), "{address}");
    }
    assert_eq!(asked("/r/resp_", ""), Err("blank"));
    let ids = asked("/rs", "{\"ids\":[\"resp_1\",\"1\",\"resp_2\",3]}").unwrap().0;
    assert_eq!(ids, AskedKey::Ids(vec![json!("1"), json!("2"), json!(3)]));
    assert_eq!(asked("/rs", "{\"ids\":[\"resp_\"]}"), Err("bad-id"));
}
