//! Values: what goes in comes out, and rows are counted right.

use sexton_core::sql::Scalar;
use sexton_engine::ports::Arg;

use super::{Outcome, Subject, number, rows, run, text};

/// What breaks careless quoting, encoding and trimming.
const TEXTS: [&str; 14] = [
    "",
    " ",
    " both ends ",
    "it's",
    "say \"no\"",
    "back\\slash",
    "{a,b}",
    "[1,\"two\"]",
    "NULL",
    "null",
    "two\nlines\tand a tab",
    "zażółć gęślą jaźń",
    "日本語 🦀",
    "'); DROP TABLE items; --",
];

pub async fn text_of_every_kind_comes_back(subject: &Subject) -> Outcome {
    let mut tx = subject.look().await?;
    for sent in TEXTS {
        let found = rows(&mut *tx, subject.statements.read_text, vec![text(sent)]).await?;
        assert_eq!(found, [[Scalar::text(sent)]], "{sent:?}");
    }
    tx.rollback().await
}

pub async fn numbers_come_back(subject: &Subject) -> Outcome {
    let mut tx = subject.look().await?;
    for sent in [0, 1, -1, 9_007_199_254_740_993, i64::MAX, i64::MIN] {
        let found = rows(&mut *tx, subject.statements.read_number, vec![number(sent)]).await?;
        assert_eq!(found, [[Scalar::Integer(sent)]]);
    }
    tx.rollback().await
}

pub async fn nulls_come_back(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    subject.insert_item(&mut *tx, 1, None).await?;
    subject.insert_item(&mut *tx, 2, Some("")).await?;
    let found = rows(&mut *tx, subject.statements.read_names, vec![]).await?;
    assert_eq!(found, [[Scalar::Null], [Scalar::text("")]]);
    tx.rollback().await
}

pub async fn lists_keep_their_order_and_nulls(subject: &Subject) -> Outcome {
    let mut sent: Vec<Scalar> = TEXTS.iter().rev().map(|sent| Scalar::text(*sent)).collect();
    sent.insert(3, Scalar::Null);
    sent.push(Scalar::Null);
    let mut tx = subject.look().await?;
    let found =
        rows(&mut *tx, subject.statements.read_list, vec![Arg::Array(sent.clone().into())]).await?;
    assert_eq!(found.concat(), sent);
    let none = rows(&mut *tx, subject.statements.read_list, vec![Arg::Array([].into())]).await?;
    assert!(none.is_empty(), "{none:?}");
    tx.rollback().await
}

pub async fn long_lists_are_taken(subject: &Subject) -> Outcome {
    let sent: Vec<Scalar> = (0..100_000).map(|n: i32| Scalar::text(n.to_string())).collect();
    let mut tx = subject.look().await?;
    let found =
        rows(&mut *tx, subject.statements.read_list, vec![Arg::Array(sent.clone().into())]).await?;
    assert!(found.concat() == sent, "a long list came back otherwise");
    tx.rollback().await
}

pub async fn changed_rows_are_counted(subject: &Subject) -> Outcome {
    subject.set_up().await?;
    let mut tx = subject.change().await?;
    for id in 1..=5 {
        subject.insert_item(&mut *tx, id, Some("item")).await?;
    }
    let renamed = run(&mut *tx, subject.statements.rename_items, vec![text("renamed")]).await?;
    assert_eq!(renamed, 5);
    let ids = |ids: &[i64]| Arg::Array(ids.iter().map(|id| Scalar::Integer(*id)).collect());
    let delete = subject.statements.delete_items;
    assert_eq!(run(&mut *tx, delete, vec![ids(&[2, 3, 99])]).await?, 2);
    assert_eq!(run(&mut *tx, delete, vec![ids(&[2, 3, 99])]).await?, 0);
    assert_eq!(run(&mut *tx, delete, vec![ids(&[])]).await?, 0);
    assert_eq!(subject.count(&mut *tx).await?, 3);
    tx.rollback().await
}
