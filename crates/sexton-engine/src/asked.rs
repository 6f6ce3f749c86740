//! From what a caller names to the roots: ids are read, roles judged, named values looked up.
//!
//! Order: an id that can be none is told before anything else, since it tells of no row; then
//! whoever may not delete such things is turned away before anything is looked for.

use sexton_core::fence::key_text;
use sexton_core::plan::Plan;
use sexton_core::schema::Dialect;

use crate::outcome::EngineError;
use crate::ports::Mode;
use crate::request::{ROOTS_MAX, Root, RootKey};
use crate::system::System;
use crate::walk::{Rooted, Roots, Subject, Walk, key_of, named};

impl System {
    /// The values of the roots, from their ids or by the thing's `find`.
    pub(crate) async fn roots(&self, plan: &Plan, root: &Root) -> Result<Roots, EngineError> {
        let ids = match &root.key {
            RootKey::Id(id) => vec![id.clone()],
            RootKey::Ids(ids) => ids.clone(),
            RootKey::Named(_) => {
                self.permit(root)?;
                vec![self.look_up(plan, root).await?]
            }
        };
        let bad = |id: &str, detail: String| EngineError::BadId {
            thing: root.thing.clone(),
            ids: vec![id.to_owned()],
            detail,
        };
        if ids.is_empty() {
            return Err(bad("", "no id is given".into()));
        }
        let columns: Vec<&str> = plan.root.key.iter().map(|c| c.name.as_str()).collect();
        let mut keys = Vec::with_capacity(ids.len());
        for id in &ids {
            if id.trim().is_empty() {
                return Err(bad(id, "it is empty".into()));
            }
            keys.push(key_of(id, plan).ok_or_else(|| {
                let columns = columns.join(", ");
                bad(id, format!("its key has the values {columns}, joined by commas"))
            })?);
        }
        let roots = Roots::of(keys, root.caller.clone());
        if roots.len() > ROOTS_MAX {
            return Err(EngineError::TooManyRoots { count: roots.len() });
        }
        if roots.len() > 1 && plan.speaks_of_one() {
            return Err(EngineError::OneAtATime { thing: root.thing.clone() });
        }
        self.permit(root)?;
        if plan.root.of_tenant && root.caller.tenant.is_none() {
            return Err(EngineError::NoTenant { thing: root.thing.clone() });
        }
        Ok(roots)
    }

    /// Whether the caller has a role that may delete such things. Where a thing reaches across
    /// tenants, whoever is of one needs a role that is granted for it: an administrator of one
    /// tenant is none of the others.
    pub fn permit(&self, root: &Root) -> Result<(), EngineError> {
        let (caller, thing) = (&root.caller, self.thing(&root.thing));
        let roles = thing.map(|thing| thing.roles.as_slice()).unwrap_or_default();
        let across = thing.is_some_and(|thing| thing.across_tenants) && caller.tenant.is_some();
        if roles.iter().any(|role| caller.roles.contains(&role.value))
            || (!across && (caller.admin || roles.is_empty()))
        {
            return Ok(());
        }
        let roles = roles.iter().map(|role| role.value.clone()).collect();
        Err(EngineError::NoRole { thing: root.thing.clone(), roles })
    }

    async fn look_up(&self, plan: &Plan, root: &Root) -> Result<String, EngineError> {
        let missing = || missing(root, Vec::new());
        let bad = |detail: &str| EngineError::BadId {
            thing: root.thing.clone(),
            ids: named(root),
            detail: detail.into(),
        };
        let Some(find) = &plan.root.find else {
            return Err(bad("its thing has no `find`: give its id"));
        };
        let RootKey::Named(values) = &root.key else { return Err(missing()) };
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let rows = Walk::look_up(find, values, root, tx.as_mut()).await?;
        tx.rollback().await?;
        match rows.as_slice() {
            [] => Err(missing()),
            [row] => Ok(key_text(row)),
            _ => Err(bad("more than one row is found by these values")),
        }
    }
}

/// What was read of the roots, if all of them are there for this caller.
pub(crate) fn all_of(root: &Root, plan: &Plan, found: Rooted) -> Result<Vec<Subject>, EngineError> {
    match found {
        Rooted::All(subjects) => Ok(subjects),
        Rooted::Missing(ids) => Err(misfit(root, plan, &ids).unwrap_or_else(|| missing(root, ids))),
        Rooted::NotOwned(ids) => {
            Err(EngineError::NotOwner { thing: root.thing.clone(), ids: as_asked(root, ids) })
        }
    }
}

/// SQLite compares any text with any column, where PostgreSQL says that it can be no value of it.
///
/// Order: only what is not there is judged so, because a column of SQLite may hold what its type
/// does not say.
fn misfit(root: &Root, plan: &Plan, missing: &[String]) -> Option<EngineError> {
    if plan.dialect != Dialect::Sqlite {
        return None;
    }
    let misfit = |id: &String| {
        let key = key_of(id, plan)?;
        key.iter().zip(&plan.root.key).find_map(|(value, column)| {
            let kind = value.misfit(column)?;
            Some(format!("`{}` is not {kind}", column.name))
        })
    };
    let misfits = missing.iter().filter_map(|id| Some((id.clone(), misfit(id)?)));
    let (ids, details): (Vec<String>, Vec<String>) = misfits.unzip();
    let detail = details.into_iter().next()?;
    Some(EngineError::BadId { thing: root.thing.clone(), ids, detail })
}

fn missing(root: &Root, ids: Vec<String>) -> EngineError {
    EngineError::NotFound { thing: root.thing.clone(), ids: as_asked(root, ids) }
}

/// One is called as the caller named it, whatever was found by that name.
fn as_asked(root: &Root, ids: Vec<String>) -> Vec<String> {
    let asked = named(root);
    if asked.len() == 1 { asked } else { ids }
}
