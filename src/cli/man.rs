//! Manual pages, in roff.

use std::io;

use clap::{Arg, Command};
use clap_mangen::Man;

use super::help::{command, examples_and_codes};

/// The pages of the program and of each subcommand, by file name.
///
/// # Errors
/// A page is not UTF-8, which cannot happen.
pub fn pages() -> io::Result<Vec<(String, String)>> {
    let mut root = command().disable_help_subcommand(true);
    root.build();
    let subcommands = root.get_subcommands().cloned();
    let commands: Vec<Command> = std::iter::once(root.clone()).chain(subcommands).collect();
    commands.into_iter().map(page).collect()
}

fn page(mut command: Command) -> io::Result<(String, String)> {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let (examples, codes) = examples_and_codes(command.get_name());
    let has_subcommands = command.has_subcommands();
    let man = Man::new(command.override_usage(usage).mut_args(with_help))
        .source(concat!("cognito-import ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_subcommands {
        man.render_subcommands_section(&mut page)?;
    } else {
        let codes = codes.help();
        page.extend(verbatim("EXIT STATUS", &codes).into_bytes());
    }
    page.extend(verbatim("EXAMPLES", examples).into_bytes());
    let page = String::from_utf8(page).map_err(io::Error::other)?;
    Ok((man.get_filename(), page))
}

/// clap_mangen omits the short help of flags that `-h` hides.
fn with_help(arg: Arg) -> Arg {
    match (arg.get_long_help(), arg.get_help().cloned()) {
        (None, Some(help)) => arg.long_help(help),
        (Some(_) | None, _) => arg,
    }
}

/// A section with the lines of this text as they are, without its title.
fn verbatim(section: &str, text: &str) -> String {
    let lines = text.lines().skip(1).map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        // At the start of a line, `.` and `'` begin a roff request.
        format!("\\&{line}\n")
    });
    format!(".SH {section:?}\n.nf\n{}.fi\n", lines.collect::<String>())
}
