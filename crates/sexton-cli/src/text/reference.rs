//! The parts of a line of `[references]`, for people who need not read its table twice.

/// `table.columns -> parent` in its three parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The referring table, with its schema if it is written.
    pub table: &'a str,
    /// The referring columns.
    pub columns: &'a str,
    /// What they refer to.
    pub parent: &'a str,
}

impl<'a> Reference<'a> {
    /// The parts of a line; `None` for a text that is none.
    pub fn of(line: &'a str) -> Option<Self> {
        let (left, parent) = line.split_once(" -> ")?;
        let dot = last_dot_of_names(left)?;
        Some(Self { table: &left[..dot], columns: &left[dot + 1..], parent })
    }

    /// Remarks about the table, the fullest first: `via run_id -> runs`, `via run_id`.
    pub fn remarks(line: &str, word: &str) -> Vec<String> {
        Reference::of(line).map_or_else(Vec::new, |Reference { columns, parent, .. }| {
            vec![format!("{word} {columns} -> {parent}"), format!("{word} {columns}")]
        })
    }
}

/// The last dot between names: not one inside quotes, nor behind `$` or `(`.
fn last_dot_of_names(left: &str) -> Option<usize> {
    let (mut quoted, mut last) = (false, None);
    for (at, letter) in left.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '.' if !quoted => last = Some(at),
            '$' | '(' if !quoted => break,
            _ => {}
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_apart_between_table_and_columns() {
        for (line, table, columns) in [
            ("runs.batch_id -> batches", "runs", "batch_id"),
            ("billing.runs.batch_id -> batches", "billing.runs", "batch_id"),
            ("t.(a,b) -> p.(x,y)", "t", "(a,b)"),
            ("jobs.config$.dataset_ids[*] -> datasets", "jobs", "config$.dataset_ids[*]"),
            ("\"a.b\".\"c.d\" -> p", "\"a.b\"", "\"c.d\""),
        ] {
            let found = Reference::of(line).unwrap();
            assert_eq!((found.table, found.columns), (table, columns), "{line}");
        }
        assert_eq!(Reference::of("runs"), None);
    }
}
