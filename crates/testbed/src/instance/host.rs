//! The engine that the instances of one test program share.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::Engine;
use crate::images::Image;

/// Held while instances are there, and no longer: with the last of them goes the engine, and what it has on the disk.
static SHARED: Mutex<Weak<Host>> = Mutex::new(Weak::new());

/// An engine with the image of an instance.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) engine: Engine,
    /// The engine shows its containers a folder with a broker's sockets. An instance has a broker of its own.
    _no_broker: TempDir,
}

impl Host {
    /// The one that is there, or a new one.
    pub(super) fn shared() -> Result<Arc<Self>, String> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = shared.upgrade() {
            return Ok(host);
        }
        let no_broker = tempfile::tempdir().expect("an empty folder");
        let engine = Engine::start(no_broker.path())?;
        engine.import(Image::Instance);
        let host = Arc::new(Self { engine, _no_broker: no_broker });
        *shared = Arc::downgrade(&host);
        Ok(host)
    }
}
