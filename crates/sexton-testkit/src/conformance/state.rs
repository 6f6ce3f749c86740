//! The server's own state: keys, sessions and previews come back as they were stored, and what is
//! over is found by nobody.

use std::sync::Arc;

use sexton_core::names::{
    ConsoleSessionId, KeyId, PreviewId, SweepId, SystemName, TenantId, Timestamp,
};
use sexton_engine::ports::{
    ConsoleSession, DatabaseError, Grant, Key, KeyPlace, NewKey, SecretHash, State, StoredPreview,
    StoredSweep, Violation,
};

use super::{Outcome, refusal};

/// The state under test; its tables need not be ready.
pub struct StateSubject {
    /// The state.
    pub state: Arc<dyn State>,
}

/// Makes one test of each promise of the server's own state.
///
/// Takes an async function without arguments that gives a [`StateSubject`] and whatever has to
/// live as long as the database does.
#[macro_export]
macro_rules! state_conformance_suite {
    ($fixture:ident) => {
        $crate::state_conformance_suite! { @ $fixture:
            a_key_comes_back_as_it_was_made, a_key_of_nothing_comes_back_as_it_was_made,
            a_key_is_stored_once, the_newest_keys_come_first_in_pages,
            a_revoked_key_stays_and_is_revoked_once, a_use_is_noted_once_a_minute,
            a_session_is_found_until_it_is_over, a_revoked_key_ends_its_sessions_and_no_others,
            a_session_needs_its_key, a_preview_is_its_owners_until_it_is_over,
            one_sweep_of_a_system_at_a_time_is_under_way, a_secret_is_the_first_ones,
            what_is_over_goes_and_nothing_else, preparing_the_state_again_changes_nothing
        }
    };
    (@ $fixture:ident: $($promise:ident),+) => {
        $(
            #[tokio::test]
            async fn $promise() {
                let (subject, _alive) = $fixture().await;
                let kept = $crate::conformance::state::$promise(&subject).await;
                kept.expect("the state does what the promise asks for");
            }
        )+
    };
}

const NOW: Timestamp = Timestamp(1_790_000_000_000_000);

fn hash(of: u8) -> SecretHash {
    let mut bytes = [of; 32];
    bytes[31] = 0xff;
    SecretHash(bytes)
}

fn a_key(number: u8) -> NewKey {
    NewKey {
        id: KeyId::new(format!("key_{number:02}")),
        name: format!("key {number}"),
        prefix: format!("sxt_{number:08}"),
        hash: hash(number),
        grant: Grant {
            roles: Vec::new(),
            tenant: None,
            systems: None,
            organisations: Vec::new(),
            per_minute: None,
        },
        created_by: "ann".to_owned(),
        created_at: NOW.plus_secs(i64::from(number)),
        expires_at: None,
    }
}

fn a_session(number: u8, key: &NewKey, secs: i64) -> ConsoleSession {
    ConsoleSession {
        id: ConsoleSessionId::new(format!("ses_{number:02}")),
        hash: hash(number),
        key: key.id.clone(),
        created_at: NOW,
        expires_at: NOW.plus_secs(secs),
    }
}

fn a_preview(number: u8, owner: &str, secs: i64) -> StoredPreview {
    StoredPreview {
        id: PreviewId::new(format!("prv_{number:02}")),
        system: SystemName::new("shop"),
        owner: owner.to_owned(),
        body: r#"{"digest":"ä","tables":[]}"#.to_owned(),
        created_at: NOW,
        expires_at: NOW.plus_secs(secs),
    }
}

fn unused(made: NewKey) -> Key {
    Key { made, revoked_at: None, used_at: None }
}

fn is_unique_violation(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Violation { kind: Violation::Unique, .. })
}

pub async fn a_key_comes_back_as_it_was_made(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    let made = NewKey {
        grant: Grant {
            roles: ["operator", "it's \"ä\", {}", ""].map(str::to_owned).to_vec(),
            tenant: Some(TenantId::new("t,1")),
            systems: Some([SystemName::new("shop"), SystemName::new("blog")].into()),
            organisations: vec!["o/1".to_owned()],
            per_minute: Some(u32::MAX),
        },
        expires_at: Some(NOW.plus_secs(60)),
        ..a_key(1)
    };
    assert_eq!(state.key_by_hash(&made.hash).await?, None);
    state.create_key(&made).await?;
    state.create_key(&a_key(2)).await?;
    assert_eq!(state.key_by_hash(&made.hash).await?, Some(unused(made.clone())));
    assert_eq!(state.key(&made.id).await?, Some(unused(made)));
    assert_eq!(state.key_by_hash(&hash(3)).await?, None);
    assert_eq!(state.key(&KeyId::new("key_03")).await?, None);
    Ok(())
}

/// No systems at all is less than all systems.
pub async fn a_key_of_nothing_comes_back_as_it_was_made(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    let mut none = a_key(1);
    none.grant.systems = Some([].into());
    state.create_key(&none).await?;
    assert_eq!(state.key(&none.id).await?, Some(unused(none)));
    Ok(())
}

pub async fn a_key_is_stored_once(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    assert!(!state.has_keys().await?);
    state.create_key(&a_key(1)).await?;
    assert!(state.has_keys().await?);
    let same_id = NewKey { hash: hash(9), ..a_key(1) };
    let same_hash = NewKey { id: KeyId::new("key_09"), ..a_key(1) };
    for again in [same_id, same_hash] {
        let error = refusal(state.create_key(&again).await);
        assert!(is_unique_violation(&error), "{error}");
    }
    assert_eq!(state.keys(None, 10).await?, [unused(a_key(1))]);
    Ok(())
}

pub async fn the_newest_keys_come_first_in_pages(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    // Two of one moment are told apart by their ids.
    let twin = NewKey { created_at: a_key(2).created_at, ..a_key(7) };
    for key in [a_key(1), a_key(3), twin.clone(), a_key(2)] {
        state.create_key(&key).await?;
    }
    let ids = |keys: &[Key]| keys.iter().map(|key| key.made.id.to_string()).collect::<Vec<_>>();
    let first = state.keys(None, 2).await?;
    assert_eq!(ids(&first), ["key_03", "key_07"]);
    let place = KeyPlace { created_at: twin.created_at, id: twin.id };
    assert_eq!(ids(&state.keys(Some(&place), 10).await?), ["key_02", "key_01"]);
    Ok(())
}

pub async fn a_revoked_key_stays_and_is_revoked_once(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    state.create_key(&a_key(1)).await?;
    state.create_key(&a_key(2)).await?;
    let id = a_key(1).id;
    assert!(state.revoke_key(&id, NOW).await?);
    assert!(!state.revoke_key(&id, NOW.plus_secs(9)).await?, "once");
    assert!(!state.revoke_key(&KeyId::new("key_99"), NOW).await?);
    let revoked = Key { revoked_at: Some(NOW), ..unused(a_key(1)) };
    assert_eq!(state.key_by_hash(&hash(1)).await?, Some(revoked));
    assert_eq!(state.key_by_hash(&hash(2)).await?, Some(unused(a_key(2))));
    assert!(state.has_keys().await?);
    Ok(())
}

pub async fn a_use_is_noted_once_a_minute(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    state.create_key(&a_key(1)).await?;
    let id = a_key(1).id;
    for (secs, noted, at) in [(0, true, 0), (59, false, 0), (60, true, 60), (61, false, 60)] {
        assert_eq!(state.note_use(&id, NOW.plus_secs(secs)).await?, noted, "{secs}");
        let key = state.key(&id).await?;
        assert_eq!(key.and_then(|key| key.used_at), Some(NOW.plus_secs(at)), "{secs}");
    }
    assert!(!state.note_use(&KeyId::new("key_99"), NOW).await?);
    Ok(())
}

pub async fn a_session_is_found_until_it_is_over(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    let key = a_key(1);
    state.create_key(&key).await?;
    let session = a_session(1, &key, 60);
    state.open_session(&session).await?;
    state.open_session(&a_session(2, &key, 60)).await?;
    let at = |secs| NOW.plus_secs(secs);
    let found = state.session_by_hash(&session.hash, at(59)).await?;
    assert_eq!(found, Some((session.clone(), unused(key))));
    assert_eq!(state.session_by_hash(&session.hash, at(60)).await?, None, "it is over");
    assert_eq!(state.session_by_hash(&hash(3), at(0)).await?, None);
    assert!(state.end_session(&session.id).await?);
    assert!(!state.end_session(&session.id).await?, "once");
    assert_eq!(state.session_by_hash(&session.hash, at(0)).await?, None, "it was ended");
    assert!(state.session_by_hash(&hash(2), at(0)).await?.is_some(), "the other was not");
    Ok(())
}

pub async fn a_revoked_key_ends_its_sessions_and_no_others(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    for number in [1, 2] {
        state.create_key(&a_key(number)).await?;
        state.open_session(&a_session(number, &a_key(number), 60)).await?;
    }
    state.revoke_key(&a_key(1).id, NOW).await?;
    assert_eq!(state.session_by_hash(&hash(1), NOW).await?, None);
    assert!(state.session_by_hash(&hash(2), NOW).await?.is_some());
    Ok(())
}

pub async fn a_session_needs_its_key(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    refusal(state.open_session(&a_session(1, &a_key(1), 60)).await);
    assert_eq!(state.session_by_hash(&hash(1), NOW).await?, None);
    Ok(())
}

pub async fn a_preview_is_its_owners_until_it_is_over(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    let preview = a_preview(1, "key_01", 900);
    state.put_preview(&preview).await?;
    let error = refusal(state.put_preview(&preview).await);
    assert!(is_unique_violation(&error), "{error}");
    let found = |owner: &'static str, secs| state.preview(&preview.id, owner, NOW.plus_secs(secs));
    assert_eq!(found("key_01", 899).await?, Some(preview.clone()));
    assert_eq!(found("key_01", 900).await?, None, "it is over");
    assert_eq!(found("key_02", 0).await?, None, "it is another's");
    assert_eq!(found("KEY_01", 0).await?, None, "letters count");
    assert_eq!(state.preview(&PreviewId::new("prv_02"), "key_01", NOW).await?, None);
    Ok(())
}

fn a_sweep(id: &str, system: &str, secs: i64) -> StoredSweep {
    StoredSweep {
        system: SystemName::new(system),
        id: SweepId::new(id),
        body: "{}".to_owned(),
        began_at: NOW,
        leased_until: NOW.plus_secs(secs),
        ended_at: None,
    }
}

pub async fn one_sweep_of_a_system_at_a_time_is_under_way(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    let (first, second) = (a_sweep("swp_1", "a", 60), a_sweep("swp_2", "a", 200));
    assert_eq!(state.sweep(&first.system).await?, None);
    assert!(state.begin_sweep(&first, NOW).await?);
    assert!(!state.begin_sweep(&second, NOW.plus_secs(59)).await?, "one is under way");
    assert!(state.begin_sweep(&a_sweep("swp_3", "b", 60), NOW).await?, "of another system");
    assert!(state.keep_sweep(&first.id, NOW.plus_secs(90)).await?);
    assert!(!state.begin_sweep(&second, NOW.plus_secs(89)).await?, "its lease was held longer");
    assert!(state.begin_sweep(&second, NOW.plus_secs(90)).await?, "its lease is over");
    assert!(!state.keep_sweep(&first.id, NOW.plus_secs(500)).await?, "it is not the latest");
    assert!(!state.end_sweep(&first.id, NOW, "late").await?);
    assert_eq!(state.sweep(&first.system).await?, Some(second.clone()));
    assert!(state.end_sweep(&second.id, NOW.plus_secs(95), "found").await?);
    assert!(!state.end_sweep(&second.id, NOW.plus_secs(96), "again").await?);
    let ended = StoredSweep {
        body: "found".to_owned(),
        ended_at: Some(NOW.plus_secs(95)),
        ..second.clone()
    };
    assert_eq!(state.sweep(&second.system).await?, Some(ended));
    assert!(state.begin_sweep(&a_sweep("swp_4", "a", 60), NOW).await?, "it has ended");
    Ok(())
}

pub async fn a_secret_is_the_first_ones(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    assert_eq!(state.shared_secret("cursors", &[1; 32]).await?, [1; 32]);
    assert_eq!(state.shared_secret("cursors", &[2; 32]).await?, [1; 32]);
    assert_eq!(state.shared_secret("others", &[2; 32]).await?, [2; 32]);
    Ok(())
}

pub async fn what_is_over_goes_and_nothing_else(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    let key = a_key(1);
    state.create_key(&key).await?;
    for (number, secs) in [(1, 10), (2, 20), (3, 30), (4, 40)] {
        state.open_session(&a_session(number, &key, secs)).await?;
        state.put_preview(&a_preview(number, "key_01", secs)).await?;
    }
    assert_eq!(state.expire(NOW.plus_secs(9), 10).await?, 0);
    assert_eq!(state.expire(NOW.plus_secs(30), 2).await?, 4, "two of each, the oldest first");
    assert!(state.session_by_hash(&hash(3), NOW).await?.is_some(), "not its turn yet");
    let third = a_preview(3, "key_01", 0).id;
    assert!(state.preview(&third, "key_01", NOW).await?.is_some(), "nor of this");
    assert_eq!(state.expire(NOW.plus_secs(30), 10).await?, 2);
    for (number, there) in [(1, false), (2, false), (3, false), (4, true)] {
        let session = state.session_by_hash(&hash(number), NOW).await?;
        let preview = a_preview(number, "key_01", 0);
        let preview = state.preview(&preview.id, "key_01", NOW).await?;
        assert_eq!((session.is_some(), preview.is_some()), (there, there), "{number}");
    }
    assert_eq!(state.keys(None, 10).await?, [unused(key)], "keys stay");
    Ok(())
}

pub async fn preparing_the_state_again_changes_nothing(subject: &StateSubject) -> Outcome {
    let state = &subject.state;
    state.prepare().await?;
    state.create_key(&a_key(1)).await?;
    state.prepare().await?;
    assert_eq!(state.keys(None, 10).await?, [unused(a_key(1))]);
    Ok(())
}
