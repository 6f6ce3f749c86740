//! The rows that are such things: listed in pages, the newest first, or one by its id.
//!
//! Whatever a caller does not see is not there: the statements ask for their tenant and for what
//! they own or are shown, as a deletion does.

use std::collections::BTreeMap;
use std::ops::Range;

use sexton_core::fence::key_text;
use sexton_core::graph;
use sexton_core::names::ThingName;
use sexton_core::plan::{ASKED, CompileError, InLedger, Listing, after, listing};
use sexton_core::preview::{canonical_key, parse_key};
use sexton_core::sql::{Scalar, Statement};

use crate::outcome::EngineError;
use crate::ports::{AskedRoots, DatabaseError, Mode, Row, Tx};
use crate::request::Caller;
use crate::system::System;
use crate::walk::{key_values, read_named};

/// Which rows of a thing are listed.
#[derive(Debug, Clone)]
pub struct ThingQuery {
    /// The thing.
    pub thing: ThingName,
    /// Who asks.
    pub caller: Caller,
    /// What the key or the label contains, in any case of letters.
    pub containing: Option<String>,
    /// The place of the last row before the page.
    pub after: Option<String>,
    /// How many rows at most.
    pub limit: u32,
}

/// A row that is such a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingRow {
    /// Its id.
    pub id: String,
    /// How people call it.
    pub label: Option<String>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// What the policy shows with it.
    pub show: Vec<(String, Option<String>)>,
    /// Its place in the list.
    pub place: String,
}

impl System {
    /// A page of the rows of a thing; none where its values have no rows of their own, or the
    /// place is none.
    pub async fn thing_rows(
        &self,
        query: &ThingQuery,
    ) -> Result<Option<Vec<ThingRow>>, EngineError> {
        let Some(listing) = self.listing(&query.thing).await? else { return Ok(None) };
        let pattern = query.containing.as_deref().map(pattern);
        let asked = pattern.map(|pattern| (ASKED.to_owned(), Scalar::text(pattern)));
        let mut values: BTreeMap<String, Scalar> = asked.into_iter().collect();
        let statement = match &query.after {
            None => &listing.first,
            Some(place) => {
                let place = parse_key(place).filter(|place| place.len() == listing.order.len());
                let Some(place) = place else { return Ok(None) };
                let place = place.into_iter().enumerate();
                values.extend(place.map(|(at, value)| (after(at), value)));
                &listing.next
            }
        };
        let rows =
            self.read_things(statement, &values, (&query.caller, query.limit), unlisted(&listing));
        Ok(Some(rows.await?.iter().map(|row| thing_row(&listing, row)).collect()))
    }

    /// One row of a thing by its id, if the caller sees it.
    pub async fn thing_row(
        &self,
        thing: &ThingName,
        id: &str,
        caller: &Caller,
    ) -> Result<Option<ThingRow>, EngineError> {
        let Some(listing) = self.listing(thing).await? else { return Ok(None) };
        let before = listing.order.len() - listing.key;
        let dialect = self.database.dialect();
        let Some(key) = key_values(id, &listing.order[before..], dialect) else { return Ok(None) };
        let values = key.into_iter().enumerate();
        let values = values.map(|(at, value)| (after(before + at), value)).collect();
        match self.read_things(&listing.one, &values, (caller, 1), unlisted(&listing)).await {
            Ok(rows) => Ok(rows.first().map(|row| thing_row(&listing, row))),
            Err(EngineError::Database(DatabaseError::BadValue(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn listing(&self, thing: &ThingName) -> Result<Option<Listing>, EngineError> {
        let schema = self.schema().await?;
        let (graph, _) = graph::resolve(&self.policy, &schema);
        listing(&self.policy, &schema, &graph, thing).map_err(|error| match error {
            CompileError::UnknownThing(thing) => self.unknown_thing(thing),
            CompileError::Findings(findings) => EngineError::Policy(findings),
        })
    }

    pub(crate) async fn read_things(
        &self,
        statement: &Statement,
        values: &BTreeMap<String, Scalar>,
        (caller, limit): (&Caller, u32),
        unlisted: Option<Unlisted<'_>>,
    ) -> Result<Vec<Row>, EngineError> {
        let mut tx = self.database.begin(Mode::Look { budget: Some(LOOK_TIME) }).await?;
        let rows = match read_named(statement, values, caller, limit, tx.as_mut()).await {
            Ok(rows) => without_hidden(unlisted, rows, tx.as_mut()).await,
            refused => refused,
        };
        drop(tx.rollback().await);
        if let Err(DatabaseError::Statement { .. }) = &rows {
            // The shape of the table may have changed; who asks again gets a new statement.
            self.forget().await;
        }
        Ok(rows?)
    }
}

/// What the ledger hides of the rows that are read.
pub(crate) struct Unlisted<'a> {
    /// Of which things.
    pub in_ledger: &'a InLedger,
    /// Where the key stands in a row.
    pub key: Range<usize>,
}

fn unlisted(listing: &Listing) -> Option<Unlisted<'_>> {
    let key = listing.order.len() - listing.key..listing.order.len();
    listing.in_ledger.as_ref().map(|in_ledger| Unlisted { in_ledger, key })
}

/// Rows without those that the ledger hides: no column of theirs tells it. A page of them may be
/// shorter for it.
pub(crate) async fn without_hidden(
    unlisted: Option<Unlisted<'_>>,
    rows: Vec<Row>,
    tx: &mut dyn Tx,
) -> Result<Vec<Row>, DatabaseError> {
    let Some(Unlisted { in_ledger: InLedger { system, things }, key }) = unlisted else {
        return Ok(rows);
    };
    let key_of = |row: &Row| canonical_key(&row[key.clone()]);
    let keys: Vec<String> = rows.iter().map(key_of).collect();
    let hidden = tx.hidden_among(AskedRoots { system, things, keys: &keys, tenant: None }).await?;
    Ok(rows.into_iter().filter(|row| !hidden.contains(&key_of(row))).collect())
}

/// No page is waited for any longer.
const LOOK_TIME: std::time::Duration = std::time::Duration::from_secs(5);

/// What contains this text, letter by letter.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

fn thing_row(listing: &Listing, row: &[Scalar]) -> ThingRow {
    let text = |value: &Scalar| (!value.is_null()).then(|| value.to_string());
    let (order, said) = row.split_at(listing.order.len());
    let key = &order[listing.order.len() - listing.key..];
    let shown = listing.show.iter().zip(said.iter().skip(2));
    ThingRow {
        id: key_text(key),
        label: said.first().and_then(text),
        tenant: said.get(1).and_then(text),
        show: shown.map(|(column, value)| (column.name.to_string(), text(value))).collect(),
        place: canonical_key(order),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_meant_letter_by_letter() {
        assert_eq!(pattern("a_b%c!"), "%a!_b!%c!!%");
    }
}
