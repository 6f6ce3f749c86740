//! What came of objects, added up for an answer.

use sexton_core::audit::ObjectsGone;
use sexton_core::routes::Objects;

/// What came of objects so far; `open` names are still to be removed.
pub(super) fn added_up(gone: &ObjectsGone, open: u64) -> Objects {
    let mut objects = Objects { pending: open, ..Objects::default() };
    for removed in gone.values().flat_map(|stores| stores.values()) {
        objects.deleted = objects.deleted.saturating_add(removed.deleted);
        objects.failed = objects.failed.saturating_add(removed.failed);
        objects.bytes = objects.bytes.saturating_add(removed.bytes);
    }
    objects
}

/// The headers that tell of a deletion and its objects.
pub(super) fn headers(deletion: &str, objects: Objects) -> Vec<(String, String)> {
    vec![
        named(deletion),
        ("Sexton-Objects-Deleted".to_owned(), objects.deleted.to_string()),
        ("Sexton-Objects-Failed".to_owned(), objects.failed.to_string()),
        ("Sexton-Objects-Pending".to_owned(), objects.pending.to_string()),
    ]
}

/// The header that names a deletion.
pub(super) fn named(deletion: &str) -> (String, String) {
    ("Sexton-Deletion".to_owned(), deletion.to_owned())
}
