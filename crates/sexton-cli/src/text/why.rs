//! Why a table is touched: the references from the root down to it, each as a sentence.

use sexton_core::finding::Span;
use sexton_core::plan::{Plan, Reason};
use sexton_core::policy::{self, Fate, Policy, Take, TakeRule};
use sexton_core::preview::Preview;

use super::page::Page;
use super::paint::{bold, dim};
use super::preview::{name_of, rows};
use super::reference::Reference;
use super::words::clean;
use crate::policy_file::PolicyFile;

/// The answer to `--why TABLE`, or nothing if the deletion does not know the table.
pub fn why(
    table: &str,
    preview: &Preview,
    plan: &Plan,
    policy: &Policy,
    file: &PolicyFile,
) -> Option<String> {
    let sentences = Sentences { policy, file, preview };
    let root = name_of(preview);
    let reason = plan.reasons.iter().find(|reason| reason.table.to_string() == table);
    let mut page = Page::default();
    if let Some(reason) = reason {
        let what = fate_of(table, preview);
        page.line(bold(&format!("{what} {table} with {root}, because:")));
        page.block(&sentences.chain(reason, &root, plan));
    }
    let kept: Vec<_> = preview.kept.iter().filter(|kept| of_table(&kept.line, table)).collect();
    for kept in &kept {
        let sentence = format!("Rows of {table} keep referring to what goes ({})", rows(kept.rows));
        page.block(&sentences.told(&sentence, &kept.line));
    }
    (reason.is_some() || !kept.is_empty()).then(|| page.text())
}

/// Every table that `--why` can tell about.
pub fn known(preview: &Preview, plan: &Plan) -> Vec<String> {
    let kept = preview.kept.iter().filter_map(|kept| Reference::of(&kept.line));
    let kept = kept.map(|line| line.table.to_owned());
    plan.reasons.iter().map(|reason| reason.table.to_string()).chain(kept).collect()
}

fn of_table(line: &str, table: &str) -> bool {
    Reference::of(line).is_some_and(|line| line.table == table)
}

fn fate_of(table: &str, preview: &Preview) -> String {
    if let Some(removed) = preview.removed.iter().find(|removed| removed.table == table) {
        return format!("{} would go from", rows(removed.rows));
    }
    let changed = preview.changed.iter().filter(|changed| changed.table == table);
    let derived = preview.derived.iter().filter(|derived| derived.table == table);
    let counts = changed.map(|c| c.rows).chain(derived.map(|d| d.rows));
    let count =
        counts.fold(sexton_core::preview::Count::Exact(0), sexton_core::preview::Count::plus);
    format!("{} would change in", rows(count))
}

struct Sentences<'a> {
    policy: &'a Policy,
    file: &'a PolicyFile,
    preview: &'a Preview,
}

impl Sentences<'_> {
    fn chain(&self, reason: &Reason, root: &str, plan: &Plan) -> String {
        let own = match (&plan.root.row, reason.chain.first()) {
            (Some(row), _) => plan.sets[row.set.0].table.to_string(),
            (None, Some(line)) => {
                line.rsplit_once(" -> ").map_or_else(String::new, |(_, p)| p.to_owned())
            }
            (None, None) => reason.table.to_string(),
        };
        let mut page = Page::default();
        page.line(format!("  {own} holds the {root}."));
        let mut at = own;
        for line in &reason.chain {
            if let Some(take) = self.take(line, &at) {
                page.block(&self.told_at(&taken(take), line, take.reference.span));
                at = take.reference.parent.to_string();
            } else {
                page.block(&self.told(&self.sentence(line), line));
                at = Reference::of(line).map_or(at, |line| line.table.to_owned());
            }
        }
        page.text()
    }

    /// The line of `[takes]` that leads up from this table, if this line is one.
    fn take(&self, line: &str, from: &str) -> Option<&Take> {
        let leads_up = |take: &&Take| {
            let Take { reference, .. } = take;
            reference.child.to_string() == from && reference.parent != reference.child
        };
        self.policy.takes.iter().filter(leads_up).find(|take| take.reference.text == line)
    }

    fn told(&self, sentence: &str, line: &str) -> String {
        let reference = self.policy.references.iter().find(|reference| reference.text == line);
        match reference {
            Some(reference) => self.told_at(sentence, line, reference.span),
            None => placed(sentence, line, ""),
        }
    }

    fn told_at(&self, sentence: &str, line: &str, span: Span) -> String {
        let name = self.file.source(span).name;
        placed(sentence, line, &format!("{}:{} ", clean(name), self.file.place(span).0))
    }

    /// The fate of a line, with the options as chosen.
    fn fate<'r>(&self, reference: &'r policy::Reference) -> &'r Fate {
        let is_chosen =
            |name: &str| self.preview.options.iter().any(|o| o.chosen && o.name == name);
        let mut switches = reference.switched_by.iter();
        let chosen = switches.find(|(option, _)| is_chosen(option.value.as_str()));
        chosen.map_or(&reference.fate, |(_, fate)| fate)
    }

    /// What a line of the policy says, of the rows on its left.
    fn sentence(&self, line: &str) -> String {
        let reference = self.policy.references.iter().find(|reference| reference.text == line);
        let (Some(reference), Some(Reference { table, columns, parent })) =
            (reference, Reference::of(line))
        else {
            return line.to_owned();
        };
        let verb = match self.fate(reference) {
            Fate::Derive => {
                return format!(
                    "A row of {table} is computed anew when it loses a row of {parent}"
                );
            }
            Fate::Delete => "goes",
            Fate::Unlink => "stops referring",
            Fate::Set(_) | Fate::Anonymize(_) => "is changed",
            Fate::Keep => "stays as it is",
            Fate::Block => "refuses",
            Fate::Review => "is undecided",
        };
        let condition =
            if reference.filter.is_some() { " that meets the line's condition" } else { "" };
        format!(
            "A row of {table}{condition} {verb} when its {columns} names a row of {parent} that goes"
        )
    }
}

fn placed(sentence: &str, line: &str, place: &str) -> String {
    let mut page = Page::default();
    page.paragraph("  ", "  ", &format!("{sentence}."));
    page.line(dim(&format!("    {place}\"{line}\"")));
    page.text()
}

/// What a line of `[takes]` says, of the rows on its right.
fn taken(take: &Take) -> String {
    let Take { reference, rule } = take;
    let (table, parent) = (&reference.child, &reference.parent);
    let columns = Reference::of(&reference.text).map_or("", |line| line.columns);
    let last = match rule {
        TakeRule::Always => "",
        TakeRule::WhenLast => ", and no row that stays refers to it",
    };
    format!(
        "A row of {parent} goes when the {columns} of a row of {table} that goes names it{last}"
    )
}
