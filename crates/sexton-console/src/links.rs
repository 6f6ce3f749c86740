//! Addresses of the console's pages, the only place that knows them.
//!
//! Ids stand behind the `?`, where every sign of them can be encoded.

use std::fmt::Write as _;

/// Where the pages are: below the path that the server itself is below.
#[derive(Debug, Clone, Default)]
pub struct Links {
    base: String,
}

impl Links {
    /// Below this path: empty, or with a slash before and none behind.
    pub fn below(base: &str) -> Self {
        Self { base: base.to_owned() }
    }

    /// The first page.
    pub fn home(&self) -> String {
        [&self.base, "/console"].concat()
    }

    /// A path of the console, which begins with a slash.
    pub fn to(&self, path: &str) -> String {
        [&self.base, "/console", path].concat()
    }

    /// A file that pages are made with.
    pub fn asset(&self, name: &str) -> String {
        self.to(&["/static/", name].concat())
    }

    /// The page where somebody signs in, and goes on to this address then.
    pub fn sign_in(&self, next: Option<&str>) -> String {
        self.to("/sign-in").with("next", next)
    }

    /// Where somebody signs out.
    pub fn sign_out(&self) -> String {
        self.to("/sign-out")
    }

    /// The page of API keys.
    pub fn keys(&self) -> String {
        self.to("/keys")
    }

    /// The first page of a system.
    pub fn system(&self, system: &str) -> String {
        self.to(&["/systems/", &encoded(system)].concat())
    }

    /// A page of a system; the path begins with a slash.
    pub fn of_system(&self, system: &str, path: &str) -> String {
        [&self.system(system), path].concat()
    }

    /// A path of the HTTP API, which begins with a slash.
    pub fn api(&self, system: &str, path: &str) -> String {
        [&self.base, "/api/systems/", &encoded(system), path].concat()
    }

    /// Whether an address that a request names leads to the console, and not away.
    pub fn is_own(&self, address: &str) -> bool {
        let rest = address.strip_prefix(self.home().as_str());
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && address.bytes().all(is_plain)
    }
}

/// Adds to what stands behind the `?`.
pub trait With: Sized {
    /// The same with this value, if there is one.
    #[must_use]
    fn with(self, name: &str, value: Option<&str>) -> Self;
}

impl With for String {
    fn with(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            self.push(if self.contains('?') { '&' } else { '?' });
            self.extend([&encoded(name), "=", &encoded(value)]);
        }
        self
    }
}

/// As a part of a path, or a value behind the `?`.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to memory cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stands_below_the_base_path_and_is_encoded() {
        let links = Links::below("/sexton");
        assert_eq!(links.home(), "/sexton/console");
        assert_eq!(links.system("a b/c"), "/sexton/console/systems/a%20b%2Fc");
        let next = links.sign_in(Some("/sexton/console?q=ü&x"));
        assert_eq!(next, "/sexton/console/sign-in?next=%2Fsexton%2Fconsole%3Fq%3D%C3%BC%26x");
        assert_eq!(links.to("/x?a=1").with("b", Some("2")), "/sexton/console/x?a=1&b=2");
    }

    #[test]
    fn whoever_signs_in_is_led_nowhere_else() {
        let links = Links::below("");
        for own in ["/console", "/console/systems/a", "/console?x=1"] {
            assert!(links.is_own(own), "{own}");
        }
        let others = ["", "/", "//evil.example", "/consolex", "https://evil.example/console"];
        for other in others.into_iter().chain(["/console/\\evil", "/console/ x", "/console/\n"]) {
            assert!(!links.is_own(other), "{other:?}");
        }
    }
}
