//! Cells that hold a spreadsheet formula instead of a value. Some exports write `="0049"` so that
//! spreadsheets do not treat the text as a number. Sent unchanged, the formula would become the
//! username or the password.

use super::Mapping;
use super::follow_up::StepCondition;
use super::mapped_row::report;
use super::selection::RowSelection;
use super::transform::TransformError;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::rules::quoted;

/// The start of a formula that is a text or joins several texts.
const TEXT_FORMULA: &str = "=\"";

impl Mapping {
    /// Reports formulas in cells that conditions test. A formula matches no condition, so that a
    /// suspended user, for example, would not be disabled.
    pub(super) fn check_conditions_for_formulas(
        &self,
        raw: &RawRow<'_>,
        findings: &mut Vec<Finding>,
    ) {
        let steps = [&self.follow_up.confirm, &self.follow_up.disable];
        let conditions = steps.into_iter().flat_map(|condition| match condition {
            StepCondition::Where(conditions) => conditions.as_slice(),
            StepCondition::Never | StepCondition::Always => &[],
        });
        let selection = self.selection.iter().flat_map(RowSelection::conditions);
        for condition in conditions.chain(&self.skip).chain(selection) {
            let column = condition.column();
            let cell = raw.cell(column).unwrap_or_default();
            if is_formula(cell) {
                let error = cell_error(cell);
                report(findings, error.into_finding(self.column_name(column)));
            }
        }
    }
}

/// Returns the error for a cell that holds a formula.
pub(super) fn cell_error(cell: &str) -> TransformError {
    TransformError {
        rule: Rule::Formula,
        message: format!("{} is a spreadsheet formula, not a value", quoted(cell)),
    }
}

/// Returns the error for a password that is a formula. The password is not repeated.
pub(super) fn password_error() -> TransformError {
    TransformError {
        rule: Rule::Formula,
        message: "the cell holds a spreadsheet formula, not a password".to_owned(),
    }
}

/// Returns the problem of an invalid header that contains a formula. Its cells are not repeated,
/// because the line may be a row.
pub(super) fn header_problem(names: &[String]) -> Option<String> {
    names.iter().any(|name| is_formula(name)).then(|| {
        "its cells are spreadsheet formulas; --unwrap-formulas reads =\"text\" as text".to_owned()
    })
}

/// Returns whether a cell holds a formula. Passwords may begin with `=`, but hardly any begin with
/// `="` and contain another quote.
pub(super) fn is_formula(cell: &str) -> bool {
    matches!(cell.as_bytes().first(), Some(b'=' | b' ' | b'\t'))
        && cell
            .trim_start()
            .strip_prefix(TEXT_FORMULA)
            .is_some_and(|rest| rest.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::is_formula;

    #[test]
    fn recognizes_text_formulas() {
        for formula in ["=\"dan\"", "=\"\"", " =\"x\"", "=\"a\"&\"b\"", "=\"a\"&B2"] {
            assert!(is_formula(formula), "{formula}");
        }
        for value in ["", "=", "=Passw0rd!1", "=\"x", "a=\"b\"", "==\"b\"", "1=1"] {
            assert!(!is_formula(value), "{value}");
        }
    }
}
