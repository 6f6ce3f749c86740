//! The calls that list objects, versions and unfinished uploads.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::EncodingType;
use sexton_core::names::Timestamp;
use sexton_core::objects::{ObjectKey, ObjectVersion, UploadId, VersionId};
use sexton_engine::ports::StoreError;
use sexton_engine::ports::store::{
    Cursor, Listed, Listing, Page, Start, Upload, UploadCursor, UploadPage,
};

use super::answers::failure;
use super::{PAGE_MAX, S3Store, encoding};

const DOING: &str = "list objects";
const UPLOADS: &str = "list unfinished uploads";

/// Stands before the words of a cursor and says what they are.
const BEHIND_KEY: char = 'k';
const TOKEN: char = 't';
const BEHIND_VERSION: char = 'v';

impl S3Store {
    pub(super) async fn list_current(&self, asked: &Listing) -> Result<Page, StoreError> {
        let mut call = self.client.list_objects_v2().bucket(self.bucket());
        call = call.prefix(&asked.prefix).max_keys(objects_max(asked));
        call = call.encoding_type(EncodingType::Url);
        if asked.fold {
            call = call.delimiter("/");
        }
        call = match &asked.start {
            Start::First => call,
            Start::Behind(text) => call.start_after(text),
            Start::At(cursor) => match split(cursor) {
                Some((BEHIND_KEY, key)) => call.start_after(key),
                Some((TOKEN, token)) => call.continuation_token(token),
                _ => return Err(foreign(cursor)),
            },
        };
        let answer = call.send().await.map_err(|error| failure(DOING, &error))?;
        let read = Read { doing: DOING, is_encoded: answer.encoding_type().is_some() };
        let mut page = Page::default();
        for object in answer.contents() {
            page.objects.push(Listed {
                object: ObjectVersion::current(read.key(object.key())?),
                bytes: size(object.size()),
                modified: object.last_modified().and_then(moment),
                is_marker: false,
            });
        }
        for folder in answer.common_prefixes() {
            page.folders.push(read.text(folder.prefix())?);
        }
        if answer.is_truncated() == Some(true) {
            // Order: behind a key where that will do: it holds whatever is removed meanwhile,
            // and for ever. What is folded goes on by the store's own token only.
            let last = page.objects.last().filter(|_| !asked.fold);
            let next = match (last, answer.next_continuation_token()) {
                (Some(last), _) => format!("{BEHIND_KEY}{}", last.object.key),
                (None, Some(token)) => format!("{TOKEN}{token}"),
                (None, None) => return Err(read.bad("it is cut off and does not say where")),
            };
            page.next = Some(Cursor(next));
        }
        Ok(page)
    }

    pub(super) async fn list_versions(&self, asked: &Listing) -> Result<Page, StoreError> {
        let mut call = self.client.list_object_versions().bucket(self.bucket());
        call = call.prefix(&asked.prefix).max_keys(objects_max(asked));
        call = call.encoding_type(EncodingType::Url);
        if asked.fold {
            call = call.delimiter("/");
        }
        call = match &asked.start {
            Start::First => call,
            Start::Behind(text) => call.key_marker(text),
            Start::At(cursor) => match split(cursor) {
                Some((BEHIND_VERSION, marker)) => match marker.split_once('\n') {
                    Some(("", key)) => call.key_marker(key),
                    Some((version, key)) => call.key_marker(key).version_id_marker(version),
                    None => return Err(foreign(cursor)),
                },
                _ => return Err(foreign(cursor)),
            },
        };
        let answer = call.send().await.map_err(|error| failure(DOING, &error))?;
        let read = Read { doing: DOING, is_encoded: answer.encoding_type().is_some() };
        let mut page = Page::default();
        for version in answer.versions() {
            page.objects.push(Listed {
                object: read.version(version.key(), version.version_id())?,
                bytes: size(version.size()),
                modified: version.last_modified().and_then(moment),
                is_marker: false,
            });
        }
        for marker in answer.delete_markers() {
            page.objects.push(Listed {
                object: read.version(marker.key(), marker.version_id())?,
                bytes: 0,
                modified: marker.last_modified().and_then(moment),
                is_marker: true,
            });
        }
        // The driver hands versions and markers out apart; the newest of a key come first.
        page.objects.sort_by(|a, b| {
            let newest_first = (b.modified, b.is_marker).cmp(&(a.modified, a.is_marker));
            a.object.key.cmp(&b.object.key).then(newest_first)
        });
        if let Start::Behind(text) = &asked.start {
            // Some servers begin at the marker's own key where no version stands beside it.
            page.objects.retain(|listed| listed.object.key.as_str() > text.as_str());
        }
        for folder in answer.common_prefixes() {
            page.folders.push(read.text(folder.prefix())?);
        }
        if answer.is_truncated() == Some(true) {
            page.next = Some(match whole_keys(&mut page.objects) {
                Some(last) => {
                    let version = last.version.as_ref().map_or("", VersionId::as_str);
                    Cursor(format!("{BEHIND_VERSION}{version}\n{}", last.key))
                }
                None => {
                    // Ceph's gateway encodes keys and not this marker, so it is read for want of
                    // a key only.
                    let key = match page.objects.last() {
                        Some(only) => only.object.key.as_str().to_owned(),
                        None => read.text(answer.next_key_marker())?,
                    };
                    let version = answer.next_version_id_marker().unwrap_or_default();
                    Cursor(format!("{BEHIND_VERSION}{version}\n{key}"))
                }
            });
        }
        Ok(page)
    }

    pub(super) async fn list_uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        // Not encoded: Ceph's gateway encodes these keys if asked to and does not say so.
        let mut call = self.client.list_multipart_uploads().bucket(self.bucket()).prefix(prefix);
        if let Some(after) = after {
            call = call.key_marker(&after.key).upload_id_marker(&after.upload);
        }
        let answer = call.send().await.map_err(|error| failure(UPLOADS, &error))?;
        let read = Read { doing: UPLOADS, is_encoded: answer.encoding_type().is_some() };
        let mut page = UploadPage::default();
        for upload in answer.uploads() {
            let id = upload.upload_id().ok_or_else(|| read.bad("an upload has no id"))?;
            page.uploads.push(Upload { key: read.key(upload.key())?, id: UploadId(id.to_owned()) });
        }
        if answer.is_truncated() == Some(true) {
            let upload = answer.next_upload_id_marker().unwrap_or_default().to_owned();
            page.next = Some(UploadCursor { key: read.text(answer.next_key_marker())?, upload });
        }
        Ok(page)
    }
}

/// Leaves the last key out, unless it is the only one, and tells the version before it.
///
/// A page may end among the versions of a key, and a server that is to go on behind a version
/// that was removed meanwhile may leave the others of that key out.
fn whole_keys(objects: &mut Vec<Listed>) -> Option<ObjectVersion> {
    let last = objects.last()?.object.key.clone();
    let whole = objects.iter().rposition(|listed| listed.object.key != last)?;
    objects.truncate(whole + 1);
    Some(objects[whole].object.clone())
}

/// A size as told.
pub fn size(told: Option<i64>) -> u64 {
    told.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0)
}

/// A moment as told.
pub fn moment(told: &DateTime) -> Option<Timestamp> {
    let micros = i64::from(told.subsec_nanos() / 1000);
    Some(Timestamp(told.secs().checked_mul(1_000_000)?.checked_add(micros)?))
}

fn objects_max(asked: &Listing) -> i32 {
    i32::try_from(asked.objects_max.clamp(1, PAGE_MAX)).unwrap_or(1)
}

fn split(cursor: &Cursor) -> Option<(char, &str)> {
    let first = cursor.0.chars().next()?;
    Some((first, &cursor.0[first.len_utf8()..]))
}

/// A cursor that another kind of listing made.
fn foreign(cursor: &Cursor) -> StoreError {
    let detail = format!("`{}` is no place in this listing", cursor.0);
    StoreError::Failed { doing: DOING, detail }
}

/// Reads keys out of an answer.
struct Read {
    doing: &'static str,
    /// Not every server does what it is asked to.
    is_encoded: bool,
}

impl Read {
    fn text(&self, told: Option<&str>) -> Result<String, StoreError> {
        let told = told.ok_or_else(|| self.bad("a key is missing"))?;
        if !self.is_encoded {
            return Ok(told.to_owned());
        }
        encoding::decoded(told).ok_or_else(|| self.bad(&format!("the key `{told}` is no text")))
    }

    fn key(&self, told: Option<&str>) -> Result<ObjectKey, StoreError> {
        ObjectKey::new(self.text(told)?).map_err(|why| self.bad(&why.to_string()))
    }

    fn version(&self, key: Option<&str>, id: Option<&str>) -> Result<ObjectVersion, StoreError> {
        Ok(ObjectVersion { key: self.key(key)?, version: id.and_then(VersionId::told) })
    }

    fn bad(&self, detail: &str) -> StoreError {
        StoreError::BadAnswer { doing: self.doing, detail: detail.to_owned() }
    }
}
