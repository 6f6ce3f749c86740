//! Every fragment of SQL in the policy, and whether it is written for the database and bound.

use super::Source;
use crate::finding::Finding;
use crate::names::{TableName, ThingName};
use crate::policy::{
    Also, Assignment, Derived, DerivedColumn, Fate, Guard, Hide, Panel, PanelAction, Part,
    Placeholder, Policy, Route, Sql, TenantPath, Thing, Value, Work,
};

/// A fragment, and where a plan puts it.
pub(super) struct Place<'a> {
    pub sql: &'a Sql,
    /// Its place in words: ``the condition of `entries.run_id -> runs` ``.
    pub what: String,
    pub stands: Stands<'a>,
}

/// Where a plan puts a fragment.
pub(super) enum Stands<'a> {
    /// Among the conditions of a table's rows.
    Condition(&'a TableName),
    /// The same, before the root is known.
    Find(&'a TableName),
    /// Among the conditions of the left of a line that takes; those of the right are to be seen.
    Taking { child: &'a TableName, parent: &'a TableName },
    /// Read from a table's rows.
    Read(&'a TableName),
    /// A line sets a column of its left to it.
    Assigned { child: &'a TableName, assignment: &'a Assignment },
    /// In a guard.
    Guard(&'a Guard, GuardKey),
    /// The source of derived values.
    First(&'a Derived),
    /// A trigger asks it of a row and of the row that it refers to.
    Also(&'a Also),
    /// Among the conditions of the rows of a hook or event.
    Told,
    /// Among those of the rows with which objects go.
    Objects(&'a TableName),
    /// Read with a request, about no row: a value of it.
    Asked(&'a TableName),
    /// The same: whether there are rows.
    AskedRows(&'a TableName),
    /// Rows that an answer names.
    Listed(&'a TableName),
    /// Among the conditions of rows that go by age: nobody asks for them.
    Due(&'a TableName),
    /// A derived column is set to it.
    Derived(&'a Derived, &'a DerivedColumn, DerivedKey),
}

/// The keys of a guard that hold SQL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum GuardKey {
    Rows,
    Link,
    Where,
    Name,
}

/// The keys of a derived column that hold SQL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DerivedKey {
    Value,
    None,
}

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let places = places(source.policy);
    places.iter().flat_map(|place| of_place(source, place)).collect()
}

fn of_place(source: &Source<'_>, place: &Place<'_>) -> Vec<Finding> {
    let Some(fragment) = place.sql.of(source.schema.dialect) else {
        let kind = match place.stands {
            Stands::Condition(_)
            | Stands::Find(_)
            | Stands::Taking { .. }
            | Stands::Told
            | Stands::Objects(_)
            | Stands::Due(_)
            | Stands::Also(_) => "condition",
            _ => "SQL",
        };
        let message = format!("this {kind} is not written for the database in use");
        let finding = Finding::error("C105", Some(place.sql.span), message);
        return vec![finding.help("write { postgres = \"…\", sqlite = \"…\" }")];
    };
    if let Stands::Also(_) = place.stands {
        // What no trigger knows is told of with the fence.
        return Vec::new();
    }
    let unbound = fragment.parts.iter().filter_map(|part| match part {
        Part::Placeholder(placeholder) => unbound(placeholder, &place.stands),
        Part::Text(_) => None,
    });
    let finding = |(written, help): (String, &str)| {
        let message = format!("{written} has no value in {}", place.what);
        Finding::error("C202", Some(fragment.span), message).help(help)
    };
    unbound.map(finding).collect()
}

/// A placeholder that no value is known for here, and what to do about it.
fn unbound(placeholder: &Placeholder, stands: &Stands<'_>) -> Option<(String, &'static str)> {
    let is_find = matches!(stands, Stands::Find(_) | Stands::Asked(_) | Stands::AskedRows(_));
    match placeholder {
        Placeholder::Unbuilt(name) => Some((
            format!("`{{{name}}}`"),
            "this version does not bind it yet: write it another way",
        )),
        Placeholder::Going(table) if !matches!(stands, Stands::Told | Stands::Objects(_)) => {
            Some((
                format!("`{{going.{table}}}`"),
                "the keys of rows that go are known in the `where` of a hook or of [objects] only",
            ))
        }
        Placeholder::Id | Placeholder::Actor | Placeholder::Tenant | Placeholder::Path(_)
            if matches!(stands, Stands::Due(_)) =>
        {
            Some((
                "this placeholder".to_owned(),
                "what is due is asked for by nobody: write it by the row and `{now}`",
            ))
        }
        Placeholder::Path(name) if !is_find => Some((
            format!("`{{path.{name}}}`"),
            "named values are known in `find` of a thing and in `tenant`, `where` and `parent` of a \
             route only",
        )),
        Placeholder::Id if matches!(stands, Stands::Find(_)) => {
            Some(("`{id}`".to_owned(), "`find` looks the id up: name what is given instead of it"))
        }
        Placeholder::Id if is_find => Some((
            "`{id}`".to_owned(),
            "this is asked before the id is looked for: write `{path.id}`",
        )),
        _ => None,
    }
}

/// Every fragment of the sections that are built, in the order of the language.
pub(super) fn places(policy: &Policy) -> Vec<Place<'_>> {
    let mut places: Vec<Place<'_>> = policy.things.iter().flat_map(of_thing).collect();
    places.extend(of_references(policy));
    places.extend(of_takes(policy));
    places.extend(policy.guards.iter().flat_map(of_guard));
    places.extend(policy.derived.iter().flat_map(of_derived));
    places.extend(policy.work.iter().flat_map(of_work));
    let also = policy.fence.iter().flat_map(|fence| &fence.also);
    places.extend(also.map(|also| Place {
        sql: &also.sql,
        what: format!("what must hold of `{}.{}`", also.table, also.column.value),
        stands: Stands::Also(also),
    }));
    places.extend(policy.objects.iter().filter_map(|rule| {
        let what = format!("`where` of [objects.{}]", rule.name);
        let stands = Stands::Objects(&rule.of.value);
        Some(Place { sql: rule.filter.as_ref()?, what, stands })
    }));
    places.extend(policy.hooks.iter().filter_map(|hook| {
        let what = format!("`where` of the hook `{}`", hook.name);
        Some(Place { sql: hook.filter.as_ref()?, what, stands: Stands::Told })
    }));
    places.extend(policy.events.iter().filter_map(|event| {
        let what = format!("`where` of the event `{}`", event.name);
        Some(Place { sql: event.filter.as_ref()?, what, stands: Stands::Told })
    }));
    places.extend(policy.routes.iter().flat_map(|route| of_route(policy, route)));
    places.extend(policy.lists.iter().filter_map(|list| {
        let table = asking_table(policy, &list.of.value)?;
        let what = format!("`sql` of [lists.{}]", list.name);
        Some(Place { sql: &list.sql, what, stands: Stands::Listed(table) })
    }));
    places.extend(policy.panels.iter().flat_map(|panel| of_panel(policy, panel)));
    places.extend(policy.retention.iter().filter_map(|rule| {
        let what = format!("`where` of [retention.{}]", rule.name);
        let thing = policy.things.iter().find(|thing| thing.name == rule.thing.value)?;
        let stands = Stands::Due(&thing.row.as_ref()?.value.table);
        Some(Place { sql: rule.filter.as_ref()?, what, stands })
    }));
    places
}

/// Conditions of a panel's actions are asked of its rows.
fn of_panel<'a>(policy: &'a Policy, panel: &'a Panel) -> Vec<Place<'a>> {
    let of_thing = || asking_table(policy, &ThingName::new(panel.of.value.as_str()));
    let table = panel.rows.as_ref().map(|rows| &rows.value.table).or_else(of_thing);
    let Some(table) = table else { return Vec::new() };
    let place = |action: &'a PanelAction| {
        let what = format!("a condition of [panels.{}]", panel.name);
        Some(Place { sql: action.when.as_ref()?, what, stands: Stands::Condition(table) })
    };
    panel.actions.iter().filter_map(place).collect()
}

/// SQL of a route stands beside the table of its thing.
fn of_route<'a>(policy: &'a Policy, route: &'a Route) -> Vec<Place<'a>> {
    let mut things = route.deeds().filter_map(|deed| deed.value.thing());
    let Some(table) = things.find_map(|thing| asking_table(policy, thing)) else {
        return Vec::new();
    };
    let keys = [
        ("tenant", &route.tenant, Stands::Asked(table)),
        ("where", &route.filter, Stands::Find(table)),
        ("parent", &route.parent, Stands::AskedRows(table)),
    ];
    let place = |(key, sql, stands): (&str, &'a Option<Sql>, Stands<'a>)| {
        let what = format!("`{key}` of the route `{}`", route.name);
        Some(Place { sql: sql.as_ref()?, what, stands })
    };
    keys.into_iter().filter_map(place).collect()
}

/// The table of a thing's own row, or of its first start.
fn asking_table<'a>(policy: &'a Policy, thing: &ThingName) -> Option<&'a TableName> {
    let thing = policy.things.iter().find(|known| known.name == *thing)?;
    let columns = thing.row.iter().chain(&thing.starts).next()?;
    Some(&columns.value.table)
}

fn of_thing(thing: &Thing) -> Vec<Place<'_>> {
    let Some(row) = &thing.row else { return of_rowless(thing) };
    let table = &row.value.table;
    let place = |key: &str, sql, stands| Place {
        sql,
        what: format!("`{key}` of the thing `{}`", thing.name),
        stands,
    };
    let visible = thing.visible.iter().map(|sql| place("visible", sql, Stands::Condition(table)));
    let find = thing.find.iter().map(|sql| place("find", sql, Stands::Find(table)));
    let tenant = thing.tenant.iter().filter_map(|tenant| match &tenant.value {
        TenantPath::Sql(sql) => Some(place("tenant", sql, Stands::Read(table))),
        TenantPath::Columns(_) => None,
    });
    let only = thing.only.iter().map(|only| ("only", &only.value.sql));
    let refuse = thing.refuse.iter().map(|refuse| ("refuse", &refuse.value.sql));
    let conditions = only.chain(refuse);
    let conditions = conditions.map(|(key, sql)| place(key, sql, Stands::Condition(table)));
    let set = thing.set.iter().filter_map(|assignment| {
        let Value::Sql(sql) = &assignment.value else { return None };
        let what = format!("the value of `{}` in `{}`", assignment.column.value, thing.name);
        Some(Place { sql, what, stands: Stands::Assigned { child: table, assignment } })
    });
    let hide = thing.hide.iter().filter_map(Hide::row);
    let hidden = hide.clone().filter_map(|hide| hide.hidden.as_ref());
    let hidden = hidden.map(|sql| place("hide.hidden", sql, Stands::Condition(table)));
    let assigned = hide.flat_map(|hide| hide.set.iter().chain(&hide.restore));
    let assigned = assigned.filter_map(|assignment| {
        let Value::Sql(sql) = &assignment.value else { return None };
        let what = format!("the value of `{}` in `{}`", assignment.column.value, thing.name);
        Some(Place { sql, what, stands: Stands::Assigned { child: table, assignment } })
    });
    let hidden = hidden.chain(assigned);
    visible.chain(find).chain(tenant).chain(conditions).chain(set).chain(hidden).collect()
}

/// A value's tenant is read from each row that holds it.
fn of_rowless(thing: &Thing) -> Vec<Place<'_>> {
    let Some(TenantPath::Sql(sql)) = thing.tenant.as_ref().map(|tenant| &tenant.value) else {
        return Vec::new();
    };
    let what = format!("`tenant` of the thing `{}`", thing.name);
    let place = |table| Place { sql, what: what.clone(), stands: Stands::Read(table) };
    let mut tables: Vec<&TableName> = Vec::new();
    for start in &thing.starts {
        if !tables.contains(&&start.value.table) {
            tables.push(&start.value.table);
        }
    }
    tables.into_iter().map(place).collect()
}

fn of_references(policy: &Policy) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for reference in &policy.references {
        places.extend(reference.filter.iter().map(|sql| Place {
            sql,
            what: format!("the condition of `{}`", reference.text),
            stands: Stands::Condition(&reference.child),
        }));
        let switched = reference.switched_by.iter().map(|(_, fate)| fate);
        for assignment in [&reference.fate].into_iter().chain(switched).flat_map(assignments) {
            let Value::Sql(sql) = &assignment.value else { continue };
            let column = &assignment.column.value;
            let what = format!("the value of `{column}` in `{}`", reference.text);
            let stands = Stands::Assigned { child: &reference.child, assignment };
            places.push(Place { sql, what, stands });
        }
    }
    places
}

fn of_takes(policy: &Policy) -> impl Iterator<Item = Place<'_>> {
    policy.takes.iter().filter_map(|take| {
        let reference = &take.reference;
        let (child, parent) = (&reference.child, &reference.parent);
        let declared = policy.references.iter().any(|line| {
            (&line.child, &line.parent) == (child, parent) && line.columns == reference.columns
        });
        Some(Place {
            sql: reference.filter.as_ref()?,
            what: format!("the condition of `{}` under [takes]", reference.text),
            // A line that stands alone also says who keeps the right alive, told by the left only.
            stands: if declared {
                Stands::Taking { child, parent }
            } else {
                Stands::Condition(child)
            },
        })
    })
}

fn assignments(fate: &Fate) -> &[Assignment] {
    match fate {
        Fate::Set(assignments) => assignments,
        _ => &[],
    }
}

fn of_guard<'a>(guard: &'a Guard) -> Vec<Place<'a>> {
    let keys = [
        ("rows", Some(&guard.rows), GuardKey::Rows),
        ("link", Some(&guard.link), GuardKey::Link),
        ("where", guard.filter.as_ref(), GuardKey::Where),
        ("name", guard.name_of.as_ref(), GuardKey::Name),
    ];
    let place = |(name, sql, key): (&str, Option<&'a Sql>, GuardKey)| {
        let what = format!("`{name}` of the guard `{}`", guard.name);
        Some(Place { sql: sql?, what, stands: Stands::Guard(guard, key) })
    };
    keys.into_iter().filter_map(place).collect()
}

fn of_derived(derived: &Derived) -> Vec<Place<'_>> {
    let table = &derived.table.value;
    let first = derived.first.iter().map(|sql| Place {
        sql,
        what: format!("`first` of [derived.{table}]"),
        stands: Stands::First(derived),
    });
    let values = derived.set.iter().flat_map(|column| {
        let value = (Some(&column.value), "", DerivedKey::Value);
        let none = (column.none.as_ref(), "`none` of ", DerivedKey::None);
        [value, none].into_iter().filter_map(move |(value, of, key)| {
            let Some(Value::Sql(sql)) = value else { return None };
            let name = &column.column.value;
            let what = format!("{of}the derived column `{table}.{name}`");
            Some(Place { sql, what, stands: Stands::Derived(derived, column, key) })
        })
    });
    first.chain(values).collect()
}

fn of_work(work: &Work) -> Vec<Place<'_>> {
    let table = &work.table.value;
    let conditions = [
        ("waiting", work.waiting.as_ref()),
        ("running", Some(&work.running)),
        ("dead", work.dead.as_ref()),
    ];
    let conditions = conditions.into_iter().filter_map(|(key, sql)| {
        let what = format!("`{key}` of [work.{table}]");
        Some(Place { sql: sql?, what, stands: Stands::Condition(table) })
    });
    let sets = work.stop.iter().flat_map(|stop| {
        let keyed = [("waiting", &stop.waiting), ("running", &stop.running)];
        keyed.into_iter().flat_map(|(key, sets)| sets.iter().map(move |set| (key, set)))
    });
    let values = sets.filter_map(|(key, assignment)| {
        let Value::Sql(sql) = &assignment.value else { return None };
        let column = &assignment.column.value;
        let what = format!("the value of `{column}` in `stop.{key}` of [work.{table}]");
        Some(Place { sql, what, stands: Stands::Assigned { child: table, assignment } })
    });
    conditions.chain(values).collect()
}
