//! Cells that are not the values they look like.

use super::*;
use crate::user::Row;

/// The codes of what is wrong with each row.
fn codes(rows: &[Row]) -> Vec<Vec<&'static str>> {
    let codes_of = |row: &Row| match &row.user {
        Ok(_) => Vec::new(),
        Err(_) => broken(row)
            .findings
            .iter()
            .map(|found| found.rule.code())
            .collect(),
    };
    rows.iter().map(codes_of).collect()
}

#[test]
fn a_column_without_a_name_is_ignored_as_long_as_it_is_empty() {
    let list = "username,password,,\nann,Passw0rd!1,,\nbob,Passw0rd!1\ncy,Passw0rd!1, ,x\n";
    let seen = rows(list);
    assert_eq!(codes(&seen), [vec![], vec![], vec!["row.unnamed_column"]]);
    let broken = broken(&seen[2]);
    assert!(broken.to_string().contains("column 4"), "{broken}");
    let dropped = rows_with(list, &ignoring(&[""]));
    assert!(dropped.iter().all(|row| row.user.is_ok()));
}

#[test]
fn a_formula_in_a_cell_that_is_used_breaks_its_row() {
    let list = "username,password,email,name,ID\n\
                \"=\"\"ann\"\"\",\"=\"\"Secret#1\"\"\",\"=\"\"a@x.y\"\"\",=\"\",1\n\
                bob,\"=\"\"Secret\"\"&\"\"#1\"\"\",b@x.y,,1\n\
                cy,=Secret#1,c@x.y,Cy,\"=\"\"007\"\"\"\n";
    let options = MappingOptions {
        keep: vec![Sourced::new("ID".to_owned(), "--keep ID")],
        ..MappingOptions::default()
    };
    let seen = rows_with(list, &options);
    let formula = "value.formula";
    assert_eq!(codes(&seen), [vec![formula; 4], vec![formula], vec![]]);
    let broken = broken(&seen[0]).to_string();
    assert!(!broken.contains("Secret"), "{broken}");
}

#[test]
fn a_row_with_misplaced_quotes_names_its_column_and_nothing_else() {
    let seen = rows("username,password,email\nann,\"Sec\\\"ret\"x,a@x.y\nbob, \"Secret\",b@x.y\n");
    assert_eq!(codes(&seen), [vec!["row.quotes"], vec!["row.quotes"]]);
    for row in &seen {
        let broken = broken(row);
        assert_eq!(broken.username, None);
        let text = broken.to_string();
        assert!(text.starts_with("column password: ") && !text.contains("ret"));
    }
}
