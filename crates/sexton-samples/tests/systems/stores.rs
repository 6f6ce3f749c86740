//! The stores of a sample for one test, and what is in them: seen without the engine's own eyes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sexton_core::names::StoreName;
use sexton_core::objects::{ObjectKey, ObjectVersion};
use sexton_engine::Stores;
use sexton_engine::ports::{Store, SystemClock};
use sexton_samples::{Sample, SeedObjects};
use sexton_stores::{ApplicationStore, MemoryStore};
use sexton_testkit::interpose::{InterposedStore, Watcher};
use sexton_testkit::s3::S3Double;
use tempfile::TempDir;

/// Every object: its store and key, and its contents.
pub type Objects = BTreeMap<(String, String), Vec<u8>>;

/// The stores of a sample.
pub struct TestStores {
    /// Each with the bucket of which rows speak.
    buckets: Vec<(&'static str, &'static str)>,
    place: StorePlace,
    /// The one that nobody reaches.
    away: Option<&'static str>,
}

enum StorePlace {
    /// In memory, and empty.
    Nowhere(BTreeMap<&'static str, Arc<MemoryStore>>),
    Folders(TempDir),
    Double(S3Double),
}

impl TestStores {
    /// Stores without anything in them.
    pub fn empty(sample: &Sample) -> Self {
        let buckets = sample.objects().buckets;
        let store = || Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let place = StorePlace::Nowhere(buckets.iter().map(|(name, _)| (*name, store())).collect());
        Self { buckets, place, away: None }
    }

    /// A folder for each, filled.
    pub async fn in_folders(objects: &SeedObjects) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (_, bucket) in &objects.buckets {
            fs::create_dir_all(folder.path().join("up").join(bucket)).unwrap();
        }
        let place = StorePlace::Folders(folder);
        let stores = Self { buckets: objects.buckets.clone(), place, away: None };
        for (store, _) in &objects.buckets {
            objects.put(store, &stores.application(store)).await.unwrap();
        }
        stores
    }

    /// A bucket for each, filled.
    pub async fn in_buckets(objects: &SeedObjects) -> Self {
        let names: Vec<&str> = objects.buckets.iter().map(|(_, bucket)| *bucket).collect();
        let double = S3Double::start(&names).await.unwrap();
        for (store, bucket) in &objects.buckets {
            for object in objects.of_store(store) {
                let keys = [object.key.as_str().to_owned()].into_iter();
                double.fill(bucket, keys, object.contents.as_bytes());
            }
        }
        let place = StorePlace::Double(double);
        Self { buckets: objects.buckets.clone(), place, away: None }
    }

    /// As a program opens them that begins now.
    pub fn open(&self) -> Stores {
        Stores::of(self.buckets.iter().map(|(name, _)| {
            let store: Arc<dyn Store> = match &self.place {
                StorePlace::Nowhere(stores) => stores[name].clone(),
                StorePlace::Folders(_) => sexton_stores::open_late(&self.address(name)).unwrap(),
                StorePlace::Double(_) => {
                    let known = if self.away == Some(name) { stranger } else { variable };
                    sexton_stores::open_with(&self.address(name), &known).unwrap()
                }
            };
            (StoreName::new(*name), Ok(store))
        }))
    }

    /// The same as another process opens them: each by its address, its calls between these points.
    pub fn reached(addresses: &[(String, String)], watcher: &Arc<dyn Watcher>) -> Stores {
        Stores::of(addresses.iter().map(|(name, address)| {
            let store = if address.starts_with("s3:") {
                sexton_stores::open_with(address, &variable).unwrap()
            } else {
                sexton_stores::open_late(address).unwrap()
            };
            let store = InterposedStore::on(store, name).watched_by(Arc::clone(watcher));
            (StoreName::new(name.as_str()), Ok(Arc::new(store) as Arc<dyn Store>))
        }))
    }

    /// Where they are.
    pub fn addresses(&self) -> Vec<(String, String)> {
        self.buckets.iter().map(|(name, _)| ((*name).to_owned(), self.address(name))).collect()
    }

    /// Writes many objects.
    pub fn fill(&self, store: &str, keys: impl Iterator<Item = String>) {
        match &self.place {
            StorePlace::Double(double) => double.fill(self.bucket(store), keys, b"many"),
            StorePlace::Folders(folder) => {
                let root = folder.path().join("up").join(self.bucket(store));
                for key in keys {
                    let path = root.join(key);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, b"many").unwrap();
                }
            }
            StorePlace::Nowhere(_) => panic!("nothing is kept there"),
        }
    }

    /// A store as the application has it.
    pub fn application(&self, store: &str) -> ApplicationStore {
        ApplicationStore::open_with(&self.address(store), &variable).unwrap()
    }

    /// Writes an object, as the application does.
    pub async fn put(&self, store: &str, key: &str) {
        let key = ObjectKey::new(key).unwrap();
        self.application(store).put(&key, b"late").await.unwrap();
    }

    /// Writes an object with these contents, as the application does.
    pub async fn put_text(&self, store: &str, key: &str, contents: &str) {
        let key = ObjectKey::new(key).unwrap();
        self.application(store).put(&key, contents.as_bytes()).await.unwrap();
    }

    /// The store itself removes these, as by an expiry of its own.
    pub async fn lose(&self, store: &str, keys: &[&str]) {
        let stores = self.open();
        let store = stores.get(&StoreName::new(store)).unwrap();
        let object = |key: &&str| ObjectVersion::current(ObjectKey::new(*key).unwrap());
        let objects: Vec<ObjectVersion> = keys.iter().map(object).collect();
        store.remove(&objects).await.unwrap();
    }

    fn address(&self, store: &str) -> String {
        let bucket = self.bucket(store);
        match &self.place {
            StorePlace::Nowhere(_) => "memory:".to_owned(),
            StorePlace::Folders(folder) => {
                folder.path().join("up").join(bucket).display().to_string()
            }
            StorePlace::Double(double) => format!("s3://{bucket}?endpoint={}", double.endpoint()),
        }
    }

    fn bucket(&self, store: &str) -> &'static str {
        self.buckets.iter().find(|(name, _)| *name == store).unwrap().1
    }

    /// A script of the seed, its rows naming objects where they are here.
    pub fn addressed(&self, script: &str) -> String {
        let mut script = script.to_owned();
        if !matches!(self.place, StorePlace::Nowhere(_)) {
            for (name, bucket) in &self.buckets {
                let root = self.application(name).root();
                script = script.replace(&format!("s3://{bucket}/"), &root);
            }
        }
        script
    }

    /// Everything that they hold.
    pub fn objects(&self) -> Objects {
        let mut found = Objects::new();
        for (name, bucket) in &self.buckets {
            let of_store: BTreeMap<String, Vec<u8>> = match &self.place {
                StorePlace::Nowhere(_) => BTreeMap::new(),
                StorePlace::Folders(folder) => {
                    let root = folder.path().join("up").join(bucket);
                    let files = files(&root).into_iter();
                    let key = |file: &Path| {
                        file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned()
                    };
                    files.map(|file| (key(&file), fs::read(&file).unwrap())).collect()
                }
                StorePlace::Double(double) => double.objects(bucket),
            };
            found.extend(of_store.into_iter().map(|(key, of)| (((*name).to_owned(), key), of)));
        }
        found
    }

    /// Makes them unreachable, for programs that begin now.
    pub fn go_down(&self) {
        match &self.place {
            StorePlace::Nowhere(_) => {}
            StorePlace::Folders(folder) => {
                fs::rename(folder.path().join("up"), folder.path().join("down")).unwrap();
            }
            StorePlace::Double(double) => double.fail(|faults| faults.storm = u32::MAX),
        }
    }

    /// Brings them back.
    pub fn come_back(&self) {
        match &self.place {
            StorePlace::Nowhere(_) => {}
            StorePlace::Folders(folder) => {
                fs::rename(folder.path().join("down"), folder.path().join("up")).unwrap();
            }
            StorePlace::Double(double) => double.fail(|faults| faults.storm = 0),
        }
    }

    /// Lets nobody into one of them, of programs that begin now.
    pub fn one_goes_away(&mut self, store: &'static str) {
        self.away = Some(store);
        if let StorePlace::Folders(folder) = &self.place {
            let bucket = folder.path().join("up").join(self.bucket(store));
            fs::rename(bucket, folder.path().join("away")).unwrap();
        }
    }

    /// Brings it back.
    pub fn it_comes_back(&mut self) {
        let store = self.away.take().unwrap();
        if let StorePlace::Folders(folder) = &self.place {
            let bucket = folder.path().join("up").join(self.bucket(store));
            fs::rename(folder.path().join("away"), bucket).unwrap();
        }
    }

    /// The server, where there is one.
    pub fn double(&self) -> Option<&S3Double> {
        match &self.place {
            StorePlace::Double(double) => Some(double),
            StorePlace::Nowhere(_) | StorePlace::Folders(_) => None,
        }
    }

    /// How many requests were made so far, where somebody counts them.
    pub fn requests(&self) -> u64 {
        self.double().map_or(0, |double| double.seen().requests)
    }
}

/// Whose credentials the double knows.
fn variable(name: &str) -> Option<String> {
    match name {
        "AWS_ACCESS_KEY_ID" => Some("test".into()),
        "AWS_SECRET_ACCESS_KEY" => Some("testtest".into()),
        _ => None,
    }
}

/// Whose credentials it does not.
fn stranger(name: &str) -> Option<String> {
    variable(name).map(|known| known.replace("test", "nobody"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
