//! `sexton schema`: the JSON Schema of the policy file.

use sexton_core::policy::json_schema;

use crate::exit::Exit;
use crate::screen::Screen;

pub fn run(screen: &mut Screen) -> Exit {
    screen.document(&json_schema());
    Exit::Done
}
