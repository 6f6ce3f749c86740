use std::io::Write;
use std::sync::Mutex;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use sexton_core::names::{SystemName, TenantId};
use sexton_engine::Surroundings;
use sexton_engine::ports::{Grant, NewKey, SystemEntropy, SystemSecrets};
use sexton_sqlite::SqliteState;
use tempfile::TempDir;

use super::*;
use crate::who::held::HeldClock;
use crate::who::issue::{Wanted, issue};
use crate::who::token::{ClaimNames, Expected, Keyring};

const HERE: &str = "127.0.0.1";
const ELSEWHERE: &str = "203.0.113.9";

/// A gate on a state of its own.
struct House {
    gate: KeyGate,
    state: Arc<SqliteState>,
    clock: Arc<HeldClock>,
    _folder: TempDir,
}

impl House {
    async fn new() -> Self {
        Self::with(Config::default(), false).await
    }

    async fn with(config: Config, takes_tokens: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let state = SqliteState::open_or_create(path.to_str().unwrap()).await.unwrap();
        state.prepare().await.unwrap();
        let (state, clock) = (Arc::new(state), HeldClock::new());
        let expected = Expected { issuer: None, audience: Vec::new(), skew_secs: 0 };
        let tokens = takes_tokens.then(|| {
            let keyring = Keyring::of_secret(&[7; 32]).unwrap();
            TokenJudge::new(keyring, expected, ClaimNames::default(), clock.clone())
        });
        let gate = KeyGate::new(&config, tokens, state.clone(), clock.clone());
        Self { gate, state, clock, _folder: folder }
    }

    async fn key_of(&self, grant: Grant, expires_in: Option<i64>) -> (NewKey, String) {
        let surroundings =
            Surroundings { clock: self.clock.clone(), entropy: Arc::new(SystemEntropy) };
        let wanted = Wanted {
            name: "ci".to_owned(),
            grant,
            expires_at: expires_in.map(|secs| self.clock.now().plus_secs(secs)),
            created_by: "ann".to_owned(),
        };
        let made = issue(&*self.state, &surroundings, &SystemSecrets, wanted).await;
        let (key, secret) = made.unwrap();
        (key, secret.text().to_owned())
    }

    async fn key(&self) -> (NewKey, String) {
        self.key_of(nothing(), None).await
    }

    async fn knock(&self, remote: &str, said: &[(&str, &str)]) -> Result<Identity, Refusal> {
        self.knock_by(&Method::POST, remote, said).await
    }

    async fn knock_by(
        &self,
        method: &Method,
        remote: &str,
        said: &[(&str, &str)],
    ) -> Result<Identity, Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let knock = Knock { method, headers: &headers, remote: remote.parse().unwrap() };
        self.gate.admit(knock).await
    }

    async fn with_key(&self, remote: &str, secret: &str) -> Result<Identity, Refusal> {
        self.knock(remote, &[("authorization", &bearer(secret))]).await
    }

    async fn word(&self, remote: &str, said: &[(&str, &str)]) -> &'static str {
        self.knock(remote, said).await.map_or_else(|refusal| refusal.word(), |_| "let in")
    }
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

fn nothing() -> Grant {
    Grant {
        roles: Vec::new(),
        tenant: None,
        systems: None,
        organisations: Vec::new(),
        per_minute: None,
    }
}

/// A secret that nobody was given.
fn unknown() -> String {
    KeySecret::draw(&SystemSecrets).text().to_owned()
}

#[tokio::test]
async fn a_key_says_whom_it_is_of() {
    let house = House::new().await;
    let grant = Grant {
        roles: vec!["operator".to_owned()],
        tenant: Some(TenantId::new("t1")),
        systems: Some([SystemName::new("shop")].into()),
        organisations: vec!["o1".to_owned()],
        per_minute: None,
    };
    let (key, secret) = house.key_of(grant, None).await;
    let identity = house.with_key(ELSEWHERE, &secret).await.unwrap();
    let expected = Identity {
        actor: Actor::new("ci"),
        bearer: key.id.as_str().to_owned(),
        roles: vec!["operator".to_owned()],
        organisations: vec!["o1".to_owned()],
        tenant: Some(TenantId::new("t1")),
        systems: Some(["shop".to_owned()].into()),
    };
    assert_eq!(identity, expected);
}

#[tokio::test]
async fn a_key_opens_nothing_once_it_is_revoked_or_over() {
    let house = House::new().await;
    let (key, secret) = house.key_of(nothing(), Some(60)).await;
    assert!(house.with_key(ELSEWHERE, &secret).await.is_ok());
    house.clock.pass_secs(59);
    assert!(house.with_key(ELSEWHERE, &secret).await.is_ok());
    house.clock.pass_secs(1);
    assert!(matches!(house.with_key(ELSEWHERE, &secret).await, Err(Refusal::Expired)));
    house.clock.pass_secs(-30);
    assert!(house.with_key(ELSEWHERE, &secret).await.is_ok());
    house.state.revoke_key(&key.id, house.clock.now()).await.unwrap();
    assert!(matches!(house.with_key(ELSEWHERE, &secret).await, Err(Refusal::Revoked)));
}

#[tokio::test]
async fn the_use_of_a_key_is_noted() {
    let house = House::new().await;
    let (key, secret) = house.key().await;
    let begin = house.clock.now();
    for (secs, noted) in [(0, 0), (59, 0), (1, 60)] {
        house.clock.pass_secs(secs);
        house.with_key(ELSEWHERE, &secret).await.unwrap();
        let used_at = house.state.key(&key.id).await.unwrap().unwrap().used_at;
        assert_eq!(used_at, Some(begin.plus_secs(noted)), "{secs}");
    }
}

/// Whoever is not known learns nothing from the answer; the log tells the reasons apart, and
/// repeats nothing that was presented.
#[tokio::test]
async fn all_who_are_not_known_get_one_answer_and_the_log_tells_why() {
    let log = Log::default();
    let _guard = log.listen();
    let house = House::new().await;
    let (revoked, revoked_secret) = house.key().await;
    house.state.revoke_key(&revoked.id, house.clock.now()).await.unwrap();
    let (_, expired_secret) = house.key_of(nothing(), Some(0)).await;
    let (unknown, misspelt) = (unknown(), format!("{}x", unknown()));
    let presented = [
        (None, "nothing-presented"),
        (Some("Basic YW5uOmh1bnRlcjI".to_owned()), "unreadable"),
        (Some(bearer(&misspelt)), "misspelt-key"),
        (Some(bearer(&unknown)), "unknown-key"),
        (Some(bearer(&expired_secret)), "expired-key"),
        (Some(bearer(&revoked_secret)), "revoked-key"),
        (Some(bearer("eyJhbGciOiJub25lIn0.e30.")), "no-tokens"),
    ];
    for (authorization, word) in &presented {
        let said: Vec<(&str, &str)> =
            authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let refusal = house.knock(ELSEWHERE, &said).await.expect_err(word);
        assert_eq!(refusal.word(), *word);
        let outside = (refusal.status(), refusal.outcome(), refusal.retry_after_secs());
        assert_eq!(outside, (StatusCode::UNAUTHORIZED, "anonymous", None), "{word}");
        assert!(log.text().contains(&format!("refusal=\"{word}\" peer={ELSEWHERE}")), "{word}");
    }
    for secret in [&revoked_secret, &expired_secret, &unknown, &misspelt] {
        assert!(!log.text().contains(&secret[12..40]), "{}", log.text());
    }
    for part in ["YW5uOmh1bnRlcjI", "eyJhbGciOiJub25lIn0"] {
        assert!(!log.text().contains(part), "{}", log.text());
    }
}

#[tokio::test]
async fn without_keys_whoever_is_on_this_machine_is_its_operator_and_the_log_says_so() {
    let log = Log::default();
    let _guard = log.listen();
    let house = House::new().await;
    assert!(house.gate.open().await.unwrap());
    assert!(log.text().contains("whoever asks from this machine is its operator"));
    for (remote, said) in [
        (HERE, &[][..]),
        ("127.0.0.2", &[("host", "localhost:8080")]),
        ("::1", &[("host", "[::1]:8080")]),
        ("::ffff:127.0.0.1", &[("host", "127.0.0.1")]),
    ] {
        let identity = house.knock(remote, said).await.unwrap();
        assert!(identity.caller().admin && identity.tenant.is_none(), "{remote}");
    }
    for (remote, said) in [
        (ELSEWHERE, &[][..]),
        ("10.0.0.1", &[]),
        (HERE, &[("x-forwarded-for", ELSEWHERE)]),
        (HERE, &[("forwarded", "for=203.0.113.9")]),
        (HERE, &[("x-real-ip", ELSEWHERE)]),
        (HERE, &[("via", "1.1 proxy")]),
        // The name of another site may point to this machine.
        (HERE, &[("host", "evil.example:8080")]),
        (HERE, &[("host", "localhost.evil.example")]),
    ] {
        assert_eq!(house.word(remote, said).await, "not-local", "{remote} {said:?}");
    }
}

#[tokio::test]
async fn the_first_key_shuts_the_gate_for_good() {
    let house = House::new().await;
    assert_eq!(house.word(HERE, &[]).await, "let in");
    let (key, secret) = house.key().await;
    assert_eq!(house.word(HERE, &[]).await, "nothing-presented");
    assert!(!house.gate.open().await.unwrap());
    assert!(house.with_key(HERE, &secret).await.is_ok());
    house.state.revoke_key(&key.id, house.clock.now()).await.unwrap();
    assert_eq!(house.word(HERE, &[]).await, "nothing-presented", "a key was there");
    let again = KeyGate::new(&Config::default(), None, house.state.clone(), house.clock.clone());
    assert!(!again.open().await.unwrap(), "nor after a restart");
}

#[tokio::test]
async fn where_tokens_are_taken_nobody_is_let_in_without() {
    let house = House::with(Config::default(), true).await;
    assert!(!house.gate.open().await.unwrap());
    assert_eq!(house.word(HERE, &[]).await, "nothing-presented");
    assert_eq!(house.word(HERE, &[("authorization", "Bearer a.b.c")]).await, "bad-token");
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &[7; 32]);
    let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    let end = house.clock.now().0 / 1_000_000 + 60;
    let said = format!(r#"{{"sub":"ann","tenant":"t1","exp":{end}}}"#);
    let message = format!("{}.{}", part(r#"{"alg":"HS256"}"#), part(&said));
    let signature = aws_lc_rs::hmac::sign(&key, message.as_bytes());
    let signature = data_encoding::BASE64URL_NOPAD.encode(signature.as_ref());
    let identity = house.with_key(ELSEWHERE, &format!("{message}.{signature}")).await.unwrap();
    assert_eq!(identity.bearer, "jwt:ann");
}

#[tokio::test]
async fn who_asks_too_often_waits() {
    let config = Config { requests_per_minute: 3, ..Config::default() };
    let house = House::with(config, false).await;
    let (_, usual) = house.key().await;
    let (_, slow) = house.key_of(Grant { per_minute: Some(1), ..nothing() }, None).await;
    for (secret, times, wait) in [(&usual, 3, 20), (&slow, 1, 60)] {
        for _ in 0..times {
            assert!(house.with_key(ELSEWHERE, secret).await.is_ok());
        }
        let refusal = house.with_key(ELSEWHERE, secret).await.unwrap_err();
        assert_eq!(refusal.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refusal.outcome(), "rate-limited");
        assert_eq!(refusal.retry_after_secs(), Some(wait));
    }
    house.clock.pass_secs(20);
    assert!(house.with_key(ELSEWHERE, &usual).await.is_ok());
    assert!(house.with_key(ELSEWHERE, &slow).await.is_err());
}

#[tokio::test]
async fn who_fails_too_often_waits_and_keeps_no_good_key_out() {
    let house = House::with(Config { failures_per_minute: 2, ..Config::default() }, false).await;
    let (_, good) = house.key().await;
    for _ in 0..5 {
        assert_eq!(house.word(ELSEWHERE, &[]).await, "nothing-presented", "nothing was tried");
    }
    for _ in 0..2 {
        assert_eq!(house.with_key(ELSEWHERE, &unknown()).await.unwrap_err().word(), "unknown-key");
    }
    let refusal = house.with_key(ELSEWHERE, "sxt_typo").await.unwrap_err();
    assert_eq!((refusal.word(), refusal.retry_after_secs()), ("failed-too-often", Some(30)));
    assert_eq!(refusal.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(house.with_key(ELSEWHERE, &good).await.is_ok(), "at the same address");
    let other = house.with_key("198.51.100.1", "sxt_typo").await.unwrap_err();
    assert_eq!(other.word(), "misspelt-key");
    house.clock.pass_secs(30);
    let refusal = house.with_key(ELSEWHERE, "sxt_typo").await.unwrap_err();
    assert_eq!(refusal.word(), "misspelt-key");
}

#[tokio::test]
async fn failures_behind_a_trusted_proxy_are_its_callers_own() {
    let proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let config = Config { failures_per_minute: 1, trusted_proxies: proxies, ..Config::default() };
    let house = House::with(config, false).await;
    let by = |peer: &'static str| {
        [("authorization", "Bearer sxt_typo".to_owned()), ("x-forwarded-for", peer.to_owned())]
    };
    for (peer, word) in [
        ("203.0.113.1", "misspelt-key"),
        ("203.0.113.2", "misspelt-key"),
        ("203.0.113.1", "failed-too-often"),
    ] {
        let said = by(peer);
        let said: Vec<(&str, &str)> = said.iter().map(|(name, v)| (*name, v.as_str())).collect();
        assert_eq!(house.word("10.0.0.1", &said).await, word, "{peer}");
    }
}

#[tokio::test]
async fn b3_another_sites_write_is_refused_before_anything_else_is_asked() {
    let house = House::new().await;
    let (_, good) = house.key().await;
    let good = bearer(&good);
    for authorization in [good.as_str(), "Bearer sxt_typo", "Basic x"] {
        let said = [
            ("authorization", authorization),
            ("host", "sexton.example"),
            ("origin", "https://evil.example"),
        ];
        for method in [Method::DELETE, Method::POST] {
            let refusal = house.knock_by(&method, ELSEWHERE, &said).await.unwrap_err();
            assert_eq!((refusal.word(), refusal.status()), ("cross-origin", StatusCode::FORBIDDEN));
        }
    }
    let said = [("host", "sexton.example"), ("origin", "https://evil.example")];
    assert_eq!(house.word(ELSEWHERE, &said).await, "cross-origin");
    let said = [("authorization", good.as_str()), said[0], said[1]];
    assert!(house.knock_by(&Method::GET, ELSEWHERE, &said).await.is_ok(), "it changes nothing");
}

#[tokio::test]
async fn where_the_state_cannot_be_read_nobody_is_let_in() {
    let house = House::new().await;
    let (_, secret) = house.key().await;
    house.state.close().await;
    for said in [&[][..], &[("authorization", bearer(&secret).as_str())]] {
        let refusal = house.knock(HERE, said).await.unwrap_err();
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refusal.outcome(), "unavailable");
    }
}

/// What was logged in this test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
