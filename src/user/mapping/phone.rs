//! Phone numbers as people write them, and E.164 as Cognito takes it.

use std::fmt;
use std::str::FromStr as _;

use phonenumber::country::{Id, Source};
use phonenumber::{Mode, PhoneNumber};

/// Where numbers without a country code are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(Id);

/// Digits of a number with its country code, at most (ITU-T E.164), and what people put between them.
const LONGEST: usize = 40;

impl Region {
    /// A country by its two letters.
    ///
    /// # Errors
    /// There is none.
    pub fn parse(letters: &str) -> Result<Self, String> {
        Id::from_str(&letters.to_ascii_uppercase())
            .map(Self)
            .map_err(|_| {
                format!("{letters}: is no country: give its two letters (ISO 3166), such as DE")
            })
    }

    /// The number in E.164; none where it is no number that is valid in its country.
    pub(super) fn e164(self, cell: &str) -> Option<String> {
        let plain = plain(cell)?;
        let number = if plain.starts_with('+') {
            phonenumber::parse(None, &plain).ok()?
        } else {
            let number = phonenumber::parse(Some(self.0), &plain).ok()?;
            match number.code().source() {
                // The prefix for other countries (00, 011): what follows is not of this region.
                Source::Idd => abroad(&plain, number.code().value())?,
                Source::Plus | Source::Number | Source::Default => number,
            }
        };
        let sound = number.is_valid() && number.extension().is_none();
        sound.then(|| number.format().mode(Mode::E164).to_string())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

/// The digits, and a plus before them. None where anything but what people put between digits stands in it.
fn plain(cell: &str) -> Option<String> {
    if cell.chars().count() > LONGEST {
        return None;
    }
    let mut plain = String::with_capacity(cell.len());
    for character in cell.chars() {
        match character {
            '0'..='9' => plain.push(character),
            '+' if plain.is_empty() => plain.push('+'),
            '(' | ')' | '.' | '/' | '-' | '\u{2010}'..='\u{2015}' => {}
            space if space.is_whitespace() => {}
            _ => return None,
        }
    }
    Some(plain)
}

/// The number behind the prefix for other countries, read by its own country's rules: zeros that belong to it stay.
fn abroad(digits: &str, code: u16) -> Option<PhoneNumber> {
    let code = code.to_string();
    // No country's prefix is shorter than two digits or longer than five.
    (2..=5)
        .filter_map(|length| digits.get(length..))
        .find(|behind| behind.starts_with(&code))
        .and_then(|behind| phonenumber::parse(None, format!("+{behind}")).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Region;

    #[test]
    fn numbers_become_e_164() {
        for (region, cell, number) in [
            ("DE", "030 901820", Some("+4930901820")),
            ("DE", "(030) 90 18-20", Some("+4930901820")),
            ("DE", "0171/1234567", Some("+491711234567")),
            ("DE", "0171\u{a0}123\u{2011}4567", Some("+491711234567")),
            ("DE", "+49 (0)30 901820", Some("+4930901820")),
            ("DE", "0049 30 901820", Some("+4930901820")),
            ("DE", "+1 212 555 0100", Some("+12125550100")),
            // The zero of an Italian number belongs to it.
            ("DE", "+39 06 6982 0000", Some("+390669820000")),
            ("DE", "0039 06 6982 0000", Some("+390669820000")),
            ("IT", "06 6982 0000", Some("+390669820000")),
            ("US", "(212) 555-0100", Some("+12125550100")),
            ("US", "011 49 30 901820", Some("+4930901820")),
            ("us", "1-212-555-0100", Some("+12125550100")),
            ("GB", "020 7946 0000", Some("+442079460000")),
            ("DE", "12", None),
            ("DE", "+49 30", None),
            ("US", "123-4567", None),
            ("DE", "030 901820 ext. 5", None),
            ("DE", "0171 1234567x9", None),
            ("DE", "none", None),
            ("DE", "+", None),
            ("DE", "++4930901820", None),
            ("DE", "", None),
            ("DE", "+999 123456789", None),
            (
                "DE",
                "00000000000000000000000000000000000000000000000000",
                None,
            ),
        ] {
            let region = Region::parse(region).unwrap();
            assert_eq!(region.e164(cell).as_deref(), number, "{region} {cell}");
        }
    }

    #[test]
    fn a_region_is_a_country_s_two_letters() {
        assert_eq!(Region::parse("de").unwrap().to_string(), "DE");
        for wrong in ["", "D", "Germany", "XX", "49"] {
            assert!(Region::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_cell_a_number_is_a_plus_and_digits_and_stays_itself(
            cell in "[0-9+ ()./-]{0,24}|.{0,30}",
            region in prop::sample::select(vec!["DE", "US", "IT", "BR", "CI"]),
        ) {
            let region = Region::parse(region).unwrap();
            if let Some(number) = region.e164(&cell) {
                let digits = number.strip_prefix('+').unwrap();
                prop_assert!(digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", number);
                let again = region.e164(&number);
                prop_assert_eq!(again.as_deref(), Some(number.as_str()));
            }
        }
    }
}
