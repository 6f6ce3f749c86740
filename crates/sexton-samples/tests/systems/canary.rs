//! A canary is planted in every column and object that a deletion takes, and in every value that it
//! forgets. Once the deletion is complete, it is nowhere: in no table, also of Sexton's own, and in
//! no store (R30, T39).
//!
//! What goes is learnt from a twin. A column takes the canary if the database lets it, and if the
//! deletion is foretold as before: one that says what refers to what, or in which state something
//! is, stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::names::DeletionId;
use sexton_engine::{DeleteError, Root};
use sexton_samples::Sample;
use sexton_testkit::dump::Dump;
use tokio::sync::watch;

use crate::place::{Place, root};

const CANARY: &str = "kanarienvogel";

/// A thing of a sample, and at least so many columns and objects that take the canary.
#[derive(Clone, Copy)]
struct Case {
    sample: fn() -> Sample,
    thing: &'static str,
    id: &'static str,
    columns: usize,
    objects: usize,
}

macro_rules! canaries {
    ($($name:ident: $sample:ident, $thing:literal, $id:literal, $columns:literal, $objects:literal;)*) => {
        mod on_sqlite_and_folders {
            $(#[tokio::test]
            async fn $name() {
                let sample = sexton_samples::$sample;
                let case = super::Case { sample, thing: $thing, id: $id, columns: $columns, objects: $objects };
                super::sings_no_more(case, false).await;
            })*
        }
        mod on_postgres_and_s3 {
            $(#[tokio::test]
            async fn $name() {
                let sample = sexton_samples::$sample;
                let case = super::Case { sample, thing: $thing, id: $id, columns: $columns, objects: $objects };
                super::sings_no_more(case, true).await;
            })*
        }
    };
}

canaries! {
    r30_no_canary_of_a_batch_of_requests_is_left:
        requests, "batch", "ba000000-0000-4000-8000-000000000001", 8, 0;
    r30_no_canary_of_a_file_of_requests_is_left:
        requests, "file", "f1000000-0000-4000-8000-000000000001", 6, 0;
    t39_no_canary_of_a_job_is_left:
        transcriptions, "job", "10b00000-0000-4000-8000-000000000001", 5, 1;
    no_canary_of_a_batch_is_left: batches, "batch", "autumn-2026", 5, 0;
    no_canary_of_a_dataset_is_left:
        datasets, "dataset", "da7a5e70-0000-4000-8000-000000000003", 3, 1;
    no_canary_of_a_snapshot_is_left: snapshots, "snapshot", "12", 5, 1;
}

async fn place(case: Case, is_postgres: bool) -> Place {
    Place::in_a_hurry_with_objects((case.sample)(), is_postgres).await
}

async fn sings_no_more(case: Case, is_postgres: bool) {
    let twin = place(case, is_postgres).await;
    let (before, objects) = (twin.dump().await, twin.stores.objects());
    completes(&twin, case.root()).await;
    let going = Going::between(&twin, &before, &twin.dump().await).await;
    let left: BTreeSet<_> = twin.stores.objects().into_keys().collect();

    let place = place(case, is_postgres).await;
    let mut planted = 0;
    let foretold = foretold(&place, case.root()).await;
    for (column, rows) in &going.columns {
        let takes = column.takes_the_canary(rows, &place, case.root(), &foretold).await;
        planted += usize::from(takes);
    }
    let mut sung = 0;
    for (store, key) in objects.keys().filter(|of| !left.contains(of)) {
        // A manifest says what else goes, and what is shared stays if it was written anew (S30).
        let is_manifest = objects[&(store.clone(), key.clone())].starts_with(b"{");
        let mut pooled = place.system().policy().pools.iter().flat_map(|pool| &pool.stores);
        let is_shared = pooled.any(|pool| pool.value.as_str() == store);
        if !is_manifest && !is_shared {
            place.stores.put_text(store, key, CANARY).await;
            sung += 1;
        }
    }
    assert!(planted >= case.columns && sung >= case.objects, "{planted} columns, {sung} objects");
    assert!(everything(&place).await.iter().any(|value| value.contains(CANARY)));
    completes(&place, case.root()).await;
    let all = everything(&place).await;
    let sings: Vec<&String> = all.iter().filter(|value| value.contains(CANARY)).collect();
    assert_eq!(sings, Vec::<&String>::new());
}

impl Case {
    fn root(self) -> Root {
        root(self.thing, self.id)
    }
}

/// Deletes a root, and has all that was hidden purged and all that was promised carried out.
async fn completes(place: &Place, root: Root) {
    let id = match place.delete(root).await {
        Ok(receipt) => DeletionId::new(receipt.record.deletion),
        Err(DeleteError::Unreaped { deletion, .. }) => deletion,
        Err(error) => panic!("{error:?}"),
    };
    let (_, stop) = watch::channel(false);
    place.system().purge(&stop).await.unwrap();
    place.system().work(&stop).await.unwrap();
    let status = place.system().status(&id).await.unwrap().unwrap();
    assert_eq!(status.row.state.as_str(), "complete", "{:?}", status.row.note);
}

/// How many rows a deletion takes and changes, and which objects.
async fn foretold(place: &Place, root: Root) -> Result<String, String> {
    let preview = place.system().preview_for_good(&root, sexton_engine::Budget::default()).await;
    let preview = preview.map_err(|error| error.to_string())?;
    let removed: Vec<_> = preview.removed.iter().map(|of| (&of.table, &of.rows)).collect();
    let changed: Vec<_> = preview.changed.iter().map(|of| (&of.line, &of.rows)).collect();
    let derived: Vec<_> = preview.derived.iter().map(|of| (&of.table, &of.rows)).collect();
    let objects = (&preview.objects, &preview.blockers);
    Ok(format!("{removed:?} {changed:?} {derived:?} {objects:?}"))
}

/// A column of rows that go or are forgotten.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    table: String,
    name: String,
}

/// Its cells, each with the condition that is its row and what it was, as SQL.
type Cells = Vec<(String, String)>;

#[derive(Default)]
struct Going {
    columns: BTreeMap<Column, Cells>,
}

impl Going {
    /// Cells that were there before and are not any more.
    async fn between(place: &Place, before: &Dump, after: &Dump) -> Self {
        let mut going = Self::default();
        for (table, rows) in before {
            let columns = place.columns(table).await;
            let keys: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].1).collect();
            let key_of = |row: &Vec<Option<String>>| -> Vec<Option<String>> {
                keys.iter().map(|at| row[*at].clone()).collect()
            };
            let left: BTreeMap<_, _> = after[table].iter().map(|row| (key_of(row), row)).collect();
            for row in rows {
                let now = left.get(&key_of(row));
                let on = keys.iter().map(|at| place.is_value(&columns[*at].0, row[*at].as_deref()));
                let on: Vec<String> = on.collect();
                for (at, (column, is_key)) in columns.iter().enumerate() {
                    let goes =
                        now.is_none_or(|now| now[at] != row[at] && is_blank(now[at].as_ref()));
                    if goes && !is_key && !keys.is_empty() {
                        let column = Column { table: table.clone(), name: column.clone() };
                        let was = place.literal(row[at].as_deref());
                        let cells: &mut Cells = going.columns.entry(column).or_default();
                        cells.push((on.join(" AND "), was));
                    }
                }
            }
        }
        going
    }
}

fn is_blank(value: Option<&String>) -> bool {
    value.is_none_or(|value| ["", "''", "NULL"].contains(&value.as_str()))
}

impl Column {
    /// Plants it in all cells, and says whether it stayed.
    async fn takes_the_canary(
        &self,
        cells: &Cells,
        place: &Place,
        root: Root,
        foretold: &Result<String, String>,
    ) -> bool {
        let Self { table, name } = self;
        let sets = |value: Option<&str>| {
            let one = |(row, was): &(String, String)| {
                let value = value.unwrap_or(was);
                format!("UPDATE {table} SET \"{name}\" = {value} WHERE {row};\n")
            };
            let all: String = cells.iter().map(one).collect();
            format!("BEGIN;\n{all}COMMIT;")
        };
        for value in [format!("'{CANARY}'"), format!("'{{\"sings\":\"{CANARY}\"}}'")] {
            if place.try_execute(&sets(Some(&value))).await.is_err() {
                continue;
            }
            if self::foretold(place, root.clone()).await == *foretold {
                return true;
            }
            place.try_execute(&sets(None)).await.unwrap();
        }
        false
    }
}

/// Every value of every table, and every key and content of every store.
async fn everything(place: &Place) -> Vec<String> {
    let dump = place.dump().await;
    let mut all: Vec<String> = dump.into_values().flatten().flatten().flatten().collect();
    all.extend(place.own_rows().await);
    for ((store, key), contents) in place.stores.objects() {
        all.push(format!("{store} {key} {}", String::from_utf8_lossy(&contents)));
    }
    all
}
