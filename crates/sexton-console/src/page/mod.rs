//! The pages, one in each file: its values, and the markup made of them.

pub mod failed;
pub mod home;
pub mod sign_in;
pub mod system;
