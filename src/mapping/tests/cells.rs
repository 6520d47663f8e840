//! Cells that are not valid values: formulas, misplaced quotes, and values in unnamed columns.

use super::{codes, ignoring, invalid, names, rows, rows_with};
use crate::mapping::MappingOptions;
use crate::user::Row;

fn codes_of_rows(rows: &[Row]) -> Vec<Vec<&'static str>> {
    rows.iter().map(codes).collect()
}

#[test]
fn ignores_unnamed_columns_only_if_they_are_empty() {
    let list = "username,password,,\nann,Passw0rd!1,,\nbob,Passw0rd!1\ncy,Passw0rd!1, ,x\n";
    let rows = rows(list);
    assert_eq!(
        codes_of_rows(&rows),
        [vec![], vec![], vec!["row.unnamed_column"]]
    );
    let invalid = invalid(&rows[2]);
    assert!(invalid.to_string().contains("column 4"), "{invalid}");
    let dropped = rows_with(list, &ignoring(&[""]));
    assert!(dropped.iter().all(|row| row.user.is_ok()));
}

#[test]
fn rejects_formulas_in_used_cells() {
    let list = "username,password,email,name,ID\n\
                \"=\"\"ann\"\"\",\"=\"\"Secret#1\"\"\",\"=\"\"a@x.y\"\"\",=\"\",1\n\
                bob,\"=\"\"Secret\"\"&\"\"#1\"\"\",b@x.y,,1\n\
                cy,=Secret#1,c@x.y,Cy,\"=\"\"007\"\"\"\n";
    let options = MappingOptions {
        keep: names("--keep", &["ID"]),
        ..MappingOptions::default()
    };
    let rows = rows_with(list, &options);
    let formula = "value.formula";
    assert_eq!(
        codes_of_rows(&rows),
        [vec![formula; 4], vec![formula], vec![]]
    );
    let invalid = invalid(&rows[0]).to_string();
    assert!(!invalid.contains("Secret"), "{invalid}");
}

#[test]
fn findings_about_misplaced_quotes_name_only_the_column() {
    let rows = rows("username,password,email\nann,\"Sec\\\"ret\"x,a@x.y\nbob, \"Secret\",b@x.y\n");
    assert_eq!(
        codes_of_rows(&rows),
        [vec!["row.quotes"], vec!["row.quotes"]]
    );
    for row in &rows {
        let invalid = invalid(row);
        assert_eq!(invalid.username, None);
        let text = invalid.to_string();
        assert!(text.starts_with("column password: ") && !text.contains("ret"));
    }
}
