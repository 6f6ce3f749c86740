//! `snapshots`: builds are uploaded with their images, and compared with those before them.

use super::application::{Act, Application, Role, statements};

/// The application of `snapshots`.
pub fn application() -> Application {
    Application {
        name: "snapshots",
        schema: None,
        submits: &[Act::Each(&["commit", "upload", "snapshot", "comparison"])],
        roles: &[Role {
            name: "worker",
            about: "compares the images of a build, chunk by chunk",
            steps: 3,
        }],
        sqlite: statements!("snapshots", "sqlite"),
        postgres: statements!("snapshots", "postgres"),
    }
}
