use std::path::Path;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::json;
use sexton_core::names::TenantId;

use super::*;
use crate::who::held::HeldClock;

const SECRET: &[u8] = b"a secret of thirty-two bytes, or more";
const ISSUER: &str = "https://id.example";

fn part(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

/// A token, signed by something else than what judges it.
fn token(head: &Value, said: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let message = format!("{}.{}", part(head), part(said));
    let signature = BASE64URL_NOPAD.encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn by_secret(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |message| hmac::sign(&key, message).as_ref().to_vec()
}

fn by_pair(pair: &KeyPair) -> impl Fn(&[u8]) -> Vec<u8> {
    move |message| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

fn now(clock: &HeldClock) -> i64 {
    clock.now().0 / 1_000_000
}

fn good(clock: &HeldClock) -> Value {
    json!({
        "iss": ISSUER, "aud": "sexton", "sub": "ann", "tenant": "t1", "exp": now(clock) + 300,
        "roles": ["operator", "archivist"], "org": ["o1", "o 2"],
    })
}

fn with(said: &Value, changes: &Value) -> Value {
    let mut said = said.as_object().unwrap().clone();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(said.remove(name)),
            value => drop(said.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(said)
}

fn expected() -> Expected {
    let audience = vec!["sexton".to_owned(), "sexton-too".to_owned()];
    Expected { issuer: Some(ISSUER.to_owned()), audience, skew_secs: 60 }
}

fn judge_by(keyring: Keyring, clock: &Arc<HeldClock>) -> TokenJudge {
    TokenJudge::new(keyring, expected(), ClaimNames::default(), clock.clone())
}

fn judge_by_secret(clock: &Arc<HeldClock>) -> TokenJudge {
    judge_by(Keyring::of_secret(SECRET).unwrap(), clock)
}

fn hs256(said: &Value) -> String {
    token(&json!({"alg": "HS256", "typ": "JWT"}), said, by_secret(SECRET))
}

#[track_caller]
fn refused(judge: &TokenJudge, token: &str) -> Fault {
    judge.judge(token).expect_err("it was accepted")
}

#[test]
fn a_token_says_whom_it_is_of() {
    let clock = HeldClock::new();
    let identity = judge_by_secret(&clock).judge(&hs256(&good(&clock))).unwrap();
    let expected = Identity {
        actor: sexton_core::names::Actor::new("ann"),
        bearer: "jwt:ann".to_owned(),
        roles: vec!["operator".to_owned(), "archivist".to_owned()],
        organisations: vec!["o1".to_owned(), "o 2".to_owned()],
        tenant: Some(TenantId::new("t1")),
        systems: None,
    };
    assert_eq!(identity, expected);
}

#[test]
fn claims_have_the_names_and_forms_of_the_configuration() {
    let clock = HeldClock::new();
    let names = ClaimNames {
        actor: "email".to_owned(),
        tenant: None,
        roles: "scope".to_owned(),
        organisations: "https://id.example/team".to_owned(),
    };
    let keyring = Keyring::of_secret(SECRET).unwrap();
    let judge = TokenJudge::new(keyring, expected(), names, clock.clone());
    let said = json!({
        "email": "ann@example.org", "scope": "viewer  archivist", "https://id.example/team": "red 1",
    });
    let identity = judge.judge(&hs256(&with(&good(&clock), &said))).unwrap();
    assert_eq!(identity.actor.as_str(), "ann@example.org");
    assert_eq!(identity.roles, ["viewer", "archivist"], "those of `roles` are not read");
    assert_eq!(identity.organisations, ["red 1"]);
    assert_eq!(identity.tenant, None, "where there are no tenants");
}

#[test]
fn nobody_without_a_name_or_a_tenant_is_let_in() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    for (changes, claim) in [
        (json!({"sub": null}), "sub"),
        (json!({"sub": " "}), "sub"),
        (json!({"tenant": null}), "tenant"),
        (json!({"tenant": ""}), "tenant"),
        (json!({"tenant": false}), "tenant"),
        (json!({"tenant": ["t1"]}), "tenant"),
        (json!({"roles": {"admin": true}}), "roles"),
        (json!({"roles": ["viewer", 7]}), "roles"),
        (json!({"org": 7}), "org"),
    ] {
        let fault = refused(&judge, &hs256(&with(&good(&clock), &changes)));
        assert_eq!(fault, Fault::Claim(claim.to_owned()), "{changes}");
    }
    // The library itself knows what a `sub` is.
    let several = hs256(&with(&good(&clock), &json!({"sub": ["ann"]})));
    assert_eq!(refused(&judge, &several), Fault::Unreadable);
    let bare = json!({"roles": null, "org": null, "tenant": 7});
    let identity = judge.judge(&hs256(&with(&good(&clock), &bare))).unwrap();
    assert!(identity.roles.is_empty() && identity.organisations.is_empty());
    assert_eq!(identity.tenant, Some(TenantId::new("7")));
}

#[test]
fn an_unsigned_token_is_refused() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    for alg in ["none", "None", "NONE", ""] {
        let unsigned = token(&json!({"alg": alg}), &good(&clock), |_| Vec::new());
        assert_eq!(refused(&judge, &unsigned), Fault::Algorithm, "{alg}");
    }
    let bare = token(&json!({"alg": "HS256"}), &good(&clock), |_| Vec::new());
    assert_eq!(refused(&judge, &bare), Fault::Signature);
    let without = token(&json!({}), &good(&clock), by_secret(SECRET));
    assert_eq!(refused(&judge, &without), Fault::Algorithm);
}

#[test]
fn a_token_does_not_choose_its_algorithm() {
    let clock = HeldClock::new();
    let folder = tempfile::tempdir().unwrap();
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let path = folder.path().join("jwks.json");
    write(&path, &[("one", &pair)]);
    let by_keys = judge_by(Keyring::of_file(&path).unwrap(), &clock);
    let head = |alg: &str| json!({"alg": alg, "kid": "one"});
    let rs256 = token(&head("RS256"), &good(&clock), by_pair(&pair));
    assert!(by_keys.judge(&rs256).is_ok());
    // The public key as a secret, which everybody has: the classic confusion.
    for public in [pair.public_key().as_ref().to_vec(), std::fs::read(&path).unwrap()] {
        let confused = token(&head("HS256"), &good(&clock), by_secret(&public));
        assert_eq!(refused(&by_keys, &confused), Fault::Algorithm);
    }
    assert_eq!(refused(&judge_by_secret(&clock), &rs256), Fault::Algorithm);
    for alg in ["HS384", "HS512", "RS384", "PS256", "ES256", "hs256"] {
        let other = token(&head(alg), &good(&clock), by_secret(SECRET));
        assert_eq!(refused(&judge_by_secret(&clock), &other), Fault::Algorithm, "{alg}");
    }
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    let head = json!({"alg": "HS256"});
    let other = token(&head, &good(&clock), by_secret(b"another secret of thirty-two bytes, too"));
    assert_eq!(refused(&judge, &other), Fault::Signature);
    let mut parts: Vec<String> = hs256(&good(&clock)).split('.').map(str::to_owned).collect();
    parts[1] = part(&with(&good(&clock), &json!({"tenant": "t2"})));
    assert_eq!(refused(&judge, &parts.join(".")), Fault::Signature);
}

#[test]
fn a_token_ends() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    let ends = |exp: Value| hs256(&with(&good(&clock), &json!({ "exp": exp })));
    assert_eq!(refused(&judge, &ends(Value::Null)), Fault::Endless);
    assert_eq!(refused(&judge, &ends(json!("never"))), Fault::Claim("exp".to_owned()));
    assert!(judge.judge(&ends(json!(now(&clock) - 59))).is_ok(), "within what clocks may differ");
    assert!(judge.judge(&ends(format!("{}.5", now(&clock)).parse().unwrap())).is_ok());
    assert_eq!(refused(&judge, &ends(json!(now(&clock) - 60))), Fault::Expired);
    let soon = ends(json!(now(&clock) + 10));
    assert!(judge.judge(&soon).is_ok());
    clock.pass_secs(70);
    assert_eq!(refused(&judge, &soon), Fault::Expired);
}

#[test]
fn a_token_has_a_beginning() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    let begins = |nbf: i64| hs256(&with(&good(&clock), &json!({ "nbf": nbf })));
    assert!(judge.judge(&begins(now(&clock) + 60)).is_ok());
    let later = begins(now(&clock) + 61);
    assert_eq!(refused(&judge, &later), Fault::TooEarly);
    clock.pass_secs(1);
    assert!(judge.judge(&later).is_ok());
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    let judged = |changes: Value| judge.judge(&hs256(&with(&good(&clock), &changes))).err();
    for (changes, fault) in [
        (json!({"aud": "other"}), Some(Fault::Audience)),
        (json!({"aud": ["other"]}), Some(Fault::Audience)),
        (json!({"aud": []}), Some(Fault::Audience)),
        (json!({"aud": null}), Some(Fault::Audience)),
        (json!({"aud": ["other", "sexton-too"]}), None),
        (json!({"iss": "https://evil.example"}), Some(Fault::Issuer)),
        (json!({"iss": null}), Some(Fault::Issuer)),
    ] {
        assert_eq!(judged(changes.clone()), fault, "{changes}");
    }
}

/// Who says nothing of an audience is none that a token names.
#[test]
fn without_an_audience_a_token_must_name_none() {
    let clock = HeldClock::new();
    let expected = Expected { issuer: None, audience: Vec::new(), skew_secs: 0 };
    let keyring = Keyring::of_secret(SECRET).unwrap();
    let judge = TokenJudge::new(keyring, expected, ClaimNames::default(), clock.clone());
    assert_eq!(refused(&judge, &hs256(&good(&clock))), Fault::Audience);
    assert!(judge.judge(&hs256(&with(&good(&clock), &json!({"aud": null})))).is_ok());
}

#[test]
fn what_is_critical_and_not_understood_is_refused() {
    let clock = HeldClock::new();
    let head = json!({"alg": "HS256", "crit": ["exp"]});
    let critical = token(&head, &good(&clock), by_secret(SECRET));
    assert_eq!(refused(&judge_by_secret(&clock), &critical), Fault::Critical);
}

#[test]
fn what_is_no_token_is_refused() {
    let clock = HeldClock::new();
    let judge = judge_by_secret(&clock);
    let whole = hs256(&good(&clock));
    for no_token in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", "bnVsbA.e30.e30"] {
        let fault = refused(&judge, no_token);
        assert!(matches!(fault, Fault::Unreadable | Fault::Algorithm), "{no_token}: {fault}");
    }
    assert_eq!(refused(&judge, &format!("{whole}.x")), Fault::Unreadable);
    let list = token(&json!({"alg": "HS256"}), &json!([1]), by_secret(SECRET));
    assert_eq!(refused(&judge, &list), Fault::Unreadable);
    // Cut or changed anywhere, it is refused and nothing panics.
    for at in 0..whole.len() {
        refused(&judge, &whole[..at]);
        let mut other = whole.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        // The last sign of a part may hold bits that belong to no byte.
        if let Ok(identity) = judge.judge(&String::from_utf8(other).unwrap()) {
            assert_eq!(identity.actor.as_str(), "ann", "{at}");
        }
    }
}

#[test]
fn a_secret_that_could_be_guessed_is_refused() {
    let short = Keyring::of_secret(b"hunter2").err().unwrap();
    assert_eq!(short.to_string(), "the secret has 7 bytes; HS256 needs at least 32");
}

fn write(path: &Path, pairs: &[(&str, &KeyPair)]) {
    let keys = pairs.iter().map(|(kid, pair)| {
        let public = pair.public_key();
        let number = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })
    });
    let others = [json!({"kty": "EC", "kid": "ec"}), json!({"kty": "RSA", "use": "enc"})];
    let set = json!({ "keys": keys.chain(others).collect::<Vec<_>>() });
    // Another file each time, as those do who never leave half a file to be read.
    let beside = path.with_extension("tmp");
    std::fs::write(&beside, set.to_string()).unwrap();
    std::fs::rename(beside, path).unwrap();
}

#[test]
fn keys_are_chosen_by_name_and_read_again_when_their_file_changes() {
    let clock = HeldClock::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let [one, two] = [(); 2].map(|()| KeyPair::generate(KeySize::Rsa2048).unwrap());
    write(&path, &[("one", &one)]);
    let judge = judge_by(Keyring::of_file(&path).unwrap(), &clock);
    let by = |kid: Option<&str>, pair: &KeyPair| {
        let head = with(&json!({"alg": "RS256"}), &json!({ "kid": kid }));
        token(&head, &good(&clock), by_pair(pair))
    };
    assert!(judge.judge(&by(Some("one"), &one)).is_ok());
    assert!(judge.judge(&by(None, &one)).is_ok(), "there is one key only");
    assert_eq!(refused(&judge, &by(Some("two"), &two)), Fault::UnknownKey);
    assert_eq!(refused(&judge, &by(Some("one"), &two)), Fault::Signature);
    assert_eq!(refused(&judge, &by(Some("ec"), &one)), Fault::UnknownKey);

    write(&path, &[("one", &one), ("two", &two)]);
    assert!(judge.judge(&by(Some("two"), &two)).is_ok(), "it came while we run");
    assert_eq!(refused(&judge, &by(None, &two)), Fault::UnknownKey, "which of them?");
    write(&path, &[("two", &two)]);
    assert_eq!(refused(&judge, &by(Some("one"), &one)), Fault::UnknownKey, "it went");

    std::fs::write(&path, "{").unwrap();
    assert!(judge.judge(&by(Some("two"), &two)).is_ok(), "half a file changes nothing");
    std::fs::remove_file(&path).unwrap();
    assert!(judge.judge(&by(Some("two"), &two)).is_ok(), "and neither does none");
    write(&path, &[("one", &one)]);
    assert!(judge.judge(&by(Some("one"), &one)).is_ok());
}

#[test]
fn a_file_without_keys_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    assert!(matches!(Keyring::of_file(&path), Err(Unusable::Unread(..))));
    for (text, why) in [
        ("", "no JWKS"),
        ("[]", "no list `keys`"),
        (r#"{"keys": []}"#, "no key for RS256"),
        (r#"{"keys": [{"kty": "oct", "k": "AAAA"}]}"#, "no key for RS256"),
        (r#"{"keys": [{"kty": "RSA", "kid": "x"}]}"#, "no `n`"),
        (r#"{"keys": [{"kty": "RSA", "n": "?", "e": "AQAB"}]}"#, "cannot be read"),
        (
            r#"{"keys": [{"kty":"RSA","n":"AQAB","e":"AQAB"}, {"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
            "same `kid`",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = Keyring::of_file(&path).err().expect(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}
