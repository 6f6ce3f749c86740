//! The help, and what the command line itself refuses.

use std::path::Path;

use crate::program::run;

fn here(arguments: &[&str]) -> crate::program::Said {
    run(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

#[test]
fn every_command_teaches_by_example() {
    for command in [
        "",
        "demo",
        "init",
        "check",
        "graph",
        "preview",
        "delete",
        "cancel",
        "status",
        "retry",
        "give-up",
        "sweep",
        "serve",
        "work",
        "fence",
        "hold",
        "retention",
        "pause",
        "resume",
        "key",
        "schema",
        "audit",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let said = here(&arguments).expect(0);
        let name = if command.is_empty() { "sexton" } else { command };
        insta::assert_snapshot!(format!("help_{name}"), said.to_string());
        let wide = said.out.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{command}");
    }
}

#[test]
fn a_command_line_that_cannot_be_read_is_a_mistake_of_use() {
    for arguments in [
        &[][..],
        &["remove"],
        &["delete"],
        &["delete", "batch"],
        &["delete", "batch", "a", "b"],
        &["preview", "batch", "a", "--budget", "soon"],
        &["preview", "batch", "--find", "slug"],
        &["check", "--output", "xml"],
        &["check", "--output", "svg"],
    ] {
        here(arguments).expect(2);
    }
}
