//! Small marks that pages share: the sign, pills, ids, times, numbers.

use maud::{Markup, html};

/// The sign of the console, in the colour of the text around it.
pub fn sign() -> Markup {
    html! {
        svg.sign viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" {
            path d="M6 21V9a6 6 0 0 1 12 0v12" fill="none" stroke="currentColor" stroke-width="2" {}
            path d="M3 21h18M12 8v7M9.5 10.5h5" fill="none" stroke="currentColor" stroke-width="2" {}
        }
    }
}

/// A number as people read it: `12 345`.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            // It keeps the number on one line.
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number with what is counted: `1 row`, `12 rows`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    let word = if count == 1 { one } else { many };
    [number(count).as_str(), " ", word].concat()
}

/// So many bytes: `2.1 GiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return counted(count, "byte", "bytes");
    }
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A moment as RFC 3339; the script says how long ago it is.
pub fn moment(at: &str) -> Markup {
    let short = at.get(..19).unwrap_or(at).replace('T', " ");
    html! { time datetime=(at) title=(at) { (short) " UTC" } }
}

/// An id, which can be copied.
pub fn id(text: &str) -> Markup {
    html! { code.id { (text) } }
}

/// A state of a deletion.
pub fn state(state: &str) -> Markup {
    let kind = match state {
        "complete" | "restored" => "pill good",
        "refused" => "pill bad",
        "withdrawn" => "pill",
        "hidden" => "pill warn",
        _ => "pill going",
    };
    html! { span class=(kind) { (state) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_bytes_have_units() {
        let plain = |text: String| text.replace('\u{202f}', " ");
        assert_eq!(number(7), "7");
        assert_eq!(plain(number(1_204)), "1 204");
        assert_eq!(plain(counted(1_234_567, "row", "rows")), "1 234 567 rows");
        assert_eq!(counted(1, "row", "rows"), "1 row");
        for (count, said) in [
            (0, "0 bytes"),
            (1_023, "1 023 bytes"),
            (1_024, "1.0 KiB"),
            (2_254_857_831, "2.1 GiB"),
            (u64::MAX, "16383.9 PiB"),
        ] {
            assert_eq!(plain(bytes(count)), said);
        }
    }
}
