//! Every statement of a plan, whatever step it belongs to.

use super::{Find, Plan};
use crate::sql::Statement;

impl Plan {
    /// All statements, in the order of the steps.
    pub fn statements(&self) -> Vec<&Statement> {
        let root = &self.root;
        let mut all: Vec<&Statement> = root.find.iter().chain(&root.started).collect();
        if let Some(row) = &root.row {
            all.extend([&row.statement, &row.subject]);
        }
        all.extend(self.tenants.iter().map(|tenants| &tenants.statement));
        for find in &self.steps.find {
            match find {
                Find::Table { statement, .. } => all.push(statement),
                Find::Component { seeds, rounds, lasts } => {
                    all.extend(seeds.iter().map(|(_, statement)| statement));
                    all.extend(rounds.iter().map(|round| &round.statement));
                    let lasts =
                        lasts.iter().flat_map(|last| last.finds.iter().chain([&last.judge]));
                    all.extend(lasts);
                }
            }
        }
        for judge in &self.steps.judge {
            all.extend(judge.lock.iter().chain([&judge.statement]));
            all.extend(judge.guarded.iter().map(|guarded| &guarded.statement));
        }
        for work in &self.steps.work {
            all.extend([&work.at_work, &work.count]);
            all.extend(work.stop.iter().chain(&work.stop_staying).chain(&work.ask));
        }
        all.extend(self.steps.record.iter().map(|recording| &recording.statement));
        all.extend(self.steps.change.iter().map(|change| &change.statement));
        for removal in &self.steps.remove {
            all.extend(&removal.together);
            for part in &removal.parts {
                all.extend([&part.statement, &part.count]);
                all.extend(part.population.iter().chain(&part.check));
            }
        }
        for derivation in &self.steps.derive {
            all.extend(derivation.release.iter().chain([&derivation.statement]));
            all.extend(&derivation.foretold.statement);
        }
        all.extend(&self.leaves);
        all.extend(self.kept.iter().filter_map(|kept| kept.count.as_ref()));
        all.extend(self.looks.iter().map(|look| &look.statement));
        all
    }
}
