//! What routes of the policy ask the database: whose tenant is meant, which rows, lists.
//!
//! Each question is a look of its own, before the deletion that a route is for or after the preview:
//! what it answers decides who is meant, and never what is deleted. What has changed in between, the
//! deletion judges again under its locks.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use sexton_core::names::{TenantId, ThingName};
use sexton_core::plan::{ListPlan, OFFSET};
use sexton_core::policy::Route;
use sexton_core::routes::{Listed, PageAsked, without_empty};
use sexton_core::schema::{Column, Dialect, TypeKind};
use sexton_core::sql::{Bind, Scalar, Statement};
use sexton_core::template::value_of;

use crate::outcome::EngineError;
use crate::ports::{Arg, Mode, Query, Row, Tx};
use crate::preview::Budget;
use crate::request::{Caller, Root};
use crate::system::System;
use crate::things::{Unlisted, without_hidden};
use crate::walk::{Roots, caller_arg};

/// So many rows a list has at most.
const LIST_ROWS_MAX: i64 = 10_000;

/// A request to a route, as far as the database is asked about it.
#[derive(Debug, Clone, Copy)]
pub struct ForRoute<'a> {
    /// The route.
    pub route: &'a Route,
    /// The thing.
    pub thing: &'a ThingName,
    /// What the path gave.
    pub path: &'a BTreeMap<String, String>,
    /// Who asks.
    pub caller: &'a Caller,
}

/// Rows of lists, by their names.
pub type RowsListed = BTreeMap<String, Value>;

impl System {
    /// The tenant that a route is for; none where it names none that there is.
    pub async fn tenant_of(&self, of: ForRoute<'_>) -> Result<Option<TenantId>, EngineError> {
        let plan = self.route_plan(of.route, of.thing).await?;
        let Some(statement) = &plan.tenant else { return Ok(None) };
        let rows = self.read_asked(of, statement, None).await?;
        let tenant = rows.first().and_then(|row| row.first()).and_then(written);
        Ok(tenant.map(TenantId::new))
    }

    /// Whether the route speaks of all these roots.
    pub async fn speaks_of(&self, of: ForRoute<'_>, root: &Root) -> Result<bool, EngineError> {
        let plan = self.route_plan(of.route, of.thing).await?;
        let Some(statement) = &plan.within else { return Ok(true) };
        let roots = self.roots_of(root).await?;
        let rows = self.read_asked(of, statement, Some(&roots)).await?;
        Ok(rows.len() == roots.len())
    }

    /// A part of a list; nothing where there is not what must be there.
    pub async fn listed(
        &self,
        of: ForRoute<'_>,
        page: PageAsked,
    ) -> Result<Option<Listed>, EngineError> {
        let plan = self.route_plan(of.route, of.thing).await?;
        let mut tx = self.begin_look().await?;
        let mut asking = Asking {
            of,
            roots: None,
            page: Some(page),
            dialect: self.database.dialect(),
            tx: tx.as_mut(),
        };
        if let Some(parent) = &plan.parent
            && asking.rows(parent).await?.is_empty()
        {
            tx.rollback().await?;
            return Ok(None);
        }
        let (Some(rows), Some(total)) = (&plan.rows, &plan.total) else { return Ok(None) };
        let items = asking.rows(rows).await?;
        let key = plan.key.len();
        let in_ledger = plan.in_ledger.as_ref();
        let unlisted = in_ledger.map(|in_ledger| Unlisted { in_ledger, key: 0..key });
        let items = without_hidden(unlisted, items, asking.tx).await?;
        let total = asking.rows(total).await?;
        let total = total.first().and_then(|row| row.first()).and_then(Scalar::as_integer);
        tx.rollback().await?;
        Ok(Some(Listed {
            items: items.iter().map(|row| Value::Object(told(row, &plan.fields))).collect(),
            total: total.and_then(|total| u64::try_from(total).ok()).unwrap_or(0),
            limit: page.limit,
            offset: page.offset,
        }))
    }

    /// The lists of a thing, for this root.
    pub async fn lists(&self, of: ForRoute<'_>, root: &Root) -> Result<RowsListed, EngineError> {
        let plan = self.route_plan(of.route, of.thing).await?;
        let mut lists = BTreeMap::new();
        if plan.lists.is_empty() {
            return Ok(lists);
        }
        let roots = self.roots_of(root).await?;
        let mut tx = self.begin_look().await?;
        for list in &plan.lists {
            let mut asking = Asking {
                of,
                roots: Some(&roots),
                page: None,
                dialect: self.database.dialect(),
                tx: tx.as_mut(),
            };
            lists.insert(list.name.to_string(), asking.list(list).await?);
        }
        tx.rollback().await?;
        Ok(lists)
    }

    /// What is told of a thing's own row, in its own types, from the texts of a preview.
    pub async fn row_told(
        &self,
        of: ForRoute<'_>,
        texts: &BTreeMap<String, Option<String>>,
    ) -> Result<Map<String, Value>, EngineError> {
        let plan = self.route_plan(of.route, of.thing).await?;
        let told = plan.fields.iter().filter_map(|column| {
            let text = texts.get(column.name.as_str())?;
            let scalar = text.as_ref().map_or(Scalar::Null, |text| Scalar::text(text.as_str()));
            Some((column.name.to_string(), typed(&scalar, column)))
        });
        Ok(told.collect())
    }

    /// Whether ids of this thing are whole numbers.
    pub async fn has_whole_numbers(&self, of: ForRoute<'_>) -> Result<bool, EngineError> {
        let plan = self.route_plan(of.route, of.thing).await?;
        Ok(matches!(plan.key.as_slice(), [column] if column.kind == TypeKind::Integer))
    }

    async fn begin_look(&self) -> Result<Box<dyn Tx>, EngineError> {
        Ok(self.database.begin(Mode::Look { budget: Some(Budget::default().time) }).await?)
    }

    async fn roots_of(&self, root: &Root) -> Result<Roots, EngineError> {
        let options = self.options(&root.thing, &root.options)?;
        let ready = self.ready(&root.thing, &options).await?;
        self.roots(&ready.plan, root).await
    }

    async fn read_asked(
        &self,
        of: ForRoute<'_>,
        statement: &Statement,
        roots: Option<&Roots>,
    ) -> Result<Vec<Row>, EngineError> {
        let mut tx = self.begin_look().await?;
        let rows =
            Asking { of, roots, page: None, dialect: self.database.dialect(), tx: tx.as_mut() }
                .rows(statement)
                .await?;
        tx.rollback().await?;
        Ok(rows)
    }
}

/// One look, and what its statements bind.
struct Asking<'a> {
    of: ForRoute<'a>,
    roots: Option<&'a Roots>,
    page: Option<PageAsked>,
    dialect: Dialect,
    tx: &'a mut dyn Tx,
}

impl Asking<'_> {
    async fn rows(&mut self, statement: &Statement) -> Result<Vec<Row>, EngineError> {
        let args = statement.binds.iter().map(|bind| self.arg(bind)).collect();
        let Statement { label, sql, general, .. } = statement;
        Ok(self.tx.rows(Query { label, sql, args, general: *general }).await?)
    }

    /// Rows as JSON objects, in the order and with the names that the policy gives them.
    async fn list(&mut self, list: &ListPlan) -> Result<Value, EngineError> {
        let args = list.statement.binds.iter().map(|bind| self.arg(bind)).collect();
        let Statement { label, sql, general, .. } = &list.statement;
        let query = Query { label, sql, args, general: *general };
        let (names, rows) = self.tx.named_rows(query).await?;
        let told = rows.iter().filter_map(|row| {
            let row = if list.is_document {
                match value_of(row.first()?, true) {
                    Value::Object(row) => row,
                    _ => return None,
                }
            } else {
                let values = row.iter().map(|scalar| value_of(scalar, false));
                names.iter().cloned().zip(values).collect()
            };
            Some(Value::Object(without_empty(row)))
        });
        Ok(told.collect())
    }

    fn arg(&self, bind: &Bind) -> Arg {
        let number = |number: u64| Scalar::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        Arg::Scalar(match bind {
            Bind::Path(name) if name == OFFSET => {
                let offset = self.page.map_or(0, |page| page.offset);
                Scalar::text(offset.to_string())
            }
            Bind::Path(name) => {
                let value = self.of.path.get(name);
                value.map_or(Scalar::Null, |value| Scalar::text(value.as_str()))
            }
            Bind::Cap => {
                self.page.map_or(Scalar::Integer(LIST_ROWS_MAX), |page| number(page.limit))
            }
            Bind::Id => self.roots.map_or(Scalar::Null, Roots::id),
            Bind::Roots { part } => {
                let Some(roots) = self.roots else { return Arg::Scalar(Scalar::Null) };
                return roots.list(*part, self.dialect);
            }
            Bind::Literal(scalar) => scalar.clone(),
            bind => return caller_arg(bind, self.of.caller),
        })
    }
}

/// A value as people write it; nothing for NULL.
fn written(scalar: &Scalar) -> Option<String> {
    match value_of(scalar, false) {
        Value::Null => None,
        Value::String(text) => Some(text),
        value => Some(value.to_string()),
    }
}

fn told(row: &Row, fields: &[Column]) -> Map<String, Value> {
    let told = row.iter().zip(fields);
    told.map(|(scalar, column)| (column.name.to_string(), typed(scalar, column))).collect()
}

/// A value in the type of its column, however the database handed it over.
fn typed(scalar: &Scalar, column: &Column) -> Value {
    let Scalar::Text(text) = scalar else { return value_of(scalar, false) };
    let number = || text.parse::<Number>().ok().map(Value::Number);
    let read = match column.kind {
        TypeKind::Integer => text.parse::<i64>().ok().map(Value::from),
        TypeKind::Number => number(),
        TypeKind::Boolean => match text.as_str() {
            "true" | "t" => Some(Value::Bool(true)),
            "false" | "f" => Some(Value::Bool(false)),
            "0" | "1" => number(),
            _ => None,
        },
        TypeKind::Json => serde_json::from_str(text).ok(),
        _ => None,
    };
    read.unwrap_or_else(|| Value::from(text.as_str()))
}
