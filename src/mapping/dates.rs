//! Parses dates of other systems and converts them to the forms of Cognito.

use std::borrow::Cow;

use time::format_description::well_known::Rfc3339;
use time::format_description::{OwnedFormatItem, parse_strftime_owned};
use time::parsing::Parsed;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A date format in the notation of `strftime`. Days, months and hours may have one or two digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat {
    pattern: String,
    form: DateForm,
    /// The case of AM and PM, if the format contains words.
    words: Option<AmPmCase>,
}

/// The case of AM and PM that `time` expects. For strftime formats, its parser is case-sensitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AmPmCase {
    /// `%p`: AM, PM.
    Upper,
    /// `%P`: am, pm.
    Lower,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DateForm {
    /// `%+`: RFC 3339, with or without fractions of a second, in UTC or with an offset.
    Rfc3339,
    /// Anything else.
    Items(OwnedFormatItem),
}

/// The pattern of RFC 3339, as in `date` and chrono.
const RFC_3339: &str = "%+";

/// Directives with a leading zero. Lists often omit it, so it is optional.
const PADDED: [char; 7] = ['d', 'm', 'H', 'I', 'M', 'S', 'j'];

impl DateFormat {
    /// Parses a pattern.
    ///
    /// # Errors
    /// A directive is unknown, or the pattern does not identify the day.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        if pattern == RFC_3339 {
            return Ok(Self {
                pattern: pattern.to_owned(),
                form: DateForm::Rfc3339,
                words: None,
            });
        }
        let (lenient, directives) = without_padding(pattern)?;
        let has = |any: &str| directives.chars().any(|directive| any.contains(directive));
        let identifies_day = has("sc") || (has("Y") && (has("j") || (has("mbBh") && has("de"))));
        if has("yDxg") && !identifies_day {
            return Err(
                "a two-digit year does not identify the century: the list needs four-digit years \
                 (%Y)"
                    .to_owned(),
            );
        }
        if !identifies_day {
            return Err("does not identify the day: it needs %Y, %m (or %b) and %d".to_owned());
        }
        let items = parse_strftime_owned(&lenient).map_err(|error| error.to_string())?;
        Ok(Self {
            pattern: pattern.to_owned(),
            form: DateForm::Items(items),
            words: has("aAbBhpP").then_some(if has("P") {
                AmPmCase::Lower
            } else {
                AmPmCase::Upper
            }),
        })
    }

    /// Returns the pattern as given.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Converts a date to YYYY-MM-DD. Returns `None` if the cell does not match the format.
    pub(super) fn day(&self, cell: &str) -> Option<String> {
        let cell = &*self.normalize_words(cell);
        let day = match self.date_time(cell) {
            Some(date_time) => date_time.date(),
            None => Date::parse(cell, self.items()?).ok()?,
        };
        let year = u32::try_from(day.year()).ok()?;
        Some(format!(
            "{year:04}-{:02}-{:02}",
            u8::from(day.month()),
            day.day()
        ))
    }

    /// Converts a date to seconds since the Unix epoch. The default time is midnight, and the
    /// default offset is UTC.
    pub(super) fn epoch_seconds(&self, cell: &str) -> Option<String> {
        let cell = &*self.normalize_words(cell);
        let date_time = match self.date_time(cell) {
            Some(date_time) => date_time,
            None => match PrimitiveDateTime::parse(cell, self.items()?) {
                Ok(date_time) => date_time.assume_utc(),
                Err(_) => Date::parse(cell, self.items()?)
                    .ok()?
                    .with_time(Time::MIDNIGHT)
                    .assume_utc(),
            },
        };
        Some(date_time.unix_timestamp().to_string())
    }

    /// Changes the names of months and weekdays, AM and PM to the case that `time` expects.
    fn normalize_words<'c>(&self, cell: &'c str) -> Cow<'c, str> {
        let Some(am_pm) = self.words else {
            return Cow::Borrowed(cell);
        };
        let mut text = String::with_capacity(cell.len());
        let mut rest = cell;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let (before, letters) = rest.split_at(start);
            let end = letters
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(letters.len());
            let (word, after) = letters.split_at(end);
            text.push_str(before);
            text.push_str(normalize_word(word, am_pm));
            rest = after;
        }
        text.push_str(rest);
        Cow::Owned(text)
    }

    /// Parses a cell with an offset, or with seconds since the epoch.
    fn date_time(&self, cell: &str) -> Option<OffsetDateTime> {
        let items = match &self.form {
            DateForm::Rfc3339 => return OffsetDateTime::parse(cell, &Rfc3339).ok(),
            DateForm::Items(items) => items,
        };
        let mut parsed = Parsed::new();
        let rest = parsed.parse_item(cell.as_bytes(), items).ok()?;
        if !rest.is_empty() {
            return None;
        }
        parsed.try_into().ok()
    }

    /// Returns the format of a cell without an offset. RFC 3339 always has an offset.
    fn items(&self) -> Option<&OwnedFormatItem> {
        match &self.form {
            DateForm::Rfc3339 => None,
            DateForm::Items(items) => Some(items),
        }
    }
}

/// Changes a word to the case that `time` expects, if `time` knows it.
fn normalize_word(word: &str, am_pm: AmPmCase) -> &str {
    let am_pm = match am_pm {
        AmPmCase::Upper => ["AM", "PM"],
        AmPmCase::Lower => ["am", "pm"],
    };
    let names = MONTHS.into_iter().chain(WEEKDAYS);
    let short = names.clone().filter_map(|name| name.get(..3));
    names
        .chain(short)
        .chain(am_pm)
        .find(|known| known.eq_ignore_ascii_case(word))
        .unwrap_or(word)
}

/// Returns whether this is a valid date in the form `YYYY-MM-DD`. OpenID Connect (5.1) allows the
/// year 0000 to omit the year.
pub(super) fn is_calendar_date(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day] = *text.split('-').collect::<Vec<_>>().as_slice() else {
        return false;
    };
    if (year.len(), month.len(), day.len()) != (4, 2, 2)
        || !digits(year)
        || !digits(month)
        || !digits(day)
    {
        return false;
    }
    let month = month
        .parse()
        .ok()
        .and_then(|month: u8| Month::try_from(month).ok());
    match (year.parse(), month, day.parse()) {
        (Ok(year), Some(month), Ok(day)) => Date::from_calendar_date(year, month, day).is_ok(),
        _ => false,
    }
}

/// Makes leading zeros optional. Returns the new pattern and the letters of its directives.
fn without_padding(pattern: &str) -> Result<(String, String), String> {
    let mut lenient = String::with_capacity(pattern.len());
    let mut directives = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            lenient.push(character);
            continue;
        }
        match characters.next() {
            None => return Err("ends with a %: write %% for the character itself".to_owned()),
            Some('F') => {
                lenient.push_str("%Y-%-m-%-d");
                directives.push_str("Ymd");
            }
            Some('T') => lenient.push_str("%-H:%-M:%-S"),
            Some('R') => lenient.push_str("%-H:%-M"),
            Some(directive) => {
                directives.push(directive);
                lenient.push('%');
                if PADDED.contains(&directive) {
                    lenient.push('-');
                }
                lenient.push(directive);
                if "-_0".contains(directive)
                    && let Some(padded) = characters.next()
                {
                    directives.push(padded);
                    lenient.push(padded);
                }
            }
        }
    }
    Ok((lenient, directives))
}

#[cfg(test)]
mod tests {
    use super::{DateFormat, is_calendar_date};

    #[test]
    fn recognizes_calendar_dates() {
        for day in ["1990-02-28", "2024-02-29", "0000-02-29"] {
            assert!(is_calendar_date(day), "{day}");
        }
        for other in [
            "1990-02-30",
            "01/02/1990",
            "1990-2-1",
            "1990-13-01",
            "19900-1-01",
            "1990-02-1x",
            "1990-00-01",
            "",
        ] {
            assert!(!is_calendar_date(other), "{other}");
        }
    }

    #[test]
    fn converts_dates_to_year_month_day() {
        for (pattern, cell, day) in [
            ("%d.%m.%Y", "31.12.1999", Some("1999-12-31")),
            ("%d.%m.%Y", "1.2.1999", Some("1999-02-01")),
            ("%d.%m.%Y", "01.02.1999", Some("1999-02-01")),
            ("%m/%d/%Y", "2/29/2024", Some("2024-02-29")),
            ("%m/%d/%Y", "2/29/2023", None),
            ("%d.%m.%Y", "31.12.99", None),
            ("%d.%m.%Y", "1999-12-31", None),
            ("%d.%m.%Y", "31.12.1999 ", None),
            ("%d.%m.%Y", "31.12.1999x", None),
            ("%d.%m.%Y", "32.12.1999", None),
            ("%d.%m.%Y", "", None),
            ("%d %b %Y", "5 Mar 1980", Some("1980-03-05")),
            ("%d %B %Y", "05 March 1980", Some("1980-03-05")),
            ("%d %B %Y", "05 MARCH 1980", Some("1980-03-05")),
            ("%d-%b-%Y", "5-mar-1980", Some("1980-03-05")),
            ("%d-%h-%Y", "5-mAR-1980", Some("1980-03-05")),
            ("%b %d, %Y", "MAY 1, 1980", Some("1980-05-01")),
            (
                "%A, %d %B %Y",
                "WEDNESDAY, 5 march 1980",
                Some("1980-03-05"),
            ),
            ("%a %d %b %Y", "wed 5 MAR 1980", Some("1980-03-05")),
            ("%d %B %Y", "05 Marchy 1980", None),
            ("%d %B %Y", "05 MAR 1980", None),
            ("%dmarch%m.%Y", "05MARCH03.1980", None),
            ("%F", "1980-03-05", Some("1980-03-05")),
            ("%F %T", "1980-03-05 23:59:59", Some("1980-03-05")),
            ("%Y%m%d", "19800305", Some("1980-03-05")),
            ("%Y-%j", "1980-065", Some("1980-03-05")),
            ("%-d.%-m.%Y", "5.3.1980", Some("1980-03-05")),
            ("%s", "321062400", Some("1980-03-05")),
            ("%+", "1980-03-05T23:59:59.123Z", Some("1980-03-05")),
            ("%+", "1980-03-05", None),
        ] {
            let format = DateFormat::parse(pattern).unwrap();
            assert_eq!(format.day(cell).as_deref(), day, "{pattern} {cell}");
        }
    }

    #[test]
    fn converts_dates_to_epoch_seconds() {
        for (pattern, cell, seconds) in [
            ("%d.%m.%Y", "02.01.1970", Some("86400")),
            ("%F %T", "1970-01-01 00:01:40", Some("100")),
            ("%FT%T%z", "1970-01-01T01:01:40+0100", Some("100")),
            ("%F %H:%M", "1970-01-01 1:00", Some("3600")),
            ("%d/%m/%Y %I:%M %p", "01/01/1970 01:00 PM", Some("46800")),
            ("%d/%m/%Y %I:%M %p", "01/01/1970 01:00 pm", Some("46800")),
            ("%d/%m/%Y %I:%M %P", "01/01/1970 01:00 PM", Some("46800")),
            ("%s", "1700000000", Some("1700000000")),
            ("%+", "1970-01-01T00:01:40Z", Some("100")),
            ("%+", "1970-01-01T00:01:40.999Z", Some("100")),
            ("%+", "1970-01-01T01:01:40.5+01:00", Some("100")),
            ("%+", "1970-01-01 00:01", None),
            ("%F %T", "1970-01-01", None),
            ("%F %T", "1970-01-01 25:00:00", None),
        ] {
            let format = DateFormat::parse(pattern).unwrap();
            assert_eq!(
                format.epoch_seconds(cell).as_deref(),
                seconds,
                "{pattern} {cell}"
            );
        }
    }

    #[test]
    fn rejects_patterns_that_do_not_identify_the_day() {
        for (pattern, reason) in [
            ("%d.%m.%y", "century"),
            ("%D", "century"),
            ("%d.%m.", "does not identify the day"),
            ("%Y", "does not identify the day"),
            ("", "does not identify the day"),
            ("DD.MM.YYYY", "does not identify the day"),
            ("%d.%m.%Y %Q", "Q"),
            ("%+Z", "does not identify the day"),
            ("%d.%m.%Y %", "ends with a %"),
        ] {
            let error = DateFormat::parse(pattern).unwrap_err();
            assert!(error.contains(reason), "{pattern}: {error}");
        }
    }
}
