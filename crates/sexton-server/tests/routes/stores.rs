//! The stores of a sample: in folders, or in buckets of a server that fails on command.

use sexton_core::names::StoreName;
use sexton_engine::Stores;
use sexton_samples::Sample;
use sexton_stores::ApplicationStore;
use sexton_testkit::s3::S3Double;
use tempfile::TempDir;

/// Where objects are.
pub enum StorePlace {
    Folders(TempDir),
    /// With the bucket of each store.
    Double(S3Double, Vec<(&'static str, &'static str)>),
}

impl StorePlace {
    /// A folder for each store, with the objects of the seed; and the seed that says where they are.
    pub async fn in_folders(sample: &Sample, seed: &str) -> (Self, Stores, String) {
        let folder = tempfile::tempdir().unwrap();
        let objects = sample.objects();
        let mut seed = seed.to_owned();
        let mut opened = Vec::new();
        for (store, bucket) in &objects.buckets {
            let place = folder.path().join(store);
            std::fs::create_dir_all(&place).unwrap();
            let place = place.display().to_string();
            let application = ApplicationStore::open(&place).unwrap();
            seed = seed.replace(&format!("s3://{bucket}/"), &application.root());
            objects.put(store, &application).await.unwrap();
            opened.push((StoreName::new(*store), Ok(sexton_stores::open_late(&place).unwrap())));
        }
        (Self::Folders(folder), Stores::of(opened), seed)
    }

    /// A bucket for each, filled; the seed speaks of buckets anyway.
    pub async fn in_buckets(sample: &Sample) -> (Self, Stores) {
        let objects = sample.objects();
        let names: Vec<&str> = objects.buckets.iter().map(|(_, bucket)| *bucket).collect();
        let double = S3Double::start(&names).await.unwrap();
        let mut opened = Vec::new();
        for (store, bucket) in &objects.buckets {
            for object in objects.of_store(store) {
                let keys = [object.key.as_str().to_owned()].into_iter();
                double.fill(bucket, keys, object.contents.as_bytes());
            }
            let address = format!("s3://{bucket}?endpoint={}", double.endpoint());
            let store_opened = sexton_stores::open_with(&address, &credentials).unwrap();
            opened.push((StoreName::new(*store), Ok(store_opened)));
        }
        (Self::Double(double, objects.buckets), Stores::of(opened))
    }

    /// Puts an object where no row knows of it.
    pub fn plant(&self, store: &str, key: &str) {
        match self {
            Self::Folders(folder) => {
                let place = folder.path().join(store).join(key);
                std::fs::create_dir_all(place.parent().unwrap()).unwrap();
                std::fs::write(place, "nobody's").unwrap();
            }
            Self::Double(..) => {
                let (double, bucket) = self.bucket(store);
                double.fill(bucket, [key.to_owned()].into_iter(), b"nobody's");
            }
        }
    }

    /// How many objects a store holds below a folder.
    pub fn below(&self, store: &str, folder: &str) -> usize {
        match self {
            Self::Folders(place) => count(&place.path().join(store).join(folder)),
            Self::Double(..) => {
                let folder = format!("{}/", folder.trim_end_matches('/'));
                self.keys(store).iter().filter(|key| key.starts_with(&folder)).count()
            }
        }
    }

    /// Every key of a store in a bucket.
    pub fn keys(&self, store: &str) -> Vec<String> {
        let (double, bucket) = self.bucket(store);
        double.keys(bucket)
    }

    /// The server that has a store, and the store's bucket.
    pub fn bucket(&self, store: &str) -> (&S3Double, &'static str) {
        let Self::Double(double, buckets) = self else { panic!("they are folders") };
        (double, buckets.iter().find(|(name, _)| *name == store).unwrap().1)
    }
}

fn count(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| {
        if entry.path().is_dir() { count(&entry.path()) } else { 1 }
    };
    entries.map(|entry| count(entry.unwrap())).sum()
}

/// Whose credentials the double knows.
fn credentials(name: &str) -> Option<String> {
    match name {
        "AWS_ACCESS_KEY_ID" => Some("test".into()),
        "AWS_SECRET_ACCESS_KEY" => Some("testtest".into()),
        _ => None,
    }
}
