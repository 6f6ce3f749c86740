//! What becomes of a deletion, as the server tells it: server-sent events, put together from what
//! arrives and gone on with where a connection broke off.

use std::collections::VecDeque;

use futures_util::Stream;
use futures_util::stream::unfold;
use reqwest::Response;
use sexton_api::Deletion;

use crate::call::{self, Call};
use crate::error::Error;
use crate::sender::{Sender, Silence, innermost};

/// Something that became true of a deletion.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name, by which it is gone on with.
    pub id: Option<String>,
    /// What kind of event.
    pub event: String,
    /// The deletion as it was then.
    pub deletion: Deletion,
}

/// The events of a deletion, until its end.
#[derive(Debug)]
pub struct Events {
    sender: Sender,
    listened: Call,
    looked: Call,
    reader: EventReader,
    told: VecDeque<Told>,
    response: Option<Response>,
    tried: u32,
    is_over: bool,
}

impl Events {
    pub(crate) fn of(sender: Sender, system: &str, id: &str) -> Self {
        Self {
            sender,
            listened: call::events(system, id),
            looked: call::deletion(system, id),
            reader: EventReader::default(),
            told: VecDeque::new(),
            response: None,
            tried: 0,
            is_over: false,
        }
    }

    /// The next event; none behind the one that tells of its end, or behind a failure.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        while !self.is_over {
            if let Some(told) = self.told.pop_front() {
                return Some(self.event(told));
            }
            match self.hear().await {
                Ok(()) => {}
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// The same as a stream.
    pub fn stream(self) -> impl Stream<Item = Result<Event, Error>> {
        unfold(self, async |mut events| events.next().await.map(|event| (event, events)))
    }

    fn event(&mut self, told: Told) -> Result<Event, Error> {
        let Told { id, event, data } = told;
        let read = serde_json::from_str::<Deletion>(&data);
        let deletion = read.map_err(|error| {
            self.is_over = true;
            self.sender.unreadable(error.to_string())
        })?;
        self.tried = 0;
        self.is_over = deletion.is_ended;
        Ok(Event { id, event, deletion })
    }

    /// Hears a little more, or comes again where nothing more is heard.
    async fn hear(&mut self) -> Result<(), Error> {
        let broken = match &mut self.response {
            None => match self.sender.listen(&self.listened, self.reader.last.as_deref()).await {
                Ok(response) => {
                    self.response = Some(response?);
                    return Ok(());
                }
                Err(Silence(why)) => Some(why),
            },
            Some(response) => match response.chunk().await {
                Ok(Some(bytes)) => {
                    self.told.extend(self.reader.feed(&bytes));
                    return Ok(());
                }
                Ok(None) => None,
                Err(error) => Some(innermost(&error)),
            },
        };
        self.response = None;
        // What ended while nobody listened has nothing more to tell.
        if broken.is_none() && self.sender.send::<Deletion>(&self.looked).await?.is_ended {
            self.is_over = true;
            return Ok(());
        }
        let Some(wait) = self.sender.patience().after_silence(self.tried) else {
            let why = broken.unwrap_or_else(|| "the events broke off".to_owned());
            return Err(self.sender.unreachable(why));
        };
        tokio::time::sleep(wait).await;
        self.tried += 1;
        Ok(())
    }
}

/// An event as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    id: Option<String>,
    event: String,
    data: String,
}

/// Puts events together from bytes, cut anywhere.
#[derive(Debug, Default)]
struct EventReader {
    /// The last event that was begun.
    last: Option<String>,
    line: Vec<u8>,
    event: String,
    data: Vec<String>,
}

impl EventReader {
    fn feed(&mut self, bytes: &[u8]) -> Vec<Told> {
        let mut told = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                told.extend(self.take(line.strip_suffix('\r').unwrap_or(&line)));
            } else {
                self.line.push(byte);
            }
        }
        told
    }

    /// Takes one line; an empty one makes an event whole.
    fn take(&mut self, line: &str) -> Option<Told> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data).join("\n");
            let event = std::mem::take(&mut self.event);
            let event = if event.is_empty() { "message".to_owned() } else { event };
            return (!data.is_empty()).then(|| Told { id: self.last.clone(), event, data });
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => self.data.push(value.to_owned()),
            "event" => value.clone_into(&mut self.event),
            "id" => self.last = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_whole_at_the_empty_line_wherever_its_bytes_are_cut() {
        let sent =
            ": alive\r\n\nid: 7\nevent: deletion\ndata: {\"a\":\ndata: \"é\"}\n\n".as_bytes();
        let whole =
            Told {
                id: Some("7".into()), event: "deletion".into(), data: "{\"a\":\n\"é\"}".into()
            };
        for cut in 0..sent.len() {
            let mut reader = EventReader::default();
            let mut told = reader.feed(&sent[..cut]);
            told.extend(reader.feed(&sent[cut..]));
            assert_eq!(told, std::slice::from_ref(&whole), "cut at {cut}");
        }
    }
}
