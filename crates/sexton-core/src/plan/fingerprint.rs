//! The fingerprint of a plan: a hash over its readable form, which holds every statement.

use sha2::{Digest, Sha256};

use super::Plan;

/// Equal fingerprints mean equal deletions.
pub(super) fn of(plan: &Plan) -> String {
    let mut hash = Sha256::new();
    hash.update(plan.to_string());
    hash.update(format!("{:?}", plan.limits));
    data_encoding::HEXLOWER.encode(&hash.finalize())
}
