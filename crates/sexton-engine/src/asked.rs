//! From what a caller names to the roots: ids are read, named values are looked up.

use sexton_core::fence::key_text;
use sexton_core::plan::Plan;

use crate::outcome::EngineError;
use crate::ports::Mode;
use crate::request::{ROOTS_MAX, Root, RootKey};
use crate::system::System;
use crate::walk::{Roots, Walk, key_of, named};

impl System {
    /// The values of the roots, from their ids or by the thing's `find`.
    pub(crate) async fn roots(&self, plan: &Plan, root: &Root) -> Result<Roots, EngineError> {
        let ids = match &root.key {
            RootKey::Id(id) => vec![id.clone()],
            RootKey::Ids(ids) => ids.clone(),
            RootKey::Named(_) => vec![self.look_up(plan, root).await?],
        };
        let bad = |id: &str, detail: String| EngineError::BadId {
            thing: root.thing.clone(),
            id: id.to_owned(),
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
        let roots = Roots::of(keys, root.tenant.clone(), root.actor.clone());
        match roots.len() {
            count if count > ROOTS_MAX => Err(EngineError::TooManyRoots { count }),
            _ => Ok(roots),
        }
    }

    async fn look_up(&self, plan: &Plan, root: &Root) -> Result<String, EngineError> {
        let missing = || missing(root, Vec::new());
        let bad = |detail: &str| EngineError::BadId {
            thing: root.thing.clone(),
            id: named(root).join(", "),
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

/// That some of the roots are not there; one is called as the caller named it.
pub(crate) fn missing(root: &Root, ids: Vec<String>) -> EngineError {
    let asked = named(root);
    let ids = if asked.len() == 1 { asked } else { ids };
    EngineError::NotFound { thing: root.thing.clone(), ids }
}
