//! The configuration file: strict TOML.

use std::io::Read;
use std::path::Path;

use super::{Config, ConfigError};

/// Where the file is unless `--config` names another.
pub const DEFAULT_PATH: &str = "/etc/remo-broker/config.toml";

/// The shipped example: every key with its default and its meaning.
pub const EXAMPLE: &str = include_str!("example.toml");

/// The largest file that is read; a configuration is a few hundred bytes.
const FILE_MAX: u64 = 256 * 1024;

/// Reads a file. One that is not there is an error only when it was `named`.
pub(super) fn read(path: &Path, named: bool) -> Result<Config, ConfigError> {
    let problem = |problem: String| ConfigError { file: path.to_owned(), problem };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !named => return Ok(Config::default()),
        Err(error) => return Err(problem(format!("cannot read the configuration: {error}"))),
    };
    let mut text = String::new();
    file.take(FILE_MAX + 1)
        .read_to_string(&mut text)
        .map_err(|error| problem(format!("cannot read the configuration: {error}")))?;
    if text.len() as u64 > FILE_MAX {
        return Err(problem(format!("the configuration has more than {FILE_MAX} bytes")));
    }
    // The parser's words name line, key and what was expected; a configuration holds no secret.
    toml::from_str(&text).map_err(|error| problem(error.to_string().trim_end().to_owned()))
}
