//! Which names of one deletion are promised twice: what lies below a prefix of it goes with that
//! prefix, and what two rules name is promised by one of them.
//!
//! A promise stands for another only if it removes at least as much and looks again as late. Of
//! equal ones the first stands, in the order of the policy, so that one of them always does.

use std::collections::{BTreeMap, HashMap};

use super::NamingIn;

/// On which terms objects are removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Whether every version goes.
    pub all_versions: bool,
    /// So long after the commit it is looked at again.
    pub look_again_secs: i64,
    /// Columns of rows whose objects stay.
    pub unless_named_by: Vec<NamingIn>,
}

impl Terms {
    /// Whether whoever promises this promises all that the other would.
    fn stand_for(&self, other: &Self) -> bool {
        self.all_versions >= other.all_versions
            && self.look_again_secs >= other.look_again_secs
            && self.unless_named_by.iter().all(|column| other.unless_named_by.contains(column))
    }
}

/// The names of one deletion in one store, and by which rule each is.
#[derive(Debug, Default)]
pub struct Covering<'n> {
    /// By the rules' places in the policy.
    terms: BTreeMap<usize, &'n Terms>,
    prefixes: HashMap<&'n str, Vec<usize>>,
    keys: HashMap<&'n str, Vec<usize>>,
}

impl<'n> Covering<'n> {
    /// Adds what a rule names.
    pub fn add<'s>(
        &mut self,
        rule: usize,
        terms: &'n Terms,
        keys: impl IntoIterator<Item = &'n str>,
        prefixes: impl IntoIterator<Item = &'s str>,
    ) where
        's: 'n,
    {
        self.terms.insert(rule, terms);
        for key in keys {
            self.keys.entry(key).or_default().push(rule);
        }
        for prefix in prefixes {
            self.prefixes.entry(prefix).or_default().push(rule);
        }
    }

    /// Whether another promise stands for this prefix of a rule.
    pub fn covers_prefix(&self, rule: usize, prefix: &str) -> bool {
        let wider = prefix.strip_suffix('/').unwrap_or(prefix);
        self.is_below(wider, self.terms.get(&rule).copied())
            || self.is_anothers(self.prefixes.get(prefix), rule)
    }

    /// Whether another promise stands for this key of a rule.
    pub fn covers_key(&self, rule: usize, key: &str) -> bool {
        self.is_below(key, self.terms.get(&rule).copied())
            || self.is_anothers(self.keys.get(key), rule)
    }

    /// Whether a promise stands for a key that no rule names by itself.
    pub fn promises(&self, key: &str, terms: &Terms) -> bool {
        let stands = |rule: &usize| self.terms[rule].stand_for(terms);
        self.is_below(key, Some(terms))
            || self.keys.get(key).is_some_and(|rules| rules.iter().any(stands))
    }

    /// The prefixes that stand for such names beside this one: all of a few, otherwise those below
    /// which it lies itself.
    pub fn beside(&self, key: &str, terms: &Terms, few: usize) -> Vec<String> {
        let stands = |rules: &[usize]| rules.iter().any(|rule| self.terms[rule].stand_for(terms));
        let mut beside: Vec<String> = if self.prefixes.len() <= few {
            let all = self.prefixes.iter().filter(|(_, rules)| stands(rules));
            all.map(|(prefix, _)| (*prefix).to_owned()).collect()
        } else {
            let above = above(key)
                .filter(|above| self.prefixes.get(above).is_some_and(|rules| stands(rules)));
            above.map(str::to_owned).collect()
        };
        beside.sort_unstable();
        beside
    }

    fn is_below(&self, name: &str, terms: Option<&Terms>) -> bool {
        let Some(terms) = terms.filter(|_| !self.prefixes.is_empty()) else { return false };
        let stands =
            |rules: &Vec<usize>| rules.iter().any(|rule| self.terms[rule].stand_for(terms));
        above(name).any(|prefix| self.prefixes.get(prefix).is_some_and(stands))
    }

    /// Whether another of the rules that name the same stands for this one.
    fn is_anothers(&self, rules: Option<&Vec<usize>>, rule: usize) -> bool {
        let Some(rules) = rules.filter(|rules| rules.len() > 1) else { return false };
        let own = self.terms[&rule];
        rules.iter().filter(|other| **other != rule).any(|other| {
            let others = self.terms[other];
            others.stand_for(own) && (*other < rule || !own.stand_for(others))
        })
    }
}

/// The prefixes below which a name may lie: each beginning of it that ends at a `/`.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(|(at, _)| &name[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Terms {
        Terms::default()
    }

    fn late() -> Terms {
        Terms { look_again_secs: 60, ..Terms::default() }
    }

    fn sparing() -> Terms {
        let column = NamingIn { schema: None, table: "t".into(), column: "c".into() };
        Terms { unless_named_by: vec![column], ..Terms::default() }
    }

    #[test]
    fn what_lies_below_a_prefix_goes_with_it() {
        let (plain, mut names) = (plain(), Covering::default());
        names.add(0, &plain, ["a/1/x", "a/10", "b"], ["a/1/", "a/1/deep/"]);
        for (key, is_covered) in
            [("a/1/x", true), ("a/1/deep/y", true), ("a/10", false), ("b", false)]
        {
            assert_eq!(names.covers_key(0, key), is_covered, "{key}");
        }
        assert!(names.covers_prefix(0, "a/1/deep/"));
        assert!(!names.covers_prefix(0, "a/1/"), "nothing stands for itself");
        assert!(names.covers_key(0, "a/1/"), "the folder's own mark lies below it");
    }

    #[test]
    fn of_two_that_name_the_same_the_first_stands() {
        let (plain, mut names) = (plain(), Covering::default());
        names.add(0, &plain, ["k"], ["p/"]);
        names.add(1, &plain, ["k"], ["p/"]);
        assert!(!names.covers_key(0, "k") && names.covers_key(1, "k"));
        assert!(!names.covers_prefix(0, "p/") && names.covers_prefix(1, "p/"));
    }

    #[test]
    fn a_promise_that_removes_less_stands_for_none() {
        let (plain, late, sparing) = (plain(), late(), sparing());
        let versions = Terms { all_versions: true, ..Terms::default() };
        for (weaker, stronger) in [(&plain, &late), (&sparing, &plain), (&plain, &versions)] {
            let mut names = Covering::default();
            names.add(0, weaker, ["k"], ["p/"]);
            names.add(1, stronger, ["k", "p/x"], ["p/", "p/q/"]);
            assert!(names.covers_key(0, "k") && !names.covers_key(1, "k"), "{weaker:?}");
            assert!(names.covers_prefix(0, "p/") && !names.covers_prefix(1, "p/"), "{weaker:?}");
            let mut only = Covering::default();
            only.add(0, weaker, [], ["p/"]);
            only.add(1, stronger, ["p/x"], ["p/q/"]);
            assert!(!only.covers_key(1, "p/x") && !only.covers_prefix(1, "p/q/"), "{weaker:?}");
        }
    }

    #[test]
    fn what_documents_name_is_promised_where_it_lies_below() {
        let (plain, sparing, mut names) = (plain(), sparing(), Covering::default());
        names.add(0, &plain, ["k"], ["a/1/"]);
        names.add(1, &sparing, ["kept"], ["a/2/"]);
        assert!(names.promises("a/1/m.json", &plain) && names.promises("k", &plain));
        assert!(!names.promises("kept", &plain) && !names.promises("a/2/m.json", &plain));
        assert_eq!(names.beside("a/1/m.json", &plain, 2), ["a/1/"]);
        assert_eq!(names.beside("b", &plain, 2), ["a/1/"]);
        assert_eq!(names.beside("b", &plain, 1), [""; 0]);
        assert_eq!(names.beside("a/1/m.json", &plain, 1), ["a/1/"]);
    }
}
