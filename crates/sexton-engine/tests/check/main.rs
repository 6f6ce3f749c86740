//! What `check` says of a policy, with the databases as judges.

mod place;
mod relations;
mod rights;
mod values;
