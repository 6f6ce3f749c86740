//! Small marks that pages share: the sign, pills, ids, times, numbers.

use maud::{Markup, html};

/// The sign of the console, in the colour of the text around it.
pub fn sign() -> Markup {
    html! {
        svg.sign viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" {
            path d="M6 21V9a6 6 0 0 1 12 0v12" fill="none" stroke="currentColor" stroke-width="2" {}
            path d="M3 21h18M12 8v7M9.5 10.5h5" fill="none" stroke="currentColor" stroke-width="2" {}
        }
    }
}
