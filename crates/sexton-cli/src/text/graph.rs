//! The closure of a thing as a tree: signs, tables, by which columns, under which conditions.

use sexton_core::picture::{Branch, Mark, Picture};

use super::paint::{bold, dim, red, yellow};
use super::words::{clean, counted};
use super::{Page, WIDTH};

/// The tree, with what its signs mean.
pub fn graph(picture: &Picture) -> String {
    let mut page = Page::default();
    let tables = counted(picture.going as u64, "table", "tables");
    page.line(format!("{} rows go from {tables}", bold(&format!("{}:", picture.thing))));
    page.line("");
    for root in &picture.roots {
        branch(root, "", "", &mut page);
    }
    page.line("");
    for marks in Mark::ALL.chunks(3) {
        let meanings = marks
            .iter()
            .map(|mark| format!("{:26}", format!("{} {}", mark.sign(), mark.meaning())));
        page.line(dim(meanings.collect::<String>().trim_end()));
    }
    page.text()
}

/// One branch and all below it; `first` stands before its own line, `rest` before all others.
fn branch(branch: &Branch, first: &str, rest: &str, page: &mut Page) {
    let words = words(branch);
    let under = if branch.below.is_empty() && branch.left_out == 0 { "    " } else { "│   " };
    let lines = folded(&words, WIDTH.saturating_sub(rest.chars().count() + 4));
    for (at, line) in lines.iter().enumerate() {
        if at == 0 {
            page.line(format!("{first}{} {line}", painted(branch.mark)));
        } else {
            page.line(format!("{rest}{under}{line}"));
        }
    }
    let last = branch.below.len().checked_sub(1).filter(|_| branch.left_out == 0);
    for (at, below) in branch.below.iter().enumerate() {
        if Some(at) == last {
            self::branch(below, &format!("{rest}└─ "), &format!("{rest}   "), page);
        } else {
            self::branch(below, &format!("{rest}├─ "), &format!("{rest}│  "), page);
        }
    }
    if branch.left_out > 0 {
        let more = counted(branch.left_out as u64, "more line", "more lines");
        page.line(format!("{rest}└─ {}", dim(&format!("… {more}"))));
    }
}

fn painted(mark: Mark) -> String {
    match mark {
        Mark::Goes | Mark::Blocks => red(mark.sign()),
        Mark::Changes | Mark::Open => yellow(mark.sign()),
        Mark::Derived | Mark::Keeps => mark.sign().to_owned(),
    }
}

/// What is said of a branch, in words that may be folded between.
fn words(branch: &Branch) -> Vec<String> {
    let names: Vec<String> = branch.tables.iter().map(|table| clean(&table.to_string())).collect();
    let mut words = Vec::new();
    if let [only] = names.as_slice() {
        words.push(only.clone());
        if branch.elsewhere {
            words.extend(["(see".to_owned(), "there)".to_owned()]);
        }
    } else {
        words.extend([format!("{}", names.len()), "tables".to_owned()]);
    }
    let mut say = |text: &str| words.extend(clean(text).split_whitespace().map(str::to_owned));
    let colon = if branch.change.is_some() { ":" } else { "" };
    say(&format!("{}{colon}", branch.way()));
    if let Some(change) = &branch.change {
        say(change);
    }
    if let Some(condition) = &branch.condition {
        say(&format!("where {condition}"));
    }
    if let Some((last, all)) = names.split_last().filter(|(_, all)| !all.is_empty()) {
        if let Some(word) = words.last_mut() {
            word.push(':');
        }
        words.extend(all.iter().map(|name| format!("{name},")));
        words.push(last.clone());
    }
    words
}

/// Words in lines that are not wider, but for words that are.
fn folded(words: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}
