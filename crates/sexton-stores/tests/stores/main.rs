mod application;
mod clear;
mod conformance;
mod faults;
mod folder;
mod real_server;
