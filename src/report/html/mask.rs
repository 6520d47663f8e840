//! What a report that is handed on shows of people: enough to find a row again together with the list, and no more.

use crate::pool::failure::{MessageOrigin, explain};
use crate::report::Names;
use crate::user::finding::Rule;

/// Stands where something is left out.
const LEFT_OUT: &str = "…";

/// Digits in a row from which on a number may be a telephone number, an account or an identifier of a person.
const MANY_DIGITS: usize = 6;

/// A username: `a***`, `a***@e***.com`.
pub(super) fn username(name: Option<&str>, names: Names) -> String {
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return "(no username)".to_owned();
    };
    match names {
        Names::Full => name.to_owned(),
        Names::Masked => masked(name),
    }
}

fn masked(name: &str) -> String {
    let first = |text: &str| text.chars().next().map_or_else(String::new, String::from);
    match name.rsplit_once('@') {
        Some((user, domain)) if !user.is_empty() && !domain.is_empty() => {
            let top = domain.rsplit_once('.').map_or("", |(_, top)| top);
            // A name of the list's author could stand where a country should.
            let plain = (2..=6).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_lowercase());
            let dot_top = if plain {
                format!(".{top}")
            } else {
                String::new()
            };
            format!("{}***@{}***{dot_top}", first(user), first(domain))
        }
        Some(_) | None => format!("{}***", first(name)),
    }
}

/// The words of a row's error.
pub(super) fn message(code: &str, message: &str, username: Option<&str>, names: Names) -> String {
    match (names, words_of(code)) {
        (Names::Full, _) => message.to_owned(),
        (Names::Masked, Some(MessageOrigin::Known)) => {
            match Rule::from_code(code).map_or(CellQuoting::InMarks, quotes) {
                CellQuoting::InMarks => without_values(message, username),
                // A value in marks may hold a colon itself.
                CellQuoting::AtTheEnd => {
                    without_values(&without_end(&without_quoted(message)), username)
                }
                CellQuoting::Within => {
                    "(hidden: the message quotes the value; --pii full shows it)".to_owned()
                }
            }
        }
        (Names::Masked, Some(MessageOrigin::Trigger) | None) => {
            "(hidden: the message is not Cognito's own and may name people; --pii full shows it)"
                .to_owned()
        }
    }
}

/// Where an error's words come from; none where nobody knows.
fn words_of(code: &str) -> Option<MessageOrigin> {
    // A row that has no outcome, and one that is broken in the list: the words are ours.
    if code == crate::ledger::reader::INTERRUPTED || Rule::from_code(code).is_some() {
        return Some(MessageOrigin::Known);
    }
    explain(code).map(|explanation| explanation.origin)
}

/// How the words about a broken rule quote the cell, if they do.
enum CellQuoting {
    InMarks,
    /// Behind a colon.
    AtTheEnd,
    /// As part of the sentence.
    Within,
}

fn quotes(rule: Rule) -> CellQuoting {
    match rule {
        Rule::NumberRange => CellQuoting::Within,
        Rule::UsernameFormat | Rule::Email | Rule::PhoneNumber | Rule::AttributeValue => {
            CellQuoting::AtTheEnd
        }
        Rule::CellCount
        | Rule::Encoding
        | Rule::OpenQuote
        | Rule::Quotes
        | Rule::SwallowedRows
        | Rule::TooLong
        | Rule::UnnamedColumn
        | Rule::UsernameMissing
        | Rule::Username
        | Rule::PasswordMissing
        | Rule::Password
        | Rule::PasswordHash
        | Rule::PasswordPolicy
        | Rule::AttributeMissing
        | Rule::ValueLength
        | Rule::Duplicate
        | Rule::Formula
        | Rule::ValueUnknown
        | Rule::DateFormat
        | Rule::YesOrNo
        | Rule::Group => CellQuoting::InMarks,
    }
}

/// `column E-Mail: this is none: ann` without what stands behind the last colon that is certainly the sentence's own.
fn without_end(message: &str) -> String {
    let own = if message.starts_with("column ") { 2 } else { 1 };
    let mut parts = message.split(": ");
    let kept: Vec<&str> = parts.by_ref().take(own).collect();
    let kept = kept.join(": ");
    if parts.next().is_some() {
        format!("{kept}: {LEFT_OUT}")
    } else {
        kept
    }
}

/// MessageOrigin that are known, without what they may quote of a row: whatever stands in quotes, addresses, long numbers, names of AWS
/// identities, and the username itself.
pub(super) fn without_values(text: &str, username: Option<&str>) -> String {
    let mut text = text.to_owned();
    if let Some(username) = username.filter(|name| name.chars().count() > 2) {
        text = text.replace(username, LEFT_OUT);
    }
    let text = without_quoted(&text);
    let words: Vec<String> = text.split(' ').map(without_identity).collect();
    words.join(" ")
}

/// Leaves out the text from the first mark to the last one, for backticks and for double quotes: a value can hold the mark itself. Text in
/// other quotes is left out as well, unless it is the name of a parameter (`at 'username'`), by which Cognito says where the value was.
fn without_quoted(text: &str) -> String {
    let text = between(&between(text, '`'), '"');
    let mut left = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(open) = rest.find(['\'', '"', '“']) {
        let (before, quoted) = rest.split_at(open);
        left.push_str(before);
        let mark = if quoted.starts_with('“') {
            '”'
        } else {
            quoted.chars().next().unwrap_or('"')
        };
        // An apostrophe within a word opens nothing.
        let within = before.ends_with(char::is_alphanumeric);
        let mut characters = quoted.chars();
        let opening = characters.next().unwrap_or(mark);
        let inner = characters.as_str();
        rest = match inner.split_once(mark) {
            _ if within => {
                left.push(opening);
                inner
            }
            Some((name, behind)) if before.ends_with("at ") => {
                left.push(opening);
                left.push_str(name);
                left.push(mark);
                behind
            }
            Some((_, behind)) => {
                left.push_str(LEFT_OUT);
                behind
            }
            None => {
                left.push_str(LEFT_OUT);
                ""
            }
        };
    }
    left.push_str(rest);
    left
}

/// The text without what is between the first and the last of these marks.
fn between(text: &str, mark: char) -> String {
    match (text.split_once(mark), text.rsplit_once(mark)) {
        (Some((before, _)), Some((rest, after))) if before.len() < rest.len() => {
            format!("{before}{LEFT_OUT}{after}")
        }
        (Some(_) | None, Some(_) | None) => text.to_owned(),
    }
}

/// A word that is, or holds, an address, a long number or the name of an AWS identity is left out.
fn without_identity(word: &str) -> String {
    let mut digits = 0;
    let many = word.chars().any(|character| {
        digits = if character.is_ascii_digit() {
            digits + 1
        } else {
            0
        };
        digits >= MANY_DIGITS
    });
    if many || word.contains('@') || word.contains("arn:") {
        LEFT_OUT.to_owned()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{masked, message, username, without_values};
    use crate::report::Names;

    #[test]
    fn of_a_name_its_first_letter_is_left() {
        for (name, shown) in [
            ("ann", "a***"),
            ("a", "a***"),
            ("ann@example.com", "a***@e***.com"),
            ("ann@mail.example.co.uk", "a***@m***.uk"),
            ("ann@localhost", "a***@l***"),
            ("ann@x.<script>alert", "a***@x***"),
            ("a@b@example.com", "a***@e***.com"),
            ("@ann", "@***"),
            ("+4930901820", "+***"),
            ("名前", "名***"),
        ] {
            assert_eq!(masked(name), shown);
        }
        assert_eq!(username(None, Names::Full), "(no username)");
        assert_eq!(username(Some("ann"), Names::Full), "ann");
    }

    #[test]
    fn what_a_message_quotes_is_left_out() {
        for (text, left) in [
            ("`ann@x.com` is no address", "… is no address"),
            ("`a` b` is not in the table; or `*`", "…"),
            ("\"a\" b\" is not an address", "… is not an address"),
            (
                "Value 'Ann Lee' at 'username' failed to satisfy constraint: Member must have length",
                "Value … at 'username' failed to satisfy constraint: Member must have length",
            ),
            ("the column's cell isn't \"x y", "the column's cell isn't …"),
            (
                "User: arn:aws:iam::123456789012:user/ann is not",
                "User: … is not",
            ),
            ("call +4930901820 now", "call … now"),
            (
                "the value has 2049 characters",
                "the value has 2049 characters",
            ),
            ("no user ann.lee here", "no user … here"),
        ] {
            assert_eq!(without_values(text, Some("ann.lee")), left);
        }
    }

    #[test]
    fn what_others_wrote_is_not_shown_at_all() {
        let said = |code| message(code, "Ann Lee may not", None, Names::Masked);
        assert!(said("UserLambdaValidationException").starts_with("(hidden"));
        assert!(said("BrandNewException").starts_with("(hidden"));
        assert_eq!(said("InvalidParameterException"), "Ann Lee may not");
        assert_eq!(said("attribute.length"), "Ann Lee may not");
        assert!(said("attribute.range").starts_with("(hidden"));
        let phone = "column Phone: \"0: 30 18\" is no phone number of DE; correct it";
        assert_eq!(
            message("phone_number.format", phone, None, Names::Masked),
            "column Phone: … is no phone number of DE; correct it"
        );
        let email = "column E-Mail: this is no address: ann: lee";
        assert_eq!(
            message("email.format", email, None, Names::Masked),
            "column E-Mail: this is no address: …"
        );
        let full = message("BrandNewException", "Ann Lee may not", None, Names::Full);
        assert_eq!(full, "Ann Lee may not");
    }
}
