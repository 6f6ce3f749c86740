//! Makes API keys: draws the secret, stores what it hashes to, and hands it out once.

use sexton_core::names::{KeyId, Timestamp};
use sexton_engine::Surroundings;
use sexton_engine::ports::{DatabaseError, Grant, NewKey, Secrets, State};

use super::secret::KeySecret;

/// A key that somebody asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What people will call it.
    pub name: String,
    /// What it may touch.
    pub grant: Grant,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Who asks for it.
    pub created_by: String,
}

/// Makes a key. Nobody can read its secret again.
pub async fn issue(
    state: &dyn State,
    surroundings: &Surroundings,
    secrets: &dyn Secrets,
    wanted: Wanted,
) -> Result<(NewKey, KeySecret), DatabaseError> {
    let secret = KeySecret::draw(secrets);
    let key = issue_as(state, surroundings, &secret, wanted).await?;
    Ok((key, secret))
}

/// Makes a key of a secret that somebody has already.
pub async fn issue_as(
    state: &dyn State,
    surroundings: &Surroundings,
    secret: &KeySecret,
    wanted: Wanted,
) -> Result<NewKey, DatabaseError> {
    let word = data_encoding::BASE32_NOPAD.encode(&surroundings.entropy.unique());
    let key = NewKey {
        id: KeyId::new(["key_", &word.to_lowercase()].concat()),
        name: wanted.name,
        prefix: secret.prefix().to_owned(),
        hash: secret.hash(),
        grant: wanted.grant,
        created_by: wanted.created_by,
        created_at: surroundings.clock.now(),
        expires_at: wanted.expires_at,
    };
    state.create_key(&key).await?;
    Ok(key)
}
