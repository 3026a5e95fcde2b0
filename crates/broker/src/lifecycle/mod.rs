//! Start and end of the process: signals, locks, memory protection, sockets handed over by a service manager.

mod inherited;
mod journal;
mod protection;
mod service_manager;
mod signals;
mod start;

pub use inherited::InheritedSockets;
pub use journal::init_log;
pub use protection::protect;
pub use service_manager::ServiceManager;
pub use signals::Signals;
pub use start::{StartError, start};
