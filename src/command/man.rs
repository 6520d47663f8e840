//! `man`: prints the manual pages, or writes them to a directory.

use std::io;
use std::path::{Path, PathBuf};

use super::{CommandError, CommandOutput};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::man::pages;

#[derive(serde::Serialize)]
struct Pages<'a> {
    files: Vec<PathBuf>,
    pages: Option<&'a str>,
}

pub(super) fn man(
    directory: Option<&Path>,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let pages = pages().map_err(CommandError::refused)?;
    let Some(directory) = directory else {
        let pages: String = pages.into_iter().map(|(_, page)| page).collect();
        return CommandOutput::of_text(pages.as_str()).with(&Pages {
            files: Vec::new(),
            pages: Some(&pages),
        });
    };
    let mut files = Vec::new();
    std::fs::create_dir_all(directory).map_err(|cause| unwritten(directory, &cause))?;
    for (name, page) in pages {
        let file = directory.join(name);
        std::fs::write(&file, page).map_err(|cause| unwritten(&file, &cause))?;
        files.push(file);
    }
    printer.info(format_args!(
        "{} manual pages: {}",
        files.len(),
        directory.display()
    ));
    CommandOutput::from(Exit::Done).with(&Pages { files, pages: None })
}

fn unwritten(path: &Path, cause: &io::Error) -> CommandError {
    CommandError::refusal(
        format_args!("cannot write {}: {cause}", path.display()),
        "name a writable directory",
    )
}
