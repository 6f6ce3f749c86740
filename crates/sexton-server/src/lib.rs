#![doc = include_str!("../README.md")]

pub mod acts;
pub mod api;
pub mod who;

mod console;
mod extract;
mod failure;
mod gate;
mod log;
mod meter;
mod outcome;
mod router;
mod routes;
mod running;
mod serve;
mod service;
mod shelf;
mod sweeping;
mod telling;
mod tidying;
mod working;

pub use extract::{Asker, Changer};
pub use failure::Failure;
pub use gate::{Gate, OpenGate};
pub use log::{LogFailure, log_to};
pub use outcome::Outcome;
pub use router::{openapi, router};
pub use serve::{Settings, serve};
pub use service::{Indistinct, Service};
pub use telling::{AsIs, RequestId};
