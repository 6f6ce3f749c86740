//! Reads what routes answer: `[replies]`, and outcomes among the keys of a route.

use toml::de::DeValue;

use super::codes;
use super::table::{Entry, Reader, suggestion};
use super::template::Sums;
use crate::finding::{Finding, Located};
use crate::names::GuardName;
use crate::policy::{Answer, Outcome, Replies, Reply};
use crate::template::{Filter, Slot, Text};

const KEYS: [&str; 5] = ["status", "code", "message", "headers", "body"];

/// Headers that say how the answer is sent, or whose it is.
const OWN_HEADERS: [&str; 6] =
    ["connection", "content-length", "date", "trailer", "transfer-encoding", "upgrade"];

/// Sexton's own headers begin so.
const OWN_PREFIX: &str = "sexton-";

impl<'t> Reader<'t> {
    /// What all routes answer.
    pub fn replies(&mut self, section: &Entry<'t>) -> Replies {
        let mut replies = Replies::default();
        let Some(table) = self.table(section) else { return replies };
        for entry in &table.entries {
            if entry.name == "body" {
                replies.envelope = self.reply_body(entry);
            } else if !self.outcome(entry, &mut replies) {
                let known = Outcome::ALL.map(Outcome::as_str);
                self.unknown_key(entry, &[&["body"], &known[..]].concat());
            }
        }
        replies
    }

    /// Reads what is answered to the outcome that the key names; false if it names none.
    pub(super) fn outcome(&mut self, entry: &Entry<'t>, replies: &mut Replies) -> bool {
        let Some(outcome) = Outcome::named(entry.name) else { return false };
        if outcome == Outcome::Refused && matches!(entry.value, DeValue::Table(_)) {
            self.refusals(entry, replies);
        } else if let Some(reply) = self.reply(entry) {
            replies.outcomes.push((outcome, reply));
        }
        true
    }

    /// A refusal may be answered by the guard that refuses: its name is a key beside the others.
    fn refusals(&mut self, entry: &Entry<'t>, replies: &mut Replies) {
        let Some(table) = self.table(entry) else { return };
        let (own, guards): (Vec<_>, Vec<_>) =
            table.entries.iter().partition(|entry| KEYS.contains(&entry.name));
        for guard in &guards {
            if matches!(guard.value, DeValue::Table(_) | DeValue::Integer(_) | DeValue::String(_)) {
                if let Some(reply) = self.reply(guard) {
                    let name = Located::new(GuardName::new(guard.name), guard.name_span);
                    replies.guards.push((name, reply));
                }
            } else {
                self.unknown_key(guard, &KEYS);
            }
        }
        if (!own.is_empty() || guards.is_empty())
            && let Some(answer) = self.answer(entry, &own)
        {
            replies.outcomes.push((Outcome::Refused, Reply::Own(answer)));
        }
    }

    fn reply(&mut self, entry: &Entry<'t>) -> Option<Reply> {
        match entry.value {
            DeValue::String(_) => self.like(entry).map(Reply::Like),
            DeValue::Integer(_) => {
                let status = self.status(entry);
                let answer = Answer { status, span: entry.span, ..Answer::default() };
                Some(Reply::Own(answer))
            }
            DeValue::Table(_) => {
                let table = self.table(entry)?;
                self.refuse_unknown(&table, &KEYS);
                let own: Vec<_> = table.entries.iter().collect();
                self.answer(entry, &own).map(Reply::Own)
            }
            _ => self.wrong_type(entry, "a status, a table, or the name of another outcome"),
        }
    }

    fn like(&mut self, entry: &Entry<'t>) -> Option<Located<Outcome>> {
        let name = self.string(entry)?;
        let outcome = Outcome::named(&name.value);
        if outcome.is_none() {
            let known = Outcome::ALL.iter().map(|outcome| outcome.as_str());
            let message = format!("`{}` is not an outcome", name.value);
            let finding = Finding::error(codes::UNKNOWN_OUTCOME, Some(entry.span), message);
            self.refuse(finding.help(suggestion(&name.value, known)));
        }
        Some(Located::new(outcome?, entry.span))
    }

    fn answer(&mut self, entry: &Entry<'t>, keys: &[&Entry<'t>]) -> Option<Answer> {
        if keys.is_empty() {
            return self.empty(entry.span, format!("`{}` answers nothing", entry.path));
        }
        let mut answer = Answer { span: entry.span, ..Answer::default() };
        for key in keys {
            match key.name {
                "status" => answer.status = self.status(key),
                "code" => answer.code = self.reply_text(key),
                "message" => answer.message = self.reply_text(key),
                "headers" => answer.headers = self.headers(key),
                "body" => answer.body = self.reply_body(key),
                _ => {}
            }
        }
        Some(answer)
    }

    fn status(&mut self, entry: &Entry<'t>) -> Option<Located<u16>> {
        let number = self.integer(entry)?;
        let status = u16::try_from(number).ok().filter(|status| (200..=599).contains(status));
        let status = status.or_else(|| self.bad_number(entry, "must be from 200 to 599"));
        Some(Located::new(status?, entry.span))
    }

    fn headers(&mut self, entry: &Entry<'t>) -> Vec<(String, Text)> {
        let Some(table) = self.table(entry) else { return Vec::new() };
        let mut headers = Vec::new();
        for entry in &table.entries {
            if let Some(why) = no_header(entry.name) {
                let message = format!("`{}` cannot be a header of an answer: {why}", entry.name);
                self.refuse(Finding::error(codes::BAD_HEADER, Some(entry.name_span), message));
            } else if let Some(text) = self.reply_text(entry) {
                headers.push((entry.name.to_owned(), text));
            }
        }
        headers
    }

    fn reply_text(&mut self, entry: &Entry<'t>) -> Option<Text> {
        let text = self.text_with(entry, Sums::Allowed)?;
        self.no_paths(text.slots());
        Some(text)
    }

    fn reply_body(&mut self, entry: &Entry<'t>) -> Option<crate::template::Form> {
        let form = self.form(entry, Sums::Allowed)?;
        self.no_paths(form.slots().into_iter());
        Some(form)
    }

    fn no_paths<'s>(&mut self, slots: impl Iterator<Item = &'s Slot>) {
        for slot in slots.filter(|slot| slot.filter == Some(Filter::Path)) {
            let message = "`|path` is for keys of objects: here a value may be any text";
            self.refuse(Finding::error(codes::BAD_TEMPLATE, Some(slot.span), message));
        }
    }
}

/// Why an answer cannot have this header.
fn no_header(name: &str) -> Option<&'static str> {
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let small = name.to_ascii_lowercase();
    if name.is_empty() || !name.chars().all(is_sign) {
        Some("its name has signs that no header has")
    } else if OWN_HEADERS.contains(&small.as_str()) {
        Some("it tells how the answer is sent")
    } else if small.starts_with(OWN_PREFIX) {
        Some("Sexton says it itself")
    } else {
        None
    }
}
