//! Reads what stands between the braces of a placeholder: `{id}`, `{now - 15m}`, `{path.x}`.
//!
//! A placeholder of the language that has no value in this version is no mistake of the file:
//! it is kept as `Unbuilt`, and `check` names it.

use super::codes;
use super::path::Path;
use super::placed::Placed;
use super::table::suggestion;
use crate::finding::Finding;
use crate::policy::Placeholder;

const KNOWN: [&str; 11] = [
    "id",
    "actor",
    "tenant",
    "now",
    "path.NAME",
    "going.TABLE",
    "query.NAME",
    "body.NAME",
    "option.NAME",
    "row.COLUMN",
    "subject.COLUMN",
];

/// The placeholder that this text is, braces included.
pub(super) fn read(braces: &Placed) -> Result<Placeholder, Finding> {
    let inner = braces.slice(1..braces.text.len() - 1).trimmed();
    if let Some(offset) = inner.text.strip_prefix("now").map(str::trim_start) {
        if let Some(duration) = offset.strip_prefix('-') {
            return now_minus(braces, duration.trim());
        }
        if offset.starts_with('+') {
            return Err(bad_duration(braces, "only an earlier moment can be named"));
        }
    }
    match (inner.text.as_str(), inner.text.split_once('.')) {
        ("id", _) => Ok(Placeholder::Id),
        ("actor", _) => Ok(Placeholder::Actor),
        ("tenant", _) => Ok(Placeholder::Tenant),
        ("now", _) => Ok(Placeholder::Now { minus_secs: 0 }),
        (_, Some(("path", name))) if is_name(name) => Ok(Placeholder::Path(name.to_owned())),
        (_, Some(("going", _))) => {
            let table = inner.slice("going.".len()..inner.text.len());
            Ok(Placeholder::Going(Path::read(&table)?.table()?))
        }
        (text, Some(("query" | "body" | "option" | "row" | "subject", name))) if is_name(name) => {
            Ok(Placeholder::Unbuilt(text.to_owned()))
        }
        _ => Err(unknown(braces, &inner.text)),
    }
}

/// Seconds of a duration such as `15m`.
pub(in crate::policy) fn seconds(duration: &str) -> Option<i64> {
    let unit = duration.chars().next_back()?;
    let unit_secs = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return None,
    };
    let digits = &duration[..duration.len() - 1];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<i64>().ok().filter(|_| is_number)?.checked_mul(unit_secs)
}

fn now_minus(braces: &Placed, duration: &str) -> Result<Placeholder, Finding> {
    match seconds(duration) {
        Some(minus_secs) => Ok(Placeholder::Now { minus_secs }),
        None => Err(bad_duration(braces, &format!("`{duration}` is not a duration"))),
    }
}

fn bad_duration(braces: &Placed, message: &str) -> Finding {
    Finding::error(codes::BAD_DURATION, Some(braces.all()), message)
        .help("a duration is a number with s, m, h, d or w, as in `{now - 15m}`")
}

fn unknown(braces: &Placed, name: &str) -> Finding {
    let message = format!("`{}` is not a placeholder", braces.text);
    Finding::error(codes::UNKNOWN_PLACEHOLDER, Some(braces.all()), message)
        .help(suggestion(name, KNOWN.into_iter()))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
