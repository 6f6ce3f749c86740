//! Reads from the text of CREATE statements what no pragma tells: checks, names and deferral of
//! foreign keys, conditions of partial indexes, when triggers fire.

use sexton_core::schema::{CheckConstraint, Deferrable};

use super::tokens::{Token, after_group, tokens};

/// What a CREATE TABLE says.
#[derive(Debug, Default, PartialEq)]
pub struct TableDeclaration {
    /// Its CHECK constraints.
    pub checks: Vec<CheckConstraint>,
    /// Its REFERENCES clauses, in the order they are written.
    pub references: Vec<DeclaredReference>,
}

/// One REFERENCES clause.
#[derive(Debug, PartialEq)]
pub struct DeclaredReference {
    /// The constraint's name.
    pub name: Option<String>,
    /// The table as written.
    pub parent: String,
    /// When it is judged.
    pub deferrable: Deferrable,
}

/// What a CREATE TRIGGER says of its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TriggerTime {
    /// Whether it runs before or instead of the change.
    pub before: bool,
    /// Whether a DELETE fires it.
    pub on_delete: bool,
    /// Whether an UPDATE fires it.
    pub on_update: bool,
}

/// Constraints without an interest here; a name before them is theirs.
const OTHERS: [&str; 8] =
    ["PRIMARY", "NOT", "NULL", "UNIQUE", "DEFAULT", "COLLATE", "GENERATED", "AS"];

/// Reads a CREATE TABLE.
pub fn table(sql: &str) -> TableDeclaration {
    let all = tokens(sql);
    let open = all.iter().position(|token| token.is_sign("(")).unwrap_or(all.len());
    let end = after_group(&all, open).saturating_sub(1);
    let body = all.get(open + 1..end).unwrap_or_default();
    let mut found = TableDeclaration::default();
    let mut name = None;
    let mut at = 0;
    while let Some(token) = body.get(at) {
        let next = || body.get(at + 1).map(Token::name);
        at = if token.is_sign("(") {
            after_group(body, at)
        } else if token.is_word("CONSTRAINT") {
            name = next();
            at + 2
        } else if token.is_word("CHECK") {
            let past = after_group(body, at + 1);
            let condition = within(sql, body, at + 1, past);
            found.checks.push(CheckConstraint { name: name.take(), condition });
            past
        } else if token.is_word("REFERENCES") {
            let (name, parent) = (name.take(), next().unwrap_or_default());
            found.references.push(DeclaredReference { name, parent, deferrable: Deferrable::No });
            at + 2
        } else {
            if token.is_word("DEFERRABLE") {
                defer(&mut found.references, body, at);
            } else if token.is_sign(",") || OTHERS.iter().any(|word| token.is_word(word)) {
                name = None;
            }
            at + 1
        };
    }
    found
}

/// The condition of a CREATE INDEX, where it has one.
pub fn index_predicate(sql: &str) -> Option<String> {
    let all = tokens(sql);
    let mut at = 0;
    while let Some(token) = all.get(at) {
        if token.is_word("WHERE") {
            return Some(sql[token.end()..].trim().to_owned());
        }
        at = if token.is_sign("(") { after_group(&all, at) } else { at + 1 };
    }
    None
}

/// Reads the head of a CREATE TRIGGER.
pub fn trigger(sql: &str) -> TriggerTime {
    let all = tokens(sql);
    let mut at = all.iter().position(|token| token.is_word("TRIGGER")).map_or(0, |at| at + 1);
    let words = ["IF", "NOT", "EXISTS"];
    let head = all.get(at..at + words.len()).unwrap_or_default();
    if head.len() == words.len() && head.iter().zip(words).all(|(token, word)| token.is_word(word))
    {
        at += words.len();
    }
    at += 1;
    if all.get(at).is_some_and(|token| token.is_sign(".")) {
        at += 2;
    }
    let is = |at: usize, word: &str| all.get(at).is_some_and(|token| token.is_word(word));
    // SQLite takes a trigger that names no time for one that runs before.
    let before = !is(at, "AFTER");
    if is(at, "INSTEAD") {
        at += 2;
    } else if is(at, "BEFORE") || is(at, "AFTER") {
        at += 1;
    }
    TriggerTime { before, on_delete: is(at, "DELETE"), on_update: is(at, "UPDATE") }
}

/// Applies a `[NOT] DEFERRABLE [INITIALLY …]` to the reference it follows.
fn defer(references: &mut [DeclaredReference], body: &[Token<'_>], at: usize) {
    let is = |at: usize, word: &str| body.get(at).is_some_and(|token| token.is_word(word));
    let Some(reference) = references.last_mut() else {
        return;
    };
    reference.deferrable = if at > 0 && is(at - 1, "NOT") {
        Deferrable::No
    } else if is(at + 1, "INITIALLY") && is(at + 2, "DEFERRED") {
        Deferrable::InitiallyDeferred
    } else {
        Deferrable::InitiallyImmediate
    };
}

/// The text between the brackets at `open` and before `past`.
fn within(sql: &str, tokens: &[Token<'_>], open: usize, past: usize) -> String {
    match (tokens.get(open), tokens.get(past.saturating_sub(1))) {
        (Some(first), Some(last)) if first.end() <= last.start => {
            sql[first.end()..last.start].trim().to_owned()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_reference(clause: &str, name: Option<&str>, deferrable: Deferrable) {
        let declared = table(&format!("CREATE TABLE c (a INT DEFAULT (1), {clause}, z TEXT)"));
        let expected =
            DeclaredReference { name: name.map(str::to_owned), parent: "p".to_owned(), deferrable };
        assert_eq!(declared.references, [expected], "{clause}");
    }

    #[test]
    fn references_are_found_with_name_and_deferral() {
        check_reference("b REFERENCES p", None, Deferrable::No);
        check_reference("b REFERENCES \"p\" (id) NOT DEFERRABLE", None, Deferrable::No);
        check_reference("b REFERENCES p DEFERRABLE", None, Deferrable::InitiallyImmediate);
        check_reference(
            "b REFERENCES p ON DELETE SET NULL NOT NULL DEFERRABLE INITIALLY DEFERRED",
            None,
            Deferrable::InitiallyDeferred,
        );
        check_reference("b CONSTRAINT n NOT NULL REFERENCES p", None, Deferrable::No);
        check_reference("b CONSTRAINT [b p] references p", Some("b p"), Deferrable::No);
        check_reference(
            "b INT, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (x, y) DEFERRABLE INITIALLY IMMEDIATE",
            Some("f"),
            Deferrable::InitiallyImmediate,
        );
    }

    #[test]
    fn checks_are_found_as_written_and_comments_mislead_nobody() {
        let declared = table(
            "CREATE TABLE \"odd (name\" (\n  a TEXT CHECK (a IN ('x', ')')), -- CHECK (b)\n  \
             \"check\" INT, CONSTRAINT pos CHECK ((b) > 0) /* REFERENCES p */\n)",
        );
        let told: Vec<(Option<&str>, &str)> = declared
            .checks
            .iter()
            .map(|check| (check.name.as_deref(), check.condition.as_str()))
            .collect();
        assert_eq!(told, [(None, "a IN ('x', ')')"), (Some("pos"), "(b) > 0")]);
        assert!(declared.references.is_empty());
    }

    #[test]
    fn only_the_condition_of_the_index_itself_counts() {
        for (sql, predicate) in [
            ("CREATE INDEX i ON t (a)", None),
            ("CREATE INDEX i ON t (a) WHERE a > 0 AND b IS NULL", Some("a > 0 AND b IS NULL")),
            ("CREATE INDEX \"where\" ON t ((a + 1)) where\n a", Some("a")),
        ] {
            assert_eq!(index_predicate(sql).as_deref(), predicate, "{sql}");
        }
    }

    #[test]
    fn triggers_tell_when_they_fire() {
        for (head, before, on_delete, on_update) in [
            ("CREATE TRIGGER x AFTER DELETE ON t", false, true, false),
            ("CREATE TRIGGER x DELETE ON t", true, true, false),
            ("CREATE TRIGGER IF NOT EXISTS main.x BEFORE UPDATE OF a, b ON t", true, false, true),
            ("CREATE TEMP TRIGGER \"delete\" INSTEAD OF INSERT ON v", true, false, false),
            ("CREATE TRIGGER after AFTER UPDATE ON t", false, false, true),
        ] {
            let expected = TriggerTime { before, on_delete, on_update };
            assert_eq!(trigger(&format!("{head} BEGIN SELECT 1; END")), expected, "{head}");
        }
    }
}
