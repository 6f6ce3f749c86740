//! Reads `[who]` and `[jwt]` of a TOML file, all mistakes in one run.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{KEYS, Layer, Said};
use super::read::Mistake;

/// What the file says.
pub fn layer(name: &str, text: &str) -> Layer {
    let mut layer = Layer::default();
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let place = error.span().map_or(name.to_owned(), |span| place(name, text, span.start));
        layer.mistakes.push(Mistake::new(place, error.message().to_owned()));
    }
    for section in ["who", "jwt"] {
        let Some(found) = table.get_ref().get(section) else { continue };
        let at = place(name, text, found.span().start);
        let DeValue::Table(keys) = found.get_ref() else {
            layer.mistakes.push(Mistake::new(at, format!("`{section}` is a section: [{section}]")));
            continue;
        };
        for (key, value) in keys {
            let at = place(name, text, key.span().start);
            let full = format!("{section}.{}", key.get_ref());
            let Some(known) = KEYS.iter().find(|known| known.name == full) else {
                layer.mistakes.push(Mistake::new(at, unknown(section, key.get_ref())));
                continue;
            };
            match values(value) {
                Some(values) => drop(layer.said.insert(known.name, Said { values, place: at })),
                None => layer.mistakes.push(Mistake::new(
                    at,
                    format!("`{full}` is a text, a number, a list of texts, or false"),
                )),
            }
        }
    }
    layer
}

fn values(value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(vec![text.to_string()]),
        DeValue::Integer(number) => Some(vec![number.to_string()]),
        DeValue::Boolean(false) => Some(Vec::new()),
        DeValue::Array(list) => list
            .iter()
            .map(|value| match value.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn unknown(section: &str, key: &str) -> String {
    let known = KEYS.iter().filter_map(|known| {
        known.name.strip_prefix(section).and_then(|name| name.strip_prefix('.'))
    });
    let known: Vec<&str> = known.collect();
    format!("[{section}] has no `{key}`; it has {}", known.join(", "))
}

fn place(name: &str, text: &str, byte: usize) -> String {
    let before = &text[..text.floor_char_boundary(byte)];
    format!("{name}:{}", before.matches('\n').count() + 1)
}
