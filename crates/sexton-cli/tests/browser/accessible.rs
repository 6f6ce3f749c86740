//! Judges whether a page is accessible, by axe.

use serde_json::{Value, json};

use crate::browser::Browser;

/// Where its script is.
const SCRIPT: &str = "SEXTON_AXE";

/// The script, if it was said where it is.
pub fn judge() -> Option<String> {
    let path = std::env::var(SCRIPT).ok()?;
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

/// What is wrong with the page, a line each.
pub fn faults(browser: &Browser, judge: &str) -> Vec<String> {
    // It is the browser's own driver that runs it, so no rule of the page keeps it out.
    browser.run(&format!("{judge}; return typeof window.axe"), &json!([]));
    let ask = "const done = arguments[arguments.length - 1];
        axe.run(document, { resultTypes: ['violations'] })
           .then((found) => done(found.violations), (error) => done([{ id: String(error) }]))";
    let found = browser.run_until_called(ask, &json!([]));
    let found = found.as_array().expect("a list").iter();
    found.map(told).collect()
}

fn told(fault: &Value) -> String {
    let places = fault["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let places: Vec<String> = places.iter().map(|node| node["target"].to_string()).collect();
    format!("{}: {} at {}", fault["id"], fault["help"], places.join(", "))
}
