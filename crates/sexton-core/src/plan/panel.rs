//! How a panel of the policy reads its rows: each with what may be done to it, and to which root.
//!
//! A row's own thing says what people call it, whose it is and whether they see it, as everywhere. An
//! action is about the row itself or about a row that it refers to; its condition is asked of the row.

use super::asking::write_offset;
use super::closure::{columns_of, root_row};
use super::compile::Source;
use super::hiding::{missing, write_hidden};
use super::listing::{after, asked};
use super::root::{follow_tenant, seen, tenant, unhidden, write_tenant};
use super::{InLedger, Way};
use crate::finding::{Finding, Span};
use crate::graph::{Graph, column_or_finding, table_or_finding};
use crate::names::{ColumnName, TableName, ThingName};
use crate::policy::{
    Fragment, Hide, Panel, PanelAction, Part, Placeholder, Policy, TableColumns, Thing, Verb, Via,
};
use crate::schema::{Column, Schema, Table, TypeKind};
use crate::sql::{Bind, Statement, Writer};

/// The name under which it is bound which row's page a panel stands on.
pub fn on_page(column: usize) -> String {
    format!("page.{column}")
}

/// So many columns of a kept row are shown beside its key.
const SHOWN_MAX: usize = 4;

/// How a panel reads its rows. Each row is its key, label, tenant, `yes` where it is hidden, what is
/// shown, and for each action `yes` where it may be done, and the key of its root.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelPlan {
    /// The thing that rows are.
    pub thing: ThingName,
    /// The columns of their key.
    pub key: Vec<Column>,
    /// The columns that are shown.
    pub show: Vec<Column>,
    /// What may be done.
    pub actions: Vec<PanelDeed>,
    /// On whose pages it stands, where it does not stand by itself.
    pub page: Option<KeptPlan>,
    /// Reads the rows.
    pub rows: Statement,
    /// What only the ledger hides of them.
    pub in_ledger: Option<InLedger>,
}

/// Something that may be done to a row.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelDeed {
    /// What.
    pub verb: Verb,
    /// To which thing.
    pub thing: ThingName,
    /// The columns of the row that are the key of its root.
    pub key: Vec<Column>,
}

/// How rows of a kept table are read, on whose pages panels stand.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptPlan {
    /// The table.
    pub table: TableName,
    /// The columns of the key, by which panels refer to it.
    pub key: Vec<Column>,
    /// The columns that are shown.
    pub show: Vec<Column>,
    /// Reads the rows, in the order of the key.
    pub rows: Statement,
    /// Reads one row.
    pub one: Statement,
}

/// What reads the rows of a panel.
pub fn panel(
    policy: &Policy,
    schema: &Schema,
    graph: &Graph,
    panel: &Panel,
) -> Result<PanelPlan, Box<Finding>> {
    let thing = own_thing(policy, panel)?;
    let source = Source { policy, schema, graph, thing, way: Way::Hide };
    let Some((table, columns)) = root_row(&source) else {
        let message = format!("`{}` has no rows of its own to be listed", thing.name);
        return Err(Box::new(Finding::error("C501", Some(panel.of.span), message)));
    };
    // A path that leads nowhere must not leave the rows to everybody.
    if let Some(path) = &thing.tenant {
        follow_tenant(&path.value, path.span, table, schema, graph)?;
    }
    let key = columns_of(table, &columns.columns);
    let page = match &panel.rows {
        Some(rows) => Some(page(schema, graph, panel, &rows.value, rows.span)?),
        None => None,
    };
    for order in &panel.order {
        column_or_finding(table, &order.value.column, order.span)?;
    }
    let actions = panel.actions.iter().map(|action| deed(policy, graph, table, action));
    let actions = actions.collect::<Result<Vec<PanelDeed>, _>>()?;
    let show: Vec<Column> =
        thing.show.iter().filter_map(|shown| table.column(&shown.value)).cloned().collect();
    let written =
        Written { source: &source, panel, table, key: &key, show: &show, actions: &actions };
    let rows = written.rows();
    let in_ledger = missing(&source);
    Ok(PanelPlan { thing: thing.name.clone(), key, show, actions, page, rows, in_ledger })
}

/// The thing that the rows of a panel are.
fn own_thing<'p>(policy: &'p Policy, panel: &Panel) -> Result<&'p Thing, Box<Finding>> {
    let mut things = policy.things.iter();
    let found = match &panel.rows {
        None => things.find(|thing| thing.name.as_str() == panel.of.value),
        Some(rows) => {
            let is_row = |thing: &&Thing| {
                thing.row.as_ref().is_some_and(|row| row.value.table == rows.value.table)
            };
            let acted_on = panel.actions.iter().map(|action| &action.thing);
            let acted_on =
                acted_on.filter_map(|name| things.clone().find(|thing| thing.name == *name));
            let mut acted_on = acted_on.collect::<Vec<_>>().into_iter();
            acted_on.find(is_row).or_else(|| things.find(is_row))
        }
    };
    let (span, name) = match &panel.rows {
        None => (panel.of.span, &panel.of.value),
        Some(rows) => (rows.span, &rows.value.table.to_string()),
    };
    found.ok_or_else(|| {
        let finding =
            Finding::error("C501", Some(span), format!("no thing of the policy is `{name}`"));
        Box::new(
            finding
                .help("a panel lists rows that are things, so that something can be done to them"),
        )
    })
}

/// The row that a panel's rows refer to.
fn page(
    schema: &Schema,
    graph: &Graph,
    panel: &Panel,
    rows: &TableColumns,
    span: Span,
) -> Result<KeptPlan, Box<Finding>> {
    let child = table_or_finding(&rows.table, span, schema)?;
    for column in &rows.columns {
        column_or_finding(child, column, span)?;
    }
    let name = named(&panel.of.value);
    let parent = table_or_finding(&name, panel.of.span, schema)?;
    let is_it = |names: &[Column]| names.iter().map(|column| &column.name).eq(rows.columns.iter());
    let mut edges = graph.edges.iter();
    let edge = edges.find(|edge| {
        edge.child == rows.table
            && edge.parent == name
            && is_plain(&edge.via)
            && is_it(&edge.columns)
    });
    let key = match edge {
        Some(edge) => edge.parent_key.clone(),
        None if parent.primary_key.len() == rows.columns.len() => {
            columns_of(parent, &parent.primary_key)
        }
        None => {
            let message = format!("no reference leads from these columns to `{name}`");
            return Err(Box::new(Finding::error("C501", Some(span), message)));
        }
    };
    Ok(kept(schema, parent, key))
}

/// A table as it is written, with its schema or without.
fn named(written: &str) -> TableName {
    match written.split_once('.') {
        Some((schema, name)) => TableName { schema: Some(schema.into()), name: name.into() },
        None => TableName::local(written),
    }
}

fn is_plain(via: &Via) -> bool {
    matches!(via, Via::Columns)
}

fn deed(
    policy: &Policy,
    graph: &Graph,
    table: &Table,
    action: &PanelAction,
) -> Result<PanelDeed, Box<Finding>> {
    let wrong = |message: String| Box::new(Finding::error("C501", Some(action.span), message));
    let known = policy.things.iter().find(|thing| thing.name == action.thing);
    let known = known.ok_or_else(|| wrong(format!("there is no thing `{}`", action.thing)))?;
    let row = known.row.as_ref().map(|row| &row.value);
    let own = row.filter(|row| row.table == table.name);
    let key = match (own, row) {
        (Some(row), _) => columns_of(table, &row.columns),
        (None, Some(row)) => {
            let is_key = |names: &[Column], columns: &[ColumnName]| {
                names.iter().map(|column| &column.name).eq(columns.iter())
            };
            let mut edges = graph.edges.iter();
            let edge = edges.find(|edge| {
                edge.child == table.name
                    && edge.parent == row.table
                    && is_plain(&edge.via)
                    && is_key(&edge.parent_key, &row.columns)
            });
            edge.map(|edge| edge.columns.clone()).unwrap_or_default()
        }
        (None, None) => Vec::new(),
    };
    if key.is_empty() {
        let message = format!("no reference leads from `{}` to a `{}`", table.name, action.thing);
        return Err(wrong(message));
    }
    Ok(PanelDeed { verb: action.verb, thing: action.thing.clone(), key })
}

/// What the statement is made of.
struct Written<'a> {
    source: &'a Source<'a>,
    panel: &'a Panel,
    table: &'a Table,
    key: &'a [Column],
    show: &'a [Column],
    actions: &'a [PanelDeed],
}

impl Written<'_> {
    fn rows(&self) -> Statement {
        let (source, table) = (self.source, self.table);
        let mut writer = Writer::new(source.schema.dialect);
        let label = source.thing.label.as_ref().and_then(|label| table.column(&label.value));
        self.read(&mut writer, label);
        writer.push(" FROM ").table(table).push(" WHERE ");
        if let Some(rows) = &self.panel.rows {
            for (at, column) in columns_of(table, &rows.value.columns).iter().enumerate() {
                writer.column(column).push(" = ").bind(Bind::Path(on_page(at)), Some(column));
                writer.push(" AND ");
            }
        }
        asked(&mut writer, self.key, label);
        seen(source, table, &mut writer);
        // What can be restored must be shown to be.
        if !self.actions.iter().any(|action| action.verb == Verb::Restore) {
            unhidden(source, table, &mut writer);
        }
        self.order(&mut writer);
        writer.limit();
        write_offset(&mut writer);
        writer.finish("list the", &table.name)
    }

    fn read(&self, writer: &mut Writer, label: Option<&Column>) {
        let (source, table) = (self.source, self.table);
        writer.push("SELECT ").list(self.key, |writer, column| {
            writer.read(column);
        });
        writer.push(", ");
        match label {
            Some(label) => writer.read(label),
            None => writer.push("NULL"),
        };
        writer.push(", ");
        match tenant(source, table) {
            Some(tenant) => {
                write_tenant(writer, &tenant, table);
                writer.as_text();
            }
            None => drop(writer.push("NULL")),
        }
        writer.push(", ");
        match source.thing.hide.as_ref().and_then(Hide::row) {
            Some(hide) => {
                writer.push("CASE WHEN ");
                write_hidden(writer, hide, table);
                writer.push(" THEN 'yes' ELSE 'no' END");
            }
            None => drop(writer.push("'no'")),
        }
        for shown in self.show {
            writer.push(", ").read(shown);
        }
        for (action, deed) in self.panel.actions.iter().zip(self.actions) {
            writer.push(", CASE WHEN ");
            self.may(writer, action);
            writer.push(" THEN 'yes' ELSE 'no' END");
            for column in &deed.key {
                writer.push(", ").read(column);
            }
        }
    }

    /// What the panel says of the action, and, of the row's own kind, what its thing does: whether
    /// it is one, and whether its state refuses. What only a deletion can ask is left to it.
    fn may(&self, writer: &mut Writer, action: &PanelAction) {
        writer.push("1 = 1");
        if let Some(when) = &action.when {
            match when.of(writer.dialect()) {
                Some(when) => drop(writer.push(" AND ").condition(when, self.table)),
                None => drop(writer.push(" AND 1 = 0")),
            }
        }
        let mut things = self.source.policy.things.iter();
        let own = things.find(|thing| thing.name == action.thing).filter(|thing| {
            thing.row.as_ref().is_some_and(|row| row.value.table == self.table.name)
        });
        let Some(own) = own else { return };
        let deletes = matches!(action.verb, Verb::Delete | Verb::DeleteForGood);
        let refuse = own.refuse.iter().filter(|_| deletes).map(|condition| (condition, true));
        let judged = own.only.iter().map(|condition| (condition, false)).chain(refuse);
        for (condition, refuses) in judged {
            let fragment = condition.value.sql.of(writer.dialect());
            let Some(fragment) = fragment.filter(|fragment| is_of_row(fragment)) else { continue };
            writer.push(" AND (").condition(fragment, self.table);
            writer.push(if refuses { ") IS NOT TRUE" } else { ") IS TRUE" });
        }
    }

    /// As the policy says, and then by the key, so that no two rows change places.
    fn order(&self, writer: &mut Writer) {
        let said = self.panel.order.iter().filter_map(|order| {
            let column = self.table.column(&order.value.column)?;
            Some((column.clone(), order.value.descending))
        });
        let mut order: Vec<(Column, bool)> = said.collect();
        let rest = self.key.iter().filter(|key| !order.iter().any(|(known, _)| known == *key));
        let rest: Vec<(Column, bool)> = rest.map(|key| (key.clone(), true)).collect();
        order.extend(rest);
        writer.push(" ORDER BY ").list(&order, |writer, (column, descending)| {
            writer.column(column).push(if *descending { " DESC" } else { "" });
            if column.nullable {
                writer.push(" NULLS LAST");
            }
        });
    }
}

/// Whether a condition can be asked of a row that is no root.
fn is_of_row(fragment: &Fragment) -> bool {
    !fragment
        .parts
        .iter()
        .any(|part| matches!(part, Part::Placeholder(Placeholder::Id | Placeholder::Going(_))))
}

/// What reads the rows of a kept table.
fn kept(schema: &Schema, table: &Table, key: Vec<Column>) -> KeptPlan {
    let is_short = |column: &&Column| {
        !key.contains(column)
            && matches!(
                column.kind,
                TypeKind::Text | TypeKind::Integer | TypeKind::Boolean | TypeKind::Time
            )
    };
    let show: Vec<Column> =
        table.columns.iter().filter(is_short).take(SHOWN_MAX).cloned().collect();
    let read = |one: bool| {
        let mut writer = Writer::new(schema.dialect);
        let read: Vec<&Column> = key.iter().chain(&show).collect();
        writer.push("SELECT ").list(&read, |writer, column| {
            writer.read(column);
        });
        writer.push(" FROM ").table(table).push(" WHERE ");
        if one {
            for (at, column) in key.iter().enumerate() {
                writer.push(if at == 0 { "" } else { " AND " }).column(column).push(" = ");
                writer.bind(Bind::Path(after(at)), Some(column));
            }
        } else {
            asked(&mut writer, &key, show.first());
            writer.push(" ORDER BY ").columns(&key);
            writer.limit();
            write_offset(&mut writer);
        }
        writer.finish("list the", &table.name)
    };
    let (rows, one) = (read(false), read(true));
    KeptPlan { table: table.name.clone(), key, show, rows, one }
}
