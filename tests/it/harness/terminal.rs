//! Runs the program in a pseudo-terminal and answers its prompt.

use std::process::{Command, Stdio};

use super::program::assert_is_datum;
use super::{ProcessOutput, ProgramCommand};

/// Runs the command in a pseudo-terminal. Types the second argument once the output contains the
/// first. Exits with the command's exit code.
const TERMINAL: &str = "
import os, pty, sys
cue, keys = sys.argv[1].encode(), sys.argv[2].encode()
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
shown, typed = b'', False
while True:
    try:
        block = os.read(terminal, 4096)
    except OSError:
        break
    if not block:
        break
    shown += block
    sys.stdout.buffer.write(block)
    sys.stdout.flush()
    if not typed and cue in shown:
        os.write(terminal, keys)
        typed = True
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

/// Ctrl-C, as a terminal sends it.
pub(crate) const CTRL_C: &str = "\u{3}";

impl ProgramCommand {
    /// Runs the command in a pseudo-terminal and types `keys` once `cue` appears. All output is
    /// then on standard output. Returns `None` if python3 cannot create a pseudo-terminal; that is
    /// reported, and fails the test in CI.
    pub(crate) fn in_terminal(self, cue: &str, keys: &str) -> Option<Self> {
        let python = Command::new("python3")
            .args(["-c", "import pty, sys; print(sys.executable)"])
            .stdin(Stdio::null())
            .output();
        let python = match python {
            Ok(found) if found.status.success() => String::from_utf8(found.stdout).unwrap(),
            Ok(_) | Err(_) => {
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "python3 with the pty module is missing"
                );
                super::report_skipped("the terminal tests (no python3 with the pty module)");
                return None;
            }
        };
        Some(self.wrapped_in(python.trim(), &["-c", TERMINAL, cue, keys]))
    }
}

impl ProcessOutput {
    /// Asserts that the terminal shows each of these data.
    #[track_caller]
    pub(crate) fn shows(self, data: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        for datum in data {
            let datum = datum.as_ref();
            assert_is_datum(datum);
            assert!(
                self.stdout.contains(datum),
                "missing: {datum:?}; the terminal showed:\n{}",
                self.stdout
            );
        }
        self
    }
}
