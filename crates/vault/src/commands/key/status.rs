//! `remo-vault key status`: how well the key is protected, and whether all is well with it.

use jiff::Timestamp;
use rustix::process::geteuid;
use serde::Serialize;

use super::store_owner;
use crate::cli::{Locations, StatusArguments};
use crate::exit::ExitStatus;
use crate::failure::{Failure, chain};
use crate::key::ladder::{self, Ladder};
use crate::key::rotation::kept_beside;
use crate::key::runtime_dir;
use crate::key::sealed_dir::{SealedDir, Slot};
use crate::key::tier::{self, Tier};
use crate::key::{LadderError, VaultKey};
use crate::output;

/// What to do about a store that does not open while the key before the last rotation is kept.
const WITH_KEPT: &str = "it may be under the key before the last rotation, which is kept; seal it anew with: remo-vault \
                         key ensure, with the same --store";

/// What is shown.
#[derive(Debug, Default, Serialize)]
struct Status {
    tier: Option<Tier>,
    /// What the tier protects against and what not.
    sentence: Option<String>,
    /// The public half of the key.
    recipient: Option<String>,
    /// Since when it is sealed like this; `None` for a key that is not sealed.
    sealed_since: Option<Timestamp>,
    /// Since when a key that is not sealed is there.
    written_at: Option<Timestamp>,
    /// Whether the sealed key was seen and opened; it cannot be from inside the vault.
    sealed_key_opens: Option<bool>,
    unsealed: bool,
    /// Whether a rotation has begun and not ended.
    rotating: bool,
    /// Whether the key before the last rotation is kept; it cannot be seen from inside the vault.
    kept: bool,
    /// `None` where there is no store.
    opens_store: Option<bool>,
    problems: Vec<Problem>,
    /// What would be better, where nothing is wrong.
    better: Option<String>,
}

#[derive(Debug, Serialize)]
struct Problem {
    problem: String,
    hint: Option<String>,
}

pub(super) fn run(locations: &Locations, arguments: &StatusArguments) -> Result<ExitStatus, Failure> {
    let mut status = Status::default();
    let key_file = if let Some(ladder) = arguments.ladder.ladder(locations, None) {
        status.look_at_ladder(&ladder);
        ladder.runtime_dir.join(runtime_dir::KEY_NAME)
    } else {
        status.look_at_plaintext(locations);
        locations.key_file.clone()
    };
    if status.unsealed {
        status.look_at_store(locations, &key_file)?;
    }
    if arguments.json {
        output::line(&serde_json::to_string_pretty(&status).map_err(|error| Failure::from_error(&error))?)?;
    } else {
        output::data(status.text(locations).as_bytes())?;
        for Problem { problem, hint } in &status.problems {
            output::note(&format!("error: {problem}"));
            if let Some(hint) = hint {
                output::note(&format!("hint: {hint}"));
            }
        }
        if let Some(better) = &status.better {
            output::note(&format!("note: {better}"));
        }
    }
    Ok(if status.problems.is_empty() { ExitStatus::Success } else { ExitStatus::Failure })
}

impl Status {
    fn problem(&mut self, problem: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem { problem: problem.into(), hint: Some(hint.into()) });
    }

    fn fault(&mut self, error: &LadderError) {
        self.problems.push(Problem { problem: chain(error), hint: error.hint() });
    }

    fn since(&mut self, tier: Option<Tier>, time: Timestamp) {
        let place = match tier {
            Some(Tier::Plaintext) => &mut self.written_at,
            _ => &mut self.sealed_since,
        };
        *place = Some(time);
    }

    fn look_at_plaintext(&mut self, locations: &Locations) {
        match VaultKey::load(&locations.key_file) {
            Err(error) => self.problems.push(Problem { problem: chain(&error), hint: error.hint() }),
            Ok(key) => {
                self.tier = Some(Tier::Plaintext);
                self.sentence = Some(Tier::Plaintext.sentence().to_owned());
                self.recipient = Some(key.recipient());
                self.written_at = modified(&locations.key_file);
                self.better = Some(format!(
                    "sealed it is better protected: on a host with systemd 250 or later, as root: remo-vault key \
                     ensure --import --owner UID < {}",
                    locations.key_file.display()
                ));
                self.unsealed = true;
                self.rotating = key.retiring_recipient().is_some();
                self.kept = kept_beside(&locations.key_file).exists();
            }
        }
        self.complain_about_rotation();
    }

    fn look_at_ladder(&mut self, ladder: &Ladder) {
        let sealed = SealedDir::look(&ladder.sealed_dir);
        match sealed.key(Slot::Current) {
            Ok(Some(key)) => {
                self.tier = key.tier;
                self.since(key.tier, key.since);
                self.sealed_key_opens = Some(false);
                self.kept = matches!(sealed.key(Slot::Kept), Ok(Some(_)));
                self.look_at_sealed(ladder, &sealed);
            }
            Ok(None) => self.look_at_record(ladder),
            Err(error) if geteuid().is_root() => self.fault(&error),
            Err(error) => self.problem(chain(&error), "the sealed key is root's: sudo remo-vault key status"),
        }
        self.sentence = self.tier.map(|tier| tier.sentence().to_owned());
        self.look_at_unsealed(ladder);
        self.complain_about_rotation();
    }

    /// On the instance: the sealed key itself.
    fn look_at_sealed(&mut self, ladder: &Ladder, sealed: &SealedDir) {
        let opened = ladder.settings(sealed).and_then(|settings| {
            let unsealed = ladder::open(sealed, &settings)?;
            Ok((unsealed, ladder.best_tier(&settings, true)?))
        });
        match opened {
            Err(error) => self.fault(&error),
            Ok((unsealed, best)) => {
                self.sealed_key_opens = Some(true);
                self.recipient = Some(unsealed.record.recipient);
                self.rotating = unsealed.record.rotating;
                if let Some(error) = &unsealed.closed_next {
                    self.fault(error);
                }
                if best > unsealed.record.tier {
                    self.problem(
                        format!(
                            "the key is kept as {}, and this machine can do better: {best}",
                            unsealed.record.tier
                        ),
                        "seal a new key with it: remo-vault key rotate",
                    );
                } else if best == Tier::Plaintext {
                    self.better = Some(
                        "this machine has nothing better to keep the key with; a TPM2, or systemd 250 or later, \
                         would be"
                            .to_owned(),
                    );
                }
            }
        }
    }

    /// In the vault: what was recorded when the key was unsealed.
    fn look_at_record(&mut self, ladder: &Ladder) {
        match tier::read(&ladder.runtime_dir) {
            Ok(Some(record)) => {
                self.tier = Some(record.tier);
                self.recipient = Some(record.recipient);
                self.since(Some(record.tier), record.sealed_since);
                self.rotating = record.rotating;
            }
            Ok(None) => self.problem(
                format!(
                    "there is no vault key, neither sealed in {} nor unsealed in {}",
                    ladder.sealed_dir.display(),
                    ladder.runtime_dir.display()
                ),
                "make one on the instance, as root: remo-vault key ensure",
            ),
            Err(error) => {
                self.problem(chain(&error), "write it anew, on the instance: remo-vault key unseal");
            }
        }
    }

    fn look_at_unsealed(&mut self, ladder: &Ladder) {
        let Some(key) = runtime_dir::peek(&ladder.runtime_dir) else {
            if self.recipient.is_some() {
                self.problem(
                    format!("the key is not unsealed: {} has none to read", ladder.runtime_dir.display()),
                    "on the instance, as root: remo-vault key unseal",
                );
            }
            return;
        };
        self.unsealed = true;
        match &self.recipient {
            None => self.recipient = Some(key.recipient()),
            Some(sealed) if *sealed != key.recipient() => self.problem(
                "the unsealed key is another one than the sealed key",
                "on the instance, as root: remo-vault key unseal",
            ),
            Some(_) if key.retiring_recipient().is_some() && !self.rotating => self.problem(
                "the key before the last rotation is still unsealed beside the present one",
                "on the instance, as root: remo-vault key unseal",
            ),
            Some(_) => {}
        }
    }

    fn complain_about_rotation(&mut self) {
        if self.rotating {
            self.problem(
                "a rotation of the key has begun and not ended; until then both keys open the store",
                "end it with: remo-vault key rotate",
            );
        }
    }

    fn look_at_store(&mut self, locations: &Locations, key_file: &std::path::Path) -> Result<(), Failure> {
        let Some(listing) = store_owner::run(locations, key_file, &["list", "--json"])? else {
            return Ok(());
        };
        let faults = store_owner::faults(&listing).len();
        let opens = listing.status.success();
        self.opens_store = Some(opens);
        if !opens {
            let (problem, hint) = store_owner::complaint(&listing).into_parts();
            let hint = if self.kept { Some(WITH_KEPT.to_owned()) } else { hint };
            self.problems.push(Problem { problem, hint });
        } else if faults > 0 {
            self.problem(
                format!("{faults} of the store's entries do not open"),
                if self.kept { WITH_KEPT } else { "see which, and store them again: remo-vault list" },
            );
        }
        Ok(())
    }

    fn text(&self, locations: &Locations) -> String {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
        let store = match self.opens_store {
            None if self.unsealed => format!("no store at {}", locations.store_path().display()),
            None => "-".to_owned(),
            Some(opens) => {
                format!(
                    "{} {}",
                    if opens { "opens" } else { "does not open" },
                    locations.store_path().display()
                )
            }
        };
        format!(
            "tier          {}\nprotection    {}\nrecipient     {}\n{:<14}{}\nunsealed      {}\nstore         \
             {store}\n",
            or_dash(self.tier.map(|tier| tier.to_string())),
            or_dash(self.sentence.clone()),
            or_dash(self.recipient.clone()),
            if self.written_at.is_some() { "written" } else { "sealed since" },
            or_dash(self.written_at.or(self.sealed_since).map(|time| time.to_string())),
            yes(self.unsealed),
        )
    }
}

fn modified(path: &std::path::Path) -> Option<Timestamp> {
    let time = Timestamp::try_from(path.symlink_metadata().ok()?.modified().ok()?).ok()?;
    Timestamp::from_second(time.as_second()).ok()
}
