use super::{DigestPart, DigestParts, PartKind, canonical_key, parse_key};
use crate::sql::Scalar;

fn rows(keys: &[&str]) -> Vec<Vec<Scalar>> {
    keys.iter().map(|key| vec![Scalar::text(*key), Scalar::text("old")]).collect()
}

fn parts(keys: &[&str], old: &str, leaves: u64) -> DigestParts {
    let effect = vec![vec![Scalar::Integer(1), Scalar::text(old)]];
    DigestParts {
        head: "head".into(),
        parts: vec![
            DigestPart::of_rows("runs".into(), PartKind::Interior, 1, &rows(keys)),
            DigestPart::of_rows("domains".into(), PartKind::Effect, 1, &effect),
            DigestPart::of_leaf("entries".into(), leaves),
        ],
    }
}

#[test]
fn the_order_in_which_rows_were_found_does_not_matter() {
    assert_eq!(parts(&["a", "b"], "x", 3).exact(), parts(&["b", "a"], "x", 3).exact());
}

#[test]
fn a_key_an_old_value_and_a_count_each_change_the_digest() {
    let was = parts(&["a", "b"], "x", 3);
    for now in [parts(&["a", "c"], "x", 3), parts(&["a", "b"], "y", 3), parts(&["a", "b"], "x", 4)]
    {
        assert_ne!(was.exact(), now.exact());
        assert!(!now.matches(&was.exact()));
        assert_eq!(was.differences(&now, true).len(), 1);
    }
}

#[test]
fn values_of_rows_that_go_do_not_count() {
    let mut other = rows(&["a"]);
    other[0][1] = Scalar::text("new");
    let of = |rows: &[Vec<Scalar>]| DigestPart::of_rows("runs".into(), PartKind::Interior, 1, rows);
    assert_eq!(of(&rows(&["a"])), of(&other));
}

#[test]
fn a_bounded_digest_leaves_out_leaves_and_nothing_else() {
    let was = parts(&["a"], "x", 3);
    assert!(parts(&["a"], "x", 9).matches(&was.bounded()));
    assert!(!parts(&["b"], "x", 3).matches(&was.bounded()));
    assert_eq!(was.differences(&parts(&["a"], "x", 9), false), []);
}

#[test]
fn a_difference_names_the_rows() {
    let differences =
        parts(&["a", "b"], "x", 3).differences(&parts(&["b", "c", "d"], "x", 3), true);
    let [difference] = differences.as_slice() else { panic!("{differences:?}") };
    assert_eq!(difference.gone, ["[\"a\"]"]);
    assert_eq!(difference.appeared, ["[\"c\"]", "[\"d\"]"]);
    assert_eq!(
        difference.sentence,
        "runs: 2 row(s) then, 3 now; new: [\"c\"] [\"d\"]; gone: [\"a\"]"
    );
}

#[test]
fn a_changed_plan_is_a_difference() {
    let mut now = parts(&["a"], "x", 3);
    now.head = "another".into();
    assert_eq!(parts(&["a"], "x", 3).differences(&now, true)[0].table, "");
}

#[test]
fn keys_are_read_back_as_they_were() {
    let key = [
        Scalar::Integer(i64::MIN),
        Scalar::Real(0.1),
        Scalar::text("a\"b,c\n\u{1F980}"),
        Scalar::Blob(vec![0, 255]),
        Scalar::Null,
    ];
    assert_eq!(parse_key(&canonical_key(&key)).unwrap(), key);
    assert_ne!(canonical_key(&[Scalar::Integer(1)]), canonical_key(&[Scalar::text("1")]));
    for bad in ["", "{}", "[true]", "[{}]", "[[1]]"] {
        assert_eq!(parse_key(bad), None, "{bad}");
    }
}
