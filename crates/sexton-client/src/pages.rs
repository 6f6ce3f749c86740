//! Lists, read page by page and no further than they are taken.

use std::collections::VecDeque;

use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::error::Error;
use crate::sender::Sender;

/// A list on its way.
#[derive(Debug)]
pub struct Pages<T> {
    sender: Sender,
    call: Call,
    read: VecDeque<T>,
    cursor: Option<String>,
    is_over: bool,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn of(sender: Sender, call: Call) -> Self {
        Self { sender, call, read: VecDeque::new(), cursor: None, is_over: false }
    }

    /// The next item; none behind the last, or behind a failure.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        while self.read.is_empty() && !self.is_over {
            if let Err(error) = self.read_page().await {
                self.is_over = true;
                return Some(Err(error));
            }
        }
        self.read.pop_front().map(Ok)
    }

    /// All of them.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    /// The first of them, so many at most.
    pub async fn first(mut self, most: usize) -> Result<Vec<T>, Error> {
        let mut first = Vec::new();
        while first.len() < most {
            let Some(item) = self.next().await else { break };
            first.push(item?);
        }
        Ok(first)
    }

    /// The same as a stream.
    pub fn stream(self) -> impl Stream<Item = Result<T, Error>> {
        unfold(self, async |mut pages| pages.next().await.map(|item| (item, pages)))
    }

    async fn read_page(&mut self) -> Result<(), Error> {
        let mut call = self.call.clone();
        call.query.extend(self.cursor.take().map(|cursor| ("cursor", cursor)));
        let page: Page<T> = self.sender.send(&call).await?;
        self.read.extend(page.data);
        self.is_over = page.next_cursor.is_none();
        self.cursor = page.next_cursor;
        Ok(())
    }
}
