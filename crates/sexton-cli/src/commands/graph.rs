//! `sexton graph`: the closure of a thing, drawn from the policy alone.

use sexton_core::finding::did_you_mean;
use sexton_core::names::ThingName;
use sexton_core::picture;

use crate::arguments::{Format, Graph, Shared};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::policy_file::PolicyFile;
use crate::screen::Screen;
use crate::text;

pub fn run(graph: &Graph, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let file = PolicyFile::read(&shared.policy)?;
    let policy = file.policy()?;
    let thing = ThingName::new(&graph.thing);
    let drawn = picture::picture(&policy, &thing, graph.depth).ok_or_else(|| {
        let known: Vec<&str> = policy.things.iter().map(|thing| thing.name.as_str()).collect();
        Failure::NoThing {
            near: did_you_mean(&graph.thing, known.iter().copied()).map(str::to_owned),
            known: known.join(", "),
            thing: graph.thing.clone(),
        }
    })?;
    match shared.output {
        Format::Text => screen.say(&text::graph(&drawn)),
        Format::Json => screen.document(&drawn),
        Format::Svg => screen.say(&picture::svg(&drawn)),
    }
    Ok(Exit::Done)
}
