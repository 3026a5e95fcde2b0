//! `remo-vault key unseal`: the sealed key into memory-backed storage.

use crate::cli::{Locations, UnsealArguments};
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::key::LadderError;
use crate::output;

pub(super) fn run(locations: &Locations, arguments: &UnsealArguments) -> Result<ExitStatus, Failure> {
    let Some(ladder) = arguments.ladder.ladder(locations, arguments.owner) else {
        return Err(Failure::usage(format!(
            "{} is a plaintext key, which needs no unsealing",
            locations.key_file.display()
        ))
        .hint("name the folder of the sealed key with --sealed-dir DIR"));
    };
    let unsealed = ladder.unseal()?;
    output::note(&format!(
        "unsealed ({}): {}",
        unsealed.record.tier,
        ladder.runtime_dir.join("key.txt").display()
    ));
    if let Some(error) = &unsealed.closed_next {
        note_closed_next(error);
    } else if unsealed.record.rotating {
        output::note(
            "note: a rotation has not ended, and both keys open the store; end it with: remo-vault key rotate",
        );
    }
    output::line(&unsealed.record.recipient)?;
    Ok(ExitStatus::Success)
}

/// The key of a rotation that has not ended does not open; the present one does.
pub(super) fn note_closed_next(error: &LadderError) {
    output::note(&format!(
        "warning: the key of a rotation that has not ended is not to be had: {}",
        chain(error)
    ));
    output::note(
        "hint: the present key is unsealed; end or discard the rotation with: remo-vault key rotate, as \
         docs/guides/key-rotation.md says",
    );
}
