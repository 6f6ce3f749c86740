//! The secret of an API key: how it is spelt, and what is kept of it.
//!
//! `sxt_`, 52 signs for 32 random bytes, 8 signs of a checksum; all in small base32. So scanners
//! of leaked secrets find it (`sxt_[a-z2-7]{60}`), and a typo is told from a key that is not
//! known without asking anybody.
//!
//! Invariants: one secret has one spelling; it is never shown but by [`KeySecret::text`].

use std::fmt;

use data_encoding::BASE32_NOPAD;
use sexton_engine::ports::{SecretHash, Secrets};

/// How every secret begins.
pub const MARK: &str = "sxt_";
/// So many signs after the mark are kept to know a key by.
const KNOWN_BY: usize = 8;
const RANDOM_SIGNS: usize = 52;
const CHECK_SIGNS: usize = 8;
const CHECK_BYTES: usize = 5;
/// So long is a secret.
pub const LENGTH: usize = MARK.len() + RANDOM_SIGNS + CHECK_SIGNS;

// Changing one of these makes every key unknown.
const CHECKED: &str = "sexton 2026-11 checksum of an API key";
const HASHED: &str = "sexton 2026-11 hash of an API key";

/// A secret, as its bearer has it.
#[derive(Clone)]
pub struct KeySecret(String);

/// It begins like a secret, and is none: cut short, or misspelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the API key is misspelt or cut short")]
pub struct Misspelt;

impl KeySecret {
    /// A new one.
    pub fn draw(secrets: &dyn Secrets) -> Self {
        Self::of(&secrets.secret())
    }

    fn of(bytes: &[u8; 32]) -> Self {
        let random = small(bytes);
        let check = checksum(&random);
        Self([MARK, &random, &check].concat())
    }

    /// Reads what somebody presents.
    pub fn read(text: &str) -> Result<Self, Misspelt> {
        let signs = text.strip_prefix(MARK).ok_or(Misspelt)?;
        let is_sign = |sign: u8| matches!(sign, b'a'..=b'z' | b'2'..=b'7');
        if text.len() != LENGTH || !signs.bytes().all(is_sign) {
            return Err(Misspelt);
        }
        let (random, check) = signs.split_at(RANDOM_SIGNS);
        // The last sign holds four bits that are none of the bytes': they must be zero.
        let whole = BASE32_NOPAD.decode(random.to_uppercase().as_bytes()).is_ok();
        if whole && checksum(random) == check { Ok(Self(text.to_owned())) } else { Err(Misspelt) }
    }

    /// The secret itself, to be shown once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// How it begins.
    pub fn prefix(&self) -> &str {
        &self.0[..MARK.len() + KNOWN_BY]
    }

    /// What is kept of it. A key is random, so no slow hash is needed; the context keeps its hash
    /// from being the hash of anything else.
    pub fn hash(&self) -> SecretHash {
        SecretHash(blake3::derive_key(HASHED, self.0.as_bytes()))
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySecret({}…)", self.prefix())
    }
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn same(one: &SecretHash, other: &SecretHash) -> bool {
    blake3::Hash::from_bytes(one.0) == blake3::Hash::from_bytes(other.0)
}

fn checksum(random: &str) -> String {
    small(&blake3::derive_key(CHECKED, random.as_bytes())[..CHECK_BYTES])
}

fn small(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look like chance and are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }

        fn secret(&mut self) -> KeySecret {
            let mut bytes = [0; 32];
            for part in bytes.chunks_mut(8) {
                part.copy_from_slice(&self.roll().to_le_bytes());
            }
            KeySecret::of(&bytes)
        }

        fn below(&mut self, end: usize) -> usize {
            usize::try_from(self.roll() % end as u64).unwrap()
        }
    }

    #[test]
    fn every_secret_is_read_as_it_was_drawn() {
        let mut dice = Dice(1);
        for _ in 0..2_000 {
            let secret = dice.secret();
            let text = secret.text();
            assert_eq!(text.len(), LENGTH);
            let signs = text.strip_prefix("sxt_").unwrap();
            assert!(signs.bytes().all(|sign| b"abcdefghijklmnopqrstuvwxyz234567".contains(&sign)));
            let read = KeySecret::read(text).unwrap();
            assert_eq!((read.text(), read.hash()), (text, secret.hash()));
            assert_eq!(read.prefix(), &text[..12]);
        }
    }

    #[test]
    fn every_typo_is_told() {
        let mut dice = Dice(2);
        for _ in 0..2_000 {
            let secret = dice.secret();
            let mut typo = secret.text().as_bytes().to_vec();
            let at = dice.below(LENGTH);
            match dice.below(4) {
                0 => typo[at] = b"abcdefghijklmnopqrstuvwxyz234567_=A "[dice.below(36)],
                1 => typo.swap(at, (at + 1) % LENGTH),
                2 => drop(typo.remove(at)),
                _ => typo.insert(at, b'a'),
            }
            let typo = String::from_utf8(typo).unwrap();
            if typo != secret.text() {
                assert!(KeySecret::read(&typo).is_err(), "{typo}");
            }
        }
    }

    #[test]
    fn a_secret_has_one_spelling() {
        let secret = Dice(3).secret();
        let text = secret.text();
        let large = ["sxt_", &text[4..].to_uppercase()].concat();
        let padded = [text, "===="].concat();
        let spaced = [" ", text].concat();
        for other in [large, padded, spaced, text.to_uppercase(), text.replace("sxt_", "SXT_")] {
            assert!(KeySecret::read(&other).is_err(), "{other}");
        }
        // The bits that belong to no byte, with a checksum that fits them.
        let mut random = text[4..56].to_owned();
        let last = random.pop().unwrap();
        random.push(if last == 'b' { 'c' } else { 'b' });
        let other = ["sxt_", &random, &checksum(&random)].concat();
        assert!(KeySecret::read(&other).is_err(), "{other}");
    }

    #[test]
    fn what_is_shown_of_a_secret_in_logs_does_not_open_anything() {
        let secret = Dice(4).secret();
        assert_eq!(format!("{secret:?}"), format!("KeySecret({}…)", &secret.text()[..12]));
        assert!(!Misspelt.to_string().contains("sxt_"));
    }

    /// Keys outlive programs: this one must open what it opened before.
    #[test]
    fn the_spelling_and_the_hash_stay() {
        let secret = KeySecret::of(&[7; 32]);
        insta::assert_snapshot!(secret.text());
        insta::assert_snapshot!(data_encoding::HEXLOWER.encode(&secret.hash().0));
        assert!(same(&secret.hash(), &secret.hash()));
        assert!(!same(&secret.hash(), &KeySecret::of(&[8; 32]).hash()));
    }
}
