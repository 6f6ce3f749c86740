//! `batches`: jobs are tested and become runs, runs are projected into facts, batches captured.

use super::application::{Act, Application, Role, statements};

/// The application of `batches`.
pub fn application() -> Application {
    Application {
        name: "batches",
        schema: None,
        // The batch comes after its jobs, as in the service itself.
        submits: &[Act::Each(&["job"]), Act::Once("batch")],
        roles: &[
            Role {
                name: "worker",
                about: "tests the domain of a job, which becomes a run",
                steps: 3,
            },
            Role {
                name: "projector",
                about: "turns runs of batches into facts, once for each cohort",
                steps: 1,
            },
            Role {
                name: "capture",
                about: "makes a snapshot of each batch that has drained, for each cohort",
                steps: 1,
            },
        ],
        sqlite: statements!("batches", "sqlite"),
        postgres: statements!("batches", "postgres"),
    }
}
