//! What every database adapter promises, as tests that each of them runs.
//!
//! An adapter says how to get a fresh database and how its dialect spells a few statements;
//! [`conformance_suite!`](crate::conformance_suite) makes one test of every promise, so a new
//! promise is tried on every adapter.
//! Not here: what only one database can do; that is tested beside its adapter.

pub mod audit;
pub mod background;
pub mod deletions;
pub mod failures;
pub mod figures;
pub mod holds;
pub mod intents;
pub mod requests;
pub mod shape;
pub mod shared;
pub mod state;
pub mod stores;
pub mod tombstones;
pub mod transactions;
pub mod values;

use std::sync::Arc;

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, Database, DatabaseError, Mode, Query, Row, Tx};

/// A database under test, and how its dialect spells what the suite needs.
pub struct Subject {
    /// The database; Sexton's own tables need not be ready.
    pub database: Arc<dyn Database>,
    /// Its statements.
    pub statements: &'static Statements,
}

/// How a dialect spells what the suite needs.
///
/// Two tables are used: `items (id, name, amount)`, where `id` is the key, `name` may be NULL and
/// `amount` must be there and not be negative, and `parts (id, item_id)`, whose rows refer to
/// items by an enforced foreign key without an action. A trigger refuses to delete the item 13.
pub struct Statements {
    /// Makes the tables and the trigger, each entry one statement.
    pub setup: &'static [&'static str],
    /// Inserts an item. Binds: id, name, amount.
    pub insert_item: &'static str,
    /// Inserts a part. Binds: id, the item's id.
    pub insert_part: &'static str,
    /// Sets the name of all items. Binds: name.
    pub rename_items: &'static str,
    /// Deletes an item. Binds: id.
    pub delete_item: &'static str,
    /// Deletes items. Binds: a list of ids.
    pub delete_items: &'static str,
    /// Reads names, as they are read in plans, in the order of ids.
    pub read_names: &'static str,
    /// Counts items.
    pub count_items: &'static str,
    /// Gives back a list of texts as rows, in its order. Binds: a list.
    pub read_list: &'static str,
    /// Gives back one text. Binds: a text.
    pub read_text: &'static str,
    /// Gives back one whole number, as a number. Binds: a number.
    pub read_number: &'static str,
    /// Compares a number's column with a value that is none, where the database minds. Binds: a
    /// text.
    pub mistyped: Option<&'static str>,
    /// Adds a column to `items`.
    pub add_column: &'static str,
    /// Inserts a hold. Binds: system, thing, root, reason, who placed it, when it was placed,
    /// until when (or NULL), when it was released (or NULL).
    pub insert_hold: &'static str,
    /// Counts what fences remember.
    pub count_fenced: &'static str,
}

/// Makes one test of each promise.
///
/// Takes an async function without arguments that gives a [`Subject`] and whatever has to live
/// as long as the database does.
#[macro_export]
macro_rules! conformance_suite {
    ($fixture:ident) => {
        $crate::conformance_suite! { @ $fixture;
            transactions: a_commit_is_kept, a_rollback_takes_everything_back,
                a_dropped_transaction_is_rolled_back, a_look_cannot_write,
                a_look_sees_one_snapshot, a_name_is_locked_until_the_transaction_ends,
                bookkeeping_is_kept, constraints_can_be_settled_and_relaxed;
            values: text_of_every_kind_comes_back, numbers_come_back, nulls_come_back,
                lists_keep_their_order_and_nulls, long_lists_are_taken,
                rows_come_in_parts_that_wait_to_be_taken, changed_rows_are_counted;
            failures: a_missing_value_is_named, a_failed_check_is_named, a_repeated_key_is_named,
                a_refusing_trigger_is_named, a_row_still_referred_to_is_named,
                an_unknown_column_is_a_mistake_of_the_statement, a_mistyped_value_is_named,
                a_prepared_statement_is_judged_and_not_run;
            shape: the_schema_is_read, the_stamp_follows_the_shape_and_not_the_rows,
                sextons_tables_are_no_part_of_the_schema;
            deletions: a_deletion_is_stored_once, an_unknown_deletion_is_none,
                the_state_changes_for_its_lease_only,
                a_deletion_that_waits_says_for_what_and_keeps_its_lease,
                a_life_ends_with_a_receipt,
                the_latest_come_first, a_lease_that_is_over_is_taken_over,
                what_has_ended_is_not_taken_over, one_deletion_is_handed_to_one_caller,
                preparing_again_changes_nothing;
            tombstones: tombstones_come_back_by_table, tombstones_written_twice_are_read_once,
                tombstones_go_after_their_deletion_is_complete,
                keys_of_a_fence_are_remembered_once_and_go_with_tombstones;
            holds: only_holds_in_force_are_read, without_sextons_tables_there_is_no_hold,
            sextons_tables_are_there_once_prepared;
            intents: an_intent_is_stored_once_and_goes_with_its_transaction,
                an_intent_is_handed_to_one_caller, open_intents_are_read_in_pages,
                an_intent_that_goes_on_is_held_and_keeps_how_far_it_is, an_intent_whose_lease_ended_is_claimed_again,
                open_intents_are_made_due_or_ended_but_for_those_that_are_held,
                only_what_is_due_and_known_is_claimed, an_ended_intent_is_counted_and_not_claimed,
                a_late_reaper_settles_nothing, what_fails_is_told_and_tried_later,
                intents_of_one_kind_are_removed;
            background: a_rule_is_one_programs_and_is_due_again_in_its_time,
                who_was_refused_is_counted_and_rests, what_is_paused_is_not_claimed;
            shared: an_object_is_kept_while_somebody_names_it,
                a_pin_keeps_an_object_for_its_time, one_promise_decides_at_a_time;
            requests: a_request_is_kept_once_and_for_its_asker,
                an_answer_is_kept_and_what_has_none_is_taken_over_by_one,
                only_what_was_missing_is_forgotten, deletions_come_in_pages,
                what_is_still_to_be_done_is_counted;
            figures: what_ended_is_read_once_in_the_order_of_its_end, days_add_up,
                of_one_day_the_last_sample_stands, what_is_under_way_is_counted_by_its_state,
                failing_promises_are_put_together;
            audit: a_record_is_appended_once, the_chain_starts_empty, a_record_is_sealed_once,
                records_are_read_in_pages, a_deletion_without_a_record_is_found,
                the_end_of_the_chain_is_one_writers;
        }
    };
    (@ $fixture:ident; $($topic:ident: $($promise:ident),+;)+) => {
        $(
            mod $topic {
                $(
                    #[tokio::test]
                    async fn $promise() {
                        let (subject, _alive) = super::$fixture().await;
                        let kept = $crate::conformance::$topic::$promise(&subject).await;
                        kept.expect("the database does what the promise asks for");
                    }
                )+
            }
        )+
    };
}

/// What a promise's test gives: an error is one that it did not expect.
pub type Outcome = Result<(), DatabaseError>;

impl Subject {
    /// Makes the tables.
    async fn set_up(&self) -> Outcome {
        let mut tx = self.change().await?;
        for statement in self.statements.setup {
            run(&mut *tx, statement, vec![]).await?;
        }
        tx.commit().await
    }

    async fn change(&self) -> Result<Box<dyn Tx>, DatabaseError> {
        self.database.begin(Mode::Change).await
    }

    async fn look(&self) -> Result<Box<dyn Tx>, DatabaseError> {
        self.database.begin(Mode::Look { budget: None }).await
    }

    async fn insert_item(&self, tx: &mut dyn Tx, id: i64, name: Option<&str>) -> Outcome {
        let args = vec![number(id), name.map_or(Arg::Scalar(Scalar::Null), text), number(1)];
        run(tx, self.statements.insert_item, args).await.map(|_| ())
    }

    async fn count(&self, tx: &mut dyn Tx) -> Result<i64, DatabaseError> {
        counted(tx, self.statements.count_items).await
    }

    /// How much fences remember.
    async fn fenced(&self, tx: &mut dyn Tx) -> Result<i64, DatabaseError> {
        counted(tx, self.statements.count_fenced).await
    }

    /// Counts in a transaction of its own.
    async fn count_now(&self) -> Result<i64, DatabaseError> {
        let mut tx = self.look().await?;
        let count = self.count(&mut *tx).await?;
        tx.rollback().await?;
        Ok(count)
    }
}

async fn counted(tx: &mut dyn Tx, sql: &str) -> Result<i64, DatabaseError> {
    let rows = rows(tx, sql, vec![]).await?;
    match rows[..] {
        [ref row] => match row[..] {
            [Scalar::Integer(count)] => Ok(count),
            ref other => panic!("a count is one whole number, not {other:?}"),
        },
        ref other => panic!("a count is one row, not {other:?}"),
    }
}

async fn run(tx: &mut dyn Tx, sql: &str, args: Vec<Arg>) -> Result<u64, DatabaseError> {
    tx.run(Query { label: "change", sql, args, general: false }).await
}

async fn rows(tx: &mut dyn Tx, sql: &str, args: Vec<Arg>) -> Result<Vec<Row>, DatabaseError> {
    tx.rows(Query { label: "read", sql, args, general: false }).await
}

fn number(number: i64) -> Arg {
    Arg::Scalar(Scalar::Integer(number))
}

fn text(text: &str) -> Arg {
    Arg::Scalar(Scalar::text(text))
}

/// The error that an answer has to be.
fn refusal<T>(answer: Result<T, DatabaseError>) -> DatabaseError {
    match answer {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error,
    }
}
