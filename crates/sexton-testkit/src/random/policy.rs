//! The policy of a shape: every foreign key with the fate that its ON DELETE implies.

use sexton_core::schema::OnDelete;

use super::case::Thing;
use super::dice::Dice;
use super::shape::{ForeignKey, Shape, Table};

/// A name as a path of the policy takes it.
pub fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(plain) { name.to_owned() } else { super::script::quoted(name) }
}

/// Text as a string of TOML.
pub fn toml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A table and its columns as a path of the policy takes them.
pub fn path(table: &Table, columns: &[usize]) -> String {
    let names: Vec<String> = columns.iter().map(|at| quoted(&table.columns[*at].name)).collect();
    match names.as_slice() {
        [one] => format!("{}.{one}", quoted(&table.name)),
        many => format!("{}.({})", quoted(&table.name), many.join(", ")),
    }
}

/// The whole policy. Its lines, and the columns within a line, come in an order of their own.
pub(super) fn text(seed: u64, shape: &Shape, things: &[Thing], dice: &mut Dice) -> String {
    let mut lines = vec![format!("system = \"case-{seed}\"")];
    // References without an index are meant, and how large a table is estimated is not judged.
    lines.push("check.unindexed_rows_max = 1_000_000_000".to_owned());
    for thing in things {
        lines.push(format!("[things.{}]", thing.name));
        lines.push(format!("row = {}", toml(&path(&shape.tables[thing.table], &thing.key))));
        if thing.digest_rows {
            lines.push("digest = \"rows\"".to_owned());
        }
    }
    lines.push("[references]".to_owned());
    let references = shape.foreign_keys.iter().map(|key| reference(shape, key, dice)).collect();
    lines.extend(dice.shuffled(references));
    lines.join("\n") + "\n"
}

fn reference(shape: &Shape, key: &ForeignKey, dice: &mut Dice) -> String {
    let fate = match key.on_delete {
        OnDelete::Cascade => "delete",
        OnDelete::SetNull => "unlink",
        OnDelete::NoAction | OnDelete::Restrict => "block",
        OnDelete::SetDefault => "review",
    };
    format!("{} = \"{fate}\"", toml(&sentence(shape, key, dice)))
}

/// `child.column -> parent.key`, the key left out at times where it is the primary one.
fn sentence(shape: &Shape, key: &ForeignKey, dice: &mut Dice) -> String {
    let parent = &shape.tables[key.parent];
    let pairs = key.columns.iter().copied().zip(key.parent_columns.iter().copied()).collect();
    let (columns, parent_columns): (Vec<usize>, Vec<usize>) =
        dice.shuffled(pairs).into_iter().unzip();
    let right = if parent_columns == parent.key && dice.percent(50) {
        quoted(&parent.name)
    } else {
        path(parent, &parent_columns)
    };
    format!("{} -> {right}", path(&shape.tables[key.child], &columns))
}
