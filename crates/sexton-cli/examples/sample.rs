//! An application of a sample system, for tests that need its processes beside the program.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(sexton_samples::process::run()?)
}
