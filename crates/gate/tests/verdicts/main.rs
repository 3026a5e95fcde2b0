//! The pure core against a corpus: command lines, resolved Compose projects and inspected containers, each with
//! the verdict that it must get.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed step fails its test, with the step in the message"
)]

mod corpus;
mod properties;
mod stage;
