//! The page in a browser: in light and dark mode, on a phone, and printed.

use std::path::Path;

use super::{hostile_list, mixed};
use crate::harness::{TestDir, View, render_pages, users_numbered};

#[test]
fn a_browser_renders_it_without_overflow_or_requests() {
    let dir = TestDir::new();
    mixed(&dir, "mixed", "full");
    let hostile = dir.file("<b>hostile<b>.csv", hostile_list());
    dir.rehearse(hostile)
        .args([
            "--run-dir",
            "hostile",
            "--pii",
            "full",
            "--no-preflight",
            "--max-failures",
            "0",
            "--max-failure-rate",
            "1",
        ])
        .run()
        .exits(1);
    let one = dir.file("one.csv", users_numbered(1..=1));
    dir.rehearse(one).args(["--run-dir", "one"]).run().exits(0);
    let empty = dir.file("empty.csv", "username,password,email\n");
    dir.rehearse(empty)
        .args(["--run-dir", "empty"])
        .run()
        .exits(0);
    let pages = ["mixed", "hostile", "one", "empty"].map(|run| dir.path(run).join("report.html"));
    let view = View {
        width: 1_100,
        dark: false,
        print: false,
    };
    let views = [
        view,
        View { dark: true, ..view },
        View { width: 360, ..view },
        View {
            width: 800,
            print: true,
            dark: true,
        },
    ];
    let paths: Vec<&Path> = pages.iter().map(|page| page.as_path()).collect();
    let Some(seen) = render_pages(&paths, &views) else {
        return;
    };
    for (number, seen) in seen.iter().enumerate() {
        let (page, view) = (&pages[number / views.len()], views[number % views.len()]);
        let what = format!("{} {view:?}: {seen:#}", page.display());
        for nothing in ["messages", "requests", "over", "cut", "stranded"] {
            assert_eq!(seen[nothing], serde_json::json!([]), "{nothing}: {what}");
        }
        assert_eq!(seen["scripts"], 0, "{what}");
        assert_eq!(seen["compat"], "CSS1Compat", "{what}");
        assert!(seen["scroll"].as_u64() <= seen["inner"].as_u64(), "{what}");
        // The policy allows its own style, and the printed page is never dark.
        let dark = view.dark && !view.print;
        let background = if dark {
            "rgb(20, 23, 27)"
        } else {
            "rgb(255, 255, 255)"
        };
        assert_eq!(seen["background"], background, "{what}");
        assert!(seen["text"].as_str().unwrap().contains("created"), "{what}");
    }
}
