use std::collections::BTreeSet;

use sexton_core::names::{Actor, TenantId};

use super::*;

fn of(roles: &[&str]) -> Identity {
    Identity {
        actor: Actor::new("ann"),
        bearer: "key_1".to_owned(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        organisations: Vec::new(),
        tenant: None,
        systems: None,
    }
}

fn in_a_tenant(roles: &[&str]) -> Identity {
    Identity { tenant: Some(TenantId::new("t")), ..of(roles) }
}

fn of_shop_only(roles: &[&str]) -> Identity {
    Identity { systems: Some(BTreeSet::from(["shop".to_owned()])), ..of(roles) }
}

/// One row for each kind of bearer: what they may, of a thing without roles, of a thing that asks
/// for `archivist`, and of the system `shop`; `.` is forbidden, `-` is missing.
#[test]
fn the_table_of_roles() {
    let kinds: [(&str, Identity); 15] = [
        ("no role", of(&[])),
        ("archivist", of(&["archivist"])),
        ("viewer", of(&["viewer"])),
        ("viewer, archivist", of(&["viewer", "archivist"])),
        ("operator", of(&["operator"])),
        ("operator, archivist", of(&["operator", "archivist"])),
        ("viewer, operator", of(&["viewer", "operator"])),
        ("admin", of(&["admin"])),
        ("viewer, admin", of(&["viewer", "admin"])),
        ("tenant t: no role", in_a_tenant(&[])),
        ("tenant t: operator", in_a_tenant(&["operator"])),
        ("tenant t: admin", in_a_tenant(&["admin"])),
        ("tenant t: archivist", in_a_tenant(&["archivist"])),
        ("shop only: admin", of_shop_only(&["admin"])),
        ("shop only: operator", of_shop_only(&["operator"])),
    ];
    let archivist = ["archivist".to_owned()];
    let subjects = [
        ("any thing", Subject::Thing { system: "shop", roles: &[], across: false }),
        ("archivist's", Subject::Thing { system: "shop", roles: &archivist, across: false }),
        ("across", Subject::Thing { system: "shop", roles: &[], across: true }),
        ("a.'s across", Subject::Thing { system: "shop", roles: &archivist, across: true }),
        ("shop", Subject::System("shop")),
        ("blog", Subject::System("blog")),
        ("server", Subject::Server),
    ];
    let mut table = Vec::new();
    for (kind, identity) in &kinds {
        for (of, subject) in subjects {
            let row: Vec<&str> = Action::ALL
                .iter()
                .map(|&action| match may(identity, action, subject) {
                    Verdict::May => action.as_str(),
                    Verdict::Forbidden => ".",
                    Verdict::Missing => "-",
                })
                .collect();
            table.push(format!("{kind:20} {of:12} {}", row.join(" ")));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn who_only_views_changes_nothing_whatever_else_they_hold() {
    let roles = ["archivist".to_owned()];
    let subject = Subject::Thing { system: "shop", roles: &roles, across: false };
    for action in Action::ALL {
        let verdict = may(&of(&["viewer", "archivist"]), action, subject);
        assert_eq!(verdict == Verdict::May, action.only_looks(), "{action:?}");
    }
}

#[test]
fn who_sees_one_tenant_gets_nothing_that_is_of_all() {
    for role in ["viewer", "operator", "admin"] {
        for action in [Action::Audit, Action::Sweep, Action::Hold, Action::Pause, Action::Keys] {
            let verdict = may(&in_a_tenant(&[role]), action, Subject::System("shop"));
            assert_eq!(verdict, Verdict::Forbidden, "{role} {action:?}");
        }
    }
}

#[test]
fn a_system_that_is_not_theirs_never_was() {
    for role in ["", "viewer", "operator", "admin"] {
        for action in Action::ALL {
            let thing =
                Subject::Thing { system: "blog", roles: &["admin".to_owned()], across: false };
            for subject in [Subject::System("blog"), thing] {
                assert_eq!(may(&of_shop_only(&[role]), action, subject), Verdict::Missing);
            }
        }
    }
}

/// The engine asks again, before it looks for a root; the two must agree.
#[test]
fn the_admin_is_the_same_as_the_engines() {
    for roles in [&[][..], &["admin"], &["operator"], &["Admin"]] {
        let asks = ["archivist".to_owned()];
        let subject = Subject::Thing { system: "shop", roles: &asks, across: false };
        let verdict = may(&of(roles), Action::Delete, subject);
        assert_eq!(verdict == Verdict::May, of(roles).caller().admin, "{roles:?}");
    }
}
