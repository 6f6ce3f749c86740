//! Random operations, on the store and on a set of keys: both must say the same.

use std::collections::BTreeMap;

use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{Contents, Listing, Start};

use super::{StoreSubject, key, listing};
use crate::random::dice::Dice;

const SEEDS: u64 = 6;
const STEPS: usize = 60;

pub async fn random_operations_agree_with_a_model(subject: &StoreSubject) {
    let alone = std::env::var("SEXTON_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = alone.map_or(1..=SEEDS, |seed| seed..=seed);
    for seed in seeds {
        println!("seed {seed}");
        let prefix = format!("seed-{seed}/");
        Run { subject, prefix, dice: Dice::new(seed), model: BTreeMap::new() }.carry_out().await;
    }
}

struct Run<'s> {
    subject: &'s StoreSubject,
    prefix: String,
    dice: Dice,
    model: BTreeMap<ObjectKey, Vec<u8>>,
}

impl Run<'_> {
    async fn carry_out(mut self) {
        for _ in 0..STEPS {
            match self.dice.below(10) {
                0..5 => self.put().await,
                5..7 => self.remove().await,
                7 => self.read().await,
                _ => self.list().await,
            }
        }
        self.list().await;
    }

    /// Few names, so that they meet; files are told from folders by their ending.
    fn draw_key(&mut self) -> ObjectKey {
        let names = ["a", "A", "b c", "ü", "0", "a-", "z+%"];
        let mut text = self.prefix.clone();
        for _ in 0..self.dice.below(3) {
            text += *self.dice.pick::<&str>(&names);
            text.push('/');
        }
        text += *self.dice.pick::<&str>(&names);
        key(&(text + ".npy"))
    }

    async fn put(&mut self) {
        let key = self.draw_key();
        let contents = vec![b'x'; self.dice.below(100)];
        self.subject.application.put(&key, &contents).await;
        self.model.insert(key, contents);
    }

    async fn remove(&mut self) {
        let mut drawn: Vec<ObjectKey> = (0..self.dice.below(6)).map(|_| self.draw_key()).collect();
        let there: Vec<ObjectKey> = self.model.keys().cloned().collect();
        if !there.is_empty() {
            drawn.push(self.dice.pick(&there).clone());
        }
        let objects: Vec<_> = drawn.iter().cloned().map(ObjectVersion::current).collect();
        let outcomes = self.subject.remove(&objects).await;
        assert!(outcomes.iter().all(Outcome::is_gone), "{outcomes:?}");
        for key in drawn {
            self.model.remove(&key);
        }
    }

    async fn read(&mut self) {
        let key = self.draw_key();
        let expected =
            self.model.get(&key).map_or(Contents::Absent, |held| Contents::Whole(held.clone()));
        assert_eq!(self.subject.store.get(&key, 1000).await, Ok(expected), "{key}");
    }

    async fn list(&mut self) {
        let behind = self.draw_key();
        let is_folded = self.dice.percent(30);
        let start = if self.dice.percent(50) && !is_folded {
            Start::Behind(behind.as_str().to_owned())
        } else {
            Start::First
        };
        let first = start.clone();
        let objects_max = self.dice.between(1, 9);
        let mut asked = Listing { start, objects_max, fold: is_folded, ..listing(&self.prefix) };
        let (mut objects, mut folders) = (Vec::new(), Vec::new());
        loop {
            let page = self.subject.page(&asked).await;
            assert!(page.objects.len() + page.folders.len() <= objects_max);
            objects.extend(page.objects.into_iter().map(|found| (found.object.key, found.bytes)));
            folders.extend(page.folders);
            match page.next {
                Some(next) => asked.start = Start::At(next),
                None => break,
            }
        }
        let is_behind = |key: &ObjectKey| first == Start::First || *key > behind;
        let folder = |key: &ObjectKey| {
            let below = &key.as_str()[self.prefix.len()..];
            let at = below.find('/').filter(|_| is_folded)?;
            Some(format!("{}{}", self.prefix, &below[..=at]))
        };
        let mut expected_folders: Vec<_> = self.model.keys().filter_map(folder).collect();
        expected_folders.dedup();
        let expected = self.model.iter().filter(|(key, _)| is_behind(key) && folder(key).is_none());
        let expected: Vec<_> =
            expected.map(|(key, held)| (key.clone(), held.len() as u64)).collect();
        assert_eq!((objects, folders), (expected, expected_folders), "{asked:?}");
    }
}
