//! Holds: what they are on, for which case, who put them and who released them.

use sexton_engine::ports::{HeldOn, Hold};

use super::page::Page;
use super::paint::dim;
use super::words::{clean, counted, who};

/// Some holds, the latest first.
pub fn holds(holds: &[Hold]) -> String {
    if holds.is_empty() {
        return "Nothing is held.".to_owned();
    }
    let mut page = Page::default();
    for hold in holds {
        page.block(&one(hold));
    }
    page.text()
}

/// One hold that was just put or released; `meets` so many roots, where it is on a condition.
pub fn hold(hold: &Hold, meets: Option<u64>) -> String {
    let mut page = Page::default();
    page.block(&one(hold));
    if let Some(meets) = meets {
        let roots = counted(meets, "root meets", "roots meet");
        page.line(format!("  {roots} the condition now."));
    }
    page.text()
}

fn one(hold: &Hold) -> String {
    let mut page = Page::default();
    let on = match &hold.on {
        HeldOn::Root(root) => format!("{} {}", hold.thing, clean(root)),
        HeldOn::Condition(sql) => format!("every {} where {}", hold.thing, clean(sql)),
    };
    let how = if hold.is_active {
        ""
    } else if hold.released.is_some() {
        " (released)"
    } else {
        " (over)"
    };
    page.paragraph("", "      ", &format!("{:>4}  {on}{how}", hold.id));
    let case = hold.case.as_ref().map(|case| format!("case {}, ", clean(case)));
    let until = hold.until.map(|until| format!("until {until}, "));
    let aside = [case.unwrap_or_default(), until.unwrap_or_default()].concat();
    let put = who(&hold.placed_by, Some(&hold.reason));
    page.paragraph("      ", "      ", &format!("{aside}put {put}"));
    page.line(dim(&format!("      {}", hold.placed_at)));
    if let Some(released) = &hold.released {
        let by = released.by.as_deref().unwrap_or("somebody");
        let released = format!("released {} {}", released.at, who(by, released.because.as_deref()));
        page.paragraph("      ", "      ", &released);
    }
    page.text()
}
