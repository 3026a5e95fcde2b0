//! What can be typed below `remo-vault key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Locations;
use super::locations::KEY_FILE;
use crate::key::ladder::Ladder;
use crate::key::sealed_dir::SEALED_DIR;
use crate::private_file::folder_of;

/// The commands below `key`.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make the vault key unless it is there
    ///
    /// On the instance, as root: seals it with the TPM2, or with the host key of systemd credentials where there is
    /// no TPM2, and unseals it into memory-backed storage. Never replaces a key, and makes none beside a store that
    /// it would not open. With --key-file and without --sealed-dir: makes a plaintext key at that place.
    Ensure(EnsureArguments),
    /// Unseal the key into memory-backed storage, as the boot does
    Unseal(UnsealArguments),
    /// Show how well the key is protected, and whether all is well with it
    ///
    /// Ends with 1 when something is wrong, and says what to do.
    Status(StatusArguments),
    /// Put a new key in the place of the present one
    ///
    /// Seals the store anew for the new key. Killed at any moment it loses nothing: run it again and it goes on where
    /// it was. The credentials in the store stay the same: what leaked has to be revoked where it was issued.
    Rotate(RotateArguments),
    /// Seal a store anew for the first identity of the key file (run by `key rotate` as the owner of the store)
    #[command(hide = true)]
    Reseal {
        /// Change nothing, and succeed when the one key of the file opens everything
        #[arg(long)]
        check: bool,
    },
}

/// Where the ladder stands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The sealed key")]
pub struct LadderArguments {
    /// The folder of the sealed key, on a disk of the instance [default: /var/lib/remo-vault-key]
    #[arg(long, value_name = "DIR")]
    pub sealed_dir: Option<PathBuf>,
    /// The folder of the unsealed key, memory-backed [default: /run/remo-vault-key]
    #[arg(long, value_name = "DIR")]
    pub runtime_dir: Option<PathBuf>,
    /// The TPM2, as systemd-creds names devices [default: the one that systemd finds]
    #[arg(long, value_name = "DEVICE")]
    pub tpm2_device: Option<String>,
    /// Use the next tier although there is a TPM2
    #[arg(long, conflicts_with = "tpm2_device")]
    pub no_tpm2: bool,
}

/// Arguments of `key ensure`.
#[derive(Debug, Args)]
pub struct EnsureArguments {
    /// Allow the lowest tier: a key in a plaintext file of mode 0600
    #[arg(long)]
    pub allow_plaintext: bool,
    /// Take the key from standard input, as a key file holds it, in place of making one
    #[arg(long)]
    pub import: bool,
    /// Whom the unsealed key belongs to: the vault's user, by number
    #[arg(long, value_name = "UID[:GID]", value_parser = parse_owner)]
    pub owner: Option<(u32, u32)>,
    /// Where the ladder stands.
    #[command(flatten)]
    pub ladder: LadderArguments,
}

/// Arguments of `key unseal`.
#[derive(Debug, Args)]
pub struct UnsealArguments {
    /// Whom the unsealed key belongs to [default: as `key ensure` recorded]
    #[arg(long, value_name = "UID[:GID]", value_parser = parse_owner)]
    pub owner: Option<(u32, u32)>,
    /// Where the ladder stands.
    #[command(flatten)]
    pub ladder: LadderArguments,
}

/// Arguments of `key status`.
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// Where the ladder stands.
    #[command(flatten)]
    pub ladder: LadderArguments,
}

/// Arguments of `key rotate`.
#[derive(Debug, Args)]
pub struct RotateArguments {
    /// Where the ladder stands.
    #[command(flatten)]
    pub ladder: LadderArguments,
}

impl LadderArguments {
    /// The ladder, or `None` when the key is a plaintext file that the command line names.
    pub fn ladder(&self, locations: &Locations, owner: Option<(u32, u32)>) -> Option<Ladder> {
        if self.sealed_dir.is_none() && !locations.key_file_is_the_usual_one() {
            return None;
        }
        Some(Ladder {
            sealed_dir: self.sealed_dir.clone().unwrap_or_else(|| PathBuf::from(SEALED_DIR)),
            runtime_dir: self.runtime_dir.clone().unwrap_or_else(|| folder_of(&locations.key_file)),
            owner,
            tpm2_device: self.tpm2_device.clone(),
            use_tpm2: !self.no_tpm2,
        })
    }
}

impl Locations {
    /// Whether the key is where it is unless something else is said.
    fn key_file_is_the_usual_one(&self) -> bool {
        self.key_file.as_os_str() == KEY_FILE
    }
}

/// `1000` or `1000:1000`; the group is that of the same number when only the user is given.
fn parse_owner(text: &str) -> Result<(u32, u32), String> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    match (user.parse(), group.parse()) {
        (Ok(user), Ok(group)) => Ok((user, group)),
        _ => Err("numbers are needed, like 1000 or 1000:1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_a_user_with_or_without_a_group() {
        assert_eq!(parse_owner("1000"), Ok((1000, 1000)));
        assert_eq!(parse_owner("1000:20"), Ok((1000, 20)));
        for wrong in ["", "me", "1000:", ":1", "-1", "1:2:3", "4294967296"] {
            assert!(parse_owner(wrong).is_err(), "{wrong}");
        }
    }
}
