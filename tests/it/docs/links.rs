//! Links, anchors and file names.

use std::collections::BTreeSet;
use std::fs;

use super::{Page, pages, root};

/// The anchors of the headings of a page, as GitHub derives them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in page.parts().1 {
        let title = line.trim_start_matches('#');
        if title.len() < line.len() && title.starts_with(' ') {
            let anchor = slug(title.trim());
            assert!(anchors.insert(anchor), "{}: {line}", page.path.display());
        }
    }
    anchors
}

fn slug(title: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        _ => None,
    };
    title.to_lowercase().chars().filter_map(kept).collect()
}

/// The targets of a line's `[text](target)`.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1);
    targets
        .filter_map(|rest| Some(rest.split_once(')')?.0))
        .collect()
}

#[test]
fn every_link_has_a_target() {
    let mut seen = 0;
    for page in pages() {
        let folder = page.path.parent().unwrap().to_owned();
        for (number, line) in page.parts().1 {
            for target in links(line) {
                let location = format!("{}:{number}: {target}", page.path.display());
                if target.starts_with("https://") {
                    continue;
                }
                seen += 1;
                let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
                let path = if path.is_empty() {
                    root().join(&page.path)
                } else {
                    root().join(&folder).join(path)
                };
                assert!(path.exists(), "{location}: no such file");
                if !anchor.is_empty() {
                    let text = fs::read_to_string(&path).unwrap();
                    let anchors = anchors(&Page { path, text });
                    assert!(anchors.contains(anchor), "{location}: no such heading");
                }
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn the_readme_links_to_every_page_and_is_short() {
    let pages = pages();
    let (readme, docs) = pages.split_first().unwrap();
    let lines = readme.text.lines().count();
    assert!(lines <= 200, "README.md has {lines} lines");
    for page in docs {
        let target = format!("]({}", page.path.display());
        assert!(readme.text.contains(&target), "{}", page.path.display());
    }
}

#[test]
fn every_file_that_a_page_names_exists() {
    let mut seen = 0;
    for page in pages() {
        for (number, line) in page.parts().1 {
            for code in line.split('`').skip(1).step_by(2) {
                let is_path = ["src/", "tests/", "benches/", "samples/", ".ci/"]
                    .iter()
                    .any(|folder| code.starts_with(folder) && !code.contains(' '));
                if is_path {
                    let location = page.path.display();
                    assert!(root().join(code).exists(), "{location}:{number}: {code}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn the_architecture_describes_every_folder() {
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let (_, table) = page.split_once("| name | responsibility |\n").unwrap();
    let described: BTreeSet<String> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| Some(line.split('`').nth(1)?.to_owned()))
        .collect();
    let entries = fs::read_dir(root().join("src")).unwrap();
    let mut exist: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    exist.retain(|name| !["main", "lib"].contains(&name.as_str()));
    assert_eq!(described, exist);
}

#[test]
fn links_and_anchors_are_found() {
    assert_eq!(links("[a](b.md#c) and [d](#e)"), ["b.md#c", "#e"]);
    assert_eq!(slug("AWS's own `results.csv`"), "awss-own-resultscsv");
}
