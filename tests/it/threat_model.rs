//! `docs/threat-model.md` names a test for each promise, and each of these tests exists.

use std::fs;
use std::path::{Path, PathBuf};

fn text_of(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path: PathBuf| {
            if path.is_dir() {
                text_of(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                fs::read_to_string(path).unwrap()
            } else {
                String::new()
            }
        })
        .collect()
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let sources = text_of(&root.join("src")) + &text_of(&root.join("tests"));
    let promises: Vec<&str> = page
        .split("| promise | test |\n|---|---|\n")
        .skip(1)
        .flat_map(|table| table.lines().take_while(|line| line.starts_with("| ")))
        .collect();
    assert!(promises.len() > 20, "{}", promises.len());
    for promise in promises {
        let (_, tests) = promise.rsplit_once(" | ").unwrap();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {promise}");
        for name in names {
            let exists = match name.strip_prefix("cargo bench --bench ") {
                Some(bench) => root.join(format!("benches/{bench}.rs")).exists(),
                None => sources.contains(&format!("fn {name}(")),
            };
            assert!(exists, "{name}: there is no such test");
        }
    }
}
