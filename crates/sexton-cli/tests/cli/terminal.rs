//! What happens on a terminal, through `script`, which gives the program one.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use crate::place::Place;

/// A deletion on a terminal that has asked and waits for the answer.
struct Asked {
    child: Child,
    shown: String,
}

impl Asked {
    fn of(place: &Place, arguments: &str, question: &str) -> Self {
        let command = format!("{} {arguments}", env!("CARGO_BIN_EXE_sexton"));
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).current_dir(place.folder());
        script.env("DATABASE_URL", place.address()).env("NO_COLOR", "1").env("USER", "ann");
        script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = script.spawn().expect("`script` is a part of Debian's base system");
        let mut asked = Self { child, shown: String::new() };
        asked.read_until(question);
        asked
    }

    fn read_until(&mut self, question: &str) {
        let out = self.child.stdout.as_mut().expect("it is piped");
        let mut bytes = Vec::new();
        let mut byte = [0];
        while out.read(&mut byte).expect("the terminal can be read") > 0 {
            bytes.push(byte[0]);
            self.shown = String::from_utf8_lossy(&bytes).into_owned();
            if self.shown.ends_with(question) {
                return;
            }
        }
        panic!("it never asked {question:?}:\n{}", self.shown);
    }

    /// Answers; returns the exit code and what was shown after.
    fn answer(mut self, text: &str) -> (i32, String) {
        let mut input = self.child.stdin.take().expect("it is piped");
        input.write_all(text.as_bytes()).expect("the terminal takes it");
        let mut out = self.child.stdout.take().expect("it is piped");
        let mut shown = String::new();
        // A terminal that is closed may be told as an error.
        let _ = out.read_to_string(&mut shown);
        let code = self.child.wait().expect("it ends").code();
        (code.expect("it ends by itself"), shown)
    }
}

const TYPE: &str = "Type the id to delete it: ";

#[tokio::test]
async fn the_typed_id_deletes() {
    let place = Place::on_sqlite().await;
    let (code, shown) = Asked::of(&place, "delete batch autumn-2026", TYPE).answer("autumn-2026\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Deleted batch autumn-2026: 231 rows"), "{shown}");
}

#[tokio::test]
async fn anything_else_declines_and_changes_nothing() {
    let place = Place::on_sqlite().await;
    let before = place.dump().await;
    for answer in ["Autumn-2026\n", "autumn\n", "\n", "y\n", "\u{4}"] {
        let (code, shown) = Asked::of(&place, "delete batch autumn-2026", TYPE).answer(answer);
        assert_eq!(code, 3, "{answer:?}: {shown}");
        assert!(shown.contains("Nothing was changed."), "{shown}");
    }
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn a_yes_is_enough_where_the_policy_says_so() {
    let place = Place::on_sqlite().await;
    let delete = "delete run one-off-freiburg";
    let question = "Delete 14 rows? [y/N] ";
    let (code, _) = Asked::of(&place, delete, question).answer("n\n");
    assert_eq!(code, 3);
    let (code, _) = Asked::of(&place, delete, question).answer("\n");
    assert_eq!(code, 3);
    let (code, shown) = Asked::of(&place, delete, question).answer("y\n");
    assert_eq!(code, 0, "{shown}");
}

#[tokio::test]
async fn what_changed_while_it_asked_is_told_and_nothing_is_deleted() {
    let place = Place::on_sqlite().await;
    let asked = Asked::of(&place, "delete batch autumn-2026", TYPE);
    place.execute("UPDATE jobs SET batch_id = 'autumn-2026' WHERE id = 'one-off-bergen'").await;
    let before = place.dump().await;
    let (code, shown) = asked.answer("autumn-2026\n");
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("jobs: 2 row(s) then, 3 now; new: [\"one-off-bergen\"]"), "{shown}");
    assert_eq!(place.dump().await, before);
    assert_eq!(place.records(), 0);
}

#[tokio::test]
async fn the_typed_number_deletes_several() {
    let question = "Type `2 batches` to delete them: ";
    for (typed, code, left) in [("2 batches\n", 0, 0), ("autumn-2026\n", 3, 2)] {
        let place = Place::on_sqlite().await;
        let asked = Asked::of(&place, "delete batch summer-2026 autumn-2026", question);
        let (ended, shown) = asked.answer(typed);
        assert_eq!(ended, code, "{typed}: {shown}");
        let count = "SELECT count(*) FROM batches WHERE id IN ('autumn-2026', 'summer-2026')";
        assert_eq!(place.number(count).await, left);
    }
}

#[tokio::test]
async fn whoever_waits_for_work_sees_for_how_much_and_how_long() {
    let place = Place::on_sqlite().await;
    place.change_policy("wait    = \"5s\"", "wait    = \"2s\"");
    let taken = "UPDATE jobs SET status = 'running', lease_expires_at = '2999-01-01T00:00:00Z'
        WHERE id = 'autumn-2026-ghent-again'";
    place.execute(taken).await;
    let (code, shown) = Asked::of(&place, "delete batch autumn-2026", TYPE).answer("autumn-2026\n");
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("waiting for work on 1 row to stop ("), "{shown}");
    assert!(shown.contains(" s of 2 s)"), "{shown}");
}
