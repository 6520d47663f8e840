//! Follows the pages of a listing. Stops if pages repeat or never end.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use super::failure::Failure;

/// The longest token that the service's model has (`PaginationKey`, `SearchPaginationTokenType`).
const MAX_TOKEN: usize = 131_072;

/// The maximum number of consecutive empty pages. Cognito may send some.
const EMPTY_PAGES: u32 = 50;

/// The pages seen so far.
#[derive(Debug, Clone)]
pub struct SeenPages {
    /// 64-bit hashes of tokens. A collision would end the listing, which does no harm.
    tokens: HashSet<u64>,
    hasher: RandomState,
    empty: u32,
    most: usize,
}

/// Why a listing cannot be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Endless {
    /// A page refers to an earlier one.
    #[error("a page of the answer leads back to an earlier page")]
    Repeated,
    /// More pages than a pool can have.
    #[error("the answer does not end after {0} pages")]
    TooMany(usize),
    /// Too many consecutive empty pages.
    #[error("the answer goes on with {EMPTY_PAGES} empty pages")]
    Empty,
    /// A token longer than the service's model allows.
    #[error("a page of the answer names the next one by a token longer than 131,072 characters")]
    LongToken,
}

impl From<Endless> for Failure {
    fn from(endless: Endless) -> Self {
        Self::unreadable(endless.to_string())
    }
}

impl SeenPages {
    #[must_use]
    pub fn up_to(most: usize) -> Self {
        Self {
            tokens: HashSet::new(),
            hasher: RandomState::new(),
            empty: 0,
            most,
        }
    }

    #[must_use]
    pub fn seen(&self) -> usize {
        self.tokens.len()
    }

    /// Records a page with this many entries and the token of the next page.
    ///
    /// # Errors
    /// The listing would not end.
    pub fn follow(&mut self, entries: usize, token: &str) -> Result<(), Endless> {
        if token.len() > MAX_TOKEN {
            return Err(Endless::LongToken);
        }
        self.empty = if entries == 0 { self.empty + 1 } else { 0 };
        if self.empty >= EMPTY_PAGES {
            return Err(Endless::Empty);
        }
        if !self.tokens.insert(self.hasher.hash_one(token)) {
            return Err(Endless::Repeated);
        }
        if self.tokens.len() >= self.most {
            return Err(Endless::TooMany(self.most));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{EMPTY_PAGES, Endless, SeenPages};

    #[test]
    fn a_listing_ends_where_it_repeats_itself_or_goes_on_too_long() {
        let mut pages = SeenPages::up_to(100);
        for token in 1..100 {
            assert_eq!(pages.follow(1, &token.to_string()), Ok(()));
        }
        assert_eq!(pages.follow(1, "100"), Err(Endless::TooMany(100)));

        let mut pages = SeenPages::up_to(100);
        for token in ["a", "b", "c"] {
            assert_eq!(pages.follow(1, token), Ok(()));
        }
        assert_eq!(pages.follow(1, "a"), Err(Endless::Repeated));
    }

    #[test]
    fn a_few_empty_pages_are_followed() {
        let mut pages = SeenPages::up_to(1_000);
        for token in 1..EMPTY_PAGES {
            assert_eq!(pages.follow(0, &token.to_string()), Ok(()));
        }
        assert_eq!(pages.follow(1, "entries"), Ok(()));
        for token in 100..99 + EMPTY_PAGES {
            assert_eq!(pages.follow(0, &token.to_string()), Ok(()));
        }
        assert_eq!(pages.follow(0, "last"), Err(Endless::Empty));
        let long = "x".repeat(131_073);
        assert_eq!(pages.follow(1, &long), Err(Endless::LongToken));
    }
}
