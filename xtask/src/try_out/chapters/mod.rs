//! The chapters, in their order. Each shows something and fails when it is not so.

use super::ending::Stop;
use crate::failure::Failure;

pub(super) mod approval;
pub(super) mod arrival;
pub(super) mod change;
pub(super) mod record;
pub(super) mod recovery;
pub(super) mod refusal;
pub(super) mod supply;

/// Fails when what the story says is not so.
fn holds(condition: bool, otherwise: impl FnOnce() -> String) -> Result<(), Stop> {
    if condition { Ok(()) } else { Err(Failure::new(otherwise()).into()) }
}
