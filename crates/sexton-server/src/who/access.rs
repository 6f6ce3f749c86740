//! What somebody known may do: one function over roles, tenant and systems.
//!
//! Three roles are built in. `viewer` looks and changes nothing, whatever else it is given;
//! `operator` does what a system as a whole needs; `admin` does everything, and owns everything.
//! Any other name is granted by a key and asked for by a thing's `roles`; who has none of them may
//! do with things that ask for no role whatever their tenant and their owner let them.
//!
//! Invariants: a system that is not theirs is answered as if it never was; what is of a whole
//! system, which has rows of every tenant, is nobody's who sees one tenant only.
//! Not here: whose a root is, which the engine judges where it finds the root.

use super::Identity;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// List things.
    List,
    /// Look at one thing, or at a deletion of it.
    Inspect,
    /// Preview a deletion.
    Preview,
    /// Delete, hide, restore or withdraw.
    Delete,
    /// Ask work to stop.
    Cancel,
    /// Carry out what a deletion promised, now, or give it up.
    Retry,
    /// Read or verify the records of a system.
    Audit,
    /// Compare stores with rows, and remove orphans.
    Sweep,
    /// See how the holds and the background work of a system stand.
    Watch,
    /// Run rules that delete by age, or look what they would delete.
    Retain,
    /// Hold things, or release them.
    Hold,
    /// Stop background work, or go on with it.
    Pause,
    /// Make, list or revoke API keys.
    Keys,
}

impl Action {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::List,
        Self::Inspect,
        Self::Preview,
        Self::Delete,
        Self::Cancel,
        Self::Retry,
        Self::Audit,
        Self::Sweep,
        Self::Watch,
        Self::Retain,
        Self::Hold,
        Self::Pause,
        Self::Keys,
    ];

    /// Its word in logs and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Inspect => "inspect",
            Self::Preview => "preview",
            Self::Delete => "delete",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Audit => "audit",
            Self::Sweep => "sweep",
            Self::Watch => "watch",
            Self::Retain => "retain",
            Self::Hold => "hold",
            Self::Pause => "pause",
            Self::Keys => "keys",
        }
    }

    /// Whether nothing is changed by it.
    fn only_looks(self) -> bool {
        matches!(self, Self::List | Self::Inspect | Self::Preview | Self::Audit | Self::Watch)
    }

    /// The built-in role that it needs, where it is of a system and not of a thing.
    fn needs(self) -> Option<Need> {
        match self {
            Self::List
            | Self::Inspect
            | Self::Preview
            | Self::Delete
            | Self::Cancel
            | Self::Retry => None,
            Self::Audit | Self::Watch => Some(Need::AnyBuiltIn),
            Self::Sweep | Self::Retain | Self::Pause => Some(Need::Operator),
            Self::Hold | Self::Keys => Some(Need::Admin),
        }
    }
}

/// Which of the built-in roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    AnyBuiltIn,
    Operator,
    Admin,
}

/// Of what it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The server itself.
    Server,
    /// A system as a whole.
    System(&'a str),
    /// A thing of a system, and the roles that its policy asks for.
    Thing {
        /// The system.
        system: &'a str,
        /// One of these, if there are any.
        roles: &'a [String],
        /// Whether it reaches across tenants.
        across: bool,
    },
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They may.
    May,
    /// They may not, and know it.
    Forbidden,
    /// For them there is no such thing.
    Missing,
}

/// Whether somebody may do something.
pub fn may(identity: &Identity, action: Action, subject: Subject<'_>) -> Verdict {
    match subject {
        Subject::System(system) | Subject::Thing { system, .. } if !identity.may_see(system) => {
            Verdict::Missing
        }
        Subject::Thing { roles, across, .. } if !holds_one(identity, roles, across) => {
            Verdict::Forbidden
        }
        _ if !is_allowed(identity, action, subject) => Verdict::Forbidden,
        _ => Verdict::May,
    }
}

/// Whether somebody may look, and change nothing.
pub fn only_looks(identity: &Identity) -> bool {
    has(identity, "viewer") && !has(identity, "operator") && !has(identity, "admin")
}

/// Whether somebody has one of the built-in roles.
pub fn has_built_in(identity: &Identity) -> bool {
    ["viewer", "operator", "admin"].iter().any(|role| has(identity, role))
}

fn is_allowed(identity: &Identity, action: Action, subject: Subject<'_>) -> bool {
    let [viewer, operator, admin] = ["viewer", "operator", "admin"].map(|role| has(identity, role));
    if only_looks(identity) && !action.only_looks() {
        return false;
    }
    let Some(need) = action.needs() else { return true };
    if identity.tenant.is_some() {
        return false;
    }
    // Keys, like the server itself, are of all systems.
    let of_all = action == Action::Keys || matches!(subject, Subject::Server);
    if of_all && identity.systems.is_some() {
        return false;
    }
    match need {
        Need::AnyBuiltIn => viewer || operator || admin,
        Need::Operator => operator || admin,
        Need::Admin => admin,
    }
}

/// The same as the engine asks before it looks for a root.
fn holds_one(identity: &Identity, roles: &[String], across: bool) -> bool {
    // An administrator of one tenant is none of the others.
    let of_others = across && identity.tenant.is_some();
    let is_granted = roles.iter().any(|role| has(identity, role));
    is_granted || (!of_others && (roles.is_empty() || has(identity, "admin")))
}

fn has(identity: &Identity, role: &str) -> bool {
    identity.roles.iter().any(|held| held == role)
}

#[cfg(test)]
#[path = "access/tests.rs"]
mod tests;
