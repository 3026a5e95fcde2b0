//! Start and end of the process: signals, locks, memory protection, sockets handed over by a service manager.

mod inherited;
mod protection;
mod signals;
mod start;

pub use inherited::InheritedSockets;
pub use protection::protect;
pub use signals::Signals;
pub use start::{StartError, start};
