//! Reads `[references]`: each line's arrows with their fate, sisters written out.

use super::arrow::{self, Arrow};
use super::codes;
use super::fate::Rule;
use super::table::{Entry, Reader};
use crate::finding::Finding;
use crate::policy::{Part, Reference, Sql};
use crate::schema::Dialect;

impl<'t> Reader<'t> {
    /// All references of the section, in the file's order.
    pub fn references(&mut self, section: &Entry<'t>) -> Vec<Reference> {
        let Some(table) = self.table(section) else {
            return Vec::new();
        };
        let mut references: Vec<Reference> = Vec::new();
        for line in &table.entries {
            let sisters = self.sisters(line);
            // A broken arrow must not hide what is wrong with its fate.
            let Some(rule) = self.rule(line) else {
                continue;
            };
            for arrow in sisters {
                let reference = reference(arrow, &rule);
                if let Some(first) = references.iter().find(|first| is_same(first, &reference)) {
                    self.refuse_duplicate(first, &reference);
                } else {
                    references.push(reference);
                }
            }
        }
        references
    }

    fn sisters(&mut self, line: &Entry<'t>) -> Vec<Arrow> {
        let (arrows, mut findings) = arrow::read(&self.placed(line.name, line.name_span));
        self.findings.append(&mut findings);
        arrows
    }

    fn refuse_duplicate(&mut self, first: &Reference, second: &Reference) {
        let (text, line) = (&second.text, self.line(first.span.start));
        let message = format!("`{text}` is written twice: here and in line {line}");
        self.refuse(
            Finding::error(codes::DUPLICATE_REFERENCE, Some(second.span), message)
                .help("keep one of them, or tell them apart by `where`"),
        );
    }
}

fn reference(arrow: Arrow, rule: &Rule) -> Reference {
    let Arrow { child, columns, parent, parent_key, text, span } = arrow;
    let Rule { fate, switched_by, filter, cast, say, orphans } = rule.clone();
    Reference {
        child,
        columns,
        parent,
        parent_key,
        fate,
        switched_by,
        filter,
        cast,
        say,
        orphans,
        text,
        span,
    }
}

/// Whether both speak of the same rows.
pub(super) fn is_same(a: &Reference, b: &Reference) -> bool {
    a.child == b.child
        && a.columns == b.columns
        && a.parent == b.parent
        && a.parent_key == b.parent_key
        && parts(a.filter.as_ref()) == parts(b.filter.as_ref())
}

type Parts<'a> = Option<&'a [Part]>;

/// A filter without its places.
fn parts(filter: Option<&Sql>) -> (Parts<'_>, Parts<'_>) {
    let of = |dialect| Some(filter?.of(dialect)?.parts.as_slice());
    (of(Dialect::Postgres), of(Dialect::Sqlite))
}
