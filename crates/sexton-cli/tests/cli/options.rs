//! Options: chosen on the command line, shown by the preview, bound by the digest, kept with
//! the record.

use crate::place::Place;

on_both_databases!(
    an_option_switches_a_line_and_is_kept_with_the_record,
    a_preview_of_other_options_does_not_confirm,
    what_cannot_be_chosen_is_refused_with_nothing_done,
);

const LINE: &str = "\"analysis_projection_state.run_id -> runs\"         = \"keep\" ";
const SWITCHED: &str = "\"analysis_projection_state.run_id -> runs\" = { rule = \"keep\", \
                        with = { projections = \"delete\" } } ";

/// The sample, with an option that takes the projector's memory too.
fn with_an_option(place: &Place) {
    let policy = &crate::place::policy();
    assert!(policy.contains(LINE));
    let options = "[things.batch]\noptions = { projections = { help = \"Also the projections\", \
                   warning = \"The projector begins anew.\" } }\n";
    place.write_policy(&policy.replace(LINE, SWITCHED).replace("[things.batch]\n", options));
}

fn delete(more: &[&'static str]) -> Vec<&'static str> {
    let base = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];
    [&base[..], more].concat()
}

async fn an_option_switches_a_line_and_is_kept_with_the_record(place: Place) {
    with_an_option(&place);
    let memory = "SELECT count(*) FROM analysis_projection_state";
    let before = place.number(memory).await;
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(0);
    let told = "option projections is false, the default: Also the projections";
    assert!(said.out.contains(told), "{said}");
    assert!(!said.out.contains("begins anew"), "{said}");
    let chosen = ["preview", "batch", "autumn-2026", "--option", "projections=TRUE"];
    let said = place.sexton(&chosen).expect(0);
    assert!(said.out.contains("option projections is true: Also the projections"), "{said}");
    assert!(said.out.contains("warning: The projector begins anew."), "{said}");
    assert_eq!(place.number(memory).await, before);
    place.sexton(&delete(&["--option", "projections"])).expect(0);
    assert_eq!(place.number(memory).await, before - 10);
    let said = place.sexton(&["audit", "list", "--output", "json"]).expect(0);
    let record = said.document()["records"][0]["record"].clone();
    assert_eq!(record["options"]["projections"], true, "{said}");
    place.sexton(&["audit", "verify"]).expect(0);
}

async fn a_preview_of_other_options_does_not_confirm(place: Place) {
    with_an_option(&place);
    let json = ["preview", "batch", "autumn-2026", "--output", "json"];
    let digest =
        place.sexton(&json).expect(0).document()["digest"].as_str().expect("a digest").to_owned();
    let before = place.dump().await;
    let arguments = delete(&["--option", "projections", "--digest"]);
    let arguments: Vec<&str> = arguments.into_iter().chain([digest.as_str()]).collect();
    let said = place.sexton(&arguments).expect(1);
    assert!(said.err.contains("Nothing was changed."), "{said}");
    assert_eq!(place.dump().await, before);
}

async fn what_cannot_be_chosen_is_refused_with_nothing_done(place: Place) {
    with_an_option(&place);
    let before = place.dump().await;
    for (option, told) in [
        ("projection", "Did you mean `projections`?"),
        ("projections=yes", "is true or false, not `yes`"),
        ("projections=", "is true or false, not ``"),
    ] {
        let said = place.sexton(&delete(&["--option", option])).expect(2);
        assert!(said.err.contains(told), "{said}");
        assert!(said.err.contains("Nothing was changed."), "{said}");
        place.sexton(&["preview", "batch", "autumn-2026", "--option", option]).expect(2);
    }
    let twice = ["--option", "projections", "--option", "projections=false"];
    let said = place.sexton(&delete(&twice)).expect(2);
    assert!(said.err.contains("given twice"), "{said}");
    let json = delete(&["--option", "projections=1", "--output", "json"]);
    let said = place.sexton(&json).expect(2);
    assert!(said.out.contains("bad-option"), "{said}");
    assert_eq!(place.dump().await, before);
}
