//! Which keys a folder can hold: those whose parts are names of files.

use sexton_core::objects::ObjectKey;

/// The longest name that the usual file systems hold.
const NAME_BYTES_MAX: usize = 255;

/// Where the file of a key lies.
#[derive(Debug, PartialEq, Eq)]
pub struct Place<'k> {
    /// The folders that lead there, from the store's own on.
    pub folders: Vec<&'k str>,
    /// The file's name.
    pub name: &'k str,
}

/// Why no file can have this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// `/lead`, `a//b`, `trail/`.
    #[error("a folder cannot hold this key: a part of it is empty")]
    EmptyPart,
    /// `a/../b`: a program that does not look would have gone elsewhere.
    #[error("a folder cannot hold this key: a part of it is `.` or `..`")]
    Dots,
    /// The system ends a name there.
    #[error("a folder cannot hold this key: it has a NUL")]
    Nul,
    /// No file has such a name.
    #[error("a folder cannot hold this key: a part of it is longer than {NAME_BYTES_MAX} bytes")]
    LongPart,
}

impl<'k> Place<'k> {
    /// The place of a key.
    pub fn of(key: &'k ObjectKey) -> Result<Self, NoPlace> {
        let mut folders = parts(key.as_str())?;
        let name = folders.pop().ok_or(NoPlace::EmptyPart)?;
        Ok(Self { folders, name })
    }
}

/// The names that a path is made of.
pub fn parts(path: &str) -> Result<Vec<&str>, NoPlace> {
    path.split('/')
        .map(|part| match part {
            "" => Err(NoPlace::EmptyPart),
            "." | ".." => Err(NoPlace::Dots),
            part if part.contains('\0') => Err(NoPlace::Nul),
            part if part.len() > NAME_BYTES_MAX => Err(NoPlace::LongPart),
            part => Ok(part),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_folders_and_a_name() {
        let key = |text: &str| ObjectKey::new(text).expect(text);
        assert_eq!(Place::of(&key("a/ü b/c+%")).expect("a place").folders, ["a", "ü b"]);
        for (text, why) in [
            ("/lead", NoPlace::EmptyPart),
            ("a//b", NoPlace::EmptyPart),
            ("trail/", NoPlace::EmptyPart),
            ("/", NoPlace::EmptyPart),
            ("a/../b", NoPlace::Dots),
            ("..", NoPlace::Dots),
            ("./a", NoPlace::Dots),
            ("a\0b", NoPlace::Nul),
            (&"n".repeat(256), NoPlace::LongPart),
        ] {
            assert_eq!(Place::of(&key(text)).unwrap_err(), why, "{text}");
        }
        assert!(Place::of(&key("...")).is_ok());
    }
}
