//! Credential helpers: a tool asks for a secret at the moment of use.
//!
//! What is answered is decided by the bindings that the broker has pinned, never by what the tool or a file of
//! the workspace says. Each answer is one `get`, and so one line of the broker's audit log. A value is in this
//! process and in the pipe to the tool, and nowhere else.
//!
//! Everything is over after [`Settings::timeout`]: a tool that does not end its request, or a broker that does
//! not answer, is an error and not a hang.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::{Duration, Instant};

use remo_manifest::helper;
use remo_secret::Secret;
use remo_wire::binding::{Account, HelperTarget, Target};
use remo_wire::names::{FieldName, SecretName};
use remo_wire::project::VendedSecret;
use remo_wire::value::Kind;

use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::vend::{Broker, Connection, Fault};

mod aws;
mod docker;
mod git;
mod input;
pub(crate) mod tool_file;

/// How much of the time connecting may take, as a part of the whole: it is two steps of that length.
const CONNECT_PART: u32 = 3;

/// The least that one step may take, however little time is left.
const STEP_MIN: Duration = Duration::from_secs(1);

/// The tool that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Git,
    Docker,
    Aws,
}

impl Tool {
    /// Under what other names this program is called by the tools.
    const NAMES: [(&'static str, Self); 3] = [
        ("git-credential-remo", Self::Git),
        ("docker-credential-remo", Self::Docker),
        ("aws-credential-remo", Self::Aws),
    ];

    /// The tool that calls this program by the name `name`.
    pub(crate) fn by_program(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, tool)| *tool)
    }

    /// As it is written on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Docker => "docker",
            Self::Aws => "aws",
        }
    }
}

impl FromStr for Tool {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::NAMES.iter().map(|(_, tool)| *tool).find(|tool| tool.word() == text);
        known.ok_or("the tools are git, docker and aws")
    }
}

/// Answers one request of a tool.
pub(crate) fn answer(settings: &Settings, tool: Tool, argument: &str) -> Result<ExitStatus, Failure> {
    let desk = Desk { settings, deadline: Instant::now() + settings.timeout };
    match tool {
        Tool::Git => git::answer(&desk, argument),
        Tool::Docker => docker::answer(&desk, argument),
        Tool::Aws => aws::answer(&desk, argument),
    }
}

/// Where requests are answered, until a deadline.
struct Desk<'a> {
    settings: &'a Settings,
    deadline: Instant,
}

/// A secret that was approved for what a tool asks for, not yet fetched.
struct Approved {
    connection: Connection,
    name: SecretName,
    target: HelperTarget,
}

impl Desk<'_> {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Every secret that was approved for some helper, and the connection that said so.
    fn pinned(&self) -> Result<(Connection, Vec<(SecretName, HelperTarget)>), Failure> {
        let step = (self.left() / CONNECT_PART).max(STEP_MIN);
        let mut connection = Broker::new(self.settings).connect(step).map_err(Fault::into_failure)?;
        connection.client.answer_within(self.left().max(STEP_MIN));
        let info = connection.client.info().map_err(|error| Fault::from(error).into_failure())?;
        let helpers = info.bindings.into_iter().filter_map(|(name, binding)| match binding.target {
            Target::Helper(target) => Some((name, target)),
            Target::Env(_) | Target::File(_) => None,
        });
        Ok((connection, helpers.collect()))
    }

    /// The secret that was approved for what `is_for` accepts.
    fn approved(&self, is_for: impl Fn(&HelperTarget) -> bool) -> Result<Option<Approved>, Failure> {
        let (connection, helpers) = self.pinned()?;
        let Some((name, target)) = helpers.into_iter().find(|(_, target)| is_for(target)) else {
            return Ok(None);
        };
        helper::check(&target).map_err(|(what, fault)| {
            Failure::unavailable(format!("{name}: the pin is refused: {} {fault}", what.escape_debug()))
                .hint(format!("change [secrets.{name}] in .remo/manifest.toml, then approve it: remo-reload"))
        })?;
        Ok(Some(Approved { connection, name, target }))
    }

    /// Fetches it. This is what goes on record.
    fn fetch(&self, approved: &mut Approved) -> Result<VendedSecret, Failure> {
        let client = &mut approved.connection.client;
        client.answer_within(self.left().max(STEP_MIN));
        let vended = client.get(approved.name.as_str()).map_err(|error| Fault::from(error).into_failure())?;
        let fields = match vended.kind {
            Kind::Scalar => Fields::default(),
            Kind::Bundle => Fields::of(&approved.name, &vended.value)?,
        };
        let names: Vec<&str> = fields.0.keys().map(String::as_str).collect();
        helper::fits(&approved.name, &approved.target, vended.kind, &names).map_err(|unfit| {
            Failure::unavailable(format!("{}: {}", approved.name, unfit.problem)).hint(unfit.hint)
        })?;
        Ok(vended)
    }

    /// User name and password, in text that a line can hold.
    fn login(&self, approved: &mut Approved, account: &Account) -> Result<(Secret, Secret), Failure> {
        let vended = self.fetch(approved)?;
        let (username, password) = match account {
            Account::Username { username } => (Secret::from_text(username.clone()), vended.value),
            Account::Fields { fields } => {
                let bundle = Fields::of(&approved.name, &vended.value)?;
                (bundle.get(&fields.username), bundle.get(&fields.password))
            }
        };
        line(&approved.name, "user name", &username)?;
        line(&approved.name, "password", &password)?;
        Ok((username, password))
    }
}

/// The fields of a bundle.
#[derive(Default)]
struct Fields(BTreeMap<String, Secret>);

impl Fields {
    fn of(name: &SecretName, value: &Secret) -> Result<Self, Failure> {
        serde_json::from_slice(value.expose()).map(Self).map_err(|_| {
            Failure::unavailable(format!("{name}: the bundle is not a JSON object of strings"))
                .hint(format!("store {name} again in the vault, as a JSON object of strings"))
        })
    }

    /// A field that [`helper::fits`] has seen; an empty one otherwise, which no line takes.
    fn get(&self, field: &FieldName) -> Secret {
        self.find(field.as_str()).unwrap_or_else(|| Secret::new(Vec::new()))
    }

    fn find(&self, field: &str) -> Option<Secret> {
        self.0.get(field).map(Secret::duplicate)
    }
}

/// Refuses what is no line of text: a line break in it would be a further line of the answer.
fn line<'v>(name: &SecretName, what: &str, value: &'v Secret) -> Result<&'v str, Failure> {
    let why = match value.expose_text() {
        None => "is not UTF-8",
        Some("") => "is empty",
        Some(text) if text.contains(char::is_control) => "holds a line break or another control character",
        Some(text) => return Ok(text),
    };
    Err(Failure::unavailable(format!("{name}: the {what} {why}, and is not handed to a tool"))
        .hint(format!("store it again in the vault: remo-vault set {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_second_line_is_no_line() {
        let name = SecretName::new("gh").unwrap();
        let judge =
            |text: &str| line(&name, "password", &Secret::from_text(text.to_owned())).map(str::to_owned);
        assert_eq!(judge("ghp_x y\u{e4}"), Ok("ghp_x y\u{e4}".to_owned()));
        for bad in ["", "a\nquit=1", "a\r", "a\0b", "a\u{1b}[2J", "a\u{85}b"] {
            let said = judge(bad).unwrap_err().to_string();
            assert!(said.starts_with("gh: the password ") && !said.contains("quit"), "{said}");
        }
        assert!(line(&name, "password", &Secret::new(vec![0xff])).is_err());
    }

    #[test]
    fn the_names_of_the_program_are_those_that_tools_call() {
        assert_eq!(Tool::by_program("git-credential-remo"), Some(Tool::Git));
        assert_eq!(Tool::by_program("remo-fetch-secrets"), None);
        assert_eq!("docker".parse(), Ok(Tool::Docker));
        assert!("Git".parse::<Tool>().is_err());
    }
}
