//! Masks personal data in reports. Together with the list, enough remains to find a row.

use crate::pool::failure::{MessageOrigin, explain};
use crate::report::Names;
use crate::user::finding::Rule;

/// Replaces hidden text.
const ELLIPSIS: &str = "…";

/// Numbers with this many consecutive digits may identify a person, a phone or an account.
const MIN_IDENTIFYING_DIGITS: usize = 6;

/// Formats a username, if masked like `a***` or `a***@e***.com`.
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
            // The list may contain anything in place of a top-level domain.
            let is_domain =
                (2..=6).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_lowercase());
            let dot_top = if is_domain {
                format!(".{top}")
            } else {
                String::new()
            };
            format!("{}***@{}***{dot_top}", first(user), first(domain))
        }
        Some(_) | None => format!("{}***", first(name)),
    }
}

/// Formats the error message of a row.
pub(super) fn message(code: &str, message: &str, username: Option<&str>, names: Names) -> String {
    match (names, message_origin(code)) {
        (Names::Full, _) => message.to_owned(),
        (Names::Masked, Some(MessageOrigin::Known)) => {
            match Rule::from_code(code).map_or(CellQuoting::Quoted, cell_quoting) {
                CellQuoting::Quoted => without_values(message, username),
                // A quoted value may contain a colon.
                CellQuoting::AtEnd => {
                    without_values(&without_end(&without_quoted(message)), username)
                }
                CellQuoting::InSentence => {
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

/// Returns the origin of an error's message, if it is known.
fn message_origin(code: &str) -> Option<MessageOrigin> {
    // These messages are written by this program.
    if code == crate::ledger::reader::INTERRUPTED || Rule::from_code(code).is_some() {
        return Some(MessageOrigin::Known);
    }
    explain(code).map(|explanation| explanation.origin)
}

/// How a message about a broken rule quotes the cell, if it does.
enum CellQuoting {
    /// In quotation marks.
    Quoted,
    /// After a colon at the end.
    AtEnd,
    /// As part of the sentence.
    InSentence,
}

fn cell_quoting(rule: Rule) -> CellQuoting {
    match rule {
        Rule::NumberRange => CellQuoting::InSentence,
        Rule::UsernameFormat | Rule::Email | Rule::PhoneNumber | Rule::AttributeValue => {
            CellQuoting::AtEnd
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
        | Rule::Group => CellQuoting::Quoted,
    }
}

/// Removes the value from the end of a message like `column E-Mail: not an address: ann`.
fn without_end(message: &str) -> String {
    let parts_to_keep = if message.starts_with("column ") { 2 } else { 1 };
    let mut parts = message.split(": ");
    let kept: Vec<&str> = parts.by_ref().take(parts_to_keep).collect();
    let kept = kept.join(": ");
    if parts.next().is_some() {
        format!("{kept}: {ELLIPSIS}")
    } else {
        kept
    }
}

/// Removes values that a known message may quote: quoted text, addresses, long numbers, AWS
/// identities and the username.
pub(super) fn without_values(text: &str, username: Option<&str>) -> String {
    let mut text = text.to_owned();
    if let Some(username) = username.filter(|name| name.chars().count() > 2) {
        text = text.replace(username, ELLIPSIS);
    }
    let text = without_quoted(&text);
    let words: Vec<String> = text.split(' ').map(without_identity).collect();
    words.join(" ")
}

/// Removes quoted text. For backticks and double quotes, this is everything from the first to the
/// last mark, because a value can contain the mark. Keeps the parameter names in Cognito's
/// messages, like `at 'username'`.
fn without_quoted(text: &str) -> String {
    let text = without_between(&without_between(text, '`'), '"');
    let mut output = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(open) = rest.find(['\'', '"', '“']) {
        let (before, quoted) = rest.split_at(open);
        output.push_str(before);
        let mut characters = quoted.chars();
        let opening = characters.next().unwrap_or('"');
        let closing = if opening == '“' { '”' } else { opening };
        let inner = characters.as_str();
        let is_apostrophe = before.ends_with(char::is_alphanumeric);
        rest = match inner.split_once(closing) {
            _ if is_apostrophe => {
                output.push(opening);
                inner
            }
            Some((name, after)) if before.ends_with("at ") => {
                output.push(opening);
                output.push_str(name);
                output.push(closing);
                after
            }
            Some((_, after)) => {
                output.push_str(ELLIPSIS);
                after
            }
            None => {
                output.push_str(ELLIPSIS);
                ""
            }
        };
    }
    output.push_str(rest);
    output
}

/// Removes everything from the first to the last of these marks.
fn without_between(text: &str, mark: char) -> String {
    match (text.split_once(mark), text.rsplit_once(mark)) {
        (Some((before, _)), Some((rest, after))) if before.len() < rest.len() => {
            format!("{before}{ELLIPSIS}{after}")
        }
        (Some(_) | None, Some(_) | None) => text.to_owned(),
    }
}

/// Replaces a word that contains an address, a long number or an AWS identity.
fn without_identity(word: &str) -> String {
    let mut digits = 0;
    let has_long_number = word.chars().any(|character| {
        digits = if character.is_ascii_digit() {
            digits + 1
        } else {
            0
        };
        digits >= MIN_IDENTIFYING_DIGITS
    });
    if has_long_number || word.contains('@') || word.contains("arn:") {
        ELLIPSIS.to_owned()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{masked, message, username, without_values};
    use crate::report::Names;

    #[test]
    fn masks_all_but_the_first_letter() {
        for (name, expected) in [
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
            assert_eq!(masked(name), expected);
        }
        assert_eq!(username(None, Names::Full), "(no username)");
        assert_eq!(username(Some("ann"), Names::Full), "ann");
    }

    #[test]
    fn removes_values_from_messages() {
        for (text, expected) in [
            ("`ann@x.com` is not an address", "… is not an address"),
            ("`a` b` is not in the table; or `*`", "…"),
            ("\"a\" b\" is not an address", "… is not an address"),
            (
                "Value 'Ann Lee' at 'username' failed to satisfy constraint: Member must have \
                 length",
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
            assert_eq!(without_values(text, Some("ann.lee")), expected);
        }
    }

    #[test]
    fn hides_messages_of_unknown_origin() {
        let masked = |code| message(code, "Ann Lee may not", None, Names::Masked);
        assert!(masked("UserLambdaValidationException").starts_with("(hidden"));
        assert!(masked("BrandNewException").starts_with("(hidden"));
        assert_eq!(masked("InvalidParameterException"), "Ann Lee may not");
        assert_eq!(masked("attribute.length"), "Ann Lee may not");
        assert!(masked("attribute.range").starts_with("(hidden"));
        let phone = "column Phone: \"0: 30 18\" is not a phone number of DE; correct it";
        assert_eq!(
            message("phone_number.format", phone, None, Names::Masked),
            "column Phone: … is not a phone number of DE; correct it"
        );
        let email = "column E-Mail: not an email address: ann: lee";
        assert_eq!(
            message("email.format", email, None, Names::Masked),
            "column E-Mail: not an email address: …"
        );
        let full = message("BrandNewException", "Ann Lee may not", None, Names::Full);
        assert_eq!(full, "Ann Lee may not");
    }
}
