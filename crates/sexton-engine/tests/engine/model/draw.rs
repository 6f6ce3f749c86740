//! Draws a world.
//!
//! Conditions read columns that no effect sets to something that meets them, and no two lines
//! set one column of a table to different values: both are mistakes of a policy.

use sexton_core::schema::OnDelete;
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::json::{Element, Json};
use sexton_testkit::random::shape::{Column, Table};
use sexton_testkit::random::values::{Kind, Value};

use super::world::{
    AGE, Becomes, Derived, Fate, Filter, Guard, HITS, Held, ID, KIND, MAIL, N, NOTE, Reference,
    STATE, Take, Thing, VAL, World,
};

/// Options of the whole world; each thing has some of them.
const OPTIONS: usize = 3;
pub const KINDS: [&str; 2] = ["x", "y"];
const STATES: [&str; 2] = ["on", "off"];
const NOTES: [&str; 4] = ["", "it's", "a,b", "日本"];

/// The world of this seed.
pub fn world(seed: u64) -> World {
    let mut dice = Dice::new(seed);
    let count = dice.between(3, 6);
    let tables = (0..count).map(|at| table(at, &mut dice)).collect();
    let mut drawing = Drawing {
        world: World {
            tables,
            references: Vec::new(),
            takes: Vec::new(),
            guards: Vec::new(),
            derived: None,
            works: Vec::new(),
            things: Vec::new(),
            rows: Vec::new(),
        },
        dice: &mut dice,
        claimed: Vec::new(),
    };
    drawing.references();
    if drawing.dice.percent(50) {
        drawing.derive();
    }
    drawing.takes();
    drawing.guards();
    drawing.things();
    drawing.rows();
    drawing.world
}

fn table(at: usize, dice: &mut Dice) -> Table {
    let id = *dice.pick(&[Kind::Integer, Kind::Integer, Kind::Text]);
    let column =
        |name: &str, kind, nullable| Column { name: name.into(), kind, nullable, few: false };
    Table {
        name: format!("t{at}"),
        columns: vec![
            column("id", id, false),
            column("kind", Kind::Text, false),
            column("state", Kind::Text, true),
            column("n", Kind::Integer, true),
            column("hits", Kind::Integer, false),
            column("note", Kind::Text, true),
            column("val", Kind::Text, true),
            column("mail", Kind::Text, false),
            column("age", Kind::Integer, false),
        ],
        key: vec![ID],
        unique: Some(MAIL),
        without_rowid: dice.percent(15),
    }
}

struct Drawing<'d> {
    world: World,
    dice: &'d mut Dice,
    /// Columns that only one line may set.
    claimed: Vec<(usize, usize)>,
}

impl Drawing<'_> {
    fn filter(&mut self) -> Filter {
        let filters = [
            Filter::KindIs("x"),
            Filter::StateIs("on"),
            Filter::StateIsKnown,
            Filter::NIsOver(3),
            Filter::NIsKnown,
            Filter::KindIsYOrNIsUnder(5),
        ];
        *self.dice.pick(&filters)
    }

    fn references(&mut self) {
        let count = self.world.tables.len();
        for child in 1..count {
            let parent = self.dice.below(child);
            self.reference(child, parent);
        }
        for _ in 0..self.dice.between(2, 6) {
            let (child, parent) = (self.dice.below(count), self.dice.below(count));
            if self.dice.percent(25) {
                self.sisters(child);
            } else {
                self.reference(child, parent);
            }
        }
    }

    fn reference(&mut self, child: usize, parent: usize) {
        let parent_column = if self.dice.percent(12) { VAL } else { ID };
        let kind = self.world.tables[parent].columns[parent_column].kind;
        let (held, column) = self.holding(child, kind);
        let fate = self.fate(child, column);
        let switched = self.switched(child, column);
        let filter = self.dice.percent(40).then(|| self.filter());
        let fates = [Some(&fate), switched.as_ref().map(|(_, fate)| fate)];
        let can_be = filter.is_none()
            && held == Held::Plainly
            && parent_column == ID
            && fates.into_iter().flatten().all(|fate| stops_referring(fate, column));
        let enforced = (can_be && self.dice.percent(50)).then(|| self.on_delete());
        self.world.references.push(Reference {
            child,
            column,
            parent,
            parent_column,
            held,
            fate,
            switched,
            filter,
            enforced,
        });
    }

    /// How a new line holds what it refers to, and in which column.
    fn holding(&mut self, child: usize, kind: Kind) -> (Held, usize) {
        let number = kind == Kind::Integer;
        let cast = if number { *self.dice.pick(&["bigint", "integer"]) } else { "text" };
        let in_json = self.dice.percent(30).then_some(cast);
        let held = match self.dice.weighted(&[60, 12, 12, 16]) {
            0 => Held::Plainly,
            1 => Held::Cast(cast),
            2 => Held::One { cast: in_json },
            _ => Held::Many { cast: in_json },
        };
        let name = format!("r{}", self.world.references.len());
        let kind = match held {
            Held::Plainly => kind,
            Held::Cast(_) if number => Kind::Text,
            Held::Cast(_) => Kind::Integer,
            Held::One { .. } | Held::Many { .. } => {
                if let Some(column) = self.half_used_document(child, held) {
                    return (held, column);
                }
                *self.dice.pick(&[Kind::Jsonb, Kind::Json])
            }
        };
        (held, self.world.add_column(child, &name, kind))
    }

    /// One document may refer from both of its places.
    fn half_used_document(&self, child: usize, held: Held) -> Option<usize> {
        let lines = || self.world.references.iter().filter(|line| line.child == child);
        let place = |line: &Reference| line.held.place().0;
        lines()
            .filter(|line| place(line).starts_with('$') && place(line) != held.place().0)
            .map(|line| line.column)
            .find(|column| lines().filter(|line| line.column == *column).count() == 1)
    }

    /// One column that holds ids of two tables, told apart by the row's kind.
    fn sisters(&mut self, child: usize) {
        let kind = *self.dice.pick(&[Kind::Integer, Kind::Text]);
        let parents: Vec<usize> = (0..self.world.tables.len())
            .filter(|at| self.world.tables[*at].columns[ID].kind == kind)
            .collect();
        if parents.len() < 2 {
            return;
        }
        let parents = self.dice.shuffled(parents);
        let name = format!("r{}", self.world.references.len());
        let column = self.world.add_column(child, &name, kind);
        for (parent, kind) in parents.into_iter().zip(KINDS) {
            let fate = self.fate(child, column);
            let switched = self.switched(child, column);
            let filter = Some(Filter::KindIs(kind));
            self.world.references.push(Reference {
                child,
                column,
                parent,
                parent_column: ID,
                held: Held::Plainly,
                fate,
                switched,
                filter,
                enforced: None,
            });
        }
    }

    fn on_delete(&mut self) -> OnDelete {
        let actions =
            [OnDelete::NoAction, OnDelete::Restrict, OnDelete::Cascade, OnDelete::SetNull];
        actions[self.dice.weighted(&[42, 42, 8, 8])]
    }

    fn fate(&mut self, child: usize, column: usize) -> Fate {
        match self.dice.weighted(&[42, 14, 20, 12, 12, 10]) {
            0 => Fate::Delete,
            1 => Fate::Unlink,
            2 => Fate::Set(self.assignments(child, column)),
            3 => Fate::Keep,
            4 => Fate::Block,
            _ => Fate::Anonymize(self.anonymized(child, column)),
        }
    }

    fn switched(&mut self, child: usize, column: usize) -> Option<(usize, Fate)> {
        let option = self.dice.below(OPTIONS);
        self.dice.percent(25).then(|| (option, self.fate(child, column)))
    }

    fn options(&mut self) -> Vec<(usize, bool)> {
        let has = (0..OPTIONS).filter(|_| self.dice.percent(45)).collect::<Vec<_>>();
        has.into_iter().map(|option| (option, self.dice.percent(40))).collect()
    }

    /// Columns that may be NULL, must differ, or may be neither.
    fn anonymized(&mut self, child: usize, column: usize) -> Vec<usize> {
        let mut columns = vec![*self.dice.pick(&[MAIL, AGE])];
        if self.dice.percent(50) {
            columns = vec![MAIL, AGE];
        }
        if self.dice.percent(40) && self.claim(child, NOTE) {
            columns.push(NOTE);
        }
        let kind = self.world.tables[child].columns[column].kind;
        if !matches!(kind, Kind::Jsonb | Kind::Json) && self.dice.percent(40) {
            columns.push(column);
        }
        self.dice.shuffled(columns)
    }

    fn assignments(&mut self, child: usize, column: usize) -> Vec<(usize, Becomes)> {
        let mut set = Vec::new();
        let kind = self.world.tables[child].columns[column].kind;
        // Other lines may take something out of the same document.
        let is_document = matches!(kind, Kind::Jsonb | Kind::Json);
        if !is_document && self.dice.percent(50) {
            set.push((column, Becomes::Null));
        }
        if self.dice.percent(40) {
            set.push((STATE, Becomes::Text("lost".into())));
        }
        if self.dice.percent(40) {
            set.push((HITS, Becomes::OneMore));
        }
        if self.dice.percent(30) && self.claim(child, NOTE) {
            let notes = [Becomes::Text(format!("it's {column}")), Becomes::Actor, Becomes::Root];
            set.push((NOTE, self.dice.pick(&notes).clone()));
        } else if self.dice.percent(30) && self.claim(child, N) && self.claim(child, NOTE) {
            set.push((N, Becomes::Null));
            set.push((NOTE, Becomes::KindAndN));
        }
        if set.is_empty() {
            set.push((STATE, Becomes::Text("lost".into())));
        }
        self.dice.shuffled(set)
    }

    fn claim(&mut self, table: usize, column: usize) -> bool {
        let free = !self.claimed.contains(&(table, column));
        if free {
            self.claimed.push((table, column));
        }
        free
    }

    /// Derives a table from one that refers to it.
    fn derive(&mut self) {
        let named = |line: &&Reference| {
            line.child != line.parent && line.parent_column == ID && line.held == Held::Plainly
        };
        let lines = self.world.references.iter().filter(named);
        let candidates: Vec<(usize, usize, usize)> =
            lines.map(|line| (line.parent, line.child, line.column)).collect();
        let Some(&(table, lost, of)) = candidates.get(self.dice.below(candidates.len())) else {
            return;
        };
        let id = self.world.tables[lost].columns[ID].kind;
        let total = self.world.add_column(table, "total", Kind::Integer);
        let latest = self.world.add_column(table, "latest", id);
        let note = self.world.add_column(table, "best", Kind::Text);
        let pointer = self.dice.percent(60);
        if pointer {
            let enforced = self.dice.percent(50).then(|| self.on_delete());
            self.world.references.push(Reference {
                child: table,
                column: latest,
                parent: lost,
                parent_column: ID,
                held: Held::Plainly,
                fate: Fate::Derive,
                switched: None,
                filter: None,
                enforced,
            });
        }
        self.world.derived = Some(Derived { table, lost, of, total, latest, note, pointer });
    }

    fn takes(&mut self) {
        let plainly = |line: &&Reference| line.held == Held::Plainly && line.parent_column == ID;
        let lines = self.world.references.iter().filter(plainly);
        let lines: Vec<Reference> = lines.filter(|l| l.fate != Fate::Derive).cloned().collect();
        for line in lines {
            let same =
                |take: &Take| take.line.column == line.column && take.line.child == line.child;
            if self.dice.percent(22) && !self.world.takes.iter().any(same) {
                let filter = self.dice.percent(30).then(|| self.filter());
                let line = Reference { filter, ..line };
                let when_last = self.dice.percent(65);
                self.world.takes.push(Take { line, when_last, alone: false });
            }
        }
        if self.dice.percent(40) {
            let count = self.world.tables.len();
            let (child, parent) = (self.dice.below(count), self.dice.below(count));
            let kind = self.world.tables[parent].columns[ID].kind;
            let column = self.world.add_column(child, "taken", kind);
            let filter = self.dice.percent(30).then(|| self.filter());
            let line = Reference {
                child,
                column,
                parent,
                parent_column: ID,
                held: Held::Plainly,
                fate: Fate::Keep,
                switched: None,
                filter,
                enforced: None,
            };
            let when_last = self.dice.percent(65);
            self.world.takes.push(Take { line, when_last, alone: true });
        }
    }

    fn guards(&mut self) {
        for _ in 0..self.dice.below(4) {
            let line = self.dice.pick(&self.world.references).clone();
            if line.parent_column != ID || line.held != Held::Plainly {
                continue;
            }
            let filter = self.dice.percent(80).then(|| self.filter());
            let guard = Guard { of: line.parent, rows: line.child, link: line.column, filter };
            self.world.guards.push(guard);
        }
    }

    fn things(&mut self) {
        for table in 0..self.world.tables.len() {
            if table > 0 && self.dice.percent(25) {
                continue;
            }
            let options = self.options();
            let only = self.dice.percent(15).then(|| self.filter());
            let refuse = self.dice.percent(12).then(|| self.filter());
            self.world.things.push(Thing {
                name: format!("thing{table}"),
                row: Some(table),
                starts: Vec::new(),
                of_kind: false,
                options,
                only,
                refuse,
                limit: self.dice.percent(15).then(|| self.dice.between(1, 8)),
                percent: self.dice.percent(10).then(|| self.dice.between(10, 80)),
            });
        }
        if self.dice.percent(70) {
            self.value_thing();
        }
        self.give_every_option();
    }

    /// An option that a line waits for is some thing's: the first has what no other has.
    fn give_every_option(&mut self) {
        for option in 0..OPTIONS {
            let has = |thing: &Thing| thing.options.iter().any(|(own, _)| *own == option);
            let things = &mut self.world.things;
            if !things.iter().any(has) {
                things[0].options.push((option, false));
            }
        }
    }

    /// A thing that is a value: rows of several tables hold it, its own row may be missing.
    fn value_thing(&mut self) {
        let count = self.world.tables.len();
        let mut starts = vec![(self.dice.below(count), VAL)];
        if self.dice.percent(50) {
            starts.push((self.dice.below(count), VAL));
        }
        let texts: Vec<usize> =
            (0..count).filter(|at| self.world.tables[*at].columns[ID].kind == Kind::Text).collect();
        let row = (!texts.is_empty() && self.dice.percent(70)).then(|| *self.dice.pick(&texts));
        // A column that refers to the row by a line may hold the value too.
        let to_row = |line: &&Reference| {
            Some(line.parent) == row && line.parent_column == ID && line.held == Held::Plainly
        };
        let line = self.world.references.iter().find(to_row);
        let held = line.map(|line| (line.child, line.column));
        if self.dice.percent(60) {
            starts.extend(held);
        }
        starts.sort_unstable();
        starts.dedup();
        let starts = self.dice.shuffled(starts);
        let options = self.options();
        let of_kind = row.is_none() && self.dice.percent(60);
        let refuse = (row.is_some() && self.dice.percent(8)).then(|| self.filter());
        self.world.things.push(Thing {
            name: "value".into(),
            row,
            starts,
            of_kind,
            options,
            only: None,
            refuse,
            limit: None,
            percent: None,
        });
    }

    fn rows(&mut self) {
        for table in 0..self.world.tables.len() {
            let count = self.dice.between(0, 14);
            let rows = (0..count).map(|at| self.row(table, at)).collect();
            self.world.rows.push(rows);
        }
        for line in self.world.references.clone() {
            self.point(&line);
        }
        for take in self.world.takes.clone().iter().filter(|take| take.alone) {
            self.point(&take.line);
        }
    }

    fn row(&mut self, table: usize, at: usize) -> Vec<Value> {
        let columns = self.world.tables[table].columns.len();
        let mut row = vec![Value::Null; columns];
        row[ID] = id(self.world.tables[table].columns[ID].kind, at);
        row[KIND] = Value::Text((*self.dice.pick(&KINDS)).into());
        if self.dice.percent(75) {
            row[STATE] = Value::Text((*self.dice.pick(&STATES)).into());
        }
        if self.dice.percent(70) {
            row[N] = number(self.dice.below(9));
        }
        row[HITS] = number(self.dice.below(4));
        row[MAIL] = Value::Text(format!("{at}@{table}"));
        row[AGE] = number(self.dice.below(90));
        if self.dice.percent(70) {
            row[NOTE] = Value::Text((*self.dice.pick(&NOTES)).into());
        }
        if self.dice.percent(60) {
            row[VAL] = id(Kind::Text, self.dice.below(10));
        }
        if let Some(derived) = self.world.derived.clone().filter(|derived| derived.table == table) {
            // What is stored is old; only a deletion that touches the row computes it anew.
            row[derived.total] = number(self.dice.below(5));
            row[derived.note] = Value::Text("old".into());
            let kind = self.world.tables[derived.lost].columns[ID].kind;
            row[derived.latest] = id(kind, self.dice.below(14));
        }
        row
    }

    /// The same for a column that holds them as another type, or in a document.
    fn point_otherwise(&mut self, line: &Reference, ids: &[Value]) {
        let kind = self.world.tables[line.child].columns[line.column].kind;
        for at in 0..self.world.rows[line.child].len() {
            let value = match kind {
                Kind::Jsonb | Kind::Json => {
                    let document = self.world.rows[line.child][at][line.column].clone();
                    self.document(line.held, document, ids)
                }
                _ if self.dice.percent(20) => Value::Null,
                Kind::Text => Value::Text(self.named(ids)),
                _ => self.named(ids).trim().parse().map_or(Value::Null, Value::Integer),
            };
            self.world.rows[line.child][at][line.column] = value;
        }
    }

    fn named(&mut self, ids: &[Value]) -> String {
        let id = ids.get(self.dice.below(ids.len())).cloned().unwrap_or(Value::Null);
        spelled(&id, self.dice)
    }

    /// A document that names some of these at its place; what stands elsewhere in it stays.
    fn document(&mut self, held: Held, document: Value, ids: &[Value]) -> Value {
        let (mut one, mut many) = match document {
            Value::Json(Json::Document { one, many }) => (one, many),
            Value::Json(Json::Broken) => return document,
            _ if self.dice.percent(12) => return Value::Null,
            _ if self.dice.percent(8) => return Value::Json(Json::Broken),
            _ => (Element::Null, None),
        };
        if matches!(held, Held::One { .. }) {
            one = self.element(ids);
        } else if self.dice.percent(92) {
            many = Some((0..self.dice.below(5)).map(|_| self.element(ids)).collect());
        }
        Value::Json(Json::Document { one, many })
    }

    fn element(&mut self, ids: &[Value]) -> Element {
        let named = self.named(ids);
        match self.dice.weighted(&[5, 4, 6, 50, 35]) {
            0 => Element::Null,
            1 => Element::True,
            2 => Element::Object(named),
            3 => named.parse().map_or(Element::Text(named), Element::Number),
            _ => Element::Text(named),
        }
    }

    /// Gives the column of a line ids of rows; of rows that never were, where nothing enforces it.
    fn point(&mut self, line: &Reference) {
        let parents = self.world.rows[line.parent].iter();
        let ids: Vec<Value> = parents.map(|row| row[line.parent_column].clone()).collect();
        let kind = self.world.tables[line.parent].columns[line.parent_column].kind;
        if line.held != Held::Plainly {
            return self.point_otherwise(line, &ids);
        }
        for at in 0..self.world.rows[line.child].len() {
            let value = match self.dice.weighted(&[25, 67, 8]) {
                0 => Value::Null,
                1 => ids.get(self.dice.below(ids.len())).cloned().unwrap_or(Value::Null),
                _ if line.enforced.is_some() => Value::Null,
                _ => id(kind, 90 + self.dice.below(5)),
            };
            self.world.rows[line.child][at][line.column] = value;
        }
    }
}

/// A text that names this, or one that is near it and does not.
fn spelled(named: &Value, dice: &mut Dice) -> String {
    let text = match named {
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    let forms = [
        format!(" {text}\t"),
        format!("+{text}"),
        format!("000{text}"),
        format!("{text}x"),
        format!("{text}.0"),
        format!("--{text}"),
        "99999999999999999999".to_owned(),
        "１０１".to_owned(),
        String::new(),
    ];
    if dice.percent(55) { text } else { dice.pick(&forms).clone() }
}

/// Whether a fate ends the reference, so that a foreign key lets the right go.
fn stops_referring(fate: &Fate, column: usize) -> bool {
    match fate {
        Fate::Delete | Fate::Unlink | Fate::Block | Fate::Derive => true,
        Fate::Set(set) => set.iter().any(|(at, _)| *at == column),
        Fate::Anonymize(columns) => columns.contains(&column),
        Fate::Keep => false,
    }
}

fn id(kind: Kind, at: usize) -> Value {
    match kind {
        // Some texts are numbers, so that numbers can name them.
        Kind::Text if at.is_multiple_of(3) => Value::Text((at + 100).to_string()),
        Kind::Text => Value::Text(format!("k'{at},\\")),
        _ => number(at + 100),
    }
}

fn number(number: usize) -> Value {
    Value::Integer(i64::try_from(number).expect("it is small"))
}
