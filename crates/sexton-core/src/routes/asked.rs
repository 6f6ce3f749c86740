//! What a request asks of its route: which deed, of what, with which options, and how much.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::facts::Facts;
use super::table::Match;
use crate::policy::{Deed, Given, IdsGiven, OVER_SECS_MAX, Outcome, Page, Policy, Route, Verb};

/// What a request asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// What is to be done.
    pub deed: Deed,
    /// Of what.
    pub key: AskedKey,
    /// Options as they were given.
    pub options: BTreeMap<String, String>,
    /// How much of a list.
    pub page: PageAsked,
    /// How many seconds old must be what a rule of retention deletes, where that is said.
    pub over_secs: Option<i64>,
    /// What is known so far.
    pub facts: Facts,
}

/// Which thing is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum AskedKey {
    /// All there are: of a list.
    None,
    /// The one of this id.
    Id(String),
    /// Those of these ids, each a text or a whole number.
    Ids(Vec<Value>),
    /// The one that its `find` finds by these names.
    Named(BTreeMap<String, String>),
}

/// How much of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageAsked {
    /// So many at most.
    pub limit: u64,
    /// After so many.
    pub offset: u64,
}

/// Why a request asks nothing that could be done.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfit {
    /// How it ends.
    pub outcome: Outcome,
    /// Why, in a sentence.
    pub message: String,
    /// What is known.
    pub facts: Facts,
}

/// What a request asks, from its path, what stands behind its `?`, and what was sent.
pub fn ask(
    policy: &Policy,
    found: &Match<'_>,
    query: &[(String, String)],
    sent: &[u8],
) -> Result<Asked, Box<Unfit>> {
    let route = found.route;
    let mut facts = Facts { path: found.path.clone(), ..Facts::default() };
    for (name, value) in query {
        // What is said twice counts as it was said first.
        facts.query.entry(name.clone()).or_insert_with(|| value.clone());
    }
    facts.thing = first_thing(route);
    let read = body(route, sent).and_then(|body| {
        facts.body = Value::Object(body);
        let deed = deed(route, &facts)?;
        if let Some(thing) = deed.thing() {
            facts.thing = thing.to_string();
        }
        let key = key(policy, route, &deed, &mut facts)?;
        let page = page(route, &facts)?;
        let over_secs = over(route, &deed, &facts)?;
        Ok((deed, key, page, over_secs))
    });
    match read {
        Ok((deed, key, page, over_secs)) => {
            let options = route.options.iter().filter_map(|(name, given)| {
                let value = given_text(&given.value, &facts)?;
                Some((name.value.to_string(), value))
            });
            let options = options.collect();
            Ok(Asked { deed, key, options, page, over_secs, facts })
        }
        Err((outcome, message)) => Err(Box::new(Unfit { outcome, message, facts })),
    }
}

/// How a request ends early, and why.
type Early = (Outcome, String);

/// What is spoken of where it is not known yet what is done.
fn first_thing(route: &Route) -> String {
    let mut things = route.does.iter().chain(route.branches.iter().map(|branch| &branch.does));
    let thing = things.find_map(|deed| deed.value.thing());
    thing.map(ToString::to_string).unwrap_or_default()
}

/// What was sent, if the route takes anything from it.
fn body(route: &Route, sent: &[u8]) -> Result<Map<String, Value>, Early> {
    let branches = route.branches.iter().map(|branch| &branch.given.value);
    let options = route.options.iter().map(|(_, given)| &given.value);
    let ids = route.ids.iter().map(|ids| &ids.from.value);
    let over = route.over.iter().map(|over| &over.from.value);
    let mut all = branches.chain(options).chain(ids).chain(over);
    let is_needed = all.any(|given| matches!(given, Given::Body(_)));
    if !is_needed || sent.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    let bad = |message: &str| (Outcome::BadBody, message.to_owned());
    match serde_json::from_slice(sent) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(bad("the body must be a JSON object")),
        Err(_) => Err(bad("the body is not valid JSON")),
    }
}

fn deed(route: &Route, facts: &Facts) -> Result<Deed, Early> {
    let branch = route.branches.iter().find(|branch| {
        let given = given_text(&branch.given.value, facts);
        given.is_some_and(|given| given.to_lowercase() == branch.value.value.to_lowercase())
    });
    if let Some(deed) = branch.map(|branch| &branch.does).or(route.does.as_ref()) {
        return Ok(deed.value.clone());
    }
    let known: Vec<&str> = route.branches.iter().map(|b| b.value.value.as_str()).collect();
    let given = route.branches.first().map(|branch| branch.given.value.written());
    let message = format!("`{}` must be {}", given.unwrap_or_default(), known.join(" or "));
    Err((Outcome::BadBody, message))
}

/// A value of the request as text; none where it is not there, or is no single value.
fn given_text(given: &Given, facts: &Facts) -> Option<String> {
    match given {
        Given::Query(name) => facts.query.get(name).cloned(),
        Given::Body(name) => match facts.body.get(name)? {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            value => Some(value.to_string()),
        },
    }
}

fn key(policy: &Policy, route: &Route, deed: &Deed, facts: &mut Facts) -> Result<AskedKey, Early> {
    let Some(thing) = deed.thing().filter(|_| deed.verb().is_some_and(Verb::needs_id)) else {
        // A list goes by what the path says, and that must say something too.
        let blank = facts.path.values().any(|value| value.trim().is_empty());
        return if blank { Err(no_id(&facts.thing)) } else { Ok(AskedKey::None) };
    };
    let known = policy.things.iter().find(|known| known.name == *thing);
    let mark = known.and_then(|known| known.strip.as_deref());
    if let Some(ids) = &route.ids {
        return ids_given(ids, mark, facts).map(AskedKey::Ids);
    }
    for value in facts.path.values_mut() {
        *value = value.trim().to_owned();
    }
    if facts.path.values().any(String::is_empty) {
        return Err(no_id(&facts.thing));
    }
    if let Some(id) = facts.path.get("id") {
        let id = stripped(id, mark).to_owned();
        facts.id.clone_from(&id);
        if id.is_empty() {
            return Err(no_id(&facts.thing));
        }
        if id.contains('\0') {
            return Err((Outcome::BadId, "no id has a NUL".to_owned()));
        }
        return Ok(AskedKey::Id(id));
    }
    let last = route.path_names().last().and_then(|name| facts.path.get(name));
    facts.id = last.cloned().unwrap_or_default();
    if known.is_some_and(|known| known.find.is_some()) {
        Ok(AskedKey::Named(facts.path.clone()))
    } else {
        // `check` refuses such a route.
        Err(no_id(&facts.thing))
    }
}

fn no_id(thing: &str) -> Early {
    (Outcome::Blank, format!("{thing} id is required"))
}

/// An id without what may stand before it.
fn stripped<'i>(id: &'i str, mark: Option<&str>) -> &'i str {
    mark.and_then(|mark| id.strip_prefix(mark)).unwrap_or(id)
}

fn ids_given(rule: &IdsGiven, mark: Option<&str>, facts: &mut Facts) -> Result<Vec<Value>, Early> {
    let name = rule.from.value.name();
    let given = match &rule.from.value {
        Given::Body(name) => facts.body.get(name).cloned().unwrap_or_default(),
        Given::Query(name) => {
            let ids = facts.query.get(name).map(|ids| ids.split(',').map(Value::from).collect());
            ids.unwrap_or_default()
        }
    };
    let items = match given {
        Value::Null => return Err((Outcome::Blank, format!("`{name}` is required"))),
        Value::Array(items) if items.is_empty() => {
            return Err((Outcome::Blank, format!("`{name}` must not be empty")));
        }
        Value::Array(items) => items,
        _ => return Err((Outcome::BadBody, format!("`{name}` must be a list"))),
    };
    if items.len() > rule.max {
        let message = format!("`{name}` may have {} ids at most", rule.max);
        return Err((Outcome::BadBody, message));
    }
    let mut ids: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        let id = match item {
            Value::String(text)
                if !stripped(text.trim(), mark).is_empty() && !text.contains('\0') =>
            {
                Value::from(stripped(text.trim(), mark))
            }
            Value::Number(number) if number.is_i64() || number.is_u64() => Value::Number(number),
            _ => return Err((Outcome::BadId, format!("`{name}` has what can be no id"))),
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    facts.ids.clone_from(&ids);
    Ok(ids)
}

fn page(route: &Route, facts: &Facts) -> Result<PageAsked, Early> {
    let Page { limit, max, lenient } = route.page;
    let number = |name: &str, least: u64| -> Result<Option<u64>, Early> {
        let Some(text) = facts.query.get(name) else { return Ok(None) };
        match text.parse::<u64>() {
            Ok(number) if number >= least && i64::try_from(number).is_ok() => Ok(Some(number)),
            _ if lenient => Ok(None),
            _ => {
                let message = format!("`{name}` must be a whole number from {least}");
                Err((Outcome::BadOption, message))
            }
        }
    };
    let lists = route.deeds().any(|deed| deed.value.verb() == Some(Verb::List));
    if !lists {
        return Ok(PageAsked { limit, offset: 0 });
    }
    Ok(PageAsked {
        limit: number("limit", 1)?.unwrap_or(limit).min(max),
        offset: number("offset", 0)?.unwrap_or(0),
    })
}

/// The age that a run of retention goes by; none where the request has none.
fn over(route: &Route, deed: &Deed, facts: &Facts) -> Result<Option<i64>, Early> {
    let Some(over) = route.over.as_ref().filter(|_| deed.rule().is_some()) else { return Ok(None) };
    let given = match &over.from.value {
        Given::Query(name) => facts.query.get(name).map(|text| text.parse::<i64>().ok()),
        Given::Body(name) => match facts.body.get(name) {
            None | Some(Value::Null) => None,
            // A text is no number, also where it looks like one: who sends it means something else.
            Some(value) => Some(value.as_i64()),
        },
    };
    let Some(given) = given else { return Ok(None) };
    let secs = given.filter(|number| *number >= over.min);
    let secs = secs.and_then(|number| number.checked_mul(over.unit_secs));
    match secs.filter(|secs| (0..=OVER_SECS_MAX).contains(secs)) {
        Some(secs) => Ok(Some(secs)),
        None => {
            let (name, min) = (over.from.value.name(), over.min);
            let max = OVER_SECS_MAX / over.unit_secs;
            let message = format!("`{name}` must be a whole number from {min} to {max}");
            Err((Outcome::BadBody, message))
        }
    }
}
