//! What each request is answered.

use std::fmt::Write as _;

use super::bucket::{Bucket, Item, Removed, Version};
use super::faults::{Faults, takes_one};
use super::http::{Answer, Request};
use super::text::{elements, encoded, escaped, unescaped};
use super::{Seen, State};

const WRITTEN: &str = "2026-11-20T10:00:00.000Z";
const KEYS_MAX: usize = 1000;

pub fn answer(state: &mut State, request: &Request) -> Answer {
    let State { buckets, faults, seen } = state;
    if takes_one(&mut faults.storm) {
        return refused(503, "SlowDown", "Please reduce your request rate.");
    }
    let is_signed = request.headers.get("authorization").is_some_and(|told| told.contains("test/"));
    if !is_signed {
        return refused(403, "InvalidAccessKeyId", "Nobody has this access key.");
    }
    let Some(bucket) = buckets.get_mut(&request.bucket) else {
        return refused(404, "NoSuchBucket", "The bucket does not exist.");
    };
    match (request.method.as_str(), request.key.is_empty()) {
        ("POST", true) if request.has("delete") => batch(bucket, faults, seen, request),
        ("GET", true) if request.has("list-type") => list(bucket, faults, request),
        ("GET", true) if request.has("versions") => versions(bucket, faults, request),
        ("GET", true) if request.has("uploads") => uploads(bucket, faults, request),
        ("GET", true) if request.has("versioning") => versioning(bucket),
        ("GET", true) if request.has("object-lock") => {
            refused(404, "ObjectLockConfigurationNotFoundError", "There is none.")
        }
        ("HEAD", true) => told(200, String::new()),
        ("POST", false) if request.has("uploads") => {
            let id = bucket.begin_upload(&request.key);
            xml("InitiateMultipartUploadResult", &format!("<UploadId>{id}</UploadId>"))
        }
        ("PUT", false) => {
            bucket.put(&request.key, request.body.clone());
            let mut answer = told(200, String::new());
            answer.headers.push(("etag", "\"0\"".into()));
            answer
        }
        ("GET" | "HEAD", false) => contents(bucket, request),
        ("DELETE", false) => match request.query.get("uploadId") {
            Some(id) if bucket.uploads.remove(&(request.key.clone(), id.clone())) => {
                told(204, String::new())
            }
            Some(_) => refused(404, "NoSuchUpload", "There is no such upload."),
            None => remove(bucket, faults, request),
        },
        _ => refused(501, "NotImplemented", "The double does not know this request."),
    }
}

fn told(status: u16, body: String) -> Answer {
    Answer { status, headers: Vec::new(), body: body.into_bytes(), is_cut: false }
}

fn xml(root: &str, body: &str) -> Answer {
    told(
        200,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{body}</{root}>"
        ),
    )
}

fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    told(status, body)
}

fn batch(bucket: &mut Bucket, faults: &mut Faults, seen: &mut Seen, request: &Request) -> Answer {
    if faults.denied_calls.contains("batch") {
        return refused(403, "AccessDenied", "Access Denied");
    }
    let body = String::from_utf8_lossy(&request.body);
    let objects = elements(&body, "Object");
    seen.batches.push(objects.len());
    if objects.len() > KEYS_MAX {
        return refused(400, "MalformedXML", "More than a thousand keys.");
    }
    let is_checksum = |name: &String| name == "content-md5" || name.starts_with("x-amz-checksum-");
    if !request.headers.keys().any(is_checksum) {
        return refused(400, "InvalidRequest", "Missing required header: Content-MD5");
    }
    let quiet = elements(&body, "Quiet").first() == Some(&"true");
    let mut text = String::new();
    for object in objects {
        let key = unescaped(elements(object, "Key").first().copied().unwrap_or_default());
        let version = elements(object, "VersionId").first().map(|id| unescaped(id));
        if faults.unmentioned.get_mut(&key).is_some_and(takes_one) {
            continue;
        }
        let shown = format!("<Key>{}</Key>", escaped(&key));
        let shown_version = match &version {
            Some(id) => format!("<VersionId>{}</VersionId>", escaped(id)),
            None if faults.says_empty_versions => "<VersionId></VersionId>".into(),
            None => String::new(),
        };
        match removed(bucket, faults, &key, version.as_deref()) {
            Ok(_) if quiet => {}
            Ok(more) => {
                let _ = write!(text, "<Deleted>{shown}{shown_version}{more}</Deleted>");
            }
            Err((_, code, message)) => {
                let _ = write!(
                    text,
                    "<Error>{shown}{shown_version}<Code>{code}</Code>\
                     <Message>{message}</Message></Error>"
                );
            }
        }
    }
    let mut answer = xml("DeleteResult", &text);
    answer.is_cut = takes_one(&mut faults.cut);
    answer
}

type Refused = (u16, String, &'static str);

/// Removes one object and tells what the answer says beside its name.
fn removed(
    bucket: &mut Bucket,
    faults: &mut Faults,
    key: &str,
    version: Option<&str>,
) -> Result<String, Refused> {
    if faults.denied.contains(key) {
        return Err((403, "AccessDenied".into(), "Access Denied"));
    }
    if faults.locked.contains(key) {
        let words = "Access Denied because object protected by object lock.";
        return Err((403, "AccessDenied".into(), words));
    }
    if let Some((left, code)) = faults.failing.get_mut(key)
        && takes_one(left)
    {
        return Err((500, code.clone(), "Try it again."));
    }
    match bucket.remove(key, version) {
        Removed::Gone { was_marker: false } => Ok(String::new()),
        Removed::Gone { was_marker: true } => Ok("<DeleteMarker>true</DeleteMarker>".into()),
        Removed::Covered { marker } => Ok(format!(
            "<DeleteMarker>true</DeleteMarker>\
             <DeleteMarkerVersionId>{marker}</DeleteMarkerVersionId>"
        )),
        Removed::NoSuchVersion => {
            Err((404, "NoSuchVersion".into(), "The specified version does not exist."))
        }
    }
}

fn remove(bucket: &mut Bucket, faults: &mut Faults, request: &Request) -> Answer {
    let version = request.query.get("versionId").map(String::as_str);
    match removed(bucket, faults, &request.key, version) {
        Ok(more) => {
            let mut answer = told(204, String::new());
            if more.contains("DeleteMarker") {
                answer.headers.push(("x-amz-delete-marker", "true".into()));
            }
            answer
        }
        Err((status, code, message)) => refused(status, &code, message),
    }
}

fn contents(bucket: &Bucket, request: &Request) -> Answer {
    let version = request.query.get("versionId").map(String::as_str);
    match bucket.found(&request.key, version).and_then(|version| version.contents.clone()) {
        Some(contents) => {
            let mut answer = told(200, String::new());
            answer.headers.push(("content-length", contents.len().to_string()));
            answer.headers.push(("last-modified", "Fri, 20 Nov 2026 10:00:00 GMT".into()));
            answer.body = contents;
            answer
        }
        None => refused(404, "NoSuchKey", "The specified key does not exist."),
    }
}

fn versioning(bucket: &Bucket) -> Answer {
    let status = if bucket.keeps_versions { "<Status>Enabled</Status>" } else { "" };
    xml("VersioningConfiguration", status)
}

/// What every listing is asked.
struct Asked<'r> {
    prefix: &'r str,
    fold: bool,
    page_max: usize,
    is_encoded: bool,
}

impl<'r> Asked<'r> {
    fn of(request: &'r Request, faults: &Faults) -> Self {
        let text = |name: &str| request.query.get(name).map(String::as_str);
        let told = text("max-keys").and_then(|keys| keys.parse().ok()).unwrap_or(KEYS_MAX);
        Self {
            prefix: text("prefix").unwrap_or_default(),
            fold: text("delimiter") == Some("/"),
            page_max: told.min(KEYS_MAX).min(faults.page_max.unwrap_or(KEYS_MAX)),
            is_encoded: text("encoding-type") == Some("url"),
        }
    }

    fn shown(&self, key: &str) -> String {
        if self.is_encoded { encoded(key) } else { escaped(key) }
    }

    fn end(&self, next: &str) -> String {
        let encoding = if self.is_encoded { "<EncodingType>url</EncodingType>" } else { "" };
        let is_truncated = !next.is_empty();
        format!("{encoding}<IsTruncated>{is_truncated}</IsTruncated>{next}")
    }
}

fn list(bucket: &Bucket, faults: &mut Faults, request: &Request) -> Answer {
    if faults.denied_calls.contains("list") {
        return refused(403, "AccessDenied", "Access Denied");
    }
    let asked = Asked::of(request, faults);
    let token = request.query.get("continuation-token").or(request.query.get("start-after"));
    let behind = token.map(String::as_str).unwrap_or_default();
    let (mut text, mut next, mut count, mut last) = (String::new(), String::new(), 0, "");
    for item in bucket.items(asked.prefix, behind, asked.fold) {
        let (name, shown) = match item {
            Item::Folder(folder) => {
                let prefix = asked.shown(folder);
                let shown = format!("<CommonPrefixes><Prefix>{prefix}</Prefix></CommonPrefixes>");
                (folder, shown)
            }
            Item::Key(key, versions) => {
                let Some(contents) = versions.last().and_then(|last| last.contents.as_ref()) else {
                    continue;
                };
                let (shown, size) = (asked.shown(key), contents.len());
                let shown = format!(
                    "<Contents><Key>{shown}</Key><Size>{size}</Size>\
                     <LastModified>{WRITTEN}</LastModified></Contents>"
                );
                (key, shown)
            }
        };
        if count == asked.page_max {
            // Behind a folder means behind all that is below it.
            let mut token = last.to_owned();
            if last.ends_with('/') && asked.fold {
                token.push('\u{10FFFF}');
            }
            next = format!("<NextContinuationToken>{}</NextContinuationToken>", escaped(&token));
            break;
        }
        text += &shown;
        count += 1;
        last = name;
    }
    let mut answer = xml("ListBucketResult", &(text + &asked.end(&next)));
    answer.is_cut = takes_one(&mut faults.cut_listings);
    answer
}

fn versions(bucket: &Bucket, faults: &mut Faults, request: &Request) -> Answer {
    let asked = Asked::of(request, faults);
    let behind = request.query.get("key-marker").map(String::as_str).unwrap_or_default();
    let behind_version = request.query.get("version-id-marker");
    // The marker's own key goes on behind its version, if that is still there: the servers' words
    // do not say what happens if it is not.
    let rest = behind_version.and_then(|id| {
        let versions = bucket.objects.get(behind)?;
        let at = versions.iter().position(|version| version.id == *id)?;
        Some((behind, &versions[..at]))
    });
    let others = bucket.items(asked.prefix, behind, false).filter_map(|item| match item {
        Item::Key(key, versions) => Some((key, versions)),
        Item::Folder(_) => None,
    });
    let (mut text, mut next, mut count, mut last) = (String::new(), String::new(), 0, ("", ""));
    'pages: for (key, versions) in rest.into_iter().chain(others) {
        for version in versions.iter().rev() {
            if count == asked.page_max {
                next = format!(
                    "<NextKeyMarker>{}</NextKeyMarker>\
                     <NextVersionIdMarker>{}</NextVersionIdMarker>",
                    asked.shown(last.0),
                    last.1
                );
                break 'pages;
            }
            text += &shown_version(&asked.shown(key), version);
            count += 1;
            last = (key, &version.id);
        }
    }
    xml("ListVersionsResult", &(text + &asked.end(&next)))
}

fn shown_version(key: &str, version: &Version) -> String {
    let (tag, size) = match &version.contents {
        Some(contents) => ("Version", format!("<Size>{}</Size>", contents.len())),
        None => ("DeleteMarker", String::new()),
    };
    let id = &version.id;
    format!(
        "<{tag}><Key>{key}</Key><VersionId>{id}</VersionId>{size}\
         <LastModified>{WRITTEN}</LastModified></{tag}>"
    )
}

fn uploads(bucket: &Bucket, faults: &Faults, request: &Request) -> Answer {
    if faults.knows_no_uploads {
        return refused(501, "NotImplemented", "There are no uploads in parts.");
    }
    let asked = Asked::of(request, faults);
    let text = |name: &str| request.query.get(name).cloned();
    let behind = text("key-marker").map(|key| (key, text("upload-id-marker").unwrap_or_default()));
    let (mut shown, mut next, mut last) = (String::new(), String::new(), None);
    let under_way = bucket.uploads.iter().filter(|(key, id)| {
        let is_behind = behind.as_ref().is_none_or(|behind| (key, id) > (&behind.0, &behind.1));
        key.starts_with(asked.prefix) && is_behind
    });
    for (count, (key, id)) in under_way.enumerate() {
        if let (true, Some((key, id))) = (count == asked.page_max, last) {
            next = format!(
                "<NextKeyMarker>{}</NextKeyMarker><NextUploadIdMarker>{id}</NextUploadIdMarker>",
                asked.shown(key)
            );
            break;
        }
        let key_shown = asked.shown(key);
        let _ = write!(
            shown,
            "<Upload><Key>{key_shown}</Key><UploadId>{id}</UploadId>\
             <Initiated>{WRITTEN}</Initiated></Upload>"
        );
        last = Some((key, id));
    }
    xml("ListMultipartUploadsResult", &(shown + &asked.end(&next)))
}
