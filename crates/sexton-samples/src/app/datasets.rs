//! `datasets`: jobs generate datasets sample by sample, and others train models on them.

use super::application::{Act, Application, Role, statements};

/// The application of `datasets`.
pub fn application() -> Application {
    Application {
        name: "datasets",
        schema: Some("heimdall"),
        submits: &[Act::Each(&["generation"])],
        roles: &[
            Role {
                name: "worker",
                about: "generates the samples of a dataset, or grows one",
                steps: 3,
            },
            Role { name: "trainer", about: "makes a model of what a dataset holds", steps: 3 },
        ],
        sqlite: statements!("datasets", "sqlite"),
        postgres: statements!("datasets", "postgres"),
    }
}
