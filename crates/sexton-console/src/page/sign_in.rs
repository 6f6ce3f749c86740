//! Where somebody signs in with an API key.

use maud::{Markup, html};

use crate::frame::{Frame, page};

/// Somebody who signs in.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// Where they go then.
    pub next: Option<String>,
    /// Why they were not let in.
    pub failure: Option<String>,
}

/// The page.
pub fn sign_in(frame: &Frame, asked: &SignIn) -> Markup {
    let content = html! {
        section.card.narrow {
            h1 { "Sign in" }
            p.muted { "With an API key. It is not kept: a cookie of this console stands for it, for twelve hours at most." }
            @if let Some(failure) = &asked.failure {
                p.notice.bad #failure role="alert" { (failure) }
            }
            form method="post" action=(frame.links.sign_in(None)) data-once {
                @if let Some(next) = &asked.next { input type="hidden" name="next" value=(next); }
                label for="key" { "API key" }
                input #key type="password" name="key" required autofocus autocomplete="current-password"
                    spellcheck="false" placeholder="sxt_…"
                    aria-describedby=[asked.failure.as_ref().map(|_| "failure")];
                div.actions { button.primary type="submit" { "Sign in" } }
            }
            p.muted.small { code { "sexton key create" } " makes a key." }
        }
    };
    page(frame, "Sign in", &content)
}
