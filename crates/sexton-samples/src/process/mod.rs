//! An application of a sample system as a process of its own: the program `sexton-sample`.
//!
//! It is a module, so that whoever tests Sexton's own program has it at hand as well.

mod arguments;
mod cache;
mod lines;

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::Parser;
use tokio::runtime::Builder;

use crate::app::{AppStores, Application, Faults, Life, Submission, Values};
use arguments::{Command, CommandLine, Read, Submit, Work};
use lines::Lines;

/// Does what the command line says.
pub fn run() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match CommandLine::parse().command {
        Command::Submit(submit) => runtime.block_on(submit_all(&submit)),
        Command::Work(work) => runtime.block_on(live(&work)),
        Command::Read(read) => runtime.block_on(read_rows(&read)),
        Command::Cache(cache) => cache::serve(application("batches")?, &cache),
    }
}

async fn submit_all(submit: &Submit) -> Result<()> {
    let application = application(&submit.place.system)?;
    let client = application.open(&submit.place.database).await?;
    let mut client = client.with_stores(stores(&submit.place.stores)?);
    let submission = Submission {
        name: submit.name.clone(),
        jobs: submit.jobs,
        seed: submit.seed,
        act: submit.act.clone(),
        given: values(&submit.values)?,
    };
    let mut voice = Lines::new(&submit.stepping)?;
    submission.run(&application, &mut client, &mut voice).await?;
    Ok(())
}

async fn live(work: &Work) -> Result<()> {
    let application = application(&work.place.system)?;
    let known = application.roles.iter().map(|role| format!("  {}: {}", role.name, role.about));
    let role = application.role(&work.role).with_context(|| {
        let known: Vec<String> = known.collect();
        format!("{} has no `{}`; it has\n{}", application.name, work.role, known.join("\n"))
    })?;
    let client = application.open(&work.place.database).await?;
    let mut client = client.with_stores(stores(&work.place.stores)?);
    let life = Life {
        lease_secs: work.lease,
        steps: work.steps.unwrap_or(role.steps),
        seed: work.seed,
        until_idle: work.until_idle,
        pace: Duration::from_millis(work.pace),
        faults: Faults {
            hang: work.hang,
            late: work.late,
            fail: work.fail,
            ignore_cancel: work.ignore_cancel,
            careless: work.careless,
        },
        ..Life::of(role, &work.worker)
    };
    let mut voice = Lines::new(&work.stepping)?;
    life.live(&application, &mut client, &mut voice).await?;
    Ok(())
}

async fn read_rows(read: &Read) -> Result<()> {
    let application = application(&read.place.system)?;
    let mut client = application.open(&read.place.database).await?;
    let Some(what) = &read.what else {
        for section in client.sections() {
            if let Some(name) = section.name.strip_prefix("read.") {
                println!("{name}");
            }
        }
        return Ok(());
    };
    for row in client.read(&format!("read.{what}"), &values(&read.values)?).await? {
        lines::print("row", &row);
    }
    Ok(())
}

fn application(system: &str) -> Result<Application> {
    Application::of(system).ok_or_else(|| {
        let known: Vec<&str> = Application::all().iter().map(|known| known.name).collect();
        anyhow!("no system is called `{system}`; there are {}", known.join(", "))
    })
}

fn stores(given: &[String]) -> Result<AppStores> {
    let addresses = given.iter().map(|pair| {
        let Some((name, address)) = pair.split_once('=') else {
            bail!("`{pair}` is not of the form NAME=ADDRESS")
        };
        Ok((name.to_owned(), address.to_owned()))
    });
    Ok(AppStores::open(&addresses.collect::<Result<Vec<_>>>()?)?)
}

fn values(given: &[String]) -> Result<Values> {
    let mut values = Values::new();
    for pair in given {
        let Some((name, value)) = pair.split_once('=') else {
            bail!("`{pair}` is not of the form NAME=VALUE")
        };
        values.set(name, value);
    }
    Ok(values)
}
