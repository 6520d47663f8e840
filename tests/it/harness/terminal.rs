//! The program at a terminal: it can ask there, and is answered.

use std::process::{Command, Stdio};

use super::{Cli, ProcessOutput};

/// Runs its arguments at a terminal of their own: when they said the first argument, the second one is typed. Ends as they end.
const TERMINAL: &str = "
import os, pty, sys
words, keys = sys.argv[1].encode(), sys.argv[2].encode()
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
said, typed = b'', False
while True:
    try:
        block = os.read(terminal, 4096)
    except OSError:
        break
    if not block:
        break
    said += block
    sys.stdout.buffer.write(block)
    sys.stdout.flush()
    if not typed and words in said:
        os.write(terminal, keys)
        typed = True
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";

/// Ctrl-C, as a terminal sends it.
pub(crate) const CTRL_C: &str = "\u{3}";

impl Cli {
    /// Makes it run at a terminal, where somebody types these keys once it said the words; what it says is then on standard output.
    /// None where there is no python3 to make a terminal: that is said, and under CI it is a failure.
    pub(crate) fn in_terminal(self, words: &str, keys: &str) -> Option<Self> {
        let python = Command::new("python3")
            .args(["-c", "import pty, sys; print(sys.executable)"])
            .stdin(Stdio::null())
            .output();
        let python = match python {
            Ok(found) if found.status.success() => String::from_utf8(found.stdout).unwrap(),
            Ok(_) | Err(_) => {
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "there is no python3 with a pty module"
                );
                super::report_skipped("the questions at a terminal (no python3 with a pty module)");
                return None;
            }
        };
        Some(self.wrapped_in(python.trim(), &["-c", TERMINAL, words, keys]))
    }
}

impl ProcessOutput {
    /// It said all of this at its terminal.
    #[track_caller]
    pub(crate) fn shows<const N: usize>(self, words: [&str; N]) -> Self {
        for words in words {
            assert!(
                self.stdout.contains(words),
                "not shown: {words:?}; it showed:\n{}",
                self.stdout
            );
        }
        self
    }
}
