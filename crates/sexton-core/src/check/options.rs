//! Whether options switch something, and lines are switched by options that there are.

use super::Source;
use crate::finding::{Finding, did_you_mean};
use crate::names::OptionName;
use crate::policy::{Reference, Thing, ThingOption};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let references = &source.policy.references;
    let unknown = references.iter().flat_map(|line| unknown(source, line));
    let torn = references.iter().flat_map(|line| torn(source, line));
    let idle = source.policy.things.iter().flat_map(|thing| idle(source, thing));
    unknown.chain(torn).chain(idle).collect()
}

fn options<'a>(source: &Source<'a>) -> impl Iterator<Item = &'a ThingOption> {
    source.policy.things.iter().flat_map(|thing| &thing.options)
}

/// Lines that wait for an option that no thing has.
fn unknown(source: &Source<'_>, line: &Reference) -> Vec<Finding> {
    let is_known = |name: &OptionName| options(source).any(|option| option.name.value == *name);
    let unknown = line.switched_by.iter().filter(|(name, _)| !is_known(&name.value));
    unknown
        .map(|(name, _)| {
            let known = options(source).map(|option| option.name.value.as_str());
            let message = format!("no thing has an option `{}`", name.value);
            let finding = Finding::error("C132", Some(name.span), message);
            match did_you_mean(name.value.as_str(), known) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding
                    .help(format!("give a thing `options.{} = {{ default = false }}`", name.value)),
            }
        })
        .collect()
}

/// Lines that two options of one thing switch to different fates: nothing says which wins.
fn torn(source: &Source<'_>, line: &Reference) -> Vec<Finding> {
    let has = |thing: &Thing, name: &OptionName| {
        thing.options.iter().any(|option| option.name.value == *name)
    };
    let torn = line.switched_by.iter().enumerate().filter_map(|(at, (second, fate))| {
        let mut before = line.switched_by[..at].iter();
        let (first, _) = before.find(|(first, other)| {
            let both = |thing: &Thing| has(thing, &first.value) && has(thing, &second.value);
            other != fate && source.policy.things.iter().any(both)
        })?;
        let message = format!(
            "`{}` and `{}` can be chosen together, and each gives `{}` another fate",
            first.value, second.value, line.text
        );
        Some(
            Finding::error("C133", Some(second.span), message)
                .help("let both give the same fate, or give them to different things"),
        )
    });
    torn.collect()
}

/// Options that no line waits for.
fn idle(source: &Source<'_>, thing: &Thing) -> Vec<Finding> {
    let switches = |option: &&ThingOption| {
        let mut lines = source.policy.references.iter().flat_map(|line| &line.switched_by);
        lines.any(|(name, _)| name.value == option.name.value)
    };
    let idle = thing.options.iter().filter(|option| !switches(option));
    idle.map(|option| {
        let name = &option.name;
        let message = format!("the option `{}` of `{}` switches nothing", name.value, thing.name);
        Finding::warning("C134", Some(name.span), message)
            .help(format!("name it in a line: {{ rule = …, with = {{ {} = … }} }}", name.value))
    })
    .collect()
}
