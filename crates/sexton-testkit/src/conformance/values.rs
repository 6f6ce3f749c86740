//! Values: what goes in comes out, and rows are counted right.

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, PART_ROWS, Query, Row};
use tokio::sync::mpsc;

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

pub async fn rows_come_in_parts_that_wait_to_be_taken(subject: &Subject) -> Outcome {
    let sent: Vec<Scalar> = (0..10_500).map(|n: i32| Scalar::text(n.to_string())).collect();
    let mut tx = subject.look().await?;
    let query = || Query {
        label: "read",
        sql: subject.statements.read_list,
        args: vec![Arg::Array(sent.clone().into())],
        general: false,
    };
    let (parts, mut taken) = mpsc::channel::<Vec<Row>>(1);
    let all = async {
        let (mut found, mut sizes) = (Vec::new(), Vec::new());
        while let Some(part) = taken.recv().await {
            sizes.push(part.len());
            found.extend(part.concat());
        }
        (found, sizes)
    };
    let streamed = async {
        let streamed = tx.stream(query(), &parts).await;
        drop(parts);
        streamed
    };
    let ((found, sizes), streamed) = tokio::join!(all, streamed);
    streamed?;
    assert!(found == sent, "rows came back otherwise");
    assert_eq!(sizes, [vec![PART_ROWS; 10], vec![500]].concat());
    // Who takes one part and goes keeps nobody.
    let (parts, mut taken) = mpsc::channel::<Vec<Row>>(1);
    let one = async {
        taken.recv().await.expect("there is a part");
        taken.close();
    };
    let (streamed, ()) = tokio::join!(tx.stream(query(), &parts), one);
    streamed?;
    let after = rows(&mut *tx, subject.statements.read_text, vec![text("after")]).await?;
    assert_eq!(after, [[Scalar::text("after")]]);
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
