//! A list of rows that can be acted on: the newest first, found by a word, one by one or several.

use maud::{Markup, html};

use super::confirm::{Verb, is_yes};
use crate::frame::{Frame, page};

/// A list.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// What it is called.
    pub title: String,
    /// The way to it: names and addresses.
    pub crumbs: Vec<(String, String)>,
    /// Its own address, without what was asked.
    pub href: String,
    /// The system.
    pub system: String,
    /// The thing that several of can be chosen, with the address where they are confirmed.
    pub several: Option<Several>,
    /// What rows are called, one and many.
    pub noun: String,
    /// Whether there is a page of one row by its id.
    pub opens: Option<String>,
    /// What was looked for.
    pub asked: Option<String>,
    /// Columns beside the id.
    pub columns: Vec<String>,
    /// Whether rows have a tenant to be shown.
    pub has_tenants: bool,
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Whether this is a later page.
    pub is_later: bool,
}

/// Several rows at once.
#[derive(Debug, Clone)]
pub struct Several {
    /// The thing.
    pub thing: String,
    /// What is done to them.
    pub verb: Verb,
}

/// A row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// How people call it.
    pub label: Option<String>,
    /// Its page.
    pub href: Option<String>,
    /// Its tenant.
    pub tenant: Option<String>,
    /// Its values, in the order of the columns.
    pub values: Vec<Option<String>>,
    /// What was hidden and can be restored.
    pub is_hidden: bool,
    /// Whether it may be one of several.
    pub may_choose: bool,
    /// What may be done to it now.
    pub actions: Vec<Act>,
}

/// What may be done to a row.
#[derive(Debug, Clone)]
pub struct Act {
    /// What the button says.
    pub title: String,
    /// Where it leads: to the page that confirms it, or where it is posted.
    pub href: String,
    /// Whether it destroys.
    pub destroys: bool,
    /// Posted at once, with these fields, where nothing has to be confirmed.
    pub posts: Option<Vec<(String, String)>>,
}

/// The page.
pub fn rows(frame: &Frame, list: &Rows) -> Markup {
    let content = html! {
        div.heading {
            div.title {
                @if !list.crumbs.is_empty() {
                    nav.crumbs aria-label="The way here" {
                        @for (name, href) in &list.crumbs { a href=(href) { (name) } span aria-hidden="true" { "›" } }
                    }
                }
                h1 { (list.title) }
            }
        }
        (tools(list))
        (table(frame, list, 0))
    };
    page(frame, &format!("{} · {}", list.title, list.system), &content)
}

/// A row that stays whatever is deleted, and whose page has lists.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// Some of its columns.
    pub show: Vec<(String, Option<String>)>,
}

/// What tables call the name of a row for people.
const NAMES: [&str; 4] = ["label", "title", "name", "slug"];

/// The page of such a row; `above` is the list that it is in, and its address.
pub fn beside(frame: &Frame, above: &(String, String), kept: &Kept, lists: &[Rows]) -> Markup {
    let shown = kept.show.iter().filter_map(|(column, value)| {
        Some((column.replace('_', " "), value.as_deref().filter(|value| !value.is_empty())?))
    });
    let named = kept.show.iter().find(|(column, _)| NAMES.contains(&column.as_str()));
    let name = named.and_then(|(_, value)| value.as_deref()).unwrap_or(&kept.id);
    let content = html! {
        nav.crumbs aria-label="The way here" {
            a href=(above.1) { (above.0.replace('_', " ")) } span aria-hidden="true" { "›" }
        }
        h1.wraps { (name) }
        section.card {
            dl.facts {
                div { dt { "id" } dd { (crate::mark::id(&kept.id)) } }
                @for (column, value) in shown {
                    div { dt { (column) } dd { @if is_moment(value) { (crate::mark::moment(value)) } @else { (value) } } }
                }
            }
        }
        @for (place, list) in lists.iter().enumerate() {
            h2 { (list.title) }
            (table(frame, list, place))
        }
    };
    page(frame, name, &content)
}

fn tools(list: &Rows) -> Markup {
    let is_asked = list.asked.is_some();
    html! {
        div.tools {
            form.grow method="get" action=(list.href) role="search" data-filter {
                div.field {
                    label for="q" { "Find by id or name" }
                    input #q type="search" name="q" value=[list.asked.as_deref()] autocomplete="off" spellcheck="false";
                }
                button type="submit" { "Find" }
                @if is_asked { a.button.quiet href=(list.href) { "Show all" } }
            }
            @if let Some(opens) = &list.opens {
                form.grow method="get" action=(opens) data-open-form {
                    div.field {
                        label for="paste" { "Open one by its whole id" }
                        input #paste type="text" name="id" list="recent" required placeholder="paste an id, or pick a recent one"
                            autocomplete="off" spellcheck="false";
                        datalist #recent {
                            @for row in &list.rows { option value=(row.id) { (row.label.as_deref().unwrap_or_default()) } }
                        }
                    }
                    button type="submit" { "Open" }
                }
            }
        }
    }
}

fn table(frame: &Frame, list: &Rows, part: usize) -> Markup {
    let several = list.several.as_ref().filter(|_| list.rows.iter().any(|row| row.may_choose));
    html! {
        section #(format!("rows-{part}")) data-part data-refresh aria-label=(list.title) {
            @if list.rows.is_empty() {
                p.empty {
                    @if list.asked.is_some() { "Nothing here is called so." } @else { "There is nothing here." }
                }
            } @else if let Some(several) = several {
                form method="get" action=(frame.links.of_system(&list.system, "/delete")) data-several {
                    input type="hidden" name="thing" value=(several.thing);
                    input type="hidden" name="verb" value=(several.verb.word());
                    input type="hidden" name="back" value=(list.href);
                    div.framed {
                        div.chosen-bar {
                            label.check { input type="checkbox" data-all hidden; span.muted data-chosen { "Choose several" } }
                            button.small.quiet-danger type="submit" data-act { (several.verb.title()) " chosen" }
                        }
                        (body(list, part, true))
                    }
                }
            } @else {
                div.framed { (body(list, part, false)) }
            }
            @if list.next.is_some() || list.is_later {
                div.pages {
                    @if list.is_later { a.button.small href=(list.href) { "Newest" } }
                    @if let Some(next) = &list.next { a.button.small href=(next) rel="next" { "Older" } }
                }
            }
        }
        @for (place, row) in list.rows.iter().enumerate() {
            @for (at, act) in row.actions.iter().enumerate() {
                @if let Some(fields) = &act.posts {
                    form #(form_id(part, place, at)) method="post" action=(act.href) hidden data-once data-acts {
                        @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    }
                }
            }
        }
    }
}

/// The name of the form that an action of the row at this place posts.
fn form_id(part: usize, place: usize, at: usize) -> String {
    format!("act-{part}-{place}-{at}")
}

fn body(list: &Rows, part: usize, chooses: bool) -> Markup {
    let has_labels = list.rows.iter().any(|row| row.label.is_some());
    let has_actions = list.rows.iter().any(|row| !row.actions.is_empty());
    html! {
        table.list {
            thead {
                tr {
                    @if chooses { th.pick { span.unseen { "Choose" } } }
                    th { (list.noun) }
                    @for column in &list.columns { th { (column.replace('_', " ")) } }
                    @if list.has_tenants { th { "tenant" } }
                    @if has_actions { th { span.unseen { "What may be done" } } }
                }
            }
            tbody {
                @for (place, row) in list.rows.iter().enumerate() {
                    tr {
                        @if chooses {
                            td.pick {
                                @if row.may_choose {
                                    input type="checkbox" name="id" value=(row.id) aria-label=(format!("Choose {}", row.id));
                                }
                            }
                        }
                        td { (named(row, has_labels)) }
                        @for (column, value) in list.columns.iter().zip(&row.values) { (cell(column, value.as_deref())) }
                        @if list.has_tenants { (cell("tenant", row.tenant.as_deref())) }
                        @if has_actions { td.act { (acts(part, place, row)) } }
                    }
                }
            }
        }
    }
}

fn named(row: &Row, has_labels: bool) -> Markup {
    let label = row.label.as_deref().filter(|label| has_labels && *label != row.id);
    html! {
        span.who-is {
            @match &row.href {
                Some(href) => { a.id href=(href) { (row.id) } }
                None => { span.id { (row.id) } }
            }
            @if let Some(label) = label { span.sub { (label) } }
        }
        @if row.is_hidden { " " span.pill.warn { "hidden" } }
    }
}

fn cell(column: &str, value: Option<&str>) -> Markup {
    let name = column.replace('_', " ");
    match value {
        None | Some("") => html! { td.empty-cell { } },
        Some(value) if is_moment(value) => {
            html! { td data-label=(name) { (crate::mark::moment(value)) } }
        }
        Some("0" | "false") if column.starts_with("is_") || column.ends_with("_intent") => {
            html! { td.empty-cell { } }
        }
        Some(value) if is_yes(column, value) => {
            html! { td data-label=(name) { span.pill.going { "yes" } } }
        }
        Some(value) if column == "status" => {
            html! { td data-label=(name) { span.pill { (value) } } }
        }
        Some(value) => html! { td.wraps data-label=(name) { (value) } },
    }
}

/// Whether a value is a moment, as databases write them.
pub fn is_moment(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() >= 19
        && bytes.iter().enumerate().take(19).all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => matches!(byte, b'T' | b' '),
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

fn acts(part: usize, place: usize, row: &Row) -> Markup {
    html! {
        @for (at, act) in row.actions.iter().enumerate() {
            @let class = if act.destroys { "button small quiet-danger" } else { "button small quiet" };
            @let said = format!("{} {}", act.title, row.id);
            @if act.posts.is_some() {
                button class=(class) type="submit" form=(form_id(part, place, at)) aria-label=(said) { (act.title) }
            } @else {
                a class=(class) href=(act.href) data-open aria-label=(said) { (act.title) }
            }
        }
    }
}
