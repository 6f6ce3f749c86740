#![doc = include_str!("../README.md")]

pub mod assets;
pub mod figure;
pub mod frame;
pub mod links;
pub mod page;

mod mark;
