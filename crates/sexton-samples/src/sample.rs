//! The sample systems themselves, as text inside the program.

use crate::objects::SeedObjects;

/// One system: its policy, and its database as scripts.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its name, which is the name of its folder.
    pub name: &'static str,
    /// Its policy. The database is `env:DATABASE_URL`.
    pub policy: &'static str,
    /// Its tables, for SQLite.
    pub schema_sqlite: &'static str,
    /// Its rows, for SQLite.
    pub seed_sqlite: &'static str,
    /// Its tables, for PostgreSQL.
    pub schema_postgres: &'static str,
    /// Its rows, for PostgreSQL.
    pub seed_postgres: &'static str,
    /// What its stores hold, as text; nothing where it has none.
    pub objects_text: &'static str,
}

impl Sample {
    /// What its stores hold.
    pub fn objects(&self) -> SeedObjects {
        SeedObjects::of(self.objects_text)
    }
}

macro_rules! sample {
    ($name:literal) => {
        sample!($name, "")
    };
    ($name:literal, $variant:literal) => {
        Sample {
            name: $name,
            policy: text!($name, "policy", $variant, ".toml"),
            schema_sqlite: text!($name, "schema", $variant, ".sqlite.sql"),
            seed_sqlite: text!($name, "seed", $variant, ".sqlite.sql"),
            schema_postgres: text!($name, "schema", $variant, ".postgres.sql"),
            seed_postgres: text!($name, "seed", $variant, ".postgres.sql"),
            objects_text: "",
        }
    };
}

macro_rules! text {
    ($name:literal, $($file:expr),*) => {
        include_str!(concat!("../../../systems/", $name, "/", $($file),*))
    };
}

/// Every sample.
pub fn all() -> Vec<Sample> {
    vec![batches(), datasets(), transcriptions(), snapshots(), requests()]
}

/// A DNS test service: batches of runs, in a database that enforces hardly any reference.
pub fn batches() -> Sample {
    sample!("batches")
}

/// A generator of radio samples: jobs and datasets that refer to each other, features that only
/// JSON ties to their dataset, and models that guard what they were trained on.
pub fn datasets() -> Sample {
    Sample { objects_text: text!("datasets", "objects.txt"), ..sample!("datasets") }
}

/// Speech to text for many tenants: only finished jobs go, and deliveries outlive them.
pub fn transcriptions() -> Sample {
    Sample { objects_text: text!("transcriptions", "objects.txt"), ..sample!("transcriptions") }
}

/// Screenshots of app builds: trees of rows, and files that many of them share.
pub fn snapshots() -> Sample {
    Sample { objects_text: text!("snapshots", "objects.txt"), ..sample!("snapshots") }
}

/// Batched LLM requests: results outlive the input that they answer.
pub fn requests() -> Sample {
    sample!("requests")
}

/// The same system some months later: requests of no batch, and an archive. Its policy is a variant
/// of the policy of `requests`.
pub fn requests_later() -> Sample {
    sample!("requests", ".later")
}
