//! Somebody outside who answers as told, and remembers what was said.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;
use sexton_engine::ports::{Answer, HookCall, HookCaller};
use tokio::sync::mpsc;

/// Answers each hook in turn, and the last answer for ever; without any, everything is taken.
#[derive(Default)]
pub struct Outside {
    pub answers: Mutex<BTreeMap<String, VecDeque<Answer>>>,
    pub calls: Mutex<Vec<HookCall>>,
    /// Variables that are not set.
    pub unset: Vec<&'static str>,
    /// Who wants to know of a call before it is answered.
    pub told: Option<mpsc::Sender<tokio::sync::oneshot::Sender<()>>>,
}

impl Outside {
    pub fn that_answers(hook: &str, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = BTreeMap::from([(hook.to_owned(), answers.into_iter().collect())]);
        Self { answers: Mutex::new(answers), ..Self::default() }
    }

    /// From now on takes everything.
    pub fn mend(&self) {
        self.answers.lock().expect("nobody panics with it").clear();
    }

    /// What was said, by hook, in order.
    pub fn said(&self) -> Vec<(String, Value)> {
        let calls = self.calls.lock().expect("nobody panics with it");
        let said = calls.iter().map(|call| {
            (call.hook.to_string(), serde_json::from_str(&call.body).expect("a body is JSON"))
        });
        said.collect()
    }

    pub fn keys(&self) -> Vec<String> {
        self.calls
            .lock()
            .expect("nobody panics with it")
            .iter()
            .map(|call| call.key.clone())
            .collect()
    }
}

#[async_trait]
impl HookCaller for Outside {
    fn is_set(&self, variable: &str) -> bool {
        !self.unset.contains(&variable)
    }

    async fn call(&self, call: &HookCall) -> Answer {
        self.calls.lock().expect("nobody panics with it").push(call.clone());
        if let Some(told) = &self.told {
            let (go, may_go) = tokio::sync::oneshot::channel();
            // A test that has heard enough lets everybody pass.
            if told.send(go).await.is_ok() {
                may_go.await.ok();
            }
        }
        let mut answers = self.answers.lock().expect("nobody panics with it");
        match answers.get_mut(call.hook.as_str()) {
            Some(answers) if answers.len() > 1 => answers.pop_front().expect("there are two"),
            Some(answers) => answers.front().cloned().unwrap_or(Answer::Taken),
            None => Answer::Taken,
        }
    }
}
