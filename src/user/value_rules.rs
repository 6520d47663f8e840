//! How the values of a list and of a pool are compared.
//!
//! Two values are the same if a person reads the same text: canonically equivalent Unicode, and
//! whitespace of any kind and length, are no difference.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::pool_rules::{PoolRules, ValueType};

/// The attributes whose case a pool ignores if it ignores the case of usernames (Cognito's
/// developer guide, "User pool case sensitivity").
const FOLDED: [&str; 2] = ["email", "preferred_username"];

/// The standard attribute that is a number.
const UPDATED_AT: &str = "updated_at";

/// How a pool compares the values of attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueRules {
    /// Whether the pool ignores the case of usernames.
    case_insensitive: bool,
    numbers: Vec<String>,
    booleans: Vec<String>,
}

impl ValueRules {
    /// `rules` are those of the pool, if they are known.
    #[must_use]
    pub fn new(case_insensitive: bool, rules: Option<&PoolRules>) -> Self {
        let of_type = |wanted: ValueType| {
            rules
                .iter()
                .flat_map(|rules| &rules.schema)
                .filter(|rule| rule.data_type == wanted)
                .map(|rule| rule.name.clone())
                .collect()
        };
        Self {
            case_insensitive,
            numbers: of_type(ValueType::Number),
            booleans: of_type(ValueType::Boolean),
        }
    }

    /// Returns whether two values of an attribute are the same.
    #[must_use]
    pub fn are_same(&self, attribute: &str, one: &str, other: &str) -> bool {
        if one == other {
            return true;
        }
        let is_among = |names: &[String]| names.iter().any(|name| name == attribute);
        if attribute == UPDATED_AT || is_among(&self.numbers) {
            let number = |text: &str| text.trim().parse::<i128>().ok();
            if let (Some(one), Some(other)) = (number(one), number(other)) {
                return one == other;
            }
        }
        let ignores_case =
            (self.case_insensitive && FOLDED.contains(&attribute)) || is_among(&self.booleans);
        let one = normalized(one, ignores_case);
        let other = normalized(other, ignores_case);
        one.split_whitespace().eq(other.split_whitespace())
    }
}

fn normalized(text: &str, ignores_case: bool) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    if ignores_case {
        composed.to_lowercase()
    } else {
        composed.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::ValueRules;
    use crate::user::pool_rules::{AttributeRule, PoolRules, ValueType};

    fn rules(case_insensitive: bool) -> ValueRules {
        let rule = |name: &str, data_type| AttributeRule {
            name: name.to_owned(),
            data_type,
            ..AttributeRule::default()
        };
        let rules = PoolRules {
            schema: vec![
                rule("custom:level", ValueType::Number),
                rule("custom:active", ValueType::Boolean),
            ],
            ..PoolRules::default()
        };
        ValueRules::new(case_insensitive, Some(&rules))
    }

    #[test]
    fn case_is_ignored_only_where_the_pool_ignores_it() {
        let (ignores, compares) = (rules(true), rules(false));
        for name in ["email", "preferred_username"] {
            assert!(ignores.are_same(name, "Ann@Example.com", "ann@example.COM"));
            assert!(!compares.are_same(name, "Ann@Example.com", "ann@example.com"));
        }
        assert!(!ignores.are_same("name", "ann", "Ann"));
        assert!(!ignores.are_same("email", "ann@example.com", "bob@example.com"));
    }

    #[test]
    fn canonically_equivalent_text_and_whitespace_are_no_difference() {
        let rules = rules(true);
        for (one, other) in [
            ("Zo\u{eb}", "Zoe\u{308}"),
            ("\u{212b}ngström", "\u{c5}ngstro\u{308}m"),
            ("Nguy\u{1ec5}n", "Nguye\u{302}\u{303}n"),
            (" Ann  Lee\t", "Ann Lee"),
            ("Ann\u{a0}Lee", "Ann\u{2003}Lee"),
            ("1 Main St\r\nTown", "1 Main St\nTown"),
        ] {
            assert!(rules.are_same("name", one, other), "{one:?} {other:?}");
        }
        let (capital, small) = ("ZOE\u{308}@example.com", "zo\u{eb}@example.com");
        assert!(rules.are_same("email", capital, small));
        // They look alike, but a search for one does not find the other.
        for (one, other) in [
            ("AnnLee", "Ann Lee"),
            ("\u{fb01}n", "fin"),
            ("x\u{b2}", "x2"),
            ("Ann\u{200b}", "Ann"),
            ("\u{430}nn", "ann"),
        ] {
            assert!(!rules.are_same("name", one, other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn numbers_and_booleans_are_compared_by_value() {
        let rules = rules(true);
        assert!(rules.are_same("custom:level", "007", "7"));
        assert!(rules.are_same("updated_at", "+1700000000", "1700000000"));
        assert!(!rules.are_same("custom:level", "7", "8"));
        assert!(!rules.are_same("custom:level", "7", "seven"));
        assert!(rules.are_same("custom:active", "True", "true"));
        assert!(!rules.are_same("custom:active", "true", "false"));
        assert!(!rules.are_same("custom:code", "007", "7"));
    }
}
