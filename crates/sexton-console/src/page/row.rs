//! One row of a thing: what it is, and what may be done to it.

use maud::{Markup, html};
use sexton_api::ThingRow;

use super::rows::Act;
use crate::frame::{Frame, page};
use crate::mark::{id, moment};

/// A row.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// The system.
    pub system: String,
    /// The thing.
    pub thing: String,
    /// The row.
    pub row: ThingRow,
    /// The list that it is in.
    pub list: (String, String),
    /// What may be done to it.
    pub actions: Vec<Act>,
}

/// The page.
pub fn row(frame: &Frame, shown: &Inspected) -> Markup {
    let row = &shown.row;
    let name = row.label.as_ref().unwrap_or(&row.id);
    let content = html! {
        nav.crumbs aria-label="The way here" {
            a href=(shown.list.1) { (shown.list.0) } span aria-hidden="true" { "›" }
        }
        div.heading {
            div.title {
                p.muted { (shown.thing) }
                h1.wraps { (name) }
            }
            div.actions {
                @for act in &shown.actions { (acting(act)) }
            }
        }
        section.card {
            dl.facts {
                div { dt { "id" } dd { (id(&row.id)) } }
                @if let Some(tenant) = &row.tenant { div { dt { "tenant" } dd { (tenant) } } }
                @for (column, value) in &row.show {
                    @if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                        div {
                            dt { (column.replace('_', " ")) }
                            dd { @if super::rows::is_moment(value) { (moment(value)) } @else { (value) } }
                        }
                    }
                }
            }
        }
    };
    page(frame, &format!("{} {name}", shown.thing), &content)
}

fn acting(act: &Act) -> Markup {
    let class = if act.destroys { "button danger" } else { "button" };
    html! {
        @if let Some(fields) = &act.posts {
            form method="post" action=(act.href) data-once data-acts {
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                button type="submit" { (act.title) }
            }
        } @else {
            a class=(class) href=(act.href) data-open { (act.title) }
        }
    }
}
