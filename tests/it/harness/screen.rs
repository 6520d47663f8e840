//! Runs the program in a pseudo-terminal of a given size. A terminal emulator interprets its
//! output.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use pty_process::blocking::{Command, Pty};

use super::program::assert_is_datum;
use super::{ProgramCommand, wait_until};

/// Terminal height: enough for all output of a run.
const ROWS: u16 = 60;

fn size(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

/// The raw output and the emulated screen.
struct TerminalState {
    emulator: vt100::Parser,
    output: Vec<u8>,
}

pub(crate) struct TerminalScreen {
    child: Child,
    terminal: Arc<Pty>,
    shown: Arc<Mutex<TerminalState>>,
    reader: Option<JoinHandle<()>>,
}

impl ProgramCommand {
    /// Starts the program in a terminal with this many columns.
    pub(crate) fn on_screen(self, columns: u16) -> TerminalScreen {
        let inner = self.build();
        let variables: Vec<_> = inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let (terminal, theirs) = pty_process::blocking::open().unwrap();
        let terminal = Arc::new(terminal);
        terminal
            .resize(pty_process::Size::new(ROWS, columns))
            .unwrap();
        let command = Command::new(inner.get_program())
            .args(inner.get_args())
            .env_clear()
            .env("TERM", "xterm-256color")
            .current_dir(inner.get_current_dir().unwrap());
        let child = command.envs(variables).spawn(theirs).unwrap();
        let shown = Arc::new(Mutex::new(TerminalState {
            emulator: vt100::Parser::new(size(ROWS), size(columns), 0),
            output: Vec::new(),
        }));
        let to = Arc::clone(&shown);
        let from = Arc::clone(&terminal);
        let reader = std::thread::spawn(move || {
            let mut block = [0; 4_096];
            // Reading fails once the program has exited.
            while let Ok(read @ 1..) = (&*from).read(&mut block) {
                let mut shown = to.lock().unwrap();
                let block = block.get(..read).unwrap_or_default();
                shown.emulator.process(block);
                shown.output.extend_from_slice(block);
            }
        });
        TerminalScreen {
            child,
            terminal,
            shown,
            reader: Some(reader),
        }
    }
}

impl TerminalScreen {
    /// The rows of the screen that are not blank.
    pub(crate) fn rows(&self) -> Vec<String> {
        let shown = self.shown.lock().unwrap();
        let screen = shown.emulator.screen();
        let columns = screen.size().1.get();
        screen
            .rows(0, columns)
            .map(|row| row.trim_end().to_owned())
            .filter(|row| !row.is_empty())
            .collect()
    }

    /// All output including escape sequences.
    pub(crate) fn raw_output(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap().output).into_owned()
    }

    /// Waits until the screen shows this datum and returns its rows.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, datum: &str) -> Vec<String> {
        assert_is_datum(datum);
        wait_until(datum, || {
            let rows = self.rows();
            rows.iter().any(|row| row.contains(datum)).then_some(rows)
        })
    }

    pub(crate) fn resize(&self, columns: u16) {
        let mut shown = self.shown.lock().unwrap();
        shown
            .emulator
            .screen_mut()
            .set_size(size(ROWS), size(columns));
        self.terminal
            .resize(pty_process::Size::new(ROWS, columns))
            .unwrap();
    }

    pub(crate) fn press(&self, keys: &str) {
        (&*self.terminal).write_all(keys.as_bytes()).unwrap();
    }

    /// Whether the cursor is visible and at the start of a row.
    pub(crate) fn cursor_is_restored(&self) -> bool {
        let shown = self.shown.lock().unwrap();
        let screen = shown.emulator.screen();
        !screen.hide_cursor() && screen.cursor_position().1 == 0
    }

    /// Waits for the program to exit and returns its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        let status = wait_until("the program to exit", || self.child.try_wait().unwrap());
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        status.code()
    }
}

impl Drop for TerminalScreen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
