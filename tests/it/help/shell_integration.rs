//! `completions` and `man`.

use std::fs;

use super::{COMMANDS, flags};
use crate::harness::TestDir;

#[test]
fn every_shell_has_a_completion_script() {
    let dir = TestDir::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = dir.cli("completions").arg(shell).run().exits(0).stdout;
        assert!(script.contains("user-pool-id"), "{shell}");
    }
    dir.cli("completions").arg("tcsh").run().exits(2);
}

#[test]
fn bash_completes_a_flag_and_its_values() {
    let dir = TestDir::new();
    let complete = |words: &str| {
        let script = format!(
            "eval \"$(cognito-import completions bash)\"
            COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
            complete=$(complete -p cognito-import | grep -o '_cognito[^ ]*')
            $complete cognito-import \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"
            echo \"${{COMPREPLY[@]}}\""
        );
        let output = dir.bash(&script).run().exits(0);
        output.stdout.trim().to_owned()
    };
    assert_eq!(complete("cognito-import import --user-p"), "--user-pool-id");
    assert_eq!(
        complete("cognito-import rehears"),
        "rehearse rehearsal-pool"
    );
    assert_eq!(complete("cognito-import import --lookup l"), "list");
}

#[test]
fn every_command_has_a_manual_page_with_every_flag() {
    let dir = TestDir::new();
    dir.cli("man").arg("pages/man1").run().exits(0);
    for command in COMMANDS {
        let name = match command {
            "" => "cognito-import.1".to_owned(),
            _ => format!("cognito-import-{command}.1"),
        };
        let page = fs::read_to_string(dir.path("pages/man1").join(&name)).unwrap();
        let last = if command.is_empty() {
            "SUBCOMMANDS"
        } else {
            "\"EXIT STATUS\""
        };
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "\"EXAMPLES\"", last] {
            assert!(
                page.contains(&format!(".SH {section}\n")),
                "{name}: {section}"
            );
        }
        for [names, summary] in flags(command) {
            let names = names.split([' ', ',']);
            for flag in names.filter(|word| word.starts_with('-')) {
                let escaped = flag.trim_end_matches('.').replace('-', "\\-");
                assert!(
                    page.contains(&format!("\\fB{escaped}\\fR")),
                    "{name}: {escaped}"
                );
            }
            let summary = summary.split([' ', '-', '\'']).next().unwrap_or_default();
            assert!(page.contains(summary), "{name}: {summary}");
        }
    }
    let pages = dir.cli("man").run().exits(0).stdout;
    assert_eq!(pages.matches("\n.TH ").count(), COMMANDS.len());
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error() {
    let dir = TestDir::new();
    dir.file("file", "");
    let output = dir.cli("man").arg("file/man1").run().exits(3);
    assert!(output.stderr.contains("file/man1"), "{}", output.stderr);
}
