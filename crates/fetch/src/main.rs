//! `remo-fetch-secrets`: see the crate's documentation, and `--help`.

use std::process::ExitCode;

use remo_fetch_secrets::settings::Environment;

#[global_allocator]
static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;

fn main() -> ExitCode {
    ExitCode::from(remo_fetch_secrets::run(std::env::args_os(), Environment::of_process()).code())
}
