//! The README and the pages of `docs/`: their commands run, their links lead somewhere, and their
//! flags exist. `docs/CONTRIBUTING.md` describes the conventions for code blocks. Comments in the
//! sources are wrapped.

mod commands;
mod flags;
mod links;
mod names;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Page {
    /// Relative to the repository.
    path: PathBuf,
    text: String,
}

/// A fenced code block.
struct Block {
    language: String,
    /// Its first line in the page.
    line: usize,
    lines: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<Page> {
    let mut paths = vec![PathBuf::from("README.md")];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
    let read = |path: PathBuf| Page {
        text: fs::read_to_string(root().join(&path)).unwrap(),
        path,
    };
    paths.into_iter().map(read).collect()
}

impl Page {
    /// The code blocks, and the lines outside of them with their numbers.
    fn parts(&self) -> (Vec<Block>, Vec<(usize, &str)>) {
        let mut blocks = Vec::new();
        let mut prose = Vec::new();
        let mut open: Option<Block> = None;
        for (number, line) in (1..).zip(self.text.lines()) {
            match (line.strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    open = Some(Block {
                        language: language.to_owned(),
                        line: number,
                        lines: Vec::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => block.lines.push(line.to_owned()),
                (None, None) => prose.push((number, line)),
            }
        }
        assert!(open.is_none(), "{}: open code block", self.path.display());
        (blocks, prose)
    }

    fn blocks(&self) -> Vec<Block> {
        self.parts().0
    }
}

fn help(arguments: &[&str]) -> String {
    let program = Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .args(arguments)
        .arg("--help")
        .output()
        .unwrap();
    assert!(program.status.success(), "{arguments:?}");
    String::from_utf8(program.stdout).unwrap()
}

/// Returns the Rust files in this folder and its subfolders.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn comments_are_wrapped_at_100_columns() {
    let mut long = Vec::new();
    for file in ["src", "tests", "benches"]
        .map(|folder| rust_files(&root().join(folder)))
        .concat()
    {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            let is_comment = line.trim_start().starts_with("//");
            if is_comment && line.chars().count() > 100 && !line.contains("://") {
                long.push(format!("{}:{number}", file.display()));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}
