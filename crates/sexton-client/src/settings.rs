//! Where the server is, and how it is asked.

use std::time::Duration;

use crate::client::Sexton;
use crate::error::Error;
use crate::patience::Patience;
use crate::sender::Sender;

/// The server may take longer for an answer than this only where it is asked to wait.
const TIMEOUT: Duration = Duration::from_secs(75);
const RETRIES: u32 = 3;
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    server: String,
    key: Option<String>,
    timeout: Duration,
    patience: Patience,
}

impl Settings {
    /// A server without a key.
    pub fn at(server: impl Into<String>) -> Self {
        let patience = Patience { retries: RETRIES, first_wait: FIRST_WAIT };
        Self { server: server.into(), key: None, timeout: TIMEOUT, patience }
    }

    /// What SEXTON_SERVER and SEXTON_KEY say.
    pub fn from_env() -> Result<Self, Error> {
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let settings = Self::at(said("SEXTON_SERVER").ok_or(Error::NoServer)?);
        Ok(Self { key: said("SEXTON_KEY"), ..settings })
    }

    /// The same with this API key, or token.
    #[must_use]
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// The same with so much time for one answer (75 seconds if not said).
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same with so many more tries where no answer came, the first after up to this wait, the
    /// next after up to twice as long (3, and 200 milliseconds).
    #[must_use]
    pub fn with_retries(self, retries: u32, first_wait: Duration) -> Self {
        Self { patience: Patience { retries, first_wait }, ..self }
    }

    /// The client. Nothing is asked yet.
    pub fn client(self) -> Result<Sexton, Error> {
        let key = self.key.as_deref();
        Ok(Sexton::with(Sender::new(&self.server, key, self.timeout, self.patience)?))
    }
}
