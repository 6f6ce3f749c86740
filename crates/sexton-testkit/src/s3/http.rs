//! As much of HTTP/1.1 as clients of S3 speak.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::text::decoded;

/// One connection.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// What a client asks.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub bucket: String,
    /// Empty where the bucket itself is meant.
    pub key: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What it is answered.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Whether the connection breaks in the middle of the body.
    pub is_cut: bool,
}

impl Request {
    pub fn has(&self, name: &str) -> bool {
        self.query.contains_key(name)
    }

    pub fn is_batch(&self) -> bool {
        self.method == "POST" && self.has("delete")
    }

    pub fn is_listing(&self) -> bool {
        self.method == "GET" && (self.has("list-type") || self.has("versions"))
    }
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, unread: Vec::new() }
    }

    /// The next request; nothing if the client has gone.
    pub async fn read(&mut self) -> io::Result<Option<Request>> {
        let head = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                break String::from_utf8_lossy(&head).into_owned();
            }
            if !self.read_more().await? {
                return Ok(None);
            }
        };
        let mut lines = head.lines();
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (first.next().unwrap_or("GET"), first.next().unwrap_or("/"));
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers: BTreeMap<String, String> = lines.filter_map(header).collect();
        if headers.get("expect").is_some_and(|expected| expected.contains("100")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok());
        let length: usize = length.unwrap_or(0);
        while self.unread.len() < length {
            if !self.read_more().await? {
                return Ok(None);
            }
        }
        let mut body: Vec<u8> = self.unread.drain(..length).collect();
        if headers.get("content-encoding").is_some_and(|encoding| encoding.contains("aws-chunked"))
        {
            body = unchunked(&body);
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = path.strip_prefix('/').unwrap_or(path);
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Ok(Some(Request {
            method: method.to_owned(),
            bucket: decoded(bucket),
            key: decoded(key),
            query: query.collect(),
            headers,
            body,
        }))
    }

    async fn read_more(&mut self) -> io::Result<bool> {
        let mut part = vec![0; 64 * 1024];
        let read = self.stream.read(&mut part).await?;
        self.unread.extend_from_slice(&part[..read]);
        Ok(read > 0)
    }

    pub async fn write(&mut self, request: &Request, answer: Answer) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} Told\r\n", answer.status);
        let is_told = answer.headers.iter().any(|(name, _)| *name == "content-length");
        if !is_told {
            let _ = write!(text, "content-length: {}\r\n", answer.body.len());
        }
        for (name, value) in &answer.headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text += "\r\n";
        let mut bytes = text.into_bytes();
        if request.method != "HEAD" {
            let end = if answer.is_cut { answer.body.len() / 2 } else { answer.body.len() };
            bytes.extend_from_slice(&answer.body[..end]);
        }
        self.stream.write_all(&bytes).await?;
        self.stream.flush().await
    }
}

/// The contents of a body that is sent in signed parts, each behind its length.
fn unchunked(body: &[u8]) -> Vec<u8> {
    let mut contents = Vec::new();
    let mut rest = body;
    while let Some(end) = find(rest, b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let digits = line.split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(digits, 16).unwrap_or(0);
        let start = end + 2;
        if length == 0 || rest.len() < start + length + 2 {
            break;
        }
        contents.extend_from_slice(&rest[start..start + length]);
        rest = &rest[start + length + 2..];
    }
    contents
}

fn find(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    bytes.windows(sought.len()).position(|window| window == sought)
}
