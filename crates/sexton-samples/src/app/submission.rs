//! Something to do comes in, as the application takes it: part by part, each committed.

use super::Application;
use super::application::{Act, Client};
use super::connection::{AppError, Done, Manner};
use super::values::{Values, dice, id};
use super::voice::{Event, Voice};

/// What is submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Its name, from which its ids are made.
    pub name: String,
    /// How many jobs it has.
    pub jobs: u32,
    /// Other seeds, other contents.
    pub seed: u64,
    /// Only this part, once for each job, instead of all parts in their order.
    pub act: Option<String>,
    /// More values that its statements take.
    pub given: Values,
}

impl Submission {
    /// Submits it, and says what its rows are called.
    pub async fn run(
        &self,
        application: &Application,
        client: &mut Client,
        voice: &mut dyn Voice,
    ) -> Result<Values, AppError> {
        let mut known = Values::new()
            .with("name", &self.name)
            .with("id", &id(&[application.name, &self.name]))
            .with("source", &id(&[application.name, &self.name, "source"]))
            .with("output", &id(&[application.name, &self.name, "output"]))
            .with("jobs", &self.jobs)
            .with("n", &0)
            .with("roll", &self.roll(0));
        known.take(&self.given);
        match &self.act {
            Some(act) => self.each(&[act], &mut known, application, client, voice).await?,
            None => {
                for act in application.submits {
                    match act {
                        Act::Once(name) => {
                            self.part(name, &mut known, client, voice).await?;
                        }
                        Act::Each(names) => {
                            self.each(names, &mut known, application, client, voice).await?;
                        }
                    }
                }
            }
        }
        voice.tell(Event::new("done", Values::new().with("name", &self.name)));
        Ok(known)
    }

    async fn each(
        &self,
        names: &[&str],
        known: &mut Values,
        application: &Application,
        client: &mut Client,
        voice: &mut dyn Voice,
    ) -> Result<(), AppError> {
        for n in 1..=self.jobs {
            known.set("n", &n);
            let words = [application.name, &self.name, &n.to_string()];
            known.set("item", &id(&words));
            known.set("number", &(1_000_000 + dice(&words) % 1_000_000_000));
            known.set("roll", &self.roll(n));
            for name in names {
                // What a part makes, the next one needs.
                if !self.part(name, known, client, voice).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn part(
        &self,
        name: &str,
        known: &mut Values,
        client: &mut Client,
        voice: &mut dyn Voice,
    ) -> Result<bool, AppError> {
        let full = format!("submit.{name}");
        let section = client.section(&full).ok_or_else(|| AppError::NoSection(full.clone()))?;
        voice.before(name);
        client.put(&section, known).await?;
        let mut manner =
            Manner { careless: false, before_commit: &mut || voice.before_commit(name) };
        let done = client.connection.run_in(&section, known, &mut manner).await;
        let mut said = Values::new().with("section", name);
        for value in ["n", "item", "name", "id"] {
            said.put(value, known.get(value).map(ToOwned::to_owned));
        }
        match done {
            Ok(Done::Committed(rows)) => {
                for row in &rows {
                    known.take(row);
                    said.take(row);
                }
                voice.tell(Event::new("submitted", said));
                Ok(true)
            }
            Ok(Done::NotMet) => {
                voice.tell(Event::new("skipped", said));
                Ok(false)
            }
            Err(error) if error.is_refusal() => {
                voice.tell(Event::new("refused", error.told(said)));
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    fn roll(&self, n: u32) -> u64 {
        dice(&[&self.seed.to_string(), &self.name, &n.to_string()]) % 100
    }
}
