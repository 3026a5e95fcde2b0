//! What stays closed: without its required secrets nothing of the user's runs, and the tooling says why.

mod refusals;
mod scene;
mod tests;
