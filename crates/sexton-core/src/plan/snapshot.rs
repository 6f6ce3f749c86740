//! The readable form of a plan: what reviewers and snapshot tests see.

use std::fmt;

use super::{
    Claim, Find, JudgedBy, NamedObjects, Plan, Recording, Removal, RootPlan, SetRole, Told, Way,
    Working,
};
use crate::names::StoreName;
use crate::policy::{Call, ManifestPlace};
use crate::sql::{Bind, Statement};
use crate::template::ValuePath;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.way {
            Way::AtOnce => writeln!(f, "plan for {}", self.thing)?,
            Way::Hide => writeln!(f, "plan to hide {}", self.thing)?,
            Way::Chunk => writeln!(f, "plan of a chunk of {}", self.thing)?,
        }
        for set in &self.sets {
            let role = match set.role {
                SetRole::Going => "go",
                SetRole::Changed => "change",
                SetRole::Derived => "are derived",
                SetRole::Candidates => "may be taken",
                SetRole::Linked => "may be worked on",
            };
            let columns: Vec<&str> = set.columns.iter().map(|c| c.name.as_str()).collect();
            writeln!(
                f,
                "  set {}: rows of {} that {role} ({})",
                set.id.0,
                set.table,
                columns.join(", ")
            )?;
        }
        for remembered in &self.remembered {
            let columns: Vec<String> = remembered.columns.iter().map(usize::to_string).collect();
            let (set, columns) = (remembered.set.0, columns.join(","));
            writeln!(f, "  set {set} columns {columns} are remembered as {}", remembered.memory)?;
        }
        match &self.claim {
            Some(claim) => show_claim(f, claim)?,
            None => show_root(f, &self.root)?,
        }
        writeln!(f, "find")?;
        for find in &self.steps.find {
            show_find(f, find)?;
        }
        writeln!(f, "judge")?;
        for judgement in &self.steps.judge {
            match &judgement.by {
                JudgedBy::Reference { text, .. } => writeln!(f, "  by {text}")?,
                JudgedBy::Guard(name) => writeln!(f, "  by guard {name}")?,
            }
            let guarded = judgement.guarded.iter().map(|guarded| &guarded.statement);
            let statements = judgement.lock.iter().chain([&judgement.statement]).chain(guarded);
            for statement in statements {
                show(f, statement)?;
            }
        }
        self.tenants.iter().try_for_each(|tenants| show(f, &tenants.statement))?;
        show_work(f, &self.steps.work)?;
        show_recordings(f, &self.steps.record)?;
        show_named(f, &self.steps.name)?;
        writeln!(f, "change")?;
        for derivation in &self.steps.derive {
            derivation.release.iter().try_for_each(|statement| show(f, statement))?;
        }
        for change in &self.steps.change {
            show(f, &change.statement)?;
        }
        writeln!(f, "remove")?;
        self.steps.remove.iter().try_for_each(|removal| show_removal(f, removal))?;
        writeln!(f, "derive")?;
        for derivation in &self.steps.derive {
            show(f, &derivation.statement)?;
        }
        writeln!(f, "look again")?;
        self.looks.iter().try_for_each(|looks| show(f, &looks.statement))
    }
}

fn show_claim(f: &mut fmt::Formatter<'_>, claim: &Claim) -> fmt::Result {
    writeln!(f, "claim set {}", claim.set.0)?;
    let holders = claim.holders.iter().map(|holders| &holders.statement);
    let referents = claim.referents.iter().flat_map(|of| [&of.statement, &of.held]);
    let all = holders.chain([&claim.statement]).chain(referents);
    all.chain(&claim.at_work).chain(&claim.left).try_for_each(|statement| show(f, statement))
}

/// Plans that tell nobody say nothing of it.
fn show_recordings(f: &mut fmt::Formatter<'_>, recordings: &[Recording]) -> fmt::Result {
    if recordings.is_empty() {
        return Ok(());
    }
    writeln!(f, "record")?;
    recordings.iter().try_for_each(|recording| show_recording(f, recording))
}

fn show_recording(f: &mut fmt::Formatter<'_>, recording: &Recording) -> fmt::Result {
    recording.statement.iter().try_for_each(|statement| show(f, statement))?;
    let said = recording.form.fill(&|path| format!("{{{}}}", path.written()).into());
    let hook = match &recording.told {
        Told::Hook(hook) => hook,
        Told::Event(event) => {
            return writeln!(f, "      tells {} on {:?}: {said}", event.name, event.on);
        }
    };
    let before = if hook.before { ", before the commit" } else { "" };
    writeln!(f, "      {} within {} s{before}", shown(&hook.call), hook.within_secs)?;
    if let Some((by, max)) = &hook.batch {
        let by = by.as_ref().map(ValuePath::written).unwrap_or_default();
        writeln!(f, "      {max} rows of one {{{by}}} a call")?;
    }
    if let Some(secret) = &hook.secret {
        writeln!(f, "      signed with {secret}")?;
    }
    writeln!(f, "      says {said}")
}

/// Plans without objects say nothing of them.
fn show_named(f: &mut fmt::Formatter<'_>, named: &[NamedObjects]) -> fmt::Result {
    if named.is_empty() {
        return Ok(());
    }
    writeln!(f, "name")?;
    named.iter().try_for_each(|named| show_names(f, named))
}

fn show_names(f: &mut fmt::Formatter<'_>, named: &NamedObjects) -> fmt::Result {
    show(f, &named.statement)?;
    let stores: Vec<&str> = named.stores.iter().map(StoreName::as_str).collect();
    for (by, text) in &named.templates {
        writeln!(f, "      {by:?} {} in {}", text.written(), stores.join(", "))?;
    }
    if named.all_versions {
        writeln!(f, "      with all versions")?;
    }
    if named.look_again_secs > 0 {
        writeln!(f, "      looks again after {} s", named.look_again_secs)?;
    }
    if let Some(manifest) = &named.manifest {
        writeln!(f, "      what the manifest {} names", manifest.key.written())?;
        for place in &manifest.removes {
            writeln!(f, "        removes {}", place.written())?;
        }
        for pool in &manifest.names {
            let places: Vec<String> = pool.places.iter().map(ManifestPlace::written).collect();
            let (name, scope, key) = (&pool.pool, pool.scope.written(), pool.key.written());
            writeln!(f, "        shares {key} within {scope} of {name} at {}", places.join(", "))?;
        }
        for (name, text) in &manifest.bind {
            writeln!(f, "        with {name} = {}", text.written())?;
        }
    }
    for column in &named.unless_named_by {
        writeln!(f, "      unless named by {}.{}", column.table, column.column)?;
    }
    Ok(())
}

fn shown(call: &Call) -> String {
    match call {
        Call::Address(address) => ["calls ", address].concat(),
        Call::Variable { name, is_optional } => {
            ["calls env:", name, if *is_optional { "?" } else { "" }].concat()
        }
        Call::Notify(channel) => ["notifies ", channel].concat(),
    }
}

fn show_root(f: &mut fmt::Formatter<'_>, root: &RootPlan) -> fmt::Result {
    writeln!(f, "root")?;
    if let Some(memory) = &root.memory {
        writeln!(f, "  the value is remembered as {memory}")?;
    }
    for thing in root.in_ledger.iter().flat_map(|in_ledger| &in_ledger.things) {
        writeln!(f, "  missing while the ledger hides it as {thing}")?;
    }
    let row = root.row.iter().flat_map(|row| [&row.statement, &row.held, &row.subject]);
    let mut statements = root.find.iter().chain(&root.started).chain(row);
    statements.try_for_each(|statement| show(f, statement))
}

fn show_find(f: &mut fmt::Formatter<'_>, find: &Find) -> fmt::Result {
    match find {
        Find::Table { statement, .. } => show(f, statement),
        Find::Component { seeds, rounds, lasts } => {
            for (_, statement) in seeds {
                show(f, statement)?;
            }
            for round in rounds {
                writeln!(
                    f,
                    "  from set {} to set {}, round after round:",
                    round.above.0, round.below.0
                )?;
                show(f, &round.statement)?;
            }
            for last in lasts {
                writeln!(f, "  to set {}, when no round adds any:", last.set.0)?;
                last.finds.iter().chain([&last.judge]).try_for_each(|find| show(f, find))?;
            }
            Ok(())
        }
    }
}

/// Plans without work say nothing of it.
fn show_work(f: &mut fmt::Formatter<'_>, work: &[Working]) -> fmt::Result {
    for (at, working) in work.iter().enumerate() {
        if at == 0 {
            writeln!(f, "work")?;
        }
        let who = if working.holds_up { "is waited for" } else { "holds up a purge only" };
        writeln!(f, "  of {} {who}, {} s", working.table, working.wait_secs)?;
        let changes = [&working.lock, &working.stop, &working.stop_staying, &working.ask];
        let changes = changes.into_iter().flatten();
        let statements = [&working.at_work, &working.count].into_iter().chain(changes);
        statements.into_iter().try_for_each(|statement| show(f, statement))?;
        working.hook.iter().try_for_each(|hook| show_recording(f, hook))?;
    }
    Ok(())
}

fn show_removal(f: &mut fmt::Formatter<'_>, removal: &Removal) -> fmt::Result {
    if let Some(together) = &removal.together {
        return show(f, together);
    }
    for part in &removal.parts {
        for statement in [&part.statement].into_iter().chain(&part.check) {
            show(f, statement)?;
        }
    }
    Ok(())
}

fn show(f: &mut fmt::Formatter<'_>, statement: &Statement) -> fmt::Result {
    writeln!(f, "  {}", statement.label)?;
    writeln!(f, "    {}{}", statement.sql, statement.lock)?;
    for (at, bind) in statement.binds.iter().enumerate() {
        writeln!(f, "      {}: {}", at + 1, told(bind))?;
    }
    Ok(())
}

fn told(bind: &Bind) -> String {
    match bind {
        Bind::Keys { from, part } => {
            let sets: Vec<String> = from
                .iter()
                .map(|keys| {
                    let columns: Vec<String> = keys.columns.iter().map(usize::to_string).collect();
                    let last = if keys.frontier { " of the last round" } else { "" };
                    format!("set {} columns {}{last}", keys.set.0, columns.join(","))
                })
                .collect();
            match part {
                Some(part) if from.iter().any(|keys| keys.columns.len() > 1) => {
                    format!("{}, part {part}", sets.join(" and "))
                }
                _ => sets.join(" and "),
            }
        }
        Bind::Roots { part: Some(part) } => format!("the roots' values {part}"),
        Bind::Roots { part: None } => "the roots' values".into(),
        Bind::Id => "the root's id".into(),
        Bind::Tenant => "the tenant, or NULL".into(),
        Bind::Actor => "the actor".into(),
        Bind::Owners => "the actor and their organisations".into(),
        Bind::Admin => "whether an admin asks".into(),
        Bind::Path(name) => format!("the value named {name}"),
        Bind::Literal(scalar) => format!("{scalar}"),
        Bind::Cap => "the cap".into(),
        Bind::Rows(set) => format!("stored rows of set {}", set.0),
    }
}
