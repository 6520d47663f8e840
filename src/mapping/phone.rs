//! Converts phone numbers as people write them to E.164, the format of Cognito.

use std::fmt;
use std::str::FromStr as _;

use phonenumber::country::{Id, Source};
use phonenumber::{Mode, PhoneNumber};

/// The country of numbers without a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(Id);

/// The maximum length of a cell: the digits of a number with its country code (ITU-T E.164) and the
/// separators between them.
const MAX_LENGTH: usize = 40;

/// The maximum number of digits of an area code, including the leading zero.
const MAX_AREA_DIGITS: usize = 6;

impl Region {
    /// Parses the two letters of a country.
    ///
    /// # Errors
    /// There is no such country.
    pub fn parse(letters: &str) -> Result<Self, String> {
        Id::from_str(&letters.to_ascii_uppercase())
            .map(Self)
            .map_err(|_| {
                format!(
                    "`{letters}` is not a country code; use the two-letter ISO 3166 code, such as \
                     DE"
                )
            })
    }

    /// Converts a number to E.164. Returns `None` if it is not valid in its country.
    pub(super) fn e164(self, cell: &str) -> Option<String> {
        let digits = plus_and_digits(cell)?;
        let number = if digits.starts_with('+') {
            phonenumber::parse(None, &digits).ok()?
        } else {
            let number = phonenumber::parse(Some(self.0), &digits).ok()?;
            match number.code().source() {
                // After an international prefix (00, 011), the number is not of this region.
                Source::Idd => international(&digits, number.code().value())?,
                Source::Plus | Source::Number | Source::Default => number,
            }
        };
        let is_valid = number.is_valid() && number.extension().is_none();
        is_valid.then(|| number.format().mode(Mode::E164).to_string())
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref())
    }
}

/// Returns the digits and the leading plus, without separators. Returns `None` if the cell contains
/// other characters, a decimal number, or two numbers.
fn plus_and_digits(cell: &str) -> Option<String> {
    let cell = cell.trim();
    if cell.chars().count() > MAX_LENGTH || holds_two_numbers(cell) {
        return None;
    }
    let cell = without_fraction(cell)?;
    let mut digits = String::with_capacity(cell.len());
    for character in cell.chars() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if digits.is_empty() => digits.push('+'),
            '(' | ')' | '.' | '/' | '-' | '\u{2010}'..='\u{2015}' => {}
            '\n' | '\r' => return None,
            space if space.is_whitespace() => {}
            _ => return None,
        }
    }
    Some(digits)
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// Removes the `.0` that spreadsheets and pandas add to whole numbers. Returns `None` for other
/// decimal numbers. A point can also separate groups of digits, as in `030.901820` and
/// `01.23.45.67.89`.
fn without_fraction(cell: &str) -> Option<&str> {
    let Some((before, last)) = cell.rsplit_once('.') else {
        return Some(cell);
    };
    let (has_plus, whole) = match before.strip_prefix('+') {
        Some(whole) => (true, whole),
        None => (false, before),
    };
    if are_digits(whole) && last == "0" {
        return Some(before);
    }
    let separates_groups = if are_digits(whole) && are_digits(last) {
        let is_group = last.len() >= 3 && last.bytes().any(|digit| digit != b'0');
        is_group && whole.len() <= MAX_AREA_DIGITS && (has_plus || whole.len() >= 2)
    } else if before.contains('.') {
        last.len() >= 2
    } else {
        last.len() >= 3
    };
    (separates_groups && count_digits(before) > 0).then_some(cell)
}

/// Returns whether the cell holds two numbers (`030 1234 / 030 1235`) or a number with alternative
/// last digits (`030 901820/21`). Joined, they could be the number of another person.
fn holds_two_numbers(cell: &str) -> bool {
    let starts_number = |text: &str| text.trim_start().starts_with(['0', '+', '(']);
    if let Some((area, number)) = cell.split_once('/') {
        let max_digits = match area.trim_start() {
            area if area.starts_with('+') => MAX_AREA_DIGITS + 1,
            area if area.starts_with("00") => MAX_AREA_DIGITS + 3,
            _ => MAX_AREA_DIGITS,
        };
        if number.contains('/')
            || starts_number(number)
            || count_digits(number) < 3
            || count_digits(area) > max_digits
        {
            return true;
        }
    }
    let dashes = [
        '-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2015}',
    ];
    let mut between_dashes = cell.split(dashes);
    let mut before = between_dashes.next().unwrap_or_default();
    for after in between_dashes {
        if before.ends_with(char::is_whitespace)
            && after.starts_with(char::is_whitespace)
            && starts_number(after)
        {
            return true;
        }
        before = after;
    }
    // The area code is repeated.
    let mut groups = cell.split_whitespace();
    groups.next().is_some_and(|area| {
        area.len() >= 3
            && area.starts_with('0')
            && count_digits(cell) > 12
            && groups.any(|group| group == area)
    })
}

/// Parses the number after an international prefix by the rules of its own country, so that zeros
/// that belong to the number are kept.
fn international(digits: &str, code: u16) -> Option<PhoneNumber> {
    let code = code.to_string();
    // All countries' prefixes have two to five digits.
    (2..=5)
        .filter_map(|length| digits.get(length..))
        .find(|number| number.starts_with(&code))
        .and_then(|number| phonenumber::parse(None, format!("+{number}")).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Region;

    #[test]
    fn converts_numbers_to_e_164() {
        for (region, cell, number) in [
            ("DE", "030 901820", Some("+4930901820")),
            ("DE", "(030) 90 18-20", Some("+4930901820")),
            ("DE", "0171/1234567", Some("+491711234567")),
            ("DE", "0171\u{a0}123\u{2011}4567", Some("+491711234567")),
            ("DE", "+49 (0)30 901820", Some("+4930901820")),
            ("DE", "0049 30 901820", Some("+4930901820")),
            ("DE", "+1 212 555 0100", Some("+12125550100")),
            // The zero belongs to an Italian number.
            ("DE", "+39 06 6982 0000", Some("+390669820000")),
            ("DE", "0039 06 6982 0000", Some("+390669820000")),
            ("IT", "06 6982 0000", Some("+390669820000")),
            ("US", "(212) 555-0100", Some("+12125550100")),
            ("US", "011 49 30 901820", Some("+4930901820")),
            ("us", "1-212-555-0100", Some("+12125550100")),
            ("GB", "020 7946 0000", Some("+442079460000")),
            // Spreadsheets and pandas add `.0` to whole numbers, and drop the plus and leading
            // zeros.
            ("DE", "4930901820.0", Some("+4930901820")),
            ("DE", "+4930901820.0", Some("+4930901820")),
            ("DE", "030901820.0", Some("+4930901820")),
            ("DE", "30901820.0", Some("+4930901820")),
            ("DE", "004930901820.0", Some("+4930901820")),
            ("US", "2125550100.0", Some("+12125550100")),
            ("US", "12125550100.0", Some("+12125550100")),
            ("FR", "33123456789.0", Some("+33123456789")),
            ("IT", "390669820000.0", Some("+390669820000")),
            ("DE", "4930901820.00", None),
            ("DE", "4930901820.5", None),
            ("DE", "4930901820.", None),
            ("DE", ".4930901820", None),
            ("DE", "0.4930901820", None),
            ("DE", "4930901820.000", None),
            ("DE", "4930901820.123", None),
            ("DE", "4930901820,0", None),
            ("DE", "4.93E+09", None),
            ("DE", "4,93E+09", None),
            ("DE", "4.930901820", None),
            ("DE", "030 901820.0", None),
            ("DE", "030.90182.0", None),
            ("DE", "4930901820.0.0", None),
            // A point between groups of digits.
            ("DE", "030.901820", Some("+4930901820")),
            ("DE", "+49.30901820", Some("+4930901820")),
            ("FR", "01.23.45.67.89", Some("+33123456789")),
            ("US", "212.555.0100", Some("+12125550100")),
            ("US", "+1.2125550100", Some("+12125550100")),
            ("DE", "4.930.901.820", Some("+4930901820")),
            // Two numbers, or alternative last digits.
            ("DE", "030 1234 / 030 1235", None),
            ("DE", "030 1 / 030 2", None),
            ("DE", "030 901820/21", None),
            ("DE", "030 901820 / 901821", None),
            ("DE", "030 1234 - 030 1235", None),
            ("DE", "030 1234 030 1235", None),
            ("DE", "030 1234\n0171 1235", None),
            ("DE", "+49 30 901820 +49 30 901821", None),
            ("DE", "030 901820; 030 901821", None),
            ("DE", "030 / 901820", Some("+4930901820")),
            ("DE", "+49 171/1234567", Some("+491711234567")),
            // Digits are added if the numbering plan requires it.
            ("AR", "011 15 2345 6789", Some("+5491123456789")),
            ("US", "1-800-FLOWERS", None),
            ("DE", "０３０ ９０１８２０", None),
            ("DE", "030 901820 #5", None),
            ("DE", "030 901820,5", None),
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
    fn parses_two_letter_countries() {
        assert_eq!(Region::parse("de").unwrap().to_string(), "DE");
        for wrong in ["", "D", "Germany", "XX", "49"] {
            assert!(Region::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn results_keep_the_digits_of_the_cell_and_are_stable(
            cell in "[0-9+ ()./-]{0,24}|[+]?[0-9]{8,12}[.][0-9]{1,2}|.{0,30}",
            region in prop::sample::select(vec!["DE", "US", "IT", "BR", "CI"]),
        ) {
            let region = Region::parse(region).unwrap();
            if let Some(number) = region.e164(&cell) {
                let digits = number.strip_prefix('+').unwrap();
                // Only the country code is added to the digits of the cell.
                let cell_digits: String = cell.chars().filter(char::is_ascii_digit).collect();
                let cell_digits = match cell.trim().strip_suffix(".0") {
                    Some(_) => &cell_digits[..cell_digits.len() - 1],
                    None => &cell_digits,
                };
                prop_assert!(
                    (0..=3).any(|code| cell_digits.ends_with(&digits[code..])),
                    "{} {}", cell, number
                );
                prop_assert!(
                    digits.len() <= 15 && digits.bytes().all(|b| b.is_ascii_digit()),
                    "{}", number
                );
                let again = region.e164(&number);
                prop_assert_eq!(again.as_deref(), Some(number.as_str()));
            }
        }
    }
}
