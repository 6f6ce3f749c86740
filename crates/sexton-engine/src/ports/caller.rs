//! The port to those outside who are told of a deletion.

use std::time::Duration;

use async_trait::async_trait;
use sexton_core::names::{DeletionId, HookName};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCall {
    /// The same for every try: by it the other side knows a repeat.
    pub key: String,
    /// The deletion that it tells of.
    pub deletion: DeletionId,
    /// The hook.
    pub hook: HookName,
    /// An address, or `env:NAME`.
    pub to: String,
    /// Where the secret is that signs it: `env:NAME`.
    pub secret: Option<String>,
    /// What is said: JSON.
    pub body: String,
    /// So long it may take.
    pub within: Duration,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was taken.
    Taken,
    /// Nobody wants to be called there any more.
    Gone,
    /// It may be taken another time.
    Later {
        /// What went wrong.
        reason: String,
        /// Not before so long, where the other side says.
        after: Option<Duration>,
    },
    /// It was refused; the same again will hardly be taken.
    Refused {
        /// What was answered.
        reason: String,
    },
}

/// Calls those outside.
#[async_trait]
pub trait HookCaller: Send + Sync {
    /// Whether `env:NAME` is set, under which an address or a secret is kept.
    fn is_set(&self, variable: &str) -> bool;

    /// Makes one call; comes back within its time.
    async fn call(&self, call: &HookCall) -> Answer;
}

/// Nobody is called: no variable is set, and every call is for another time.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCaller;

#[async_trait]
impl HookCaller for NoCaller {
    fn is_set(&self, _: &str) -> bool {
        false
    }

    async fn call(&self, _: &HookCall) -> Answer {
        Answer::Later { reason: "this program calls nobody".to_owned(), after: None }
    }
}
