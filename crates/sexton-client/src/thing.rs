//! A thing of a system: what may be looked at and deleted by its id.

use serde_json::Value;
use sexton_api::ThingRow;

use crate::asking::{Deleting, Previewing};
use crate::call;
use crate::error::Error;
use crate::pages::Pages;
use crate::roots::{Roots, What};
use crate::sender::Sender;

/// A thing of a system.
#[derive(Debug, Clone)]
pub struct Thing {
    sender: Sender,
    system: String,
    name: String,
}

impl Thing {
    pub(crate) fn of(sender: Sender, system: String, name: String) -> Self {
        Self { sender, system, name }
    }

    /// Every row, newest first, page by page as they are taken.
    pub fn rows(&self) -> Pages<ThingRow> {
        Pages::of(self.sender.clone(), call::rows(&self.system, &self.name, None))
    }

    /// The rows that have this text in what names them.
    pub fn search(&self, text: &str) -> Pages<ThingRow> {
        Pages::of(self.sender.clone(), call::rows(&self.system, &self.name, Some(text)))
    }

    /// One row by its id.
    pub async fn get(&self, id: &str) -> Result<ThingRow, Error> {
        self.sender.send(&call::row(&self.system, &self.name, id)).await
    }

    /// What a deletion would do; nothing is changed.
    pub fn preview(&self, roots: impl Into<Roots>) -> Previewing {
        let (system, name) = (self.system.clone(), self.name.clone());
        Previewing::of(self.sender.clone(), system, name, roots.into())
    }

    /// Deletes by id, or exactly what was previewed. Several ids go all or none.
    pub fn delete(&self, what: impl Into<What>) -> Deleting {
        let (system, name) = (self.system.clone(), self.name.clone());
        Deleting::of(self.sender.clone(), system, name, what.into())
    }

    /// Asks those at work on it to stop; deletes nothing. The answer is what was asked of them.
    pub async fn cancel(&self, id: &str) -> Result<Value, Error> {
        self.sender.send(&call::cancel(&self.system, &self.name, id)).await
    }
}
