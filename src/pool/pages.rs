//! Guards against listings whose pages repeat or never end.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

use super::failure::Failure;

/// The maximum length of a token (the service's model, `PaginationKey`,
/// `SearchPaginationTokenType`).
const MAX_TOKEN: usize = 131_072;

/// The maximum number of consecutive empty pages. Cognito may send a few.
const MAX_EMPTY_PAGES: u32 = 50;

/// Returns the token of the next page. Cognito may send an empty one on the last page.
pub(super) fn next_token(token: Option<&str>) -> Option<String> {
    token.filter(|token| !token.is_empty()).map(str::to_owned)
}

/// The pages seen so far.
#[derive(Debug, Clone)]
pub struct SeenPages {
    /// 64-bit hashes of tokens. A collision would end the listing, which does no harm.
    tokens: HashSet<u64>,
    hasher: RandomState,
    empty: u32,
    max: usize,
}

/// The reason why a listing would not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Endless {
    /// The token of a page repeats an earlier one.
    #[error("a page of the response refers back to an earlier page")]
    Repeated,
    /// The listing has more pages than a pool can have.
    #[error("the response does not end after {0} pages")]
    TooMany(usize),
    /// Too many consecutive empty pages.
    #[error("the response has {MAX_EMPTY_PAGES} empty pages in a row")]
    Empty,
    /// A token longer than the service's model allows.
    #[error("a page of the response has a token longer than 131,072 characters")]
    LongToken,
}

impl From<Endless> for Failure {
    fn from(endless: Endless) -> Self {
        Self::unreadable(endless.to_string())
    }
}

impl SeenPages {
    #[must_use]
    pub fn up_to(max: usize) -> Self {
        Self {
            tokens: HashSet::new(),
            hasher: RandomState::new(),
            empty: 0,
            max,
        }
    }

    #[must_use]
    pub fn seen(&self) -> usize {
        self.tokens.len()
    }

    /// Records a page with this many entries and the token of the next page.
    ///
    /// # Errors
    /// Fails if the listing would not end.
    pub fn follow(&mut self, entries: usize, token: &str) -> Result<(), Endless> {
        if token.len() > MAX_TOKEN {
            return Err(Endless::LongToken);
        }
        self.empty = if entries == 0 { self.empty + 1 } else { 0 };
        if self.empty >= MAX_EMPTY_PAGES {
            return Err(Endless::Empty);
        }
        if !self.tokens.insert(self.hasher.hash_one(token)) {
            return Err(Endless::Repeated);
        }
        if self.tokens.len() >= self.max {
            return Err(Endless::TooMany(self.max));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Endless, MAX_EMPTY_PAGES, SeenPages};

    #[test]
    fn stops_at_repeated_or_too_many_pages() {
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
    fn follows_a_few_empty_pages() {
        let mut pages = SeenPages::up_to(1_000);
        for token in 1..MAX_EMPTY_PAGES {
            assert_eq!(pages.follow(0, &token.to_string()), Ok(()));
        }
        assert_eq!(pages.follow(1, "entries"), Ok(()));
        for token in 100..99 + MAX_EMPTY_PAGES {
            assert_eq!(pages.follow(0, &token.to_string()), Ok(()));
        }
        assert_eq!(pages.follow(0, "last"), Err(Endless::Empty));
        let long = "x".repeat(131_073);
        assert_eq!(pages.follow(1, &long), Err(Endless::LongToken));
    }
}
