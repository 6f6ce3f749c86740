//! What derived rows will become: read for the rows that are shown, and for no others.

use std::collections::HashMap;

use sexton_core::plan::{Derivation, ForetoldColumn};
use sexton_core::preview::{After, DerivedRows, Preview, UntoldColumn};
use sexton_core::sql::Scalar;

use super::{Looking, SAMPLES_MAX};
use crate::ports::{DatabaseError, Row};
use crate::walk::KeyRows;

impl Looking<'_> {
    /// Fills in the new values of the derived rows that are shown, or why they are not told.
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
                None => self.read_foretold(derivation).await.map_err(|error| told(&error)),
            };
            if let Err(why) = &rows {
                failed = Some(why.clone());
            }
            let untold = derivation.foretold.columns.iter().map(|column| match &rows {
                Err(why) => Some(why.clone()),
                Ok(_) => self.untold(column),
            });
            let untold: Vec<Option<String>> = untold.collect();
            self.show(derivation, shown, &rows.unwrap_or_default(), &untold);
        }
    }

    async fn read_foretold(&mut self, derivation: &Derivation) -> Result<Vec<Row>, DatabaseError> {
        let Some(statement) = &derivation.foretold.statement else { return Ok(Vec::new()) };
        let at = derivation.set.0;
        let mut samples = KeyRows::new(self.walk.plan.sets[at].identity);
        samples.add(self.walk.sets[at].all().iter().take(SAMPLES_MAX).cloned().collect());
        let all = self.walk.exchange(derivation.set, samples);
        let rows = self.walk.rows(statement, SAMPLES_MAX as u64).await;
        self.walk.exchange(derivation.set, all);
        rows
    }

    /// Why the value that was read is not what the deletion will write.
    fn untold(&self, column: &ForetoldColumn) -> Option<String> {
        let disturbed = column.unless.iter().find(|(set, _)| !self.walk.sets[set.0].is_empty());
        column.untold.clone().or_else(|| disturbed.map(|(_, why)| why.clone()))
    }

    fn show(
        &self,
        derivation: &Derivation,
        shown: &mut DerivedRows,
        rows: &[Row],
        untold: &[Option<String>],
    ) {
        let identity = self.walk.plan.sets[derivation.set.0].identity;
        let values: HashMap<&[Scalar], &[Scalar]> =
            rows.iter().map(|row| row.split_at(identity)).collect();
        let samples = self.walk.sets[derivation.set.0].all();
        for (row, sample) in samples.iter().zip(&mut shown.samples) {
            let values = values.get(&row[..identity]);
            let columns = derivation.foretold.columns.iter().zip(untold);
            let after = columns.map(|(column, untold)| {
                let value = values.zip(column.value).map(|(values, at)| &values[at]);
                match value.filter(|_| untold.is_none()) {
                    Some(value) => After::Value((!value.is_null()).then(|| value.to_string())),
                    None => After::Untold,
                }
            });
            sample.after = after.collect();
        }
        let columns = shown.columns.iter().zip(untold);
        shown.untold = columns
            .filter_map(|(column, why)| {
                Some(UntoldColumn { column: column.clone(), why: why.clone()? })
            })
            .collect();
    }
}

fn told(error: &DatabaseError) -> String {
    match error {
        DatabaseError::Timeout { .. } => "it could not be read in the time allowed".into(),
        error => format!("it could not be read: {error}"),
    }
}
