//! Counts with their nouns.

/// Returns a count with its noun: `1 row`, `2 rows`.
#[must_use]
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", plural(number, one, many))
}

/// Returns the noun or verb that agrees with the number.
#[must_use]
pub(crate) fn plural<'w>(number: u64, one: &'w str, many: &'w str) -> &'w str {
    if number == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn only_one_is_singular() {
        let counts = [0, 1, 2, 21].map(|number| counted(number, "row", "rows"));
        assert_eq!(counts, ["0 rows", "1 row", "2 rows", "21 rows"]);
    }
}
