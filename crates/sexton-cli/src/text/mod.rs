//! Answers for people: plain text of at most 80 columns, where colour only repeats what words
//! and signs already say.

mod audit;
mod background;
mod calls;
mod changes;
mod fence;
mod findings;
mod graph;
mod holds;
mod keys;
mod objects;
mod page;
mod paint;
mod preview;
mod receipt;
mod reference;
mod roots;
mod rows;
mod status;
mod sweep;
mod time;
mod why;
mod words;
mod work;

pub use audit::{chain, records};
pub use background::{due, pauses, retained, rules, stayed};
pub use calls::{given_up, unreaped};
pub use changes::changes;
pub use fence::fence;
pub use findings::{findings, looked_short, summary as findings_summary};
pub use graph::graph;
pub use holds::{hold, holds};
pub use keys::{key_made, keys};
pub use objects::removing;
pub use page::Page;
pub use paint::{bold, dim, red};
pub use preview::{View, preview, rows as row_count};
pub use receipt::{brief_receipt, receipt};
pub use roots::number_of;
pub use status::{deletion, deletions};
pub use sweep::{reclaimed, swept};
pub use time::took;
pub use why::{known as known_tables, why};
pub use words::{clean, counted, indented, wrapped};
pub use work::{cancelled, waiting};

/// No line is wider, but for names and commands that are.
pub const WIDTH: usize = 80;
