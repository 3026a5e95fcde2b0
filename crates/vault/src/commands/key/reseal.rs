//! `remo-vault key reseal`: the part of a rotation that is done as the owner of the store.

use crate::cli::{Locations, SourceKind};
use crate::commands::{note_waiting, with_hint};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::reseal::{ResealError, StoreFiles, check, reseal};
use crate::source::Fnox;

pub(super) fn run(locations: &Locations, only_check: bool) -> Result<ExitStatus, Failure> {
    let key_file = locations.key_file.clone();
    let fnox = locations.fnox.clone();
    let read = |store: &std::path::Path| {
        crate::source::Source::read_all(&Fnox::new(store, &key_file, fnox.as_deref()))
            .map_err(ResealError::Source)
    };
    let files = StoreFiles {
        store: locations.store_path(),
        key_file: &locations.key_file,
        read_fnox: (locations.source_kind() == SourceKind::Fnox).then_some(&read),
    };
    if only_check {
        check(&files, &mut note_waiting)?;
        return Ok(ExitStatus::Success);
    }
    for line in reseal(&files, &mut note_waiting)? {
        output::line(&line)?;
    }
    Ok(ExitStatus::Success)
}

impl From<ResealError> for Failure {
    fn from(error: ResealError) -> Self {
        with_hint(Self::from_error(&error), error.hint())
    }
}
