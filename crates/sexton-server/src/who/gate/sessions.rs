//! Sessions of the console: opened with a key, known by their cookie, ended by hand or by time.
//!
//! A session is as good as its key: every request looks both up, so a key that is revoked ends its
//! sessions with it.

use axum::http::{HeaderMap, header};
use sexton_core::names::ConsoleSessionId;
use sexton_engine::ports::ConsoleSession;

use super::{KeyGate, Knock, of_key, tell};
use crate::who::Identity;
use crate::who::presented;
use crate::who::refusal::Refusal;
use crate::who::session::{LASTS_SECS, Opened, SessionToken};

impl KeyGate {
    /// Opens a session for whoever has this key.
    pub async fn open_session(
        &self,
        knock: Knock<'_>,
        credential: &str,
    ) -> Result<Opened, Refusal> {
        let peer = self.proxies.peer(knock.remote, knock.headers);
        let found = self.key_of(credential).await.map_err(|refusal| self.failed(peer, refusal));
        let key = found.inspect_err(|refusal| tell(refusal, peer))?;
        let (now, token) = (self.clock.now(), SessionToken::draw(&*self.secrets));
        let most = now.plus_secs(LASTS_SECS);
        let expires_at = key.made.expires_at.map_or(most, |end| end.min(most));
        let word = data_encoding::BASE32_NOPAD.encode(&self.entropy.unique());
        let session = ConsoleSession {
            id: ConsoleSessionId::new(["ses_", &word.to_lowercase()].concat()),
            hash: token.hash(),
            key: key.made.id,
            created_at: now,
            expires_at,
        };
        self.state.open_session(&session).await.map_err(Refusal::Unavailable)?;
        let lasts_secs = (expires_at.0 - now.0) / 1_000_000;
        let is_secure = self.is_secure(knock);
        tracing::info!(event = "session_opened", key = %session.key, %peer);
        Ok(Opened { token, lasts_secs, is_secure })
    }

    /// Ends the session of a request, if there is one.
    pub async fn end_session(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = presented::session(headers) else { return Ok(()) };
        let now = self.clock.now();
        let found = self.state.session_by_hash(&token.hash(), now).await;
        let Some((session, _)) = found.map_err(Refusal::Unavailable)? else { return Ok(()) };
        self.state.end_session(&session.id).await.map_err(Refusal::Unavailable)?;
        tracing::info!(event = "session_ended", key = %session.key);
        Ok(())
    }

    /// Who is at the console; a cookie that is over is nobody's failure.
    pub(super) async fn by_session(
        &self,
        token: &SessionToken,
    ) -> Result<(Identity, u32), Refusal> {
        let now = self.clock.now();
        let found = self.state.session_by_hash(&token.hash(), now).await;
        let (_, key) = found.map_err(Refusal::Unavailable)?.ok_or(Refusal::Anonymous)?;
        if key.revoked_at.is_some() || key.made.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::Anonymous);
        }
        self.note_use(&key).await;
        let per_minute = key.made.grant.per_minute.unwrap_or(self.per_minute);
        Ok((of_key(key), per_minute))
    }

    /// Whether the browser speaks TLS: the page says where it was sent from, and a proxy how it
    /// was asked.
    fn is_secure(&self, knock: Knock<'_>) -> bool {
        let said = |name: &str| knock.headers.get(name).and_then(|value| value.to_str().ok());
        let origin = said(header::ORIGIN.as_str()).is_some_and(|origin| {
            origin.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
        });
        let forwarded = said("x-forwarded-proto").filter(|_| self.proxies.trust(knock.remote));
        origin || forwarded.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }
}
