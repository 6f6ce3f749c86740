//! What stands around every page: the head, the navigation, who is there, and what was just done.

use maud::{DOCTYPE, Markup, html};

use crate::assets::{ICON, SCRIPT, STYLE};
use crate::links::Links;
use crate::mark;

/// What stands around a page.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The addresses.
    pub links: Links,
    /// Who is there; nobody before they have signed in.
    pub visitor: Option<Visitor>,
    /// The systems that they see, in order.
    pub systems: Vec<String>,
    /// Where in the navigation the page is.
    pub here: Here,
    /// What was just done.
    pub notice: Option<Notice>,
    /// Whether they may make and revoke API keys.
    pub has_keys: bool,
    /// What everybody should know while it lasts, such as a pause, a sentence each.
    pub banners: Vec<String>,
}

/// Who is there.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Their name.
    pub name: String,
    /// Their roles.
    pub roles: Vec<String>,
    /// The one tenant that they see.
    pub tenant: Option<String>,
    /// Whether they came with a key, so that they can sign out.
    pub signed_in: bool,
}

/// Where in the navigation a page is.
#[derive(Debug, Clone, Default)]
pub struct Here {
    /// The system.
    pub system: Option<String>,
    /// The section of it.
    pub section: Option<Section>,
    /// The sections that the visitor may look at, in order.
    pub offered: Vec<Section>,
    /// The lists of the system, for the navigation below the section of things.
    pub lists: Vec<Listed>,
}

/// A list in the navigation.
#[derive(Debug, Clone)]
pub struct Listed {
    /// What it is called.
    pub name: String,
    /// Its address.
    pub href: String,
    /// Whether the page is of it.
    pub is_here: bool,
}

/// A section of a system's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// How the system stands.
    Overview,
    /// The things of the system.
    Things,
    /// Deletions.
    History,
    /// The records of the chain.
    Audit,
    /// Rules that delete by age.
    Retention,
    /// Stores compared with rows.
    Sweeps,
    /// What is kept from being deleted.
    Holds,
    /// Background work that is stopped.
    Pauses,
    /// What the policy says, and whether it fits.
    Policy,
}

impl Section {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Overview,
        Self::Things,
        Self::History,
        Self::Audit,
        Self::Retention,
        Self::Sweeps,
        Self::Holds,
        Self::Pauses,
        Self::Policy,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Things => "Things",
            Self::History => "History",
            Self::Audit => "Audit",
            Self::Retention => "Retention",
            Self::Sweeps => "Sweeps",
            Self::Holds => "Holds",
            Self::Pauses => "Pause",
            Self::Policy => "Policy",
        }
    }

    /// Its path below that of the system.
    pub fn path(self) -> &'static str {
        match self {
            Self::Overview => "/overview",
            Self::Things => "",
            Self::History => "/history",
            Self::Audit => "/audit",
            Self::Retention => "/retention",
            Self::Sweeps => "/sweeps",
            Self::Holds => "/holds",
            Self::Pauses => "/pauses",
            Self::Policy => "/policy",
        }
    }
}

/// What was just done, said once.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What is said.
    pub text: String,
    /// Whether it went well.
    pub is_good: bool,
}

/// A page with this title and content.
pub fn page(frame: &Frame, title: &str, content: &Markup) -> Markup {
    let links = &frame.links;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Sexton" }
                link rel="stylesheet" href=(links.asset(&STYLE.name));
                link rel="icon" type="image/svg+xml" href=(links.asset(&ICON.name));
                script defer src=(links.asset(&SCRIPT.name)) {}
            }
            body {
                a.skip href="#main" { "Skip to content" }
                (header(frame))
                @for banner in &frame.banners {
                    p.banner role="note" { (banner) }
                }
                div.shell.alone[frame.here.system.is_none()] {
                    @if let Some(system) = &frame.here.system { (sections(frame, system)) }
                    main #main tabindex="-1" {
                        @if let Some(notice) = &frame.notice { (said(notice)) }
                        (content)
                    }
                }
                div #toasts role="status" aria-live="polite" {}
                dialog #dialog aria-labelledby="dialog-title" {}
            }
        }
    }
}

fn header(frame: &Frame) -> Markup {
    let links = &frame.links;
    let here = frame.here.system.as_deref();
    html! {
        header.top {
            a.brand href=(links.home()) { (mark::sign()) span { "Sexton" } }
            @if !frame.systems.is_empty() {
                nav.systems aria-label="Systems" {
                    @for system in &frame.systems {
                        a href=(links.system(system))
                            aria-current=[(here == Some(system)).then_some("true")] { (system) }
                    }
                }
            }
            @if let Some(visitor) = &frame.visitor { (who(links, visitor, frame.has_keys)) }
        }
    }
}

fn who(links: &Links, visitor: &Visitor, has_keys: bool) -> Markup {
    let tenant = visitor.tenant.iter().map(|tenant| format!("tenant {tenant}"));
    let said: Vec<String> = visitor.roles.iter().cloned().chain(tenant).collect();
    html! {
        div.who {
            @if has_keys { a href=(links.keys()) { "Keys" } }
            span.name { (visitor.name) }
            @if !said.is_empty() { span.muted { (said.join(", ")) } }
            @if visitor.signed_in {
                form method="post" action=(links.sign_out()) {
                    button.plain type="submit" { "Sign out" }
                }
            }
        }
    }
}

fn sections(frame: &Frame, system: &str) -> Markup {
    let here = &frame.here;
    let current = |is_here: bool| is_here.then_some("page");
    html! {
        nav.side aria-label=(format!("Sections of {system}")) {
            ul {
                @for &section in &here.offered {
                    @let is_here = here.section == Some(section);
                    @let is_list = here.lists.iter().any(|list| list.is_here);
                    li {
                        a href=(frame.links.of_system(system, section.path()))
                            aria-current=[current(is_here && !(section == Section::Things && is_list))]
                            { (section.title()) }
                        @if section == Section::Things && !here.lists.is_empty() {
                            ul {
                                @for list in &here.lists {
                                    li { a href=(list.href) aria-current=[current(list.is_here)] { (list.name) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn said(notice: &Notice) -> Markup {
    html! {
        p.notice.good[notice.is_good].bad[!notice.is_good]
            role=(if notice.is_good { "status" } else { "alert" }) data-notice { (notice.text) }
    }
}
