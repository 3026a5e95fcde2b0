//! `remo-vault watch`: keeps the broker supplied until it is told to stop.

use std::ffi::OsString;
use std::io::Write as _;

use env_logger::Target;
use jiff::Timestamp;
use log::LevelFilter;
use rustix::io::Errno;

use super::watched_source;
use crate::cli::{Locations, SourceKind, WatchArguments};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::watch::{self, Renewal, WatchError, report};

pub(super) fn run(locations: &Locations, arguments: &WatchArguments) -> Result<ExitStatus, Failure> {
    log_to_stderr();
    let source = watched_source(locations);
    let renewal = (!arguments.no_refresh)
        .then(|| Renewal::new(locations.store_path(), &locations.key_file, refresh_arguments(locations)));
    watch::run(source.as_ref(), &locations.admin_socket, renewal).map_err(|error| match error {
        WatchError::Protocol(error) => error.into(),
        WatchError::AlreadyRunning { ref store } => Failure::from_error(&error).hint(format!(
            "one is enough; see which process it is: fuser -v {}",
            report::lock_path(store).display()
        )),
        WatchError::System { ref source, .. } => {
            let failure = Failure::from_error(&error);
            if source.raw_os_error() == Some(Errno::MFILE.raw_os_error()) {
                failure.hint("raise the limit: sysctl fs.inotify.max_user_instances=1024")
            } else {
                failure
            }
        }
    })?;
    Ok(ExitStatus::Success)
}

/// `remo-login refresh` at the same places; the names of logins come behind it.
fn refresh_arguments(locations: &Locations) -> Vec<OsString> {
    let kind = match locations.source_kind() {
        SourceKind::Fnox => "fnox",
        SourceKind::Embedded => "embedded",
    };
    let mut arguments: Vec<OsString> = vec!["--store".into(), locations.store_path().into()];
    arguments.extend(["--key-file".into(), locations.key_file.as_os_str().into()]);
    arguments.extend(["--source".into(), kind.into()]);
    if let Some(fnox) = &locations.fnox {
        arguments.extend(["--fnox".into(), fnox.into()]);
    }
    arguments.push("refresh".into());
    arguments
}

fn log_to_stderr() {
    let mut builder = env_logger::Builder::new();
    builder.filter_level(LevelFilter::Info).target(Target::Stderr).format(|out, record| {
        let level = record.level().as_str().to_ascii_lowercase();
        writeln!(out, "{:.3} {level}: {}", Timestamp::now(), record.args())
    });
    // A second initialisation can only happen in one process of several commands; the first one stays.
    let _ = builder.try_init();
}
