//! Reads what stands in an address: segments of a path, and what is behind its `?`.

/// Text in which `%` and two digits stand for a byte; nothing if that is no text, or the digits are
/// none.
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The parameters behind a `?`, in their order; what cannot be decoded stays as it is.
pub fn query(text: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let spaced = text.replace('+', " ");
        decoded(&spaced).unwrap_or(spaced)
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plain(name), plain(value))
        })
        .collect()
}
