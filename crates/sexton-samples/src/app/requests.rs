//! `requests`: files of prompts, batches over them, and daemons that fetch the answers.

use super::application::{Act, Application, Role, statements};

/// The application of `requests`.
pub fn application() -> Application {
    Application {
        name: "requests",
        schema: None,
        submits: &[
            Act::Once("file"),
            Act::Each(&["template"]),
            Act::Once("batch"),
            Act::Once("populate"),
        ],
        roles: &[
            Role {
                name: "worker",
                about: "a daemon: claims a request, and writes its answer",
                steps: 2,
            },
            Role {
                name: "settler",
                about: "counts a batch whose requests have all ended",
                steps: 1,
            },
        ],
        sqlite: statements!("requests", "sqlite"),
        postgres: statements!("requests", "postgres"),
    }
}
