//! What a demo tells of each sample: a first deletion in it, and a second one to try.

use std::collections::BTreeMap;

use super::live::Live;
use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, Root, RootKey};
use sexton_samples::{Sample, batches, datasets, requests, snapshots, transcriptions};

/// A sample, and two of its things that can be deleted as they are.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    pub sample: Sample,
    pub about: &'static str,
    pub thing: &'static str,
    pub first: &'static str,
    pub second: &'static str,
    /// What the application does meanwhile, in a sentence.
    pub at_work: &'static str,
    pub live: Live,
}

/// Every story there is; the first is told unless another is asked for.
pub const STORIES: [fn() -> Story; 5] =
    [of_batches, of_datasets, of_transcriptions, of_snapshots, of_requests];

impl Story {
    /// The story of the sample of this name; names are judged with the arguments.
    pub fn of(system: &str) -> Self {
        let mut stories = STORIES.iter().map(|story| story());
        stories.find(|story| story.sample.name == system).unwrap_or_else(of_batches)
    }

    pub fn root(&self) -> Root {
        Root {
            thing: ThingName::new(self.thing),
            key: RootKey::Id(self.first.into()),
            options: BTreeMap::new(),
            caller: Caller::operator(Actor::new("demo")),
        }
    }
}

fn of_batches() -> Story {
    Story {
        sample: batches(),
        about: "A DNS test service: batches of runs, with their log, facts and snapshots. Its \
                database enforces hardly any reference; its policy knows them all.",
        thing: "batch",
        first: "autumn-2026",
        second: "summer-2026",
        at_work: "a batch comes in, its jobs are taken, and it is deleted.",
        live: Live { thing: "batch", id: "name", jobs: 3, workers: 3 },
    }
}

fn of_datasets() -> Story {
    Story {
        sample: datasets(),
        about: "A generator of radio samples: jobs make datasets, models are trained on them. \
                Jobs and datasets name each other, and a model in use keeps what it learnt from.",
        thing: "dataset",
        first: "da7a5e70-0000-4000-8000-000000000002",
        second: "da7a5e70-0000-4000-8000-000000000003",
        at_work: "a job generates a dataset, and is deleted meanwhile.",
        live: Live { thing: "job", id: "item", jobs: 1, workers: 1 },
    }
}

fn of_transcriptions() -> Story {
    Story {
        sample: transcriptions(),
        about: "Speech to text for many tenants: jobs with their tasks and artifacts. What web \
                hooks delivered stays, without what it said of the job.",
        thing: "job",
        first: "10b00000-0000-4000-8000-000000000001",
        second: "10b00000-0000-4000-8000-000000000002",
        at_work: "a job comes in, and who would delete it has to wait.",
        live: Live { thing: "job", id: "item", jobs: 1, workers: 1 },
    }
}

fn of_snapshots() -> Story {
    Story {
        sample: snapshots(),
        about: "Screenshots of app builds: a snapshot is compared with that of its base. A \
                selective one needs its base, which cannot go alone.",
        thing: "snapshot",
        first: "12",
        second: "7",
        at_work: "two builds come in, are compared, and the later one goes.",
        live: Live { thing: "snapshot", id: "artifact", jobs: 2, workers: 1 },
    }
}

fn of_requests() -> Story {
    Story {
        sample: requests(),
        about: "Batched LLM requests: a file of prompts, batches of them, and answers. Answers \
                outlive the input, and a batch that lost its file is cancelled.",
        thing: "file",
        first: "f1000000-0000-4000-8000-000000000001",
        second: "f1000000-0000-4000-8000-000000000003",
        at_work: "a batch comes in, daemons claim it, and it is deleted.",
        live: Live { thing: "batch", id: "id", jobs: 3, workers: 3 },
    }
}
