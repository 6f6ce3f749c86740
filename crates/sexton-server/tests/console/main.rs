//! The console without its script: pages as a browser gets them, forms as it sends them.

mod overseeing;
mod place;

mod browsing;
mod confirming;
mod signing_in;
mod watching;
