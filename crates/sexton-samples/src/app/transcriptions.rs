//! `transcriptions`: jobs are graphs of tasks, and engines take the tasks.

use super::application::{Act, Application, Role, statements};

/// The application of `transcriptions`.
pub fn application() -> Application {
    Application {
        name: "transcriptions",
        schema: None,
        submits: &[Act::Each(&["job"])],
        roles: &[Role {
            name: "worker",
            about: "an engine: takes a task, and stores what it makes of it",
            steps: 2,
        }],
        sqlite: statements!("transcriptions", "sqlite"),
        postgres: statements!("transcriptions", "postgres"),
    }
}
