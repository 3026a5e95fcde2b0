//! The product on a whole instance: systemd as process 1, an engine of its own, sshd, and a person who logs in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod boot;
mod laptop;
mod packages;
mod product;

use remo_testbed::Instance;
use remo_testkit::skip;

/// A new instance for the test `name`; `None` after the test was reported as skipped.
fn boot(name: &str) -> Option<Instance> {
    match Instance::boot("box") {
        Ok(instance) => Some(instance),
        Err(reason) => {
            skip::skipped(name, &reason);
            None
        }
    }
}
