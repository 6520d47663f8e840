//! Dates as old systems write them, and as Cognito takes them.

use std::borrow::Cow;

use time::format_description::well_known::Rfc3339;
use time::format_description::{OwnedFormatItem, parse_strftime_owned};
use time::parsing::Parsed;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// How dates are written, in the words of `strftime`. Days, months and hours may have one digit or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateFormat {
    words: String,
    form: DateForm,
    /// The spelling of words in cells, where the format has any.
    spelling: Option<HalfDays>,
}

/// How `time` spells the halves of a day: it has no parser that ignores case for strftime's formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HalfDays {
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

/// What the words ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DateForm {
    /// `%+`: a time as programs write it, with or without parts of a second, in UTC or with an offset.
    Rfc3339,
    /// Anything else.
    Items(OwnedFormatItem),
}

/// The word for the whole of RFC 3339, as `date` and chrono have it.
const RFC_3339: &str = "%+";

/// Words that a leading zero belongs to. A list seldom keeps to it, so that neither is asked for.
const PADDED: [char; 7] = ['d', 'm', 'H', 'I', 'M', 'S', 'j'];

impl DateFormat {
    /// Reads the words.
    ///
    /// # Errors
    /// A word is unknown, or they do not tell the day.
    pub fn parse(words: &str) -> Result<Self, String> {
        if words == RFC_3339 {
            return Ok(Self {
                words: words.to_owned(),
                form: DateForm::Rfc3339,
                spelling: None,
            });
        }
        let (loose, used) = loosened(words)?;
        let has = |any: &str| used.chars().any(|word| any.contains(word));
        let day = has("sc") || (has("Y") && (has("j") || (has("mbBh") && has("de"))));
        if has("yDxg") && !day {
            return Err(
                "a two-digit year does not identify the century: the list needs four-digit years (%Y)"
                    .to_owned(),
            );
        }
        if !day {
            return Err("does not identify the day: it needs %Y, %m (or %b) and %d".to_owned());
        }
        let items = parse_strftime_owned(&loose).map_err(|error| error.to_string())?;
        Ok(Self {
            words: words.to_owned(),
            form: DateForm::Items(items),
            spelling: has("aAbBhpP").then_some(if has("P") {
                HalfDays::Lower
            } else {
                HalfDays::Upper
            }),
        })
    }

    /// The words as they were given.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The date as YYYY-MM-DD; none where the cell does not fit.
    pub(super) fn day(&self, cell: &str) -> Option<String> {
        let cell = &*self.spelled(cell);
        let day = match self.moment(cell) {
            Some(moment) => moment.date(),
            None => Date::parse(cell, self.items()?).ok()?,
        };
        let year = u32::try_from(day.year()).ok()?;
        Some(format!(
            "{year:04}-{:02}-{:02}",
            u8::from(day.month()),
            day.day()
        ))
    }

    /// The time as seconds since the Unix epoch. A day without a time begins at midnight, and a time without an offset is UTC.
    pub(super) fn epoch_seconds(&self, cell: &str) -> Option<String> {
        let cell = &*self.spelled(cell);
        let moment = match self.moment(cell) {
            Some(moment) => moment,
            None => match PrimitiveDateTime::parse(cell, self.items()?) {
                Ok(moment) => moment.assume_utc(),
                Err(_) => Date::parse(cell, self.items()?)
                    .ok()?
                    .with_time(Time::MIDNIGHT)
                    .assume_utc(),
            },
        };
        Some(moment.unix_timestamp().to_string())
    }

    /// The cell with the names of months and weekdays, and the halves of a day, in the case that the format expects.
    fn spelled<'c>(&self, cell: &'c str) -> Cow<'c, str> {
        let Some(half_days) = self.spelling else {
            return Cow::Borrowed(cell);
        };
        let mut text = String::with_capacity(cell.len());
        let mut rest = cell;
        while let Some(from) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let (before, letters) = rest.split_at(from);
            let end = letters
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(letters.len());
            let (word, after) = letters.split_at(end);
            text.push_str(before);
            text.push_str(spelled(word, half_days));
            rest = after;
        }
        text.push_str(rest);
        Cow::Owned(text)
    }

    /// Where the cell tells the offset, or counts seconds since the epoch.
    fn moment(&self, cell: &str) -> Option<OffsetDateTime> {
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

    /// What a cell without an offset is read by; none where there is always one.
    fn items(&self) -> Option<&OwnedFormatItem> {
        match &self.form {
            DateForm::Rfc3339 => None,
            DateForm::Items(items) => Some(items),
        }
    }
}

/// A word of a date in the case that `time` expects, or unchanged if `time` does not know it.
fn spelled(word: &str, half_days: HalfDays) -> &str {
    let half_days = match half_days {
        HalfDays::Upper => ["AM", "PM"],
        HalfDays::Lower => ["am", "pm"],
    };
    let names = MONTHS.into_iter().chain(WEEKDAYS);
    let short = names.clone().filter_map(|name| name.get(..3));
    names
        .chain(short)
        .chain(half_days)
        .find(|known| known.eq_ignore_ascii_case(word))
        .unwrap_or(word)
}

/// Whether this is a day as `YYYY-MM-DD`. OpenID Connect (5.1) writes the year 0000 where it is left out.
pub(super) fn is_day(text: &str) -> bool {
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
    let day = match (year.parse(), month, day.parse()) {
        (Ok(year), Some(month), Ok(day)) => Date::from_calendar_date(year, month, day),
        _ => return false,
    };
    day.is_ok()
}

/// The same words without leading zeros; and the words that it has.
fn loosened(words: &str) -> Result<(String, String), String> {
    let mut loose = String::with_capacity(words.len());
    let mut used = String::new();
    let mut characters = words.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            loose.push(character);
            continue;
        }
        match characters.next() {
            None => return Err("ends with a %: write %% for the character itself".to_owned()),
            Some('F') => {
                loose.push_str("%Y-%-m-%-d");
                used.push_str("Ymd");
            }
            Some('T') => loose.push_str("%-H:%-M:%-S"),
            Some('R') => loose.push_str("%-H:%-M"),
            Some(word) => {
                used.push(word);
                loose.push('%');
                if PADDED.contains(&word) {
                    loose.push('-');
                }
                loose.push(word);
                if "-_0".contains(word)
                    && let Some(padded) = characters.next()
                {
                    used.push(padded);
                    loose.push(padded);
                }
            }
        }
    }
    Ok((loose, used))
}

#[cfg(test)]
mod tests {
    use super::{DateFormat, is_day};

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for day in ["1990-02-28", "2024-02-29", "0000-02-29"] {
            assert!(is_day(day), "{day}");
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
            assert!(!is_day(other), "{other}");
        }
    }

    #[test]
    fn days_are_written_as_cognito_takes_them() {
        for (words, cell, day) in [
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
            let format = DateFormat::parse(words).unwrap();
            assert_eq!(format.day(cell).as_deref(), day, "{words} {cell}");
        }
    }

    #[test]
    fn times_are_seconds_since_the_epoch() {
        for (words, cell, seconds) in [
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
            let format = DateFormat::parse(words).unwrap();
            assert_eq!(
                format.epoch_seconds(cell).as_deref(),
                seconds,
                "{words} {cell}"
            );
        }
    }

    #[test]
    fn words_that_do_not_tell_the_day_are_refused() {
        for (words, why) in [
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
            let error = DateFormat::parse(words).unwrap_err();
            assert!(error.contains(why), "{words}: {error}");
        }
    }
}
