//! API keys of the server: making one, whose secret is shown once, and revoking it.

use maud::{Markup, html};

use crate::figure::moment;
use crate::frame::{Frame, page};

/// What is shown.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Keys, the newest first.
    pub keys: Vec<Key>,
    /// The secret of a key that was just made, and its name.
    pub made: Option<(String, String)>,
}

/// A key.
#[derive(Debug, Clone, Default)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it grants, as words.
    pub grants: Vec<String>,
    /// When it was made.
    pub created_at: String,
    /// Who made it.
    pub created_by: String,
    /// When it was last used.
    pub used_at: Option<String>,
    /// When it ends by itself.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
}

/// The page.
pub fn keys(frame: &Frame, shown: &Keys) -> Markup {
    let own = frame.links.keys();
    let content = html! {
        h1 { "API keys" }
        @if let Some((name, secret)) = &shown.made {
            div.notice.good #made role="status" {
                strong { "The key of " (name) ": copy it now, it is not shown again." }
                p { code #secret { (secret) } }
            }
        }
        (make(&own, frame))
        @if shown.keys.is_empty() { p.empty { "There are no keys. Until there is one, this machine is answered without." } }
        @else {
            div.framed {
                table.list {
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" { "Grants" } th scope="col" { "Made" }
                        th scope="col" { "Used" } th scope="col" { "Ends" } th scope="col" { span.unseen { "Revoke" } }
                    } }
                    tbody { @for key in &shown.keys { (row(&own, key)) } }
                }
            }
        }
    };
    page(frame, "API keys", &content)
}

fn make(own: &str, frame: &Frame) -> Markup {
    html! {
        details.card {
            summary { "Make a key" }
            form method="post" action=(own) data-once {
                div.pair {
                    div.field { label for="name" { "Name" } input #name type="text" name="name" required autocomplete="off"; }
                    div.field { label for="roles" { "Roles" }
                        input #roles type="text" name="roles" value="viewer" aria-describedby="roles-help";
                        span.muted.small #roles-help { "viewer, operator, admin, or names of the policies" } }
                }
                div.pair {
                    div.field { label for="tenant" { "Tenant " span.muted { "(empty: all)" } } input #tenant type="text" name="tenant"; }
                    div.field { label for="days" { "Ends after days " span.muted { "(empty: never)" } }
                        input #days type="number" name="days" min="1" max="3650"; }
                }
                fieldset {
                    legend { "Systems " span.muted { "(none chosen: all)" } }
                    @for system in &frame.systems {
                        label.check { input type="checkbox" name="system" value=(system); span { (system) } }
                    }
                }
                div.actions { button.primary type="submit" { "Make the key" } }
            }
        }
    }
}

fn row(own: &str, key: &Key) -> Markup {
    html! {
        tr data-key=(key.id) {
            td { span.who-is { span { (key.name) } span.sub.id { (key.prefix) "…" } } }
            td data-label="Grants" { (key.grants.join(", ")) }
            td data-label="Made" { (moment(&key.created_at)) span.sub { "by " (key.created_by) } }
            td data-label="Used" { @match &key.used_at { Some(at) => (moment(at)), None => "never" } }
            td data-label="Ends" {
                @match (&key.revoked_at, &key.expires_at) {
                    (Some(at), _) => { span.pill { "revoked" } span.sub { (moment(at)) } },
                    (None, Some(at)) => (moment(at)),
                    (None, None) => "never",
                }
            }
            td.act {
                @if key.revoked_at.is_none() {
                    form method="post" action=([own, "/revoke"].concat()) data-once {
                        input type="hidden" name="key" value=(key.id);
                        button.quiet-danger.small type="submit" aria-label=(format!("Revoke {}", key.name)) { "Revoke" }
                    }
                }
            }
        }
    }
}
