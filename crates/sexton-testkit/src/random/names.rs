//! Names for tables and columns, the odd ones that databases allow among them.
//!
//! Names are told apart without regard to case, because SQLite does so.

use std::collections::BTreeSet;

use super::dice::Dice;

const PLAIN: [&str; 12] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "islet", "jetty",
    "knoll", "loch",
];

/// Words that mean something to SQL or to the engine's own statements.
const RESERVED: [&str; 16] = [
    "order",
    "select",
    "table",
    "group",
    "user",
    "default",
    "null",
    "references",
    "key",
    "value",
    "type",
    "k0",
    "n",
    "excluded",
    "rowid",
    "limit",
];

const ODD: [&str; 22] = [
    "MixedCase",
    "two words",
    "quo\"te",
    "dot.ted",
    "it's",
    "ünïcödé",
    "日本",
    "tree🌳",
    "semi;colon",
    "dash-ed",
    "arrow -> to",
    "{brace}",
    "(paren)",
    "a,b",
    "per%cent",
    "dol$lar",
    "back\\slash",
    "#hash",
    "[x]",
    "*",
    "=eq",
    "1st",
];

/// Gives out names, none twice.
#[derive(Debug, Clone)]
pub struct Names {
    odd: usize,
    used: BTreeSet<String>,
}

impl Names {
    /// Names of which so many in a hundred are odd.
    pub fn new(odd: usize) -> Self {
        Self { odd, used: BTreeSet::new() }
    }

    /// A name that was not given out yet.
    pub fn fresh(&mut self, dice: &mut Dice) -> String {
        loop {
            let word = match (dice.percent(self.odd), dice.percent(30)) {
                (false, _) => *dice.pick(&PLAIN),
                (true, true) => *dice.pick(&RESERVED),
                (true, false) => *dice.pick(&ODD),
            };
            let name = if self.used.contains(&word.to_lowercase()) {
                format!("{word}_{}", dice.below(100))
            } else {
                word.to_owned()
            };
            if self.used.insert(name.to_lowercase()) {
                return name;
            }
        }
    }
}

/// Whether a name has to be quoted to be understood.
pub fn is_odd(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !name.chars().all(plain) || RESERVED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_out_twice_in_any_case() {
        let mut dice = Dice::new(1);
        let mut names = Names::new(60);
        let given: BTreeSet<String> =
            (0..200).map(|_| names.fresh(&mut dice).to_lowercase()).collect();
        assert_eq!(given.len(), 200);
    }
}
