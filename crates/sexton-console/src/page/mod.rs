//! The pages, one in each file: its values, and the markup made of them.

pub mod audit;
pub mod confirm;
pub mod deletion;
pub mod failed;
pub mod history;
pub mod holds;
pub mod home;
pub mod keys;
pub mod overview;
pub mod pauses;
pub mod policy;
pub mod receipt;
pub mod retention;
pub mod row;
pub mod rows;
pub mod sign_in;
pub mod sweeps;
pub mod system;
