//! The digest of what a walk found.

use sexton_core::names::SystemName;
use sexton_core::plan::SetRole;
use sexton_core::policy::Options;
use sexton_core::preview::{DigestPart, DigestParts, PartKind};

use super::Walk;

impl Walk<'_> {
    /// The parts that are known once all sets are filled; leaves are added as they are counted.
    pub fn digest_parts(&self, system: &SystemName, options: &Options) -> DigestParts {
        // Also options that switch nothing here: what was confirmed is what was chosen.
        let options = options.iter().map(|(name, chosen)| format!("\n{name}={chosen}"));
        let head = format!(
            "{}\n{system}\n{}\n{}{}",
            self.plan.fingerprint,
            self.plan.thing,
            self.roots.canonical(self.plan),
            options.collect::<String>()
        );
        let parts = self
            .plan
            .sets
            .iter()
            // Who is at work is no part of what goes: it changes by itself.
            .filter(|set| !matches!(set.role, SetRole::Candidates | SetRole::Linked))
            .map(|set| {
                let kind = match set.role {
                    SetRole::Going => PartKind::Interior,
                    _ => PartKind::Effect,
                };
                // Two effects may touch one table: the set's number tells them apart.
                let name = match set.role {
                    SetRole::Going => set.table.to_string(),
                    SetRole::Changed => format!("{} (change {})", set.table, set.id.0),
                    _ => format!("{} (derive {})", set.table, set.id.0),
                };
                DigestPart::of_rows(name, kind, set.identity, self.sets[set.id.0].all())
            })
            .collect();
        DigestParts { head, parts }
    }
}
