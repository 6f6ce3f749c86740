//! Somebody outside who is called: an HTTP endpoint on loopback that answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How a call is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// With this status, headers (a line each) and body.
    Status(u16, &'static str, String),
    /// Not at all: the connection stays open.
    Silence,
    /// By closing the connection.
    HangUp,
}

/// A call as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method and the path.
    pub line: String,
    /// The headers, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// The endpoint. It ends when this is dropped.
pub struct Endpoint {
    address: String,
    heard: Arc<Heard>,
    count: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

struct Heard {
    requests: Mutex<Vec<Request>>,
    /// Replies to come; the last one is given again and again.
    replies: Mutex<VecDeque<Reply>>,
    count: watch::Sender<usize>,
}

impl Reply {
    /// With this status and nothing else.
    pub fn status(status: u16) -> Self {
        Self::Status(status, "", String::new())
    }
}

impl Endpoint {
    /// An endpoint that gives these replies, and the last for ever; without any, 204.
    pub async fn that_replies(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let (sender, count) = watch::channel(0);
        let heard = Arc::new(Heard {
            requests: Mutex::default(),
            replies: Mutex::new(replies.into_iter().collect()),
            count: sender,
        });
        let task = tokio::spawn(listen(listener, heard.clone()));
        Self { address: format!("http://127.0.0.1:{port}/hook"), heard, count, task }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it is, without a path.
    pub fn origin(&self) -> &str {
        self.address.trim_end_matches("/hook")
    }

    /// What has arrived so far, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.heard.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until so many calls have arrived.
    pub async fn has_heard(&self, calls: usize) -> Vec<Request> {
        let mut count = self.count.clone();
        count.wait_for(|heard| *heard >= calls).await.expect("the endpoint is there");
        self.requests()
    }

    /// From now on gives these replies, and the last for ever.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut to_come = self.heard.replies.lock().unwrap_or_else(PoisonError::into_inner);
        *to_come = replies.into_iter().collect();
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Heard {
    /// The reply to a call, in the order in which calls arrive.
    fn take(&self, request: Request) -> Reply {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match replies.len() {
            0 => Reply::status(204),
            1 => replies[0].clone(),
            _ => replies.pop_front().expect("there are two at least"),
        };
        self.count.send_modify(|count| *count += 1);
        reply
    }
}

async fn listen(listener: TcpListener, heard: Arc<Heard>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        tokio::spawn(answer(stream, heard.clone()));
    }
}

async fn answer(mut stream: TcpStream, heard: Arc<Heard>) {
    let Some(request) = read(&mut stream).await else { return };
    match heard.take(request) {
        Reply::Status(status, headers, body) => {
            let headers: Vec<&str> = headers.lines().flat_map(|line| [line, "\r\n"]).collect();
            let headers = headers.concat();
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} Told\r\n{headers}Content-Length: {length}\r\n\
                 Connection: close\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await.ok();
        }
        Reply::Silence => std::future::pending().await,
        Reply::HangUp => {}
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        let found = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        match found {
            Some(end) => break end,
            None if stream.read_buf(&mut bytes).await.ok()? == 0 => return None,
            None => {}
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let mut lines = text.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    // Who only looks sends no body, and says nothing of its length.
    let length = headers.get("content-length").map_or("0", String::as_str);
    let length: usize = length.parse().ok()?;
    let mut body = bytes[head + 4..].to_vec();
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { line, headers, body: String::from_utf8(body).ok()? })
}
