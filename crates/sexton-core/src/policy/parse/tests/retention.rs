//! `[retention.NAME]`.

use super::{SYSTEM, good, parse};
use crate::policy::OlderThan;

fn codes(text: &str) -> Vec<&'static str> {
    let (_, findings) = parse(&format!("{SYSTEM}{text}"));
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_rule_of_retention_is_read_with_its_age_and_order() {
    let policy = good(
        r#"[retention.old-runs]
thing = "run"
where = "status = 'ended'"
age   = { of = "finished_at", over = "90d" }
order = "finished_at desc"
every = "5m"
chunk = 500
[retention.due]
thing = "run"
where = "purge_after <= {now}"
[retention.said]
thing = "run"
age   = { of = "finished_at", over = "env:AGE" }
"#,
    );
    let [old, due, said] = policy.retention.as_slice() else { panic!("{:?}", policy.retention) };
    let age = old.age.as_ref().expect("it has one");
    assert_eq!(age.over.value, OlderThan::Secs(90 * 86_400));
    assert!(old.order.as_ref().is_some_and(|order| order.value.descending));
    assert_eq!((old.every_secs, old.chunk), (300, 500));
    assert_eq!((due.every_secs, due.chunk, &due.age), (3_600, 100, &None));
    let over = said.age.as_ref().map(|age| &age.over.value);
    assert_eq!(over, Some(&OlderThan::Variable("AGE".into())));
}

#[test]
fn b40_w9_an_age_that_is_none_is_refused() {
    for over in ["-1d", "-90d", "0d", "0s", "90", "soon", "1.5d", "90 d", "99999999999d"] {
        let rule =
            format!("[retention.r]\nthing = \"run\"\nage = {{ of = \"at\", over = \"{over}\" }}");
        assert_eq!(codes(&rule), ["P081"], "{rule}");
    }
    assert_eq!(
        codes("[retention.r]\nthing = \"run\"\nage = { of = \"at\", over = \"env:\" }"),
        ["P024"]
    );
    assert_eq!(codes("[retention.r]\nthing = \"run\"\nwhere = \"a\"\norder = \"a, b\""), ["P082"]);
    assert_eq!(codes("[retention.r]\nthing = \"run\""), ["P083"]);
    for chunk in ["0", "-1", "10001"] {
        let rule = format!("[retention.r]\nthing = \"run\"\nwhere = \"a\"\nchunk = {chunk}");
        assert_eq!(codes(&rule), ["P016"], "{rule}");
    }
    assert_eq!(codes("[retention.r]\nthing = \"run\"\nwhere = \"a\"\nevery = \"0s\""), ["P016"]);
}
