//! Arguments of `tui`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `tui`.
#[derive(Debug, Args)]
pub struct TuiArguments {
    /// The broker's audit log, shown while it grows
    #[arg(
        long,
        value_name = "FILE",
        env = "REMO_BROKER_AUDIT_LOG",
        hide_env_values = true,
        default_value = "/var/log/remo-broker/audit.log"
    )]
    pub audit_log: PathBuf,
}
