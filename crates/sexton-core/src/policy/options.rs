//! The options of a thing, and what was chosen of them for one deletion.
//!
//! An option is given as text, by a command line or a request; here and nowhere else it becomes
//! yes or no. A choice names every option of its thing, so that what was not asked for is kept
//! with a deletion like what was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::{Located, did_you_mean};
use crate::names::OptionName;
use crate::policy::Thing;

/// A yes or no that a person may give with a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingOption {
    /// Its name, where it stands in the file.
    pub name: Located<OptionName>,
    /// What it is if nobody says.
    pub default: bool,
    /// What it does, for people.
    pub help: Option<String>,
    /// What is worth knowing before saying yes to it.
    pub warning: Option<String>,
}

/// The options of a thing, each with what was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Options(BTreeMap<OptionName, bool>);

/// Why what was asked for cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOption {
    /// The thing has no such option.
    #[error("there is no option `{name}`; {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest name, if one is near.
        near: Option<String>,
        /// Which ones there are, as a sentence.
        known: String,
    },
    /// The value is neither yes nor no.
    #[error("the option `{name}` is true or false, not `{value}`")]
    Unreadable {
        /// The option.
        name: String,
        /// What was given.
        value: String,
    },
}

impl Options {
    /// What a thing's options are if nobody says.
    pub fn defaults(thing: &Thing) -> Self {
        let default = |option: &ThingOption| (option.name.value.clone(), option.default);
        Self(thing.options.iter().map(default).collect())
    }

    /// A thing's options as asked for, in any case of letters; the others by their defaults.
    pub fn chosen(thing: &Thing, asked: &BTreeMap<String, String>) -> Result<Self, BadOption> {
        let mut options = Self::defaults(thing);
        for (name, value) in asked {
            let Some(chosen) = options.0.get_mut(&OptionName::new(name)) else {
                return Err(unknown(thing, name));
            };
            *chosen = match value.to_lowercase().as_str() {
                "true" => true,
                "false" => false,
                _ => {
                    return Err(BadOption::Unreadable { name: name.clone(), value: value.clone() });
                }
            };
        }
        Ok(options)
    }

    /// Every choice that a thing's options allow, the defaults first: all of them for few
    /// options, else each option alone beside none and all.
    pub fn all_choices(thing: &Thing) -> Vec<Self> {
        const TRIED_TOGETHER_MAX: usize = 5;
        let names: Vec<&OptionName> = thing.options.iter().map(|o| &o.name.value).collect();
        let choice = |on: &dyn Fn(usize) -> bool| {
            Self(names.iter().enumerate().map(|(at, name)| ((*name).clone(), on(at))).collect())
        };
        let mut choices = vec![Self::defaults(thing)];
        if names.len() <= TRIED_TOGETHER_MAX {
            choices
                .extend((0..1_usize << names.len()).map(|bits| choice(&|at| bits >> at & 1 == 1)));
        } else {
            choices.extend([choice(&|_| false), choice(&|_| true)]);
            choices.extend((0..names.len()).map(|one| choice(&|at| at == one)));
        }
        let mut told = std::collections::BTreeSet::new();
        choices.retain(|choice| told.insert(choice.clone()));
        choices
    }

    /// Whether an option was chosen; one that the thing does not have was not.
    pub fn is_on(&self, name: &OptionName) -> bool {
        self.0.get(name).copied().unwrap_or(false)
    }

    /// Whether there is no option at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each option with what was chosen.
    pub fn iter(&self) -> impl Iterator<Item = (&OptionName, bool)> {
        self.0.iter().map(|(name, chosen)| (name, *chosen))
    }
}

fn unknown(thing: &Thing, name: &str) -> BadOption {
    let names: Vec<&str> = thing.options.iter().map(|o| o.name.value.as_str()).collect();
    let near = did_you_mean(name, names.iter().copied()).map(str::to_owned);
    let known = if names.is_empty() {
        format!("`{}` has none", thing.name)
    } else {
        format!("`{}` has {}", thing.name, names.join(", "))
    };
    BadOption::Unknown { name: name.to_owned(), near, known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parse;

    fn thing(options: &str) -> Thing {
        let text = format!("system = \"s\"\n[things.job]\nrow = \"jobs.id\"\n{options}");
        parse(&text).0.expect("the policy is sound").things.remove(0)
    }

    fn chosen(thing: &Thing, name: &str, value: &str) -> Result<Options, BadOption> {
        Options::chosen(thing, &BTreeMap::from([(name.to_owned(), value.to_owned())]))
    }

    #[test]
    fn a_value_is_read_in_any_case_of_letters_and_nothing_else_is_one() {
        let job = thing("options.erase = { default = false }\n");
        let erase = OptionName::new("erase");
        for (value, expected) in
            [("true", true), ("TRUE", true), ("True", true), ("false", false), ("fALSE", false)]
        {
            assert_eq!(chosen(&job, "erase", value).unwrap().is_on(&erase), expected, "{value}");
        }
        for value in ["", "yes", "1", "0", "on", " true", "t"] {
            let bad = BadOption::Unreadable { name: "erase".into(), value: value.into() };
            assert_eq!(chosen(&job, "erase", value), Err(bad), "{value:?}");
        }
    }

    #[test]
    fn an_unknown_option_is_told_with_the_nearest() {
        let job = thing("options.delete_dataset = {}\n");
        let told = chosen(&job, "delete_datset", "true").unwrap_err();
        let BadOption::Unknown { near, known, .. } = told else { panic!("{told:?}") };
        assert_eq!(near.as_deref(), Some("delete_dataset"));
        assert_eq!(known, "`job` has delete_dataset");
        let none = chosen(&thing(""), "x", "true").unwrap_err().to_string();
        assert_eq!(none, "there is no option `x`; `job` has none");
    }

    #[test]
    fn what_nobody_says_is_the_default() {
        let job = thing("options = { a = { default = true }, b = {} }\n");
        let (a, b) = (OptionName::new("a"), OptionName::new("b"));
        let options = chosen(&job, "b", "true").unwrap();
        assert!(options.is_on(&a) && options.is_on(&b));
        let options = Options::defaults(&job);
        assert!(options.is_on(&a) && !options.is_on(&b));
    }

    #[test]
    fn every_choice_is_tried_once_and_the_defaults_first() {
        let job = thing("options = { a = { default = true }, b = {} }\n");
        let choices = Options::all_choices(&job);
        assert_eq!(choices.len(), 4);
        assert_eq!(choices[0], Options::defaults(&job));
        assert_eq!(Options::all_choices(&thing("")), [Options::default()]);
        let many: Vec<String> = (0..9).map(|at| format!("o{at} = {{}}")).collect();
        let many = thing(&format!("options = {{ {} }}\n", many.join(", ")));
        assert_eq!(Options::all_choices(&many).len(), 11);
    }
}
