//! What `check` says of a policy, with the databases as judges.

mod bounded;
mod grants;
mod leaks;
mod place;
mod relations;
mod rights;
mod served;
mod undeclared;
mod values;
