//! Names and files in the pages: rules, outcomes, faults, settings and exit codes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use super::{Page, help, pages, root};
use crate::harness::TestDir;

/// The only code block of a page in this language.
fn file_in(page: &str, language: &str) -> String {
    let page = pages()
        .into_iter()
        .find(|other| other.path == Path::new(page))
        .unwrap();
    let mut blocks = page.blocks();
    blocks.retain(|block| block.language == language);
    assert_eq!(blocks.len(), 1, "{}", page.path.display());
    blocks.remove(0).lines.join("\n")
}

#[test]
fn the_mapping_file_and_the_pool_settings_of_the_pages_are_accepted() {
    let dir = TestDir::new();
    symlink(root().join("samples"), dir.path("samples")).unwrap();
    let list = "E-Mail,Remarks,ID,Status,First Name,Last Name,birthdate,Department,Tenant\n\
        Ann@example.com,x,1,active,Ann,Lee,01.02.1990,Vertrieb,acme\n\
        bo@example.com,NULL,2,blocked,Bo,Fry,31.12.1981,,acme\n\
        cy@example.com,,3,deleted,Cy,,,Einkauf,acme\n";
    let list = dir.file("users.csv", list);
    let mapping = dir.file("mapping.toml", file_in("docs/mapping.md", "toml"));
    dir.cli("check")
        .arg(list)
        .args(["--mapping", mapping, "--pool", "samples/pool.toml"])
        .run()
        .exits(0);
    let settings = dir.file("pool.json", file_in("docs/rehearsal.md", "json"));
    dir.rehearse("samples/users.csv")
        .args(["--pool-settings", settings, "--allow-messages"])
        .run()
        .exits(0);
}

/// Every `code` in the pages.
fn documented_names(pages: &[Page]) -> BTreeSet<&str> {
    let quoted = pages
        .iter()
        .flat_map(|page| page.text.lines())
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted
        .map(|code| code.split(['=', ' ']).next().unwrap_or(code))
        .collect()
}

/// The words of a text that have an underscore.
fn snake_case(text: &str) -> Vec<String> {
    let words = text.split(|c: char| c != '_' && !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.contains('_'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_rule_outcome_fault_and_pool_setting_is_documented() {
    let dir = TestDir::new();
    symlink(root().join("samples"), dir.path("samples")).unwrap();
    let json = |command: &str, arguments: &[&str], code: i32| -> Value {
        let cli = dir.cli(command).args(arguments);
        let ran = cli.json().run().exits(code);
        ran.document()
    };
    let mut names = BTreeSet::new();

    let broken = "samples/users-broken.csv";
    let checked = json("check", &[broken, "--pool", "samples/pool.toml"], 3);
    let rules = checked["findings_by_rule"].as_array().unwrap();
    names.extend(rules.iter().map(|rule| rule["rule"].to_string()));
    let refusals = checked["refusals"].as_array().unwrap();
    names.extend(refusals.iter().map(|refusal| refusal["code"].to_string()));

    let rehearsed = json("rehearse", &["samples/users.csv"], 0);
    for table in ["summary", "files"] {
        names.extend(rehearsed[table].as_object().unwrap().keys().cloned());
    }
    let outcomes = rehearsed["summary"]["outcomes"].as_object().unwrap();
    names.extend(outcomes.keys().cloned());
    names.remove("schema_version");

    // Both errors list the names that exist.
    let unknown = json("rehearse", &["samples/users.csv", "--fault", "x=1"], 3);
    names.extend(snake_case(&unknown["error"]["message"].to_string()));
    let settings = dir.file("pool.json", r#"{"x": 1}"#);
    let unknown = ["samples/users.csv", "--pool-settings", settings];
    let unknown = json("rehearse", &unknown, 3);
    names.extend(snake_case(&unknown["error"]["message"].to_string()));

    assert!(names.len() > 80, "{names:?}");
    let pages = pages();
    let documented = documented_names(&pages);
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !documented.contains(name.trim_matches('"')))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_exit_code_is_in_the_table_of_its_page() {
    for (command, page) in [
        ("import", "README.md"),
        ("rehearse", "README.md"),
        ("check", "docs/preflight.md"),
        ("undo", "docs/resume-and-undo.md"),
        ("report", "docs/results.md"),
    ] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let (_, table) = text.split_once("| exit code | meaning |").unwrap();
        let rows = table.lines().skip(1);
        let rows = rows.take_while(|line| line.starts_with('|'));
        let documented: BTreeSet<u8> = rows
            .filter_map(|row| row.split('|').nth(1))
            .flat_map(|codes| codes.split(','))
            .filter_map(|code| code.trim().parse().ok())
            .collect();
        let help = help(&[command]);
        let (_, codes) = help.split_once("Exit codes:\n").unwrap();
        let listed: BTreeSet<u8> = codes
            .lines()
            .filter_map(|line| line.split_whitespace().next()?.parse().ok())
            .collect();
        assert_eq!(documented, listed, "{command}: {page}");
    }
}
