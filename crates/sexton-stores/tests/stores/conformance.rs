//! All stores keep what the suite asks for.

mod memory {
    use crate::application::{memory, on_memory};
    use sexton_testkit::conformance::stores::StoreSubject;

    async fn fixture() -> (StoreSubject, ()) {
        (on_memory(memory()), ())
    }

    sexton_testkit::store_conformance_suite!(fixture);
}

mod memory_with_versions {
    use std::sync::Arc;

    use crate::application::on_memory;
    use sexton_engine::ports::SystemClock;
    use sexton_stores::MemoryStore;
    use sexton_testkit::conformance::stores::StoreSubject;

    async fn fixture() -> (StoreSubject, ()) {
        (on_memory(MemoryStore::with_versions(Arc::new(SystemClock))), ())
    }

    sexton_testkit::store_conformance_suite!(versions fixture);
}

mod folder {
    use crate::application::on_folder;
    use sexton_testkit::conformance::stores::StoreSubject;
    use tempfile::TempDir;

    async fn fixture() -> (StoreSubject, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        (on_folder(folder.path()), folder)
    }

    sexton_testkit::store_conformance_suite!(fixture);
}

mod s3 {
    use crate::application::on_bucket;
    use sexton_testkit::conformance::stores::StoreSubject;
    use sexton_testkit::s3::S3Double;

    async fn fixture() -> (StoreSubject, S3Double) {
        let double = S3Double::start(&["bucket"]).await.expect("a port");
        (on_bucket(&double.endpoint(), "bucket"), double)
    }

    sexton_testkit::store_conformance_suite!(fixture);
}

mod s3_with_versions {
    use crate::application::on_bucket;
    use sexton_testkit::conformance::stores::StoreSubject;
    use sexton_testkit::s3::S3Double;

    async fn fixture() -> (StoreSubject, S3Double) {
        let double = S3Double::start(&["bucket"]).await.expect("a port");
        double.keep_versions("bucket");
        (on_bucket(&double.endpoint(), "bucket"), double)
    }

    sexton_testkit::store_conformance_suite!(versions fixture);
}
