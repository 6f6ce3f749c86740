//! What the policy reference says of each key, so that an editor says the same.

/// The reference that people read.
const REFERENCE: &str = include_str!("../../../../../docs/policy.md");

/// What the reference says of a key in a section, with its example; nothing if it says nothing.
pub(super) fn says(section: &str, key: &str) -> Option<String> {
    let heading = format!("\n## {section}\n");
    let (_, from) = REFERENCE.split_once(&heading)?;
    let own = from.split("\n## ").next()?;
    let first = format!("| `{key}` |");
    let rows: Vec<&str> = own.lines().filter(|line| line.starts_with(&first)).collect();
    let meanings: Vec<String> = rows.iter().filter_map(|row| meaning(row)).collect();
    let examples: Vec<String> = rows.iter().filter_map(|row| example(row)).collect();
    if meanings.is_empty() {
        return None;
    }
    let examples = examples.iter().map(|example| format!("\n    {example}"));
    let examples: String = examples.collect();
    let gap = if examples.is_empty() { "" } else { "\n" };
    Some([meanings.join(" ").as_str(), gap, &examples].concat())
}

/// The last cell of a row.
fn meaning(row: &str) -> Option<String> {
    let cell = row.trim_end().strip_suffix('|')?.rsplit(" | ").next()?;
    Some(cell.trim().to_owned())
}

/// The cell between the first and the last, if it is code.
fn example(row: &str) -> Option<String> {
    let cells: Vec<&str> = row.trim_end().strip_suffix('|')?.split(" | ").collect();
    let middle = cells.get(1..cells.len() - 1)?.join(" | ");
    let code = middle.trim().strip_prefix('`')?.strip_suffix('`')?;
    Some(code.to_owned())
}
