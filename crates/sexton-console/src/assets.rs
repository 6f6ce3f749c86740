//! The files that pages are made with, in the binary, each named by what is in it.

use std::sync::LazyLock;

/// A file.
pub struct Asset {
    /// Its name, which is another one when what is in it is.
    pub name: String,
    /// What kind of file it is.
    pub kind: &'static str,
    /// What is in it.
    pub text: &'static str,
}

/// How pages look.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    named("console", "css", "text/css; charset=utf-8", include_str!("../assets/console.css"))
});

/// What pages cannot do by themselves.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    named("console", "js", "text/javascript; charset=utf-8", include_str!("../assets/console.js"))
});

/// The sign of the console.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| named("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// The file of this name.
pub fn find(name: &str) -> Option<&'static Asset> {
    [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.name == name)
}

fn named(stem: &str, end: &str, kind: &'static str, text: &'static str) -> Asset {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let hash = hash.get(..12).unwrap_or_default();
    Asset { name: format!("{stem}-{hash}.{end}"), kind, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_the_name_that_its_content_has_given_it() {
        let name = &STYLE.name;
        assert!(name.starts_with("console-") && name.contains(".css"), "{name}");
        assert_eq!(find(name).map(|found| found.text), Some(STYLE.text));
        assert!(find("console.css").is_none());
    }

    /// Whatever is loaded comes from the server itself, and nothing is made of text.
    #[test]
    fn no_file_reaches_out() {
        for asset in [&*STYLE, &*SCRIPT, &*ICON] {
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            for word in ["http:", "https:", "@import", "url(", "eval(", "innerHTML", "style="] {
                assert!(!text.contains(word), "{} has {word}", asset.name);
            }
        }
    }
}
