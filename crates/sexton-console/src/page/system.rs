//! The first page of a system: its lists, and the things that can be deleted in it.

use maud::{Markup, html};
use sexton_api::Thing;

use crate::frame::{Frame, page};

/// The page.
pub fn system(frame: &Frame, name: &str, things: &[Thing]) -> Markup {
    let content = html! {
        h1 { (name) }
        @if !frame.here.lists.is_empty() {
            section {
                h2 { "Lists" }
                div.cards { @for list in &frame.here.lists { a.card href=(list.href) { h2 { (list.name) } } } }
            }
        }
        @if things.is_empty() {
            p.empty { "The policy of this system declares no things." }
        } @else {
            section {
                h2 { "Things" }
                div.cards {
                    @for thing in things {
                        @match &thing.table {
                            Some(table) => {
                                a.card href=(frame.links.of_system(name, &format!("/things/{}", thing.name))) {
                                    h2 { (thing.name) }
                                    p.muted.small { "rows of " code { (table) } }
                                }
                            }
                            None => {
                                section.card {
                                    h2 { (thing.name) }
                                    form method="get" action=(frame.links.of_system(name, "/delete")) data-open-form {
                                        input type="hidden" name="thing" value=(thing.name);
                                        label for=(format!("id-{}", thing.name)) { "Its value" }
                                        input #(format!("id-{}", thing.name)) type="text" name="id" required autocomplete="off" spellcheck="false";
                                        div.actions { button.small type="submit" { "Look" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    page(frame, name, &content)
}
