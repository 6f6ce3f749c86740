//! A world's policy as text.

use sexton_testkit::random::policy::toml;

use super::world::{Becomes, Derived, Fate, ID, Reference, Thing, Work, World, option_name};

/// The whole policy.
pub fn policy(seed: u64, world: &World) -> String {
    let mut lines = vec![format!("system = \"world-{seed}\"")];
    for thing in &world.things {
        lines.extend(thing_lines(world, thing));
    }
    lines.push("[references]".into());
    lines.extend(world.references.iter().map(|line| reference(world, line)));
    if !world.takes.is_empty() {
        lines.push("[takes]".into());
    }
    lines.extend(world.takes.iter().map(|take| {
        let rule = if take.when_last { "\"when-last\"" } else { "\"always\"" };
        let rule = match take.line.filter {
            None => rule.to_owned(),
            Some(filter) => format!("{{ rule = {rule}, where = {} }}", toml(&filter.sql(""))),
        };
        format!("{} = {rule}", toml(&sentence(world, &take.line)))
    }));
    for (number, guard) in world.guards.iter().enumerate() {
        let (of, rows) = (&world.tables[guard.of].name, &world.tables[guard.rows]);
        lines.push(format!("[guards.{}]", guard_name(number)));
        lines.push(format!("of = \"{of}\""));
        lines.push(format!("rows = \"{} g\"", rows.name));
        lines.push(format!("link = \"g.{} = {of}.id\"", rows.columns[guard.link].name));
        if let Some(filter) = guard.filter {
            lines.push(format!("where = {}", toml(&filter.sql("g."))));
        }
        lines.push("name = \"g.note\"".into());
        lines.push("say = \"{count} row(s) are in the way\"".into());
    }
    lines.extend(world.derived.iter().flat_map(|derived| derived_lines(world, derived)));
    lines.extend(world.works.iter().flat_map(|work| work_lines(world, work)));
    lines.join("\n") + "\n"
}

/// What a guard is called.
pub fn guard_name(number: usize) -> String {
    format!("guard{number}")
}

/// A line without its fate.
pub fn sentence(world: &World, line: &Reference) -> String {
    let (child, parent) = (&world.tables[line.child], &world.tables[line.parent]);
    let (place, _) = line.held.place();
    let left = format!("{}.{}{place}", child.name, child.columns[line.column].name);
    match line.parent_column {
        ID => format!("{left} -> {}", parent.name),
        column => format!("{left} -> {}.{}", parent.name, parent.columns[column].name),
    }
}

fn thing_lines(world: &World, thing: &Thing) -> Vec<String> {
    let path = |table: usize, column: usize| {
        let table = &world.tables[table];
        toml(&format!("{}.{}", table.name, table.columns[column].name))
    };
    let mut lines = vec![format!("[things.{}]", thing.name)];
    lines.extend(thing.row.map(|row| format!("row = {}", path(row, ID))));
    if !thing.starts.is_empty() {
        let starts: Vec<String> = thing.starts.iter().map(|(t, c)| path(*t, *c)).collect();
        lines.push(format!("starts = [{}]", starts.join(", ")));
    }
    if thing.of_kind {
        lines.push("tenant = \"kind\"".into());
    }
    lines.extend(thing.options.iter().map(|(option, default)| {
        let name = option_name(*option);
        format!("options.{name} = {{ default = {default}, warning = \"{name} is on\" }}")
    }));
    let condition =
        |key: &str, sql: String| format!("{key} = {{ {} = \"no: {{id}}\" }}", toml(&sql));
    lines.extend(thing.only.map(|only| condition("only", only.sql(""))));
    lines.extend(thing.refuse.map(|refuse| condition("refuse", refuse.sql(""))));
    lines.extend(thing.limit.map(|limit| format!("limits.rows = {limit}")));
    lines.extend(thing.percent.map(|percent| format!("limits.percent = {percent}")));
    lines
}

fn reference(world: &World, line: &Reference) -> String {
    let own = fate(world, line, &line.fate);
    let mut rules = Vec::new();
    rules.extend(line.filter.map(|filter| format!("where = {}", toml(&filter.sql("")))));
    rules.extend(line.held.place().1.map(|cast| format!("cast = \"{cast}\"")));
    rules.extend(line.switched.as_ref().map(|(option, other)| {
        format!("with = {{ {} = {} }}", option_name(*option), fate(world, line, other))
    }));
    let rule =
        if rules.is_empty() { own } else { format!("{{ rule = {own}, {} }}", rules.join(", ")) };
    format!("{} = {rule}", toml(&sentence(world, line)))
}

fn fate(world: &World, line: &Reference, fate: &Fate) -> String {
    match fate {
        Fate::Delete => "\"delete\"".to_owned(),
        Fate::Unlink => "\"unlink\"".to_owned(),
        Fate::Keep => "\"keep\"".to_owned(),
        Fate::Block => "\"block\"".to_owned(),
        Fate::Derive => "\"derive\"".to_owned(),
        Fate::Anonymize(columns) => {
            let names = columns.iter().map(|at| toml(&world.tables[line.child].columns[*at].name));
            format!("{{ anonymize = [{}] }}", names.collect::<Vec<_>>().join(", "))
        }
        Fate::Set(set) => {
            let columns = &world.tables[line.child].columns;
            let set: Vec<String> = set
                .iter()
                .map(|(column, becomes)| format!("{} = {}", columns[*column].name, value(becomes)))
                .collect();
            format!("{{ set = {{ {} }} }}", set.join(", "))
        }
    }
}

fn value(becomes: &Becomes) -> String {
    match becomes {
        Becomes::Null | Becomes::Meaningless => "\"=null\"".into(),
        Becomes::Text(text) => toml(text),
        Becomes::Actor => "\"={actor}\"".into(),
        Becomes::Root => "\"={id}\"".into(),
        Becomes::OneMore => "\"=hits + 1\"".into(),
        Becomes::KindAndN => "\"=kind || '/' || coalesce(cast(n as text), 'none')\"".into(),
    }
}

fn derived_lines(world: &World, derived: &Derived) -> Vec<String> {
    let (table, lost) = (&world.tables[derived.table], &world.tables[derived.lost]);
    let of = &lost.columns[derived.of].name;
    let (table, lost) = (&table.name, &lost.name);
    let named = format!("{lost} l where l.{of} = {table}.id");
    vec![
        format!("[derived.{table}]"),
        format!("of = \"{lost}.{of}\""),
        format!("first = \"{named} order by l.hits desc, l.id desc\""),
        format!("set.total = \"=(select count(*) from {named})\""),
        "set.latest = { value = \"=l.id\", none = \"=null\" }".into(),
        "set.best = { value = \"=l.note\", none = \"none\" }".into(),
    ]
}

/// So long a deletion waits for workers.
pub const WAIT: &str = "wait = \"60s\"";

fn work_lines(world: &World, work: &Work) -> Vec<String> {
    let lines = [
        "waiting = \"task = 'waiting'\"",
        "running = \"task = 'running'\"",
        "dead = \"alive is null\"",
        "stop = { waiting = { task = \"stopped\" }, running = { asked = 1 } }",
        WAIT,
    ];
    let header = format!("[work.{}]", world.tables[work.table].name);
    [header].into_iter().chain(lines.map(str::to_owned)).collect()
}
