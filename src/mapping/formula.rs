//! Cells that hold a spreadsheet's formula instead of a value. Some exports write `="0049"` to keep a spreadsheet from taking a text for
//! a number; sent as it is, the formula would become the user's name or password.

use super::Mapping;
use super::follow_up::StepCondition;
use super::mapped_row::found;
use super::transform::TransformError;
use crate::rows::RawRow;
use crate::user::finding::{Finding, Rule};
use crate::user::rules::quoted;

/// Begins a formula that is a text, or several that are joined.
const TEXT: &str = "=\"";

impl Mapping {
    /// Conditions compare the cell as it appears in the list, and a formula matches none of them: a suspended user would not be disabled.
    pub(super) fn formulas_in_conditions(&self, raw: &RawRow<'_>, findings: &mut Vec<Finding>) {
        let whom = [&self.follow_up.confirm, &self.follow_up.disable];
        let conditions = whom.into_iter().flat_map(|whom| match whom {
            StepCondition::Where(conditions) => conditions.as_slice(),
            StepCondition::Nobody | StepCondition::Everybody => &[],
        });
        for condition in conditions.chain(&self.skip) {
            let column = condition.column();
            if let Some(misfit) = misfit(raw.cell(column).unwrap_or_default()) {
                found(findings, self.name_of(column), misfit);
            }
        }
    }
}

/// What to say of a cell that holds a formula.
pub(super) fn misfit(cell: &str) -> Option<TransformError> {
    is_formula(cell).then(|| TransformError {
        rule: Rule::Formula,
        message: format!("{} is a spreadsheet formula, not a value", quoted(cell)),
    })
}

/// The same of a password, which is not repeated.
pub(super) fn misfit_of_password(cell: &str) -> Option<TransformError> {
    is_formula(cell).then(|| TransformError {
        rule: Rule::Formula,
        message: "the cell holds a spreadsheet formula, not a password".to_owned(),
    })
}

/// What to say of a header that does not fit, and of which a cell holds a formula. None of its cells is repeated: it may be a row.
pub(super) fn of_header(names: &[String]) -> Option<String> {
    names.iter().any(|name| is_formula(name)).then(|| {
        "its cells are spreadsheet formulas; --unwrap-formulas reads =\"text\" as text".to_owned()
    })
}

/// A password may begin with `=`, and nearly none is `="...".
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', ' ', '\t'])
        && cell
            .trim_start()
            .strip_prefix(TEXT)
            .is_some_and(|rest| rest.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::is_formula;

    #[test]
    fn a_text_that_is_written_as_a_formula_is_one() {
        for formula in ["=\"dan\"", "=\"\"", " =\"x\"", "=\"a\"&\"b\"", "=\"a\"&B2"] {
            assert!(is_formula(formula), "{formula}");
        }
        for value in ["", "=", "=Passw0rd!1", "=\"x", "a=\"b\"", "==\"b\"", "1=1"] {
            assert!(!is_formula(value), "{value}");
        }
    }
}
