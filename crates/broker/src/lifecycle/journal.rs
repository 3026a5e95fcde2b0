//! Log lines: in the journal's own form when it is the journal that reads standard error, as text otherwise.

use std::io::Write;

use env_logger::Logger;
use log::{Log, Metadata, Record};
use systemd_journal_logger::{JournalLog, connected_to_journal};

/// The name under which the journal has every line: `journalctl -t remo-broker`.
const IDENTIFIER: &str = "remo-broker";

/// The variable that sets the level: error, warn, info (the default) or debug.
const LEVEL_VARIABLE: &str = "REMO_BROKER_LOG";

/// Fields arrive as fields (`REMO_PROJECT`), and the level as the priority.
struct Journal {
    journal: JournalLog,
    /// Which lines are wanted, and where they go while the journal does not take any.
    text: Logger,
}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.text.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.text.matches(record) && self.journal.journal_send(record).is_err() {
            self.text.log(record);
        }
    }

    fn flush(&self) {}
}

/// Sets up the log of this process, once.
pub fn init_log() {
    let text = text_logger();
    let level = text.filter();
    let logger: Box<dyn Log> = match JournalLog::empty() {
        Ok(journal) if connected_to_journal() => {
            Box::new(Journal { journal: journal.with_syslog_identifier(IDENTIFIER.to_owned()), text })
        }
        _ => Box::new(text),
    };
    if log::set_boxed_logger(logger).is_ok() {
        log::set_max_level(level);
    }
}

/// One line an event, without a time of its own: the journal and the terminal have one.
fn text_logger() -> Logger {
    env_logger::Builder::new()
        .filter_level(log::LevelFilter::Info)
        .parse_env(LEVEL_VARIABLE)
        .format(|line, record| {
            writeln!(line, "{IDENTIFIER}: {}: {}", record.level().as_str().to_lowercase(), record.args())
        })
        .build()
}
