//! Jobs and datasets that refer to each other.

mod contract;
mod events;
mod fence;
mod jobs_with_datasets;
mod killed;
mod objects;
mod plans;

use sexton_engine::Root;

use crate::place::root;

/// The dataset with this number.
fn dataset(number: u8) -> Root {
    root("dataset", &dataset_id(number))
}

fn dataset_id(number: u8) -> String {
    format!("da7a5e70-0000-4000-8000-{number:012}")
}

const TURIN: u8 = 1;
const ALPS: u8 = 2;
const LYON_IQ: u8 = 3;
const LYON_FEATURES: u8 = 4;
const COAST: u8 = 5;
const DELTA: u8 = 6;

/// The job with this number, as a thing of that name.
fn job(thing: &str, number: u8) -> Root {
    root(thing, &job_id(number))
}

fn job_id(number: u8) -> String {
    format!("10b00000-0000-4000-8000-{number:012}")
}

const GENERATE_ALPS: u8 = 2;
const EXPAND_ALPS: u8 = 3;
const GENERATE_LYON: u8 = 4;
const LYON_AGAIN: u8 = 5;
const TRAIN_ALPS: u8 = 6;
const TRAIN_COAST: u8 = 9;

/// The model with this number.
fn model(thing: &str, number: u8) -> Root {
    root(thing, &format!("30de1000-0000-4000-8000-{number:012}"))
}
