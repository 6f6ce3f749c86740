//! As whom a bucket is asked: from the environment, or from the file that other tools share.
//!
//! The secret is in no message and no debug output.

use std::fmt;
use std::path::PathBuf;

use aws_sdk_s3::config::Credentials as DriverCredentials;

/// A name and its secret.
#[derive(Clone)]
pub struct Credentials {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
}

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCredentials {
    /// Nowhere.
    #[error(
        "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write \
         them to {file}, section [{profile}]"
    )]
    Nowhere {
        /// Where they were looked for.
        file: String,
        /// In which section.
        profile: String,
    },
    /// Half of them.
    #[error(
        "{0} is set, and its other half is not: set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    Half(&'static str),
}

impl Credentials {
    /// These.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let (access_key, secret_key) = (access_key.into(), secret_key.into());
        Self { access_key, secret_key, session_token: None }
    }

    /// Those of a profile of the shared file, or, where none is named, of the environment
    /// before those of the profile `default`.
    pub fn found(
        profile: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, NoCredentials> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let named = profile.map(str::to_owned).or_else(|| set("AWS_PROFILE"));
        if profile.is_none() {
            match (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
                (Some(access_key), Some(secret_key)) => {
                    let session_token = set("AWS_SESSION_TOKEN");
                    return Ok(Self { access_key, secret_key, session_token });
                }
                (Some(_), None) => return Err(NoCredentials::Half("AWS_ACCESS_KEY_ID")),
                (None, Some(_)) => return Err(NoCredentials::Half("AWS_SECRET_ACCESS_KEY")),
                (None, None) => {}
            }
        }
        let profile = named.unwrap_or_else(|| "default".to_owned());
        let at_home = || set("HOME").map(|home| PathBuf::from(home).join(".aws/credentials"));
        let file = set("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from).or_else(at_home);
        let text = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        text.and_then(|text| Self::in_file(&text, &profile)).ok_or_else(|| {
            let shown = file.map(|file| file.display().to_string());
            NoCredentials::Nowhere { file: shown.unwrap_or("~/.aws/credentials".into()), profile }
        })
    }

    fn in_file(text: &str, profile: &str) -> Option<Self> {
        let mut is_ours = false;
        let (mut access_key, mut secret_key, mut session_token) = (None, None, None);
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                is_ours = name.trim() == profile;
            } else if let Some((key, value)) = line.split_once('=').filter(|_| is_ours) {
                let value = Some(value.trim().to_owned()).filter(|value| !value.is_empty());
                match key.trim() {
                    "aws_access_key_id" => access_key = value,
                    "aws_secret_access_key" => secret_key = value,
                    "aws_session_token" => session_token = value,
                    _ => {}
                }
            }
        }
        Some(Self { access_key: access_key?, secret_key: secret_key?, session_token })
    }

    /// In the form of the driver, whose own debug output leaves the secret out too.
    pub(super) fn for_the_driver(&self) -> DriverCredentials {
        DriverCredentials::new(
            &self.access_key,
            &self.secret_key,
            self.session_token.clone(),
            None,
            "sexton",
        )
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(profile: Option<&str>, set: &[(&str, &str)]) -> Result<Credentials, NoCredentials> {
        Credentials::found(profile, &|name| {
            set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_comes_first() {
        let both = [("AWS_ACCESS_KEY_ID", "name"), ("AWS_SECRET_ACCESS_KEY", "hush")];
        let credentials = found(None, &both).expect("credentials");
        assert_eq!((credentials.access_key.as_str(), credentials.session_token), ("name", None));
        assert_eq!(found(None, &both[..1]).unwrap_err(), NoCredentials::Half("AWS_ACCESS_KEY_ID"));
    }

    #[test]
    fn a_profile_of_the_file_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("credentials");
        let text = "[default]\naws_access_key_id = a\naws_secret_access_key=b\n\n\
                    [iq]\naws_access_key_id = c\naws_secret_access_key = d\naws_session_token = e\n";
        std::fs::write(&file, text).expect("a file");
        let file = file.to_str().expect("UTF-8");
        let set = [("AWS_SHARED_CREDENTIALS_FILE", file)];
        assert_eq!(found(None, &set).expect("credentials").access_key, "a");
        let named = found(Some("iq"), &set).expect("credentials");
        assert_eq!(named.session_token.as_deref(), Some("e"));
        let refused = found(Some("none"), &set).unwrap_err().to_string();
        assert!(refused.contains("section [none]"), "{refused}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = format!("{:?}", Credentials::new("name", "hush"));
        assert!(!shown.contains("hush") && !shown.contains("name"), "{shown}");
    }
}
