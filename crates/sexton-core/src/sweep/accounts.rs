//! Judges object after object by the names that rows have, both in the order of bytes.
//!
//! All that is kept is the name that was read last, with those of its rows that no object answered
//! yet, and the prefixes that hold the key at hand: each of them begins the next, so there are no
//! more than a key has bytes.

use crate::sql::{LEFT_OUT, MEANT, REFUSED, UNSURE};

/// A name as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRead {
    /// The key, or the prefix.
    pub name: String,
    /// Who names it.
    pub by: usize,
    /// Whether all below it is meant.
    pub is_prefix: bool,
    /// In which sense: `sql::MEANT` and the others.
    pub how: i64,
}

/// What rows say of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A row names it.
    Named,
    /// Only rows name it that their rule leaves out.
    LeftOut,
    /// No row names it.
    Unnamed,
}

/// Names or objects did not come in the order of bytes: nothing can be said of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{after}` came after `{before}`, which is not the order of bytes")]
pub struct Unordered {
    /// What came first.
    pub before: String,
    /// What came then.
    pub after: String,
}

/// What is known of the names up to the key at hand.
#[derive(Debug, Default)]
pub struct Accounts {
    /// Prefixes that may hold the next key, each within the one before.
    open: Vec<Open>,
    last_name: String,
    last_key: String,
    /// Who names the last name as an object's, and in which sense.
    exact: Vec<(usize, i64)>,
    /// Whether an object of the last name was seen.
    is_seen: bool,
    /// Rows that meant an object which is not there, since it was asked.
    missing: Vec<(String, usize)>,
}

/// A prefix that rows name.
#[derive(Debug)]
struct Open {
    prefix: String,
    /// Who names it, and whether rows mean it: of each no more than one of both.
    by: Vec<(usize, bool)>,
}

impl Accounts {
    /// Takes the next name. All names up to a key come before it.
    pub fn name(&mut self, read: NameRead) -> Result<(), Unordered> {
        let NameRead { name, by, is_prefix, how } = read;
        if name < self.last_name {
            return Err(Unordered { before: std::mem::take(&mut self.last_name), after: name });
        }
        if name != self.last_name {
            self.pass();
            self.last_name.clone_from(&name);
        }
        if is_prefix || how == UNSURE {
            self.close(&name);
            let is_meant = how != LEFT_OUT;
            let by = (by, is_meant);
            match self.open.last_mut().filter(|open| open.prefix == name) {
                Some(open) if open.by.contains(&by) => {}
                Some(open) => open.by.push(by),
                None => self.open.push(Open { prefix: name, by: vec![by] }),
            }
        } else {
            self.exact.push((by, how));
        }
        Ok(())
    }

    /// Judges the next object. What stands behind a prefix may be nothing that this one accounts
    /// for: of that the caller knows.
    pub fn object(
        &mut self,
        key: &str,
        is_but: &dyn Fn(usize, &str) -> bool,
    ) -> Result<Standing, Unordered> {
        if key < self.last_key.as_str() {
            let before = std::mem::take(&mut self.last_key);
            return Err(Unordered { before, after: key.to_owned() });
        }
        key.clone_into(&mut self.last_key);
        self.close(key);
        let mut standing = Standing::Unnamed;
        for open in &self.open {
            let rest = &key[open.prefix.len()..];
            for (_, is_meant) in open.by.iter().filter(|(by, _)| !is_but(*by, rest)) {
                standing = standing.and(*is_meant);
            }
        }
        if key == self.last_name {
            self.is_seen = true;
            for (_, how) in &self.exact {
                standing = standing.and(matches!(*how, MEANT | REFUSED));
            }
        }
        Ok(standing)
    }

    /// Ends the names: what was not seen so far is not there.
    pub fn end(&mut self) {
        self.pass();
        self.last_name.clear();
    }

    /// Rows that meant an object which is not there, since this was asked last: the name, and whose.
    pub fn missing(&mut self) -> Vec<(String, usize)> {
        std::mem::take(&mut self.missing)
    }

    /// Leaves the last name behind.
    fn pass(&mut self) {
        let meant = self.exact.drain(..).filter(|(_, how)| *how == MEANT);
        if self.is_seen {
            drop(meant);
        } else {
            self.missing.extend(meant.map(|(by, _)| (self.last_name.clone(), by)));
        }
        self.is_seen = false;
    }

    /// Closes prefixes that do not hold this.
    fn close(&mut self, name: &str) {
        while self.open.last().is_some_and(|open| !name.starts_with(open.prefix.as_str())) {
            self.open.pop();
        }
    }
}

impl Standing {
    fn and(self, is_meant: bool) -> Self {
        match (self, is_meant) {
            (Self::Named, _) | (_, true) => Self::Named,
            _ => Self::LeftOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, is_prefix: bool, how: i64) -> NameRead {
        NameRead { name: name.to_owned(), by: 0, is_prefix, how }
    }

    /// What is said of these objects, beside these names.
    fn judged(names: &[NameRead], keys: &[&str]) -> (Vec<Standing>, Vec<String>) {
        let mut accounts = Accounts::default();
        let mut names = names.iter().cloned().peekable();
        let mut standings = Vec::new();
        for key in keys {
            while let Some(name) = names.next_if(|name| name.name.as_str() <= *key) {
                accounts.name(name).unwrap();
            }
            standings.push(accounts.object(key, &|_, _| false).unwrap());
        }
        names.for_each(|name| accounts.name(name).unwrap());
        accounts.end();
        (standings, accounts.missing().into_iter().map(|(name, _)| name).collect())
    }

    use Standing::{LeftOut, Named, Unnamed};

    #[test]
    fn prefixes_nest_and_end_where_their_names_do() {
        let names = [
            read("a/", true, LEFT_OUT),
            read("a/b/", true, MEANT),
            read("a/b/c/", true, LEFT_OUT),
            read("b/", true, MEANT),
        ];
        let keys = ["a", "a!", "a/", "a/a", "a/b/c/d", "a/b/x", "a/c", "a0", "b/1", "b0"];
        let expected =
            [Unnamed, Unnamed, LeftOut, LeftOut, Named, Named, LeftOut, Unnamed, Named, Unnamed];
        assert_eq!(judged(&names, &keys).0, expected);
    }

    #[test]
    fn a_key_may_be_named_by_several_rows_and_is_missed_once_for_each() {
        let names = [
            read("a", false, MEANT),
            read("a", false, MEANT),
            read("b", false, LEFT_OUT),
            read("c", false, LEFT_OUT),
            read("c", false, MEANT),
            read("d", false, REFUSED),
        ];
        let (standings, missing) = judged(&names, &["b", "c", "d", "e"]);
        assert_eq!(standings, [LeftOut, Named, Named, Unnamed]);
        assert_eq!(missing, ["a", "a"]);
        assert_eq!(judged(&names, &[]).1, ["a", "a", "c"]);
    }

    #[test]
    fn what_nobody_can_read_holds_all_that_it_may_mean() {
        let names = [read("r/", false, UNSURE)];
        assert_eq!(judged(&names, &["q", "r/1", "r/2/x", "s"]).0, [Unnamed, Named, Named, Unnamed]);
        assert_eq!(judged(&[read("", false, UNSURE)], &["q", "s"]).0, [Named, Named]);
    }

    #[test]
    fn a_prefix_may_leave_out_what_others_must_name() {
        let mut accounts = Accounts::default();
        accounts.name(read("o/p/", true, MEANT)).unwrap();
        let is_but = |_: usize, rest: &str| !rest.contains('/');
        assert_eq!(accounts.object("o/p/1/x", &is_but), Ok(Named));
        assert_eq!(accounts.object("o/p/hash", &is_but), Ok(Unnamed));
        let one = NameRead { by: 1, ..read("o/p/z", false, MEANT) };
        accounts.name(one).unwrap();
        assert_eq!(accounts.object("o/p/z", &is_but), Ok(Named));
    }

    #[test]
    fn what_comes_out_of_order_is_no_answer() {
        let mut accounts = Accounts::default();
        accounts.name(read("b", false, MEANT)).unwrap();
        assert!(accounts.name(read("a", true, MEANT)).is_err());
        let mut accounts = Accounts::default();
        accounts.object("b", &|_, _| false).unwrap();
        assert!(accounts.object("a", &|_, _| false).is_err());
        assert!(Accounts::default().object("", &|_, _| false).is_ok());
    }

    #[test]
    fn a_small_model_agrees_on_random_names() {
        let mut seed = 7_u64;
        let mut dice = |faces: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
            (seed >> 33) % faces
        };
        for round in 0..2_000 {
            let mut text = || {
                let signs = ["a", "b", "/", "-", "0", "ü"];
                let length = dice(5);
                (0..length).map(|_| signs[usize::try_from(dice(6)).unwrap()]).collect::<String>()
            };
            let mut keys: Vec<String> = (0..12).map(|_| text()).collect();
            keys.sort();
            keys.dedup();
            let mut names: Vec<NameRead> = (0..6).map(|_| read(&text(), false, MEANT)).collect();
            for name in &mut names {
                name.is_prefix = dice(2) == 0;
                name.how = i64::try_from(dice(4)).unwrap();
            }
            names.sort_by(|a, b| a.name.cmp(&b.name));
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let holds = |name: &NameRead, key: &str| {
                let wide = name.is_prefix || name.how == UNSURE;
                if wide { key.starts_with(&name.name) } else { key == name.name }
            };
            let expected: Vec<Standing> = keys
                .iter()
                .map(|key| {
                    let held = || names.iter().filter(|name| holds(name, key));
                    match (held().any(|name| name.how != LEFT_OUT), held().next()) {
                        (true, _) => Named,
                        (false, Some(_)) => LeftOut,
                        (false, None) => Unnamed,
                    }
                })
                .collect();
            let lost = names.iter().filter(|name| {
                !name.is_prefix && name.how == MEANT && !keys.contains(&name.name.as_str())
            });
            let lost: Vec<String> = lost.map(|name| name.name.clone()).collect();
            assert_eq!(
                judged(&names, &keys),
                (expected, lost),
                "round {round}: {names:?} {keys:?}"
            );
        }
    }
}
