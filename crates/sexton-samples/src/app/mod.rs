//! What the applications of the sample systems do themselves: submit, work, project, read.
//!
//! An application is its named statements (`systems/NAME/app.….sql`), an order in which things
//! are submitted, and roles. All workers live one life, `life`, whatever the system: claim a job
//! under a lease by the database's clock, heart-beat, write, notice a cancellation, end.
//!
//! Not here: anything of deletion. These are the programs that a deletion has to live with.

mod application;
mod batches;
mod connection;
mod datasets;
mod life;
mod puts;
mod requests;
mod shelf;
mod snapshots;
mod statements;
mod submission;
mod transcriptions;
pub mod truth;
mod values;
mod voice;

pub use application::{Act, Application, Client, Role};
pub use connection::{AppError, Connection, Done, Manner};
pub use life::{Faults, Life, Tally};
pub use puts::{AppStores, Put};
pub use shelf::{Name, Shelf, Ticket};
pub use statements::{Dialect, Section, Statement, StatementError, Statements};
pub use submission::Submission;
pub use values::{Values, dice, id};
pub use voice::{Event, Voice};
