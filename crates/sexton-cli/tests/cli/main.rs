//! The program itself, run as a person or a script runs it.

#[macro_use]
mod program;
#[macro_use]
mod place;

mod asking;
mod auditing;
mod calling;
mod cancelling;
mod checking;
mod client;
mod configuring;
mod contract;
mod deleting;
mod demo;
mod demo_served;
mod drafting;
mod fencing;
mod graphing;
mod help;
mod holds;
mod keys;
mod living;
mod options;
mod previewing;
mod purging;
mod refusing;
mod removing;
mod replicas;
mod retaining;
mod routes;
mod serving;
mod serving_requests;
mod several;
mod sweeping;
mod terminal;
