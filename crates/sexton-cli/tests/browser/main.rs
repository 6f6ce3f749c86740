//! The console as people use it: in a browser, on the program itself.
//!
//! Each test has a browser and a server of its own, so none waits for what another leaves.
//! `SEXTON_AXE` names the script that judges whether pages are accessible, and
//! `SEXTON_BROWSER=required` makes it a failure that there is no browser.

mod accessible;
mod browser;
mod operating;
mod pages;
mod place;
mod who;
