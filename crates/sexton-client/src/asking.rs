//! Previews and deletions on their way: what may be said beside the id, until they are awaited.

use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use sexton_api::{AskDeletion, AskPreview, Deletion, Preview};

use crate::call;
use crate::error::Error;
use crate::roots::{Roots, What};
use crate::sender::Sender;

type Asked<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// A preview that is asked for when it is awaited.
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before it is awaited"]
pub struct Previewing {
    sender: Sender,
    system: String,
    ask: AskPreview,
}

impl Previewing {
    pub(crate) fn of(sender: Sender, system: String, thing: String, roots: Roots) -> Self {
        let (id, ids, find) = roots.said();
        let ask = AskPreview { thing, id, ids, find, ..AskPreview::default() };
        Self { sender, system, ask }
    }

    /// With an option of the thing.
    pub fn option(mut self, name: impl Into<String>, chosen: bool) -> Self {
        self.ask.options.insert(name.into(), chosen);
        self
    }
}

impl IntoFuture for Previewing {
    type Output = Result<Preview, Error>;
    type IntoFuture = Asked<Preview>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { sender, system, ask } = self;
            if ask.id.is_none() && ask.ids.is_empty() && ask.find.is_empty() {
                return Err(Error::NoId);
            }
            sender.send(&call::preview(&system, &ask)).await
        })
    }
}

/// A deletion that is asked for when it is awaited.
#[derive(Debug, Clone)]
#[must_use = "nothing is asked before it is awaited"]
pub struct Deleting {
    sender: Sender,
    system: String,
    thing: String,
    what: What,
    options: BTreeMap<String, bool>,
    reason: Option<String>,
    digest: Option<String>,
    wait: Option<Duration>,
    key: Option<String>,
}

impl Deleting {
    pub(crate) fn of(sender: Sender, system: String, thing: String, what: What) -> Self {
        Self {
            sender,
            system,
            thing,
            what,
            options: BTreeMap::new(),
            reason: None,
            digest: None,
            wait: None,
            key: None,
        }
    }

    /// With an option of the thing.
    pub fn option(mut self, name: impl Into<String>, chosen: bool) -> Self {
        self.options.insert(name.into(), chosen);
        self
    }

    /// Why, for the audit.
    pub fn reason(self, reason: impl Into<String>) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Exactly what a preview of this digest has shown, or nothing.
    pub fn digest(self, digest: impl Into<String>) -> Self {
        Self { digest: Some(digest.into()), ..self }
    }

    /// How long the answer may take, in whole seconds, 60 at most. What is not done by then goes on,
    /// and [`Deletions::wait`](crate::Deletions::wait) waits for its end.
    pub fn wait(self, wait: Duration) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// By this key it is known when it is asked for again: it makes one deletion.
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// What is sent, and of which system.
    fn ask(&self) -> Result<(String, AskDeletion), Error> {
        let reason = self.reason.clone();
        let roots = match &self.what {
            What::Previewed { system, preview, digest } => {
                if !self.options.is_empty() || self.digest.is_some() {
                    return Err(Error::BesidePreview);
                }
                let (preview, digest) = (Some(preview.clone()), digest.clone());
                let ask = AskDeletion { preview, digest, reason, ..AskDeletion::default() };
                return Ok((system.clone(), ask));
            }
            What::Roots(roots) => roots.clone(),
        };
        let (id, ids, find) = roots.said();
        // Saying it once more is what confirms it.
        let confirm = match &id {
            Some(id) => id.clone(),
            None if ids.is_empty() && find.is_empty() => return Err(Error::NoId),
            None => ids.len().to_string(),
        };
        let ask = AskDeletion {
            thing: Some(self.thing.clone()),
            id,
            ids,
            find,
            options: self.options.clone(),
            confirm: Some(confirm),
            digest: self.digest.clone(),
            reason,
            ..AskDeletion::default()
        };
        Ok((self.system.clone(), ask))
    }
}

impl IntoFuture for Deleting {
    type Output = Result<Deletion, Error>;
    type IntoFuture = Asked<Deletion>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (system, ask) = self.ask()?;
            self.sender.send(&call::delete(&system, &ask, self.wait, self.key)).await
        })
    }
}
