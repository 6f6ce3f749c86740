//! A preview as text: what goes, changes, stays and refuses, the root's own table first.

use sexton_core::preview::{
    After, Blocker, BlockerKind, CallMoment, ChangedRows, Count, DerivedRows, HookCalls, KeptRows,
    Precision, Preview, RemovedRows, RowSample, ShownRoot,
};
use textwrap::core::display_width;

use super::WIDTH;
use super::objects::going;
use super::page::Page;
use super::paint::{bold, dim, red, yellow};
use super::reference::Reference;
use super::roots::title;
use super::rows::{Line, Sign, amount, table};
use super::words::{clean, counted, indented, listed, number, wrapped};
use super::work::in_flight;

/// So many of several roots are shown.
const ROOTS_SHOWN_MAX: usize = 10;

/// How a preview is shown.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Whether lines without rows are shown too.
    pub all: bool,
    /// Where it comes from: a policy's file as the person named it, or a server.
    pub place: &'a str,
}

/// A preview as text.
pub fn preview(preview: &Preview, view: View<'_>) -> String {
    let lines = lines(preview);
    let (shown, rest): (Vec<Line>, Vec<Line>) =
        lines.into_iter().partition(|line| view.all || is_worth_a_line(line));
    let mut page = Page::default();
    head(&mut page, preview, view);
    page.line("");
    page.block(&table(&shown));
    left_out(&mut page, &rest);
    going(&mut page, &preview.objects);
    for work in &preview.work {
        in_flight(&mut page, work);
    }
    for calls in &preview.calls {
        calling(&mut page, calls);
    }
    for blocker in &preview.blockers {
        refusal(&mut page, blocker);
    }
    for warning in &preview.warnings {
        marked(&mut page, &yellow("!"), &format!("warning: {}", clean(warning)));
    }
    page.line("");
    totals(&mut page, preview);
    binding(&mut page, preview);
    page.text()
}

/// Who will be called, how often and when.
fn calling(page: &mut Page, calls: &HookCalls) {
    let when = match calls.when {
        CallMoment::ToStop => "to stop work, before anything is deleted",
        CallMoment::Before => "before anything is deleted",
        CallMoment::AtOnce => "with the commit",
        CallMoment::After => "after the deletion",
    };
    let times = match calls.calls {
        Count::Exact(1) => "1 call".to_owned(),
        times => format!("{} calls", amount(times)),
    };
    let text = format!("hook {}: {times}, {when}", clean(&calls.hook));
    page.line(format!("  > {}", indented("    ", "    ", &text).trim_start()));
}

/// The root as a title calls it, or how many there are.
pub fn name_of(preview: &Preview) -> String {
    let names: Vec<String> = preview.roots.all().iter().map(|root| root.id.clone()).collect();
    title(&preview.thing, &names)
}

fn head(page: &mut Page, preview: &Preview, view: View<'_>) {
    let label = match preview.roots.all() {
        [one] => labelled(one),
        _ => String::new(),
    };
    let name = format!("{}{label}", name_of(preview));
    let place = clean(view.place);
    let used = display_width(&format!("Preview of {name}{place}"));
    let gap = if used + 3 <= WIDTH { " ".repeat(WIDTH - used) } else { "\n  ".into() };
    page.line(format!("Preview of {}{gap}{}", bold(&name), dim(&place)));
    for option in &preview.options {
        let help = option.help.as_deref().map(|help| format!(": {}", clean(help)));
        let said = if option.chosen == option.default { ", the default" } else { "" };
        let text = format!("option {} is {}{said}", clean(&option.name), option.chosen);
        page.paragraph("  ", "    ", &[text, help.unwrap_or_default()].concat());
    }
    roots(page, preview.roots.all(), view.all);
}

/// What is shown of one root, or a line for each of several.
fn roots(page: &mut Page, roots: &[ShownRoot], all: bool) {
    if let [one] = roots {
        let shown = about(one);
        if !shown.is_empty() {
            page.paragraph("  ", "  ", &shown.join(", "));
        }
        return;
    }
    let some = if all { roots.len() } else { ROOTS_SHOWN_MAX };
    for root in roots.iter().take(some) {
        let name = [clean(&root.id), labelled(root)].concat();
        let about = [vec![name], about(root)].concat();
        page.paragraph("  ", "    ", &about.join(", "));
    }
    if roots.len() > some {
        let more = number((roots.len() - some) as u64);
        page.line(dim(&format!("  and {more} more (--all)")));
    }
}

fn labelled(root: &ShownRoot) -> String {
    let label = root.label.as_ref().map(|label| format!(" \"{}\"", clean(label)));
    label.unwrap_or_default()
}

/// The tenant, and the columns that the policy shows.
fn about(root: &ShownRoot) -> Vec<String> {
    let tenant = root.tenant.iter().map(|tenant| format!("tenant {}", clean(tenant)));
    let columns = root.show.iter().map(|(column, value)| {
        format!("{column} {}", value.as_deref().map_or("NULL".into(), clean))
    });
    tenant.chain(columns).collect()
}

fn is_worth_a_line(line: &Line) -> bool {
    match line.rows {
        Count::Exact(rows) => rows > 0,
        Count::AtLeast(_) => true,
        // What stays as it is and could not be counted is no news.
        Count::Unknown => line.sign != Sign::Kept,
    }
}

/// Every line there is, what goes from the root down.
fn lines(preview: &Preview) -> Vec<Line> {
    // What is reached by fewer steps comes first, also where it goes before what reaches it.
    let mut gone: Vec<&RemovedRows> = preview.removed.iter().rev().collect();
    gone.sort_by_key(|rows| rows.why.len());
    let gone = gone.into_iter().map(removed);
    let changed = preview.changed.iter().map(changed);
    let derived = preview.derived.iter().map(derived);
    let kept = preview.kept.iter().map(kept);
    gone.chain(changed).chain(derived).chain(kept).collect()
}

fn removed(rows: &RemovedRows) -> Line {
    let line =
        rows.why.last().and_then(|line| Reference::of(line).map(|parts| (line, parts.table)));
    let remarks = match line {
        Some((line, table)) if table == rows.table => Reference::remarks(line, "via"),
        // A line that leads up: what is on its left has taken the row.
        Some((_, table)) => vec![format!("taken by {table}")],
        None => Vec::new(),
    };
    Line { sign: Sign::Gone, name: rows.table.clone(), rows: rows.rows, remarks, below: Vec::new() }
}

fn changed(rows: &ChangedRows) -> Line {
    let mut below: Vec<String> =
        rows.samples.iter().map(|sample| change(sample, &rows.becomes)).collect();
    if let Some(more) = more(rows.rows, rows.samples.len()) {
        below.push(format!("      {more}"));
    }
    Line {
        sign: Sign::Changed,
        name: rows.table.clone(),
        rows: rows.rows,
        remarks: Reference::remarks(&rows.line, "via"),
        below,
    }
}

/// What changes in one row: to its value where that is known, else to what the policy says.
fn change(sample: &RowSample, becomes: &[(String, String)]) -> String {
    let shown = |value: &Option<String>| value.as_deref().map_or("NULL".into(), clean);
    let columns = becomes.iter().zip(&sample.before).enumerate();
    let columns = columns.filter_map(|(at, ((column, after), before))| {
        let after = match sample.after.get(at) {
            Some(After::Value(after)) if after == before => return None,
            Some(After::Value(after)) => shown(after),
            Some(After::Untold) | None => clean(unquoted(after)),
        };
        Some(format!("{column} {} -> {after}", shown(before)))
    });
    let columns: Vec<String> = columns.collect();
    let columns = if columns.is_empty() { "as before".into() } else { columns.join(", ") };
    indented("      ", "        ", &format!("{}: {columns}", clean(&sample.key)))
}

/// A literal of SQL as a person would write it.
fn unquoted(value: &str) -> &str {
    let inner = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    inner.filter(|inner| !inner.is_empty() && !inner.contains('\'')).unwrap_or(value)
}

fn derived(rows: &DerivedRows) -> Line {
    let mut below: Vec<String> =
        rows.samples.iter().map(|sample| foretold(sample, &rows.columns)).collect();
    if let Some(more) = more(rows.rows, rows.samples.len()) {
        below.push(format!("      {more}"));
    }
    let mut told: Vec<&str> = Vec::new();
    for untold in &rows.untold {
        if told.contains(&untold.why.as_str()) {
            continue;
        }
        told.push(&untold.why);
        let same = rows.untold.iter().filter(|other| other.why == untold.why);
        let columns: Vec<&str> = same.map(|other| other.column.as_str()).collect();
        let text = format!("not foretold: {}, because {}", columns.join(", "), untold.why);
        below.push(indented("      ", "        ", &clean(&text)));
    }
    Line {
        sign: Sign::Derived,
        name: rows.table.clone(),
        rows: rows.rows,
        remarks: vec!["computed anew".into()],
        below: if rows.rows.is_zero() { Vec::new() } else { below },
    }
}

/// What changes in one row that is computed anew, as far as it is known before.
fn foretold(sample: &RowSample, columns: &[String]) -> String {
    let value = |value: &Option<String>| value.as_deref().map_or("NULL".into(), clean);
    let values = columns.iter().zip(&sample.before).zip(&sample.after);
    let changes = values.filter_map(|((column, before), after)| match after {
        After::Value(after) if after == before => None,
        After::Value(after) => Some(format!("{column} {} -> {}", value(before), value(after))),
        After::Untold => Some(format!("{column} {} -> ?", value(before))),
    });
    let changes: Vec<String> = changes.collect();
    let changes = if changes.is_empty() { "as before".into() } else { changes.join(", ") };
    indented("      ", "        ", &format!("{}: {changes}", clean(&sample.key)))
}

fn kept(rows: &KeptRows) -> Line {
    let table = Reference::of(&rows.line).map_or(rows.line.as_str(), |line| line.table);
    Line {
        sign: Sign::Kept,
        name: table.to_owned(),
        rows: rows.rows,
        remarks: Reference::remarks(&rows.line, "kept"),
        below: Vec::new(),
    }
}

fn more(rows: Count, shown: usize) -> Option<String> {
    let more = rows.least().saturating_sub(shown as u64);
    (more > 0).then(|| format!("and {} more", number(more)))
}

/// One line for what is not worth one each.
fn left_out(page: &mut Page, rest: &[Line]) {
    let count = |empty: bool, signs: &[Sign]| {
        let of_kind = |line: &&Line| line.rows.is_zero() == empty && signs.contains(&line.sign);
        rest.iter().filter(of_kind).count() as u64
    };
    let named = |kinds: &[(u64, &str, &str)]| -> Vec<String> {
        let some = kinds.iter().filter(|(count, ..)| *count > 0);
        some.map(|(count, one, many)| counted(*count, one, many)).collect()
    };
    let empty = named(&[
        (count(true, &[Sign::Gone]), "table", "tables"),
        (count(true, &[Sign::Changed, Sign::Derived]), "change", "changes"),
        (count(true, &[Sign::Kept]), "reference that is kept", "references that are kept"),
    ]);
    let uncounted = named(&[(count(false, &[Sign::Kept]), "reference", "references")]);
    let mut parts = Vec::new();
    if !empty.is_empty() {
        parts.push(format!("without rows here: {}", empty.join(", ")));
    }
    if !uncounted.is_empty() {
        parts.push(format!("kept, not counted: {}", uncounted.join(", ")));
    }
    if !parts.is_empty() {
        page.line(dim(&indented("    ", "    ", &format!("{} (--all)", parts.join("; ")))));
    }
}

fn refusal(page: &mut Page, blocker: &Blocker) {
    marked(page, &red("!"), &format!("refused: {}", clean(&blocker.message)));
    let by = match blocker.kind {
        BlockerKind::Wrong | BlockerKind::State => None,
        BlockerKind::Reference => Some(format!("by the line \"{}\"", blocker.name)),
        BlockerKind::Guard => Some(format!("by the guard `{}`", blocker.name)),
        BlockerKind::Object => Some(format!("by [objects.{}]", blocker.name)),
        BlockerKind::Hold => Some(format!("by hold {}", clean(&blocker.name))),
        BlockerKind::OverLimit => Some(format!("by `{}`", blocker.name)),
        BlockerKind::Undrained => Some(format!("by [{}]", blocker.name)),
    };
    let of_roots = (!blocker.roots.is_empty()).then(|| format!("for {}", listed(&blocker.roots)));
    let has_rows =
        matches!(blocker.kind, BlockerKind::Reference | BlockerKind::Guard | BlockerKind::Object);
    let rows = has_rows.then(|| format!("rows: {}", listed(&blocker.names)));
    let ways = blocker.ways_out.iter().map(|way| format!("way out: {}", clean(way)));
    for below in of_roots.into_iter().chain(by).chain(rows).chain(ways) {
        page.paragraph("      ", "        ", &below);
    }
}

fn marked(page: &mut Page, mark: &str, text: &str) {
    let text = indented("    ", "    ", text);
    page.line(format!("  {mark} {}", text.trim_start()));
}

fn totals(page: &mut Page, preview: &Preview) {
    let tables = preview.removed.iter().filter(|rows| !rows.rows.is_zero()).count() as u64;
    let effects = preview.changed.iter().map(|rows| rows.rows);
    let effects = effects.chain(preview.derived.iter().map(|rows| rows.rows));
    let effects = effects.fold(Count::Exact(0), Count::plus);
    let gone = rows(preview.rows());
    let gone = format!("{gone} would go from {}", counted(tables, "table", "tables"));
    let changed = format!("; {} would change", rows(effects));
    let changed = if effects.is_zero() { "" } else { &changed };
    page.line(format!("{}.", bold(&format!("{gone}{changed}"))));
    if let Some(said) = &preview.confirm_text {
        page.line(wrapped(said));
    }
    page.line("");
}

/// What a deletion can be bound to.
fn binding(page: &mut Page, preview: &Preview) {
    let Some(digest) = &preview.digest else {
        page.line(dim("No digest: not every key was found. Give more time with --budget."));
        return;
    };
    page.line(dim(match preview.precision {
        Precision::Exact => "Every number is exact. The digest binds a deletion to this:",
        Precision::Bounded => {
            "Some numbers are lower bounds. The digest binds a deletion to all but those:"
        }
    }));
    page.line(dim(digest));
}

/// A number of rows that may be unknown.
pub fn rows(count: Count) -> String {
    match count {
        Count::Exact(1) => "1 row".into(),
        Count::Unknown => "rows not counted".into(),
        count => format!("{} rows", amount(count)),
    }
}
