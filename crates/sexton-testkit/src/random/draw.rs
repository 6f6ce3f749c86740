//! Draws a shape by chance: which tables refer to which, then keys, columns, foreign keys.
//!
//! Two foreign keys share a column only where both are composite and neither is SET NULL: what
//! plain DELETE does otherwise depends on which of the database's triggers comes first.

use sexton_core::schema::{Deferrable, OnDelete};

use super::dice::Dice;
use super::names::Names;
use super::shape::{Column, ForeignKey, Shape, Table};
use super::values::Kind;

/// What a case leans to; chances out of a hundred.
struct Mood {
    odd_names: usize,
    cascade: usize,
    restrict: usize,
    deferrable: usize,
    tenanted: usize,
    composite: usize,
    /// SET NULL on columns that cannot be NULL: the database has to refuse.
    null_refused: usize,
}

impl Mood {
    fn drawn(dice: &mut Dice) -> Self {
        Self {
            odd_names: *dice.pick(&[0, 0, 0, 40, 90]),
            cascade: dice.between(40, 75),
            restrict: *dice.pick(&[0, 0, 60]),
            deferrable: *dice.pick(&[0, 0, 50]),
            tenanted: *dice.pick(&[0, 0, 0, 0, 0, 60]),
            composite: *dice.pick(&[5, 20, 60]),
            null_refused: if dice.percent(3) { 50 } else { 0 },
        }
    }
}

/// One table refers to another.
#[derive(Debug, Clone, Copy)]
struct Link {
    child: usize,
    parent: usize,
    /// Its columns are a part of the child's own key.
    identifying: bool,
    /// Whether it may be NULL, where that was decided.
    nullable: Option<bool>,
}

impl Link {
    fn new(child: usize, parent: usize) -> Self {
        Self { child, parent, identifying: false, nullable: None }
    }
}

/// A shape.
pub(super) fn shape(dice: &mut Dice) -> Shape {
    let mood = Mood::drawn(dice);
    let count = dice.between(2, 7);
    let links = links(count, dice);
    let names = Names::new(mood.odd_names);
    let mut drawing = Drawing {
        dice,
        mood,
        names,
        tenants: Vec::new(),
        shape: Shape { tables: Vec::new(), foreign_keys: Vec::new() },
    };
    for at in 0..count {
        drawing.table(at, &links);
    }
    for link in links.iter().filter(|link| !link.identifying) {
        drawing.reference(*link);
    }
    let mut shape = drawing.shape;
    shape.foreign_keys = dice.shuffled(shape.foreign_keys);
    shape
}

fn links(count: usize, dice: &mut Dice) -> Vec<Link> {
    let mut links = Vec::new();
    for child in 1..count {
        if dice.percent(92) {
            let identifying = dice.percent(15);
            links.push(Link { identifying, ..Link::new(child, dice.below(child)) });
        }
    }
    for _ in 0..dice.between(0, 3) {
        let child = dice.between(1, count - 1);
        links.push(Link::new(child, dice.below(child)));
    }
    if !links.is_empty() && dice.percent(35) {
        // A second way between the same two tables.
        let twin = *dice.pick(&links);
        links.push(Link { identifying: false, ..twin });
    }
    for table in 0..count {
        if dice.percent(18) {
            links.push(Link::new(table, table));
            if dice.percent(30) {
                links.push(Link::new(table, table));
            }
        }
    }
    if dice.percent(45) {
        close_a_circle(&mut links, dice);
    }
    links
}

/// Adds a link that makes a circle of two or three tables, of NOT NULL columns at times.
fn close_a_circle(links: &mut Vec<Link>, dice: &mut Dice) {
    let steps = |from: usize, links: &[Link]| -> Vec<usize> {
        let leads = |link: &Link| link.child == from && link.parent != from;
        (0..links.len()).filter(|at| leads(&links[*at])).collect()
    };
    let any: Vec<usize> =
        (0..links.len()).filter(|at| links[*at].child != links[*at].parent).collect();
    if any.is_empty() {
        return;
    }
    let mut path = vec![*dice.pick(&any)];
    let onward = steps(links[path[0]].parent, links);
    if !onward.is_empty() && dice.percent(50) {
        path.push(*dice.pick(&onward));
    }
    let (bottom, top) = (links[path[0]].child, links[path[path.len() - 1]].parent);
    let mut closing = Link::new(top, bottom);
    if dice.percent(45) {
        closing.nullable = Some(false);
        for at in path {
            links[at].nullable = Some(false);
        }
    }
    links.push(closing);
}

struct Drawing<'d> {
    dice: &'d mut Dice,
    mood: Mood,
    names: Names,
    /// The tenant's column of each table, where it has one.
    tenants: Vec<Option<usize>>,
    shape: Shape,
}

/// A table in the making.
struct Making {
    names: Names,
    columns: Vec<Column>,
}

impl Making {
    fn add(&mut self, kind: Kind, nullable: bool, dice: &mut Dice) -> usize {
        self.columns.push(Column { name: self.names.fresh(dice), kind, nullable, few: false });
        self.columns.len() - 1
    }
}

impl Drawing<'_> {
    fn table(&mut self, at: usize, links: &[Link]) {
        let mut making = Making { names: Names::new(self.mood.odd_names), columns: Vec::new() };
        if self.dice.percent(40) {
            making.add(Kind::Text, true, self.dice);
        }
        let above: Vec<usize> = links
            .iter()
            .filter(|link| link.child == at && link.identifying)
            .map(|link| link.parent)
            .collect();
        let is_parent = links.iter().any(|link| link.parent == at);
        let mut tenant = None;
        let mut key = Vec::new();
        let mut keyless = false;
        if above.is_empty() && self.dice.percent(self.mood.tenanted) {
            let column = making.add(Kind::Integer, false, self.dice);
            making.columns[column].few = true;
            tenant = Some(column);
            key = vec![column, making.add(self.key_kind(), false, self.dice)];
        } else if above.is_empty() && !is_parent && self.dice.percent(8) {
            keyless = true;
        } else if above.is_empty() {
            let composite = self.dice.percent(self.mood.composite);
            let parts = if composite { self.dice.between(2, 3) } else { 1 };
            key.extend((0..parts).map(|_| making.add(self.key_kind(), false, self.dice)));
        }
        for parent in &above {
            key.extend(self.identifying(at, *parent, &mut making));
        }
        if !above.is_empty() && self.dice.percent(75) {
            key.push(making.add(Kind::Integer, false, self.dice));
        }
        let unique = (!keyless && self.dice.percent(35)).then(|| {
            let nullable = self.dice.percent(40);
            making.add(self.key_kind(), nullable, self.dice)
        });
        if self.dice.percent(60) {
            let kind = *self.dice.pick(&[Kind::Text, Kind::Integer, Kind::Bytes]);
            making.add(kind, self.dice.percent(50), self.dice);
        }
        if making.columns.is_empty() {
            making.add(Kind::Text, true, self.dice);
        }
        let without_rowid = !key.is_empty() && self.dice.percent(15);
        let key = self.dice.shuffled(key);
        let name = self.names.fresh(self.dice);
        let columns = making.columns;
        self.shape.tables.push(Table { name, columns, key, unique, without_rowid });
        self.tenants.push(tenant);
    }

    fn key_kind(&mut self) -> Kind {
        let kinds = [Kind::Integer, Kind::Narrow, Kind::Text, Kind::Uuid, Kind::Bytes];
        kinds[self.dice.weighted(&[35, 10, 30, 15, 10])]
    }

    /// Columns for a foreign key that is a part of the child's own key.
    fn identifying(&mut self, child: usize, parent: usize, making: &mut Making) -> Vec<usize> {
        let parent_columns = self.shape.tables[parent].key.clone();
        let mut columns = Vec::new();
        for at in &parent_columns {
            let kind = self.kind_to_refer(self.shape.tables[parent].columns[*at].kind);
            columns.push(making.add(kind, false, self.dice));
        }
        self.add(child, parent, columns.iter().copied().zip(parent_columns).collect(), &[]);
        columns
    }

    /// A type that can be compared with the other's.
    fn kind_to_refer(&mut self, kind: Kind) -> Kind {
        match kind {
            Kind::Integer | Kind::Narrow if self.dice.percent(25) => {
                *self.dice.pick(&[Kind::Integer, Kind::Narrow])
            }
            kind => kind,
        }
    }

    fn reference(&mut self, link: Link) {
        let parent = &self.shape.tables[link.parent];
        let (unique, tenant) = (parent.unique, self.tenants[link.parent]);
        let parent_columns = match unique {
            Some(unique) if self.dice.percent(40) => vec![unique],
            _ => parent.key.clone(),
        };
        let shared = self.tenants[link.child].filter(|_| parent_columns.len() > 1);
        let shared = shared.zip(tenant);
        let nullable = link.nullable.unwrap_or_else(|| self.dice.percent(70)) || shared.is_some();
        let mut names = Names::new(self.mood.odd_names);
        let mut pairs = Vec::new();
        for (place, at) in parent_columns.into_iter().enumerate() {
            if let Some((own, theirs)) = shared
                && theirs == at
            {
                pairs.push((own, at));
                continue;
            }
            let kind = self.kind_to_refer(self.shape.tables[link.parent].columns[at].kind);
            let nullable = nullable && (place == 0 || shared.is_some() || self.dice.percent(85));
            let columns = &mut self.shape.tables[link.child].columns;
            let name = loop {
                let name = names.fresh(self.dice);
                if !columns.iter().any(|known| known.name.to_lowercase() == name.to_lowercase()) {
                    break name;
                }
            };
            columns.push(Column { name, kind, nullable, few: false });
            pairs.push((columns.len() - 1, at));
        }
        let nullables: Vec<bool> = pairs
            .iter()
            .map(|(at, _)| self.shape.tables[link.child].columns[*at].nullable)
            .collect();
        self.add(link.child, link.parent, pairs, &nullables);
    }

    fn add(&mut self, child: usize, parent: usize, pairs: Vec<(usize, usize)>, nullables: &[bool]) {
        let can_be_null = !nullables.is_empty() && nullables.iter().all(|nullable| *nullable);
        let on_delete = self.on_delete(child, can_be_null);
        let may_wait = on_delete != OnDelete::Restrict && self.dice.percent(self.mood.deferrable);
        let deferrable = match (may_wait, self.dice.percent(50)) {
            (false, _) => Deferrable::No,
            (true, false) => Deferrable::InitiallyImmediate,
            (true, true) => Deferrable::InitiallyDeferred,
        };
        let (columns, parent_columns) = self.dice.shuffled(pairs).into_iter().unzip();
        self.shape.foreign_keys.push(ForeignKey {
            child,
            columns,
            parent,
            parent_columns,
            on_delete,
            deferrable,
            indexed: self.dice.percent(50),
            filled: *self.dice.pick(&[10, 30, 60, 90, 100]),
        });
    }

    fn on_delete(&mut self, child: usize, can_be_null: bool) -> OnDelete {
        // Without a key its rows cannot be told apart, so they can only go.
        if self.shape.tables.get(child).is_some_and(|table| table.key.is_empty()) {
            return OnDelete::Cascade;
        }
        let set_null = if can_be_null { 35 } else { self.mood.null_refused };
        match self.dice.weighted(&[self.mood.cascade, set_null, 20]) {
            0 => OnDelete::Cascade,
            1 => OnDelete::SetNull,
            _ if self.dice.percent(self.mood.restrict) => OnDelete::Restrict,
            _ => OnDelete::NoAction,
        }
    }
}
