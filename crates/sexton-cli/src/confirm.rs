//! Asks before something is deleted, as its policy wants it: by the typed id, or by a yes.
//!
//! No answer is never a yes: the end of the input, an empty line or anything else declines, and
//! where nobody can be asked nothing is deleted.

use sexton_core::preview::Preview;

use crate::arguments::Delete;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::shell::CommandLine;
use crate::text;

/// Returns only if the deletion of this preview is confirmed.
pub fn confirm(
    preview: &Preview,
    delete: &Delete,
    line: &CommandLine,
    screen: &mut Screen,
) -> Result<(), Failure> {
    if let Some(given) = &delete.confirm {
        let wanted = words_of(preview);
        if *given == wanted {
            return Ok(());
        }
        let what = if preview.roots.all().len() == 1 { "the id is" } else { "it is about" };
        return Err(Failure::Mismatch { given: given.clone(), what, wanted });
    }
    if !Screen::can_ask() {
        return Err(Failure::CannotAsk { command: confirmed(preview, delete, line) });
    }
    let answer = screen.ask(&question(preview));
    if is_yes(preview, answer.as_deref()) {
        return Ok(());
    }
    Err(Failure::Declined { root: root_of(preview) })
}

/// The root in a sentence, or how many there are.
pub fn root_of(preview: &Preview) -> String {
    match preview.roots.all() {
        [one] => format!("{} `{}`", preview.thing, text::clean(&one.id)),
        several => text::number_of(&preview.thing, several.len()),
    }
}

/// What confirms: the id, or of several their number and what they are. Nobody types a hundred
/// ids once more; who types how many there are has read how many there are.
fn words_of(preview: &Preview) -> String {
    match preview.roots.all() {
        [one] => one.id.clone(),
        several => text::number_of(&preview.thing, several.len()),
    }
}

fn wants_the_id(preview: &Preview) -> bool {
    preview.confirm == "type-id"
}

fn question(preview: &Preview) -> String {
    if wants_the_id(preview) {
        return text::bold(&match preview.roots.all() {
            [_] => "Type the id to delete it: ".into(),
            _ => format!("Type `{}` to delete them: ", words_of(preview)),
        });
    }
    text::bold(&format!("Delete {}? [y/N] ", text::row_count(preview.rows())))
}

fn is_yes(preview: &Preview, answer: Option<&str>) -> bool {
    let Some(answer) = answer.map(str::trim) else { return false };
    if wants_the_id(preview) {
        return answer == words_of(preview).trim();
    }
    matches!(answer.to_lowercase().as_str(), "y" | "yes")
}

/// The same command with its confirmation.
fn confirmed(preview: &Preview, delete: &Delete, line: &CommandLine) -> String {
    let target = &delete.target;
    let mut words = vec!["delete"];
    let pairs: Vec<String> =
        target.find.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let chosen: Vec<String> =
        target.option.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let options = [
        ("--tenant", &target.tenant),
        ("--actor", &target.actor),
        ("--reason", &delete.reason),
        ("--digest", &delete.digest),
    ];
    for pair in &pairs {
        words.extend(["--find", pair]);
    }
    for pair in &chosen {
        words.extend(["--option", pair]);
    }
    for (name, value) in &options {
        if let Some(value) = value {
            words.extend([*name, value]);
        }
    }
    let confirmed = words_of(preview);
    words.extend(["--confirm", &confirmed]);
    let ids = target.ids.iter().map(String::as_str);
    let root = std::iter::once(target.thing.as_str()).chain(ids);
    if target.ids.iter().any(|id| id.starts_with('-')) {
        // Order: what begins with a dash is taken for an option unless `--` comes before it.
        words.push("--");
        words.extend(root);
        return line.before(&words);
    }
    words.splice(1..1, root);
    line.with(&words)
}

#[cfg(test)]
mod tests {
    use sexton_core::preview::{Precision, Preview, ShownRoot, ShownRoots};

    use super::*;

    fn preview(ids: &[&str], confirm: &'static str) -> Preview {
        let root = |id: &&str| ShownRoot {
            id: (*id).into(),
            label: None,
            tenant: None,
            show: Vec::new(),
            row_exists: true,
        };
        Preview {
            system: "s".into(),
            thing: "batch".into(),
            roots: ShownRoots::of(ids.iter().map(root).collect()),
            options: Vec::new(),
            removed: Vec::new(),
            changed: Vec::new(),
            derived: Vec::new(),
            kept: Vec::new(),
            objects: Vec::new(),
            work: Vec::new(),
            calls: Vec::new(),
            blockers: Vec::new(),
            warnings: Vec::new(),
            precision: Precision::Exact,
            digest: None,
            parts: None,
            confirm: confirm.into(),
            confirm_text: None,
        }
    }

    #[test]
    fn the_number_of_several_confirms_and_nothing_else() {
        let preview = preview(&["a", "b"], "type-id");
        assert!(is_yes(&preview, Some(" 2 batches\n")));
        for answer in ["", "a", "a b", "2", "2 batch", "3 batches", "y"] {
            assert!(!is_yes(&preview, Some(answer)), "{answer:?}");
        }
    }

    #[test]
    fn b14_only_the_exact_id_confirms_where_the_id_is_asked_for() {
        let preview = preview(&["Autumn-2026"], "type-id");
        for answer in ["Autumn-2026", "Autumn-2026\n", "  Autumn-2026 \r\n"] {
            assert!(is_yes(&preview, Some(answer)), "{answer:?}");
        }
        for answer in ["", "\n", "autumn-2026", "Autumn", "Autumn-20266", "y", "yes"] {
            assert!(!is_yes(&preview, Some(answer)), "{answer:?}");
        }
        assert!(!is_yes(&preview, None));
    }

    #[test]
    fn only_a_yes_confirms_where_a_click_would() {
        let preview = preview(&["7"], "click");
        for answer in ["y", "Y\n", "yes", "YES"] {
            assert!(is_yes(&preview, Some(answer)), "{answer:?}");
        }
        for answer in ["", "\n", "n", "no", "yep", "7", "ja"] {
            assert!(!is_yes(&preview, Some(answer)), "{answer:?}");
        }
        assert!(!is_yes(&preview, None));
    }
}
