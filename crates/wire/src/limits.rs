//! The limits of, shared by both ends of a connection.

use std::time::Duration;

/// The longest request line, in bytes without its newline; [`PUSH_LINE_MAX`] is the one exception.
pub const REQUEST_LINE_MAX: usize = 64 * 1024;

/// The longest `push-creds` line, in bytes without its newline.
pub const PUSH_LINE_MAX: usize = 1024 * 1024;

/// How long a line may stay incomplete once its first byte has arrived.
pub const HALF_LINE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a response may wait for its reader.
pub const BLOCKED_WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest manifest, in bytes.
pub const MANIFEST_MAX: usize = 64 * 1024;
