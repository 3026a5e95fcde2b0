//! `remo` on the instance: pick a project, start it behind the launch gate, approve, see how it stands (R-8.1 to
//!
//!
//! - [`cli`]: what can be typed, under three names; [`mod@run`] carries it out
//! - [`launch`]: where a project runs, its start, shells
//! - [`trust`]: what a person approves
//! - [`menu`]: the picker, cloning, deleting
//! - [`sessions`]: shells that survive a lost connection
//! - [`containers`]: what is remembered of each project, containers by their ids
//! - [`network`]: what containers do not reach
//! - [`install`]: setting a host up, and taking everything away
//! - [`doctor`], [`status`]: how everything stands
//!
//! Taken for granted: the person, the engine and everything outside of the projects root are trusted; a project's
//! files, its image and whatever runs in its container are not. Nothing here runs git, or a tool that obeys a
//! repository's configuration, inside a project, and every program of the host is started from `/`; a project that a
//! person approved for the host is the one exception.

pub mod cli;
pub mod containers;
pub mod doctor;
pub mod engine;
pub mod exit;
pub mod failure;
pub mod install;
pub mod launch;
pub mod menu;
pub mod network;
pub mod output;
pub mod places;
pub mod project;
pub mod question;
pub mod run;
pub mod sessions;
pub mod shell;
pub mod status;
pub mod trust;
pub mod vault;
