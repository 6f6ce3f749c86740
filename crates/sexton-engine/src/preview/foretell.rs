//! What changed and derived rows will become: read for the rows that are shown, and for no others.

use std::collections::HashMap;

use sexton_core::plan::{Foretelling, ForetoldColumn};
use sexton_core::preview::{After, Preview, RowSample, UntoldColumn};
use sexton_core::sql::{Scalar, SetId};

use super::{Looking, SAMPLES_MAX};
use crate::ports::{DatabaseError, Row};
use crate::walk::KeyRows;

impl Looking<'_> {
    /// Fills in the new values of the rows that are shown, or why derived ones are not told.
    pub(super) async fn foretell(&mut self, preview: &mut Preview, all_found: bool) {
        let plan = self.walk.plan;
        let mut failed = (!all_found || !self.in_time)
            .then(|| "not every row that goes was found in the time allowed".to_owned());
        for (derivation, shown) in plan.steps.derive.iter().zip(&mut preview.derived) {
            if shown.samples.is_empty() {
                continue;
            }
            let rows = match &failed {
                Some(why) => Err(why.clone()),
                None => {
                    let read = self.read_foretold(derivation.set, &derivation.foretold).await;
                    read.map_err(|error| told(&error))
                }
            };
            if let Err(why) = &rows {
                failed = Some(why.clone());
            }
            let untold = derivation.foretold.columns.iter().map(|column| match &rows {
                Err(why) => Some(why.clone()),
                Ok(_) => self.untold(column),
            });
            let untold: Vec<Option<String>> = untold.collect();
            let told = (&derivation.foretold, untold.as_slice());
            self.show(derivation.set, told, &mut shown.samples, &rows.unwrap_or_default());
            shown.untold = untold_columns(&shown.columns, untold);
        }
        for (change, shown) in plan.steps.change.iter().zip(&mut preview.changed) {
            let is_told = !shown.samples.is_empty() && change.foretold.statement.is_some();
            if failed.is_some() || !is_told {
                continue;
            }
            match self.read_foretold(change.set, &change.foretold).await {
                Ok(rows) => {
                    let columns = change.foretold.columns.iter();
                    let untold: Vec<_> = columns.map(|column| self.untold(column)).collect();
                    let told = (&change.foretold, untold.as_slice());
                    self.show(change.set, told, &mut shown.samples, &rows);
                }
                // What the policy says of it is shown all the same.
                Err(error) => failed = Some(told(&error)),
            }
        }
    }

    async fn read_foretold(
        &mut self,
        set: SetId,
        foretold: &Foretelling,
    ) -> Result<Vec<Row>, DatabaseError> {
        let Some(statement) = &foretold.statement else { return Ok(Vec::new()) };
        let at = set.0;
        let mut samples = KeyRows::new(self.walk.plan.sets[at].identity);
        samples.add(self.walk.sets[at].all().iter().take(SAMPLES_MAX).cloned().collect());
        let all = self.walk.exchange(set, samples);
        let rows = self.walk.rows(statement, SAMPLES_MAX as u64).await;
        self.walk.exchange(set, all);
        rows
    }

    /// Why the value that was read is not what the deletion will write.
    fn untold(&self, column: &ForetoldColumn) -> Option<String> {
        let disturbed = column.unless.iter().find(|(set, _)| !self.walk.sets[set.0].is_empty());
        column.untold.clone().or_else(|| disturbed.map(|(_, why)| why.clone()))
    }

    fn show(
        &self,
        set: SetId,
        (foretold, untold): (&Foretelling, &[Option<String>]),
        samples: &mut [RowSample],
        rows: &[Row],
    ) {
        let identity = self.walk.plan.sets[set.0].identity;
        let values: HashMap<&[Scalar], &[Scalar]> =
            rows.iter().map(|row| row.split_at(identity)).collect();
        for (row, sample) in self.walk.sets[set.0].all().iter().zip(samples) {
            let values = values.get(&row[..identity]);
            let columns = foretold.columns.iter().zip(untold);
            let after = columns.map(|(column, untold)| {
                let value = values.zip(column.value).map(|(values, at)| &values[at]);
                match value.filter(|_| untold.is_none()) {
                    Some(value) => After::Value((!value.is_null()).then(|| value.to_string())),
                    None => After::Untold,
                }
            });
            sample.after = after.collect();
        }
    }
}

fn untold_columns(columns: &[String], untold: Vec<Option<String>>) -> Vec<UntoldColumn> {
    let columns = columns.iter().zip(untold);
    columns
        .filter_map(|(column, why)| Some(UntoldColumn { column: column.clone(), why: why? }))
        .collect()
}

fn told(error: &DatabaseError) -> String {
    match error {
        DatabaseError::Timeout { .. } => "it could not be read in the time allowed".into(),
        error => format!("it could not be read: {error}"),
    }
}
