#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod asking;
mod call;
mod client;
mod deletions;
mod error;
mod events;
mod pages;
mod patience;
mod roots;
mod sender;
mod settings;
mod thing;
mod tls;
mod whole;

/// Requests and answers, as the API has them.
pub use sexton_api as api;

pub use asking::{Deleting, Previewing};
pub use client::Sexton;
pub use deletions::Deletions;
pub use error::{Answered, Error};
pub use events::{Event, Events};
pub use pages::Pages;
pub use roots::{Roots, What};
pub use settings::Settings;
pub use thing::Thing;
pub use whole::{Audit, Holds, Pauses, Retention, Sweeps};
