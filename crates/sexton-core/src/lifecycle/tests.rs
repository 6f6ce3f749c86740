use super::{Event, State, next};

/// The table of all states and events, as `docs/lifecycle.md` shows it.
fn table() -> String {
    let head = "# The life of a deletion\n\n\
         What `lifecycle::next` allows; every other pair is refused. This page is written by a \
         test:\nrun it with `SEXTON_UPDATE_DOCS=1` after a change.\n\n\
         | state | means | event | becomes |\n|---|---|---|---|\n";
    let lines: Vec<String> = State::ALL.into_iter().flat_map(lines_of).collect();
    [head, &lines.concat()].concat()
}

fn lines_of(state: State) -> Vec<String> {
    let means = meaning(state);
    let changes =
        Event::ALL.into_iter().filter_map(|event| Some((event, next(state, event).ok()?)));
    let lines: Vec<String> =
        changes.map(|(event, to)| format!("| {state} | {means} | {event:?} | {to} |\n")).collect();
    if lines.is_empty() { vec![format!("| {state} | {means} | | (end) |\n")] } else { lines }
}

fn meaning(state: State) -> &'static str {
    match state {
        State::Requested => "stored; nothing has happened",
        State::Refused => "refused, with the outcome; nothing changed",
        State::Withdrawn => "taken back, or its process ended, before anything was gone",
        State::Drained => "work in flight has stopped; nothing is gone",
        State::Hidden => "the root is invisible; nothing is gone",
        State::Restored => "what was hidden is visible again, as it was",
        State::Purging => "what hangs below a hidden root is going, a chunk at a time",
        State::Purged => "nothing is left below what was hidden",
        State::Committed => "rows are gone in one transaction",
        State::Reaped => "nothing of its promises is left to carry out",
        State::Complete => "looked at again, nothing left, receipt written",
    }
}

#[test]
fn the_page_shows_every_allowed_change() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lifecycle.md");
    if std::env::var_os("SEXTON_UPDATE_DOCS").is_some() {
        std::fs::write(path, table()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), table());
}

#[test]
fn an_end_allows_nothing() {
    for state in State::ALL.into_iter().filter(|state| state.is_end()) {
        for event in Event::ALL {
            assert!(next(state, event).is_err(), "{state} {event:?}");
        }
    }
}

#[test]
fn every_state_is_reached_and_leads_to_an_end() {
    for target in State::ALL.into_iter().filter(|state| *state != State::Requested) {
        let reached = State::ALL
            .into_iter()
            .any(|from| Event::ALL.into_iter().any(|event| next(from, event) == Ok(target)));
        assert!(reached, "nothing becomes {target}");
    }
    for state in State::ALL.into_iter().filter(|state| !state.is_end()) {
        assert!(Event::ALL.into_iter().any(|event| next(state, event).is_ok()), "{state}");
    }
}

#[test]
fn complete_comes_only_after_looking_again() {
    for state in State::ALL {
        for event in Event::ALL {
            if next(state, event) == Ok(State::Complete) {
                assert_eq!((state, event), (State::Reaped, Event::Verified));
            }
        }
    }
}

#[test]
fn words_are_read_back() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.as_str()), Some(state));
    }
    assert_eq!(State::from_word("gone"), None);
}
