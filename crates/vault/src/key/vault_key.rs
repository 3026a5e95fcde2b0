//! The vault key: an age X25519 identity, in the format of `age-keygen`.
//!
//! While the key is rotated there are two: the first one seals, both open. So whatever is stored in that time
//! goes under the new key, and nothing that is still under the old one is out of reach.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use jiff::Timestamp;
use remo_secret::Secret;
use rustix::fs::{CWD, RenameFlags, fsync, renameat_with};
use rustix::io::Errno;
use rustix::rand::{GetRandomFlags, getrandom};

use super::KeyError;
use crate::private_file::{self, FILE_MODE};

/// A key file holds an identity or two and comments; what is larger is something else.
pub(super) const KEY_FILE_MAX: u64 = 64 * 1024;

/// The key that opens and seals the store.
pub struct VaultKey {
    identity: Identity,
    /// The key before this one, while a rotation is under way.
    retiring: Option<Identity>,
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VaultKey(…)")
    }
}

impl VaultKey {
    /// A new key.
    pub fn generate() -> Self {
        Self { identity: Identity::generate(), retiring: None }
    }

    /// Reads the key file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let content = private_file::read(path, KEY_FILE_MAX).map_err(KeyError::File)?;
        Self::from_text(&content).map_err(|found| KeyError::NotAnIdentity { path: path.to_owned(), found })
    }

    /// Reads the key file of `store`.
    pub fn load_for(store: &Path, path: &Path) -> Result<Self, KeyError> {
        Self::load(path).map_err(|error| match error {
            KeyError::File(source) if source.is_missing() && store.exists() => {
                KeyError::Lost { store: store.to_owned(), source }
            }
            error => error,
        })
    }

    /// The key in `content`, which has the format of a key file.
    ///
    /// # Errors
    /// How many identities there are, when that is not one, or two different ones.
    pub fn from_text(content: &Secret) -> Result<Self, usize> {
        let text = content.expose_text().unwrap_or_default();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (Some(first), second, more) = (lines.next(), lines.next(), lines.count()) else { return Err(0) };
        let identity = Identity::from_str(first).map_err(|_| 0_usize)?;
        let Some(second) = second else { return Ok(Self { identity, retiring: None }) };
        let retiring = Identity::from_str(second).map_err(|_| 0_usize)?;
        if more > 0 || public(&identity) == public(&retiring) {
            return Err(more + 2);
        }
        Ok(Self { identity, retiring: Some(retiring) })
    }

    /// The key as a key file holds it.
    pub fn to_text(&self) -> Secret {
        let mut content = Secret::from_text(format!("# created: {:.0}\n", Timestamp::now()));
        for identity in self.identities() {
            content.append(format!("# public key: {}\n", public(identity)).as_bytes());
            content.append(identity.to_string().expose_secret().as_bytes());
            content.append(b"\n");
        }
        content
    }

    /// This key, with `retiring` beside it to open what is still under that one.
    #[must_use]
    pub fn in_place_of(self, retiring: Self) -> Self {
        Self { identity: self.identity, retiring: Some(retiring.identity) }
    }

    /// A copy of this key, with `retiring` beside it.
    #[must_use]
    pub fn beside(&self, retiring: Self) -> Self {
        Self { identity: self.identity.clone(), retiring: Some(retiring.identity) }
    }

    /// The key, and the one that retires, each by itself.
    pub fn apart(self) -> (Self, Option<Self>) {
        let retiring = self.retiring.map(|identity| Self { identity, retiring: None });
        (Self { identity: self.identity, retiring: None }, retiring)
    }

    /// The first key alone, without the one that retires.
    #[must_use]
    pub fn alone(self) -> Self {
        Self { identity: self.identity, retiring: None }
    }

    /// Makes a key and writes it to a file that must not be there yet.
    ///
    /// The file appears whole or not at all, and an existing one is never replaced: `Ok(None)` means that
    /// somebody else was faster.
    pub fn create(path: &Path) -> Result<Option<Self>, KeyError> {
        let folder = private_file::prepare_folder(path).map_err(KeyError::File)?;
        let write = |source| KeyError::Write { path: path.to_owned(), source };
        let key = Self::generate();
        let draft = private_file::sibling(path, &format!(".{}.new", random_word().map_err(write)?));
        let made = key.write_new(&draft).and_then(|()| {
            match renameat_with(CWD, &draft, CWD, path, RenameFlags::NOREPLACE) {
                Err(Errno::EXIST) => Ok(false),
                Err(error) => Err(error.into()),
                Ok(()) => fs::File::open(&folder).and_then(|folder| Ok(fsync(folder)?)).map(|()| true),
            }
        });
        match made {
            Ok(true) => Ok(Some(key)),
            not_made => {
                let _ = fs::remove_file(&draft);
                not_made.map(|_| None).map_err(write)
            }
        }
    }

    fn write_new(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
        file.write_all(self.to_text().expose())?;
        file.sync_all()
    }

    /// The public half, as age writes it; it may be shown.
    pub fn recipient(&self) -> String {
        public(&self.identity)
    }

    /// The public half of the key that retires, while a rotation is under way.
    pub fn retiring_recipient(&self) -> Option<String> {
        self.retiring.as_ref().map(public)
    }

    /// Whether whatever `other` opens opens with this key, too.
    pub fn opens_what(&self, other: &Self) -> bool {
        other.identities().all(|one| self.identities().any(|own| public(own) == public(one)))
    }

    /// The identity that seals.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The identities that open, the one that seals first.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &Identity> {
        std::iter::once(&self.identity).chain(&self.retiring)
    }
}

fn public(identity: &Identity) -> String {
    identity.to_public().to_string()
}

/// 16 hexadecimal digits for the name of a draft. Not the process number: a draft that a dead process left behind
/// would be in the way of every later process of that number.
fn random_word() -> io::Result<String> {
    let mut bytes = [0; size_of::<u64>()];
    // Never cut short at this length (getrandom(2)).
    getrandom(&mut bytes, GetRandomFlags::empty())?;
    Ok(format!("{:016x}", u64::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_a_dead_process_left_behind_is_in_nobodys_way() {
        let folder = std::env::temp_dir().join(format!("remo-vault-key-{}", random_word().unwrap()));
        let path = folder.join("key.txt");
        private_file::prepare_folder(&path).unwrap();
        let draft = private_file::sibling(&path, &format!(".{}.new", std::process::id()));
        fs::write(&draft, "left behind").unwrap();
        let made = VaultKey::create(&path).unwrap().unwrap();
        assert_eq!(VaultKey::load(&path).unwrap().recipient(), made.recipient());
        assert!(VaultKey::create(&path).unwrap().is_none(), "never replaced");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_first_of_two_keys_seals_and_neither_is_lost_in_writing() {
        let (new, old) = (VaultKey::generate(), VaultKey::generate());
        let (new_recipient, old_recipient) = (new.recipient(), old.recipient());
        let both = VaultKey::from_text(&new.in_place_of(old).to_text()).unwrap();
        assert_eq!(both.recipient(), new_recipient);
        assert_eq!(both.retiring_recipient(), Some(old_recipient));
        let alone = VaultKey::from_text(&both.alone().to_text()).unwrap();
        assert_eq!((alone.recipient(), alone.retiring_recipient()), (new_recipient, None));
    }

    #[test]
    fn three_keys_or_one_key_twice_are_none() {
        let text = |keys: &[&VaultKey]| {
            let mut text = Secret::new(Vec::new());
            for key in keys {
                text.append(key.to_text().expose());
            }
            VaultKey::from_text(&text).unwrap_err()
        };
        let (one, two, three) = (VaultKey::generate(), VaultKey::generate(), VaultKey::generate());
        assert_eq!(text(&[]), 0);
        assert_eq!(text(&[&one, &one]), 2);
        assert_eq!(text(&[&one, &two, &three]), 3);
    }
}
