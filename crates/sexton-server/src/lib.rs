//! The HTTP server: API, routes of the policies, sign-in, workers.

pub mod who;
