//! `sexton-sample`: an application of a sample system, as a process of its own.

fn main() -> anyhow::Result<()> {
    sexton_samples::process::run()
}
