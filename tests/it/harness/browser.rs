//! Renders pages in headless Chromium.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Drives the browser over its DevTools pipe and stops it.
const DRIVER: &str = include_str!("browser.py");

/// The path of a browser that is not on the `PATH`.
const VARIABLE: &str = "CHROMIUM";

/// The viewport and media of a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) dark: bool,
    pub(crate) print: bool,
}

/// Renders each page in each view. Returns `None` without a browser or Python; that is reported.
pub(crate) fn render_pages(pages: &[&Path], views: &[View]) -> Option<Vec<Value>> {
    let Some(browser) = browser() else {
        super::report_skipped(&format!(
            "the browser tests of report.html (no chromium, chromium-browser or google-chrome; {VARIABLE} names one)"
        ));
        return None;
    };
    let requests: Vec<Value> = pages
        .iter()
        .flat_map(|page| {
            views.iter().map(move |view| {
                json!({"page": page, "width": view.width, "dark": view.dark, "print": view.print})
            })
        })
        .collect();
    let output = Command::new("python3")
        .args(["-c", DRIVER, &browser, &json!(requests).to_string()])
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        super::report_skipped("the browser tests of report.html (no python3 to drive the browser)");
        return None;
    };
    assert!(
        output.status.success(),
        "the browser: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let rendered: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rendered.len(), requests.len());
    Some(rendered)
}

fn browser() -> Option<String> {
    let runs = |program: &String| {
        let version = Command::new(program)
            .arg("--version")
            .stdin(Stdio::null())
            .output();
        version.is_ok_and(|version| version.status.success())
    };
    std::env::var(VARIABLE)
        .into_iter()
        .chain(["chromium", "chromium-browser", "google-chrome"].map(str::to_owned))
        .find(runs)
}
