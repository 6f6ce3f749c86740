//! The roots of a walk: values of the thing's key, in order, no two alike.

use sexton_core::fence::key_text;
use sexton_core::names::{SystemName, TenantId};
use sexton_core::plan::Plan;
use sexton_core::preview::canonical_key;
use sexton_core::schema::{Column, Dialect};
use sexton_core::sql::Scalar;

use crate::ports::Arg;
use crate::request::Caller;

/// The roots' values, each split into the columns of the key, and who asks for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roots {
    keys: Vec<Vec<Scalar>>,
    pub caller: Caller,
}

impl Roots {
    /// The roots of these keys.
    pub fn of(mut keys: Vec<Vec<Scalar>>, caller: Caller) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self { keys, caller }
    }

    /// The same, but only the one at this place.
    pub fn alone(&self, at: usize) -> Self {
        Self { keys: vec![self.keys[at].clone()], ..self.clone() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Their keys.
    pub fn keys(&self) -> &[Vec<Scalar>] {
        &self.keys
    }

    /// Each as people write it.
    pub fn written(&self) -> Vec<String> {
        self.keys.iter().map(|key| key_text(key)).collect()
    }

    /// The value that stands for SQL of the policy that speaks of one root.
    pub fn id(&self) -> Scalar {
        self.keys.first().and_then(|key| key.first()).cloned().unwrap_or(Scalar::Null)
    }

    /// The tenant whose values they are, where the rows that hold them tell it.
    pub fn tenant_of_values(&self, plan: &Plan) -> Option<&TenantId> {
        self.caller.tenant.as_ref().filter(|_| plan.root.of_tenant)
    }

    /// The names under which the values themselves are locked, in an order of their own. The same
    /// value of two tenants is two.
    pub fn lock_names(&self, system: &SystemName, plan: &Plan) -> Vec<String> {
        let tenant = self.tenant_of_values(plan);
        let of = tenant.map_or_else(String::new, |tenant| format!("@{tenant}"));
        let thing = &plan.thing;
        let name = |key: &Vec<Scalar>| format!("sexton:{system}:{thing}{of}:{}", key_text(key));
        self.keys.iter().map(name).collect()
    }

    /// All of them as text that no other roots have.
    pub fn canonical(&self, plan: &Plan) -> String {
        let keys = self.keys.iter().map(|key| canonical_key(key));
        // Where only leaves hold a value, nothing else in a digest tells it from another tenant's.
        let tenant = self.tenant_of_values(plan).map(|tenant| format!("of {tenant}"));
        keys.chain(tenant).collect::<Vec<_>>().join("\n")
    }

    /// The list that a statement binds: of one column of the key, or of the keys as a whole.
    pub fn list(&self, part: Option<usize>, dialect: Dialect) -> Arg {
        match (part, dialect) {
            (None, Dialect::Sqlite) => Arg::Tuples(self.keys.clone().into()),
            (part, _) => {
                let part = part.unwrap_or(0);
                Arg::Array(self.keys.iter().map(|key| key[part].clone()).collect())
            }
        }
    }
}

/// The key that an id spells; `None` if it has not as many values as the key.
pub(crate) fn key_of(id: &str, plan: &Plan) -> Option<Vec<Scalar>> {
    key_values(id, &plan.root.key, plan.dialect)
}

/// The same for columns of a key.
pub(crate) fn key_values(id: &str, key: &[Column], dialect: Dialect) -> Option<Vec<Scalar>> {
    let values = split_id(id, key.len())?;
    let values = values.iter().zip(key);
    Some(values.map(|(value, column)| Scalar::of_written(value, column, dialect)).collect())
}

/// The values of an id; a comma inside a value of a composite key is written `\,`.
fn split_id(id: &str, columns: usize) -> Option<Vec<String>> {
    if columns == 1 {
        return Some(vec![id.to_owned()]);
    }
    let mut values = vec![String::new()];
    let mut letters = id.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => values.last_mut()?.push(letters.next()?),
            ',' => values.push(String::new()),
            letter => values.last_mut()?.push(letter),
        }
    }
    (values.len() == columns).then_some(values)
}
