//! Turns the pages of an answer, and ends even if the tracker does not.

use std::collections::BTreeSet;

use super::{Found, Page, Ticket, TrackerError};

/// The most pages of one operation.
const MOST_PAGES: usize = 200;

/// Where an operation is in the pages of its answer.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The place of the current page; `None` on the first one.
    cursor: Option<String>,
    seen: BTreeSet<String>,
}

impl Pages {
    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Goes to the next page; `false` if there is none. A page that comes twice would never end.
    pub(super) fn turn(&mut self, next: Option<String>) -> Result<bool, TrackerError> {
        if let Some(cursor) = &next {
            let is_new = self.seen.insert(cursor.clone());
            if !is_new || self.seen.len() > MOST_PAGES {
                let reason = "its pages do not end";
                return Err(TrackerError::BadAnswer(reason.to_owned()));
            }
        }
        self.cursor = next;
        Ok(self.cursor.is_some())
    }
}

/// The results of a search so far.
#[derive(Debug)]
pub(super) struct Results {
    limit: usize,
    tickets: Vec<Ticket>,
    pages: Pages,
}

impl Results {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            tickets: Vec::new(),
            pages: Pages::default(),
        }
    }

    /// The place of the page that [`Results::add`] expects.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.pages.cursor()
    }

    /// Adds a page. Returns all results if they are enough or the page is the last one.
    pub(super) fn add(
        &mut self,
        Page { tickets, next }: Page,
    ) -> Result<Option<Found>, TrackerError> {
        for ticket in tickets {
            // A ticket that moves between two pages can be on both.
            let id = &ticket.external_issue_id;
            if !self
                .tickets
                .iter()
                .any(|known| known.external_issue_id == *id)
            {
                self.tickets.push(ticket);
            }
        }
        let (count, limit) = (self.tickets.len(), self.limit);
        if count < limit && next.is_some() {
            self.pages.turn(next)?;
            return Ok(None);
        }
        let mut tickets = std::mem::take(&mut self.tickets);
        tickets.truncate(limit);
        let has_more = count > limit || next.is_some();
        Ok(Some(Found { tickets, has_more }))
    }
}
