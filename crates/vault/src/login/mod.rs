//! Logins: a tool logs in by its own means in a memory-backed home, the credential is taken out of what it
//! leaves there, stored in the encrypted store, and the home is wiped.
//!
//! What is vended is a long-lived token or a short-lived access token. Refresh material never is: it is kept in
//! [`LOGINS_FILE`], beside the store and encrypted under the same key, which nothing ever pushes.
//!
//! - [`mod@known`] and [`current`]: what was logged in to, and how long that lasts; no values

mod digest;
mod expiry;
mod flow;
mod home;
mod keep;
mod known;
pub mod page;
mod prompt;
mod recipe;
mod record;
mod session;
mod settings;
mod state;
mod stop;
mod take;
mod tool;
mod wipe;

pub use expiry::{Standing, duration_in_words};
pub use flow::{Done, Refreshed, again, log_in};
pub use known::{Login, current, known};
pub use recipe::{Catalog, Found, Origin, Recipe};
pub use record::{LOGINS_FILE, logins_file};
pub use session::{RefreshSession, forget};
pub use settings::{SYSTEM_RECIPES, Settings};
pub use tool::PASSED;
