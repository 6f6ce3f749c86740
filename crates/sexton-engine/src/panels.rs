//! The rows of panels: of a thing, or those that refer to a row of a kept table; each with what may
//! be done to it now.
//!
//! A panel's rows are seen as a thing's are. A kept table has no thing that says whose its rows are,
//! so its rows are for those who see all tenants; whoever calls this judges that.

use std::collections::BTreeMap;

use sexton_core::fence::key_text;
use sexton_core::graph;
use sexton_core::names::{PanelName, ThingName};
use sexton_core::plan::{ASKED, KeptPlan, OFFSET, PanelPlan, after, on_page, panel};
use sexton_core::policy::Verb;
use sexton_core::sql::Scalar;

use crate::outcome::EngineError;
use crate::ports::DatabaseError;
use crate::request::Caller;
use crate::system::System;
use crate::things::{Unlisted, pattern};
use crate::walk::key_values;

/// Which rows of a panel are listed.
#[derive(Debug, Clone)]
pub struct PanelQuery {
    /// The panel.
    pub panel: PanelName,
    /// The row of the kept table on whose page it stands.
    pub page: Option<String>,
    /// Who asks.
    pub caller: Caller,
    /// What the key or the label contains, in any case of letters.
    pub containing: Option<String>,
    /// So many rows are passed over.
    pub skip: u64,
    /// How many rows at most.
    pub limit: u32,
}

/// A row of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRow {
    /// Its id.
    pub id: String,
    /// How people call it.
    pub label: Option<String>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// Whether it is hidden.
    pub is_hidden: bool,
    /// What the policy shows with it.
    pub show: Vec<(String, Option<String>)>,
    /// What may be done to it now, in the order of the policy.
    pub acts: Vec<PanelAct>,
}

/// Something that may be done to a row now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelAct {
    /// What.
    pub verb: Verb,
    /// To which thing.
    pub thing: ThingName,
    /// The id of the root.
    pub id: String,
}

/// Which rows of a kept table are listed.
#[derive(Debug, Clone)]
pub struct KeptQuery {
    /// A panel that stands on their pages.
    pub panel: PanelName,
    /// Who asks.
    pub caller: Caller,
    /// Only this one.
    pub id: Option<String>,
    /// What the key or the first column contains, in any case of letters.
    pub containing: Option<String>,
    /// So many rows are passed over.
    pub skip: u64,
    /// How many rows at most.
    pub limit: u32,
}

/// A row of a kept table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRow {
    /// Its id.
    pub id: String,
    /// Some of its columns.
    pub show: Vec<(String, Option<String>)>,
}

impl System {
    /// A page of the rows of a panel; none where there is no such panel or no such page.
    pub async fn panel_rows(
        &self,
        query: &PanelQuery,
    ) -> Result<Option<Vec<PanelRow>>, EngineError> {
        let Some(plan) = self.panel_plan(&query.panel).await? else { return Ok(None) };
        let mut values = asked(query.containing.as_deref(), query.skip);
        match (&plan.page, &query.page) {
            (None, None) => {}
            (Some(page), Some(id)) => {
                let dialect = self.database.dialect();
                let Some(key) = key_values(id, &page.key, dialect) else { return Ok(None) };
                let key = key.into_iter().enumerate();
                values.extend(key.map(|(at, value)| (on_page(at), value)));
            }
            _ => return Ok(None),
        }
        let key = 0..plan.key.len();
        let unlisted = plan.in_ledger.as_ref().map(|in_ledger| Unlisted { in_ledger, key });
        let by = (&query.caller, query.limit);
        let rows = self.read_things(&plan.rows, &values, by, unlisted).await?;
        Ok(Some(rows.iter().map(|row| panel_row(&plan, row)).collect()))
    }

    /// A page of the rows of the kept table on whose pages a panel stands; none where it stands by
    /// itself.
    pub async fn kept_rows(&self, query: &KeptQuery) -> Result<Option<Vec<KeptRow>>, EngineError> {
        let plan = self.panel_plan(&query.panel).await?.and_then(|plan| plan.page);
        let Some(plan) = plan else { return Ok(None) };
        let mut values = asked(query.containing.as_deref(), query.skip);
        let statement = match &query.id {
            None => &plan.rows,
            Some(id) => {
                let dialect = self.database.dialect();
                let Some(key) = key_values(id, &plan.key, dialect) else { return Ok(None) };
                let key = key.into_iter().enumerate();
                values.extend(key.map(|(at, value)| (after(at), value)));
                &plan.one
            }
        };
        match self.read_things(statement, &values, (&query.caller, query.limit), None).await {
            Ok(rows) => Ok(Some(rows.iter().map(|row| kept_row(&plan, row)).collect())),
            Err(EngineError::Database(DatabaseError::BadValue(_))) => Ok(Some(Vec::new())),
            Err(error) => Err(error),
        }
    }

    async fn panel_plan(&self, name: &PanelName) -> Result<Option<PanelPlan>, EngineError> {
        let known = self.policy.panels.iter().find(|known| known.name == *name);
        let Some(known) = known else { return Ok(None) };
        let schema = self.schema().await?;
        let (graph, _) = graph::resolve(&self.policy, &schema);
        let plan = panel(&self.policy, &schema, &graph, known);
        plan.map(Some).map_err(|finding| EngineError::Policy(vec![*finding]))
    }
}

fn asked(containing: Option<&str>, skip: u64) -> BTreeMap<String, Scalar> {
    let asked = containing.map(|text| (ASKED.to_owned(), Scalar::text(pattern(text))));
    let skip = (OFFSET.to_owned(), Scalar::text(skip.to_string()));
    asked.into_iter().chain([skip]).collect()
}

fn text(value: &Scalar) -> Option<String> {
    (!value.is_null()).then(|| value.to_string())
}

fn is_yes(value: &Scalar) -> bool {
    text(value).is_some_and(|value| value == "yes")
}

fn panel_row(plan: &PanelPlan, row: &[Scalar]) -> PanelRow {
    let (key, rest) = row.split_at(plan.key.len());
    let (said, rest) = rest.split_at(3);
    let (shown, mut rest) = rest.split_at(plan.show.len());
    let shown = plan.show.iter().zip(shown);
    let mut acts = Vec::new();
    for action in &plan.actions {
        let (own, others) = rest.split_at(1 + action.key.len());
        rest = others;
        // What refers to nothing leads to no root.
        if is_yes(&own[0]) && !own[1..].iter().any(Scalar::is_null) {
            let (verb, thing) = (action.verb, action.thing.clone());
            acts.push(PanelAct { verb, thing, id: key_text(&own[1..]) });
        }
    }
    PanelRow {
        id: key_text(key),
        label: text(&said[0]),
        tenant: text(&said[1]),
        is_hidden: is_yes(&said[2]),
        show: shown.map(|(column, value)| (column.name.to_string(), text(value))).collect(),
        acts,
    }
}

fn kept_row(plan: &KeptPlan, row: &[Scalar]) -> KeptRow {
    let (key, shown) = row.split_at(plan.key.len());
    let shown = plan.show.iter().zip(shown);
    KeptRow {
        id: key_text(key),
        show: shown.map(|(column, value)| (column.name.to_string(), text(value))).collect(),
    }
}
