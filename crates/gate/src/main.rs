//! The `remo-docker` binary: the launch gate in the place of `docker`.

use std::env;
use std::process::ExitCode;

fn main() -> ExitCode {
    remo_gate::shim::run(env::args_os().collect(), env::vars_os().collect())
}
