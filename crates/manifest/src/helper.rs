//! What a credential helper may be asked for, and how that is said (`fetch_as = "helper"`).
//!
//! Broker and project side decide by these functions whether a request is for what was approved. They take one
//! spelling of each place only: what is compared has to be the same to the byte.

use std::fmt;

use remo_wire::binding::{Account, AwsFields, AwsHelper, DockerHelper, GitHelper, HelperTarget};
use remo_wire::names::{FieldName, SecretName};
use remo_wire::value::Kind;

/// The longest name of a host with its port, in bytes: 253 of the domain name system, a colon, five digits.
pub const HOST_MAX: usize = 259;

/// The longest name of a profile, in bytes.
pub const PROFILE_MAX: usize = 64;

/// The longest user name, in bytes.
pub const USERNAME_MAX: usize = 128;

/// Docker Hub in a manifest, and as tools other than docker ask for it.
pub const DOCKER_HUB: &str = "docker.io";

/// Docker Hub as docker asks for it.
pub const DOCKER_HUB_URL: &str = "https://index.docker.io/v1/";

/// Where docker looks which helper it has to ask.
pub const DOCKER_CONFIG: &str = "~/.docker/config.json";

/// Where tools of AWS look which helper they have to ask.
pub const AWS_CONFIG: &str = "~/.aws/config";

/// Fields of a bundle unless a manifest names others: as AWS calls them, and `remo-login` stores them.
pub const AWS_FIELDS: AwsFieldNames = AwsFieldNames {
    access_key_id: "aws_access_key_id",
    secret_access_key: "aws_secret_access_key",
    session_token: "aws_session_token",
    expiration: "expiration",
};

/// Names of fields that hold a key of AWS.
#[derive(Debug, Clone, Copy)]
pub struct AwsFieldNames {
    /// Holds the name of the key.
    pub access_key_id: &'static str,
    /// Holds the key.
    pub secret_access_key: &'static str,
    /// Holds the token of a session, where there is one.
    pub session_token: &'static str,
    /// Holds the end of the key's life, where there is one.
    pub expiration: &'static str,
}

/// Why a place, or a user name, cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not `https://HOST` or `http://HOST`.
    Scheme,
    /// More than a host follows the scheme.
    NotOnlyAHost,
    /// Not the plain name of a host.
    Host,
    /// A port that is none, or that is left out.
    Port,
    /// More than a registry.
    NotOnlyARegistry,
    /// One of the other spellings of Docker Hub.
    DockerHub,
    /// Not a name of a profile.
    Profile,
    /// Not a user name.
    Username,
}

impl Fault {
    /// What to write instead.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Scheme | Self::NotOnlyAHost => "write for example: url = \"https://github.com\"",
            Self::Host => {
                "write the name in small letters, digits, dots and dashes, for example git.example.com"
            }
            Self::Port => {
                "write a number from 1 to 65535 without zeros before it, and leave out :443 of https and :80 of http"
            }
            Self::NotOnlyARegistry => "write for example: registry = \"ghcr.io\"",
            Self::DockerHub => "write registry = \"docker.io\"",
            Self::Profile => "write for example: profile = \"default\"",
            Self::Username => "write for example: username = \"x-access-token\"",
        }
    }
}

impl fmt::Display for Fault {
    /// Continues a sentence that begins with what was written.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme => formatter.write_str("does not begin with https:// or http://"),
            Self::NotOnlyAHost => formatter.write_str(
                "is more than a host: credentials are for a host as a whole, without user, path or final slash",
            ),
            Self::Host => formatter.write_str("is not the plain name of a host"),
            Self::Port => formatter.write_str("has a port that cannot be used"),
            Self::NotOnlyARegistry => {
                formatter.write_str("is more than a registry: write it without https:// and path")
            }
            Self::DockerHub => formatter.write_str("is one of several names of Docker Hub"),
            Self::Profile => write!(
                formatter,
                "is no name of a profile: 1 to {PROFILE_MAX} characters out of A-Z, a-z, 0-9, _, - and ."
            ),
            Self::Username => write!(
                formatter,
                "is no user name: 1 to {USERNAME_MAX} characters of printable ASCII without blanks and colons"
            ),
        }
    }
}

/// Checks a `url`, and takes it apart into scheme and host with port.
pub fn url(text: &str) -> Result<(&str, &str), Fault> {
    let (scheme, rest) = text.split_once("://").ok_or(Fault::Scheme)?;
    let usual = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return Err(Fault::Scheme),
    };
    if rest.contains(['/', '?', '#', '@', '\\']) {
        return Err(Fault::NotOnlyAHost);
    }
    host(rest, Some(usual))?;
    Ok((scheme, rest))
}

/// Checks a `registry`.
pub fn registry(text: &str) -> Result<(), Fault> {
    let hub = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"];
    if hub.contains(&text) || text == DOCKER_HUB_URL {
        return Err(Fault::DockerHub);
    }
    if text.contains('/') {
        return Err(Fault::NotOnlyARegistry);
    }
    host(text, None)
}

/// Checks a `profile`: a name that is one word in the configuration of AWS and in a command line.
pub fn profile(text: &str) -> Result<(), Fault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let fine = !text.is_empty()
        && text.len() <= PROFILE_MAX
        && text.bytes().all(plain)
        && !text.starts_with(['-', '.']);
    if fine { Ok(()) } else { Err(Fault::Profile) }
}

/// Checks a `username`.
pub fn username(text: &str) -> Result<(), Fault> {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    let fine = !text.is_empty() && text.len() <= USERNAME_MAX && text.bytes().all(plain);
    if fine { Ok(()) } else { Err(Fault::Username) }
}

fn host(text: &str, usual_port: Option<&str>) -> Result<(), Fault> {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        !label.is_empty() && label.len() <= 63 && label.bytes().all(plain) && !label.starts_with('-')
    };
    if text.len() > HOST_MAX || !name.split('.').all(label) {
        return Err(Fault::Host);
    }
    match port {
        None => Ok(()),
        Some(port) if Some(port) == usual_port => Err(Fault::Port),
        Some(port) => match port.parse::<u16>() {
            Ok(number) if number > 0 && number.to_string() == port => Ok(()),
            _ => Err(Fault::Port),
        },
    }
}

/// Checks a helper of a pin once more. The error names what is wrong and says why.
pub fn check(target: &HelperTarget) -> Result<(), (String, Fault)> {
    let account = |account: &Account| match account {
        Account::Username { username: name } => username(name).map_err(|fault| (name.clone(), fault)),
        Account::Fields { .. } => Ok(()),
    };
    match target {
        HelperTarget::Git(git) => {
            url(&git.url).map_err(|fault| (git.url.clone(), fault))?;
            account(&git.account)
        }
        HelperTarget::Docker(docker) => {
            registry(&docker.registry).map_err(|fault| (docker.registry.clone(), fault))?;
            account(&docker.account)
        }
        HelperTarget::Aws(aws) => profile(&aws.profile).map_err(|fault| (aws.profile.clone(), fault)),
    }
}

/// What the secret serves as, in a phrase: `git credentials for https://github.com`.
pub fn purpose(target: &HelperTarget) -> String {
    match target {
        HelperTarget::Git(GitHelper { url, .. }) => {
            let plain = if url.starts_with("http:") { ", sent without encryption" } else { "" };
            format!("git credentials for {url}{plain}")
        }
        HelperTarget::Docker(DockerHelper { registry, .. }) => {
            format!("docker credentials for {registry}")
        }
        HelperTarget::Aws(AwsHelper { profile, .. }) => format!("AWS credentials of the profile {profile}"),
    }
}

/// What of the secret is answered, in a phrase: `user x-access-token`.
pub fn parts(target: &HelperTarget) -> String {
    match target {
        HelperTarget::Git(GitHelper { account, .. }) | HelperTarget::Docker(DockerHelper { account, .. }) => {
            match account {
                Account::Username { username } => format!("user {username}"),
                Account::Fields { fields } => {
                    format!("user = field {}, password = field {}", fields.username, fields.password)
                }
            }
        }
        HelperTarget::Aws(AwsHelper { fields: None, .. }) => "fields as AWS calls them".to_owned(),
        HelperTarget::Aws(AwsHelper { fields: Some(fields), .. }) => {
            let AwsFields { access_key_id, secret_access_key, session_token, expiration } = fields;
            let optional = |name: &str, field: &Option<_>| {
                field.as_ref().map_or_else(String::new, |field| format!(", {name} = field {field}"))
            };
            format!(
                "access_key_id = field {access_key_id}, secret_access_key = field {secret_access_key}{}{}",
                optional("session_token", session_token),
                optional("expiration", expiration)
            )
        }
    }
}

/// Why a secret is of no use to a helper, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Continues a sentence that begins with the name of the secret.
    pub problem: String,
    /// What to do.
    pub hint: String,
}

/// Whether a secret of this kind, with these fields, is what the helper answers from.
pub fn fits(name: &SecretName, target: &HelperTarget, kind: Kind, fields: &[&str]) -> Result<(), Unfit> {
    let wanted: Vec<&str> = match target {
        HelperTarget::Git(GitHelper { account, .. }) | HelperTarget::Docker(DockerHelper { account, .. }) => {
            match account {
                Account::Username { .. } if kind == Kind::Scalar => return Ok(()),
                Account::Username { .. } => {
                    return Err(Unfit {
                        problem: "is a bundle, and the manifest names a username to go with one value"
                            .to_owned(),
                        hint: format!(
                            "in .remo/manifest.toml, replace username in [secrets.{name}] by fields = {{ username = \"…\", password = \"…\" }}"
                        ),
                    });
                }
                Account::Fields { fields } => vec![fields.username.as_str(), fields.password.as_str()],
            }
        }
        HelperTarget::Aws(AwsHelper { fields: None, .. }) => {
            vec![AWS_FIELDS.access_key_id, AWS_FIELDS.secret_access_key]
        }
        HelperTarget::Aws(AwsHelper { fields: Some(fields), .. }) => {
            let required = [&fields.access_key_id, &fields.secret_access_key];
            let optional = fields.session_token.iter().chain(&fields.expiration);
            required.into_iter().chain(optional).map(FieldName::as_str).collect()
        }
    };
    if kind == Kind::Scalar {
        return Err(Unfit {
            problem: "is one value, but the helper needs the fields of a bundle".to_owned(),
            hint: match target {
                HelperTarget::Aws(_) => {
                    format!("store {name} again in the vault, as a bundle: remo-login aws")
                }
                _ => format!(
                    "in .remo/manifest.toml, replace fields in [secrets.{name}] by username = \"…\", or store a bundle"
                ),
            },
        });
    }
    match wanted.iter().find(|wanted| !fields.contains(*wanted)) {
        None => Ok(()),
        Some(lacking) => Err(Unfit {
            problem: format!("the bundle has no field {lacking}, which the helper is to answer with"),
            hint: format!(
                "correct fields of [secrets.{name}] in .remo/manifest.toml, or add the field in the vault"
            ),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_one_spelling_of_a_host() {
        assert_eq!(url("https://github.com"), Ok(("https", "github.com")));
        assert_eq!(url("http://gitea:3000"), Ok(("http", "gitea:3000")));
        assert_eq!(url("https://my_service.local:8443"), Ok(("https", "my_service.local:8443")));
        for (text, fault) in [
            ("github.com", Fault::Scheme),
            ("ssh://github.com", Fault::Scheme),
            ("HTTPS://github.com", Fault::Scheme),
            ("https://github.com/", Fault::NotOnlyAHost),
            ("https://github.com/acme", Fault::NotOnlyAHost),
            ("https://me@github.com", Fault::NotOnlyAHost),
            ("https://github.com?x", Fault::NotOnlyAHost),
            ("https://github.com#x", Fault::NotOnlyAHost),
            ("https://github.com\\x", Fault::NotOnlyAHost),
            ("https://", Fault::Host),
            ("https://GitHub.com", Fault::Host),
            ("https://github..com", Fault::Host),
            ("https://github.com.", Fault::Host),
            ("https://*.github.com", Fault::Host),
            ("https://github.com\n", Fault::Host),
            ("https://github.com%0a", Fault::Host),
            ("https://-x", Fault::Host),
            ("https://[::1]:3000", Fault::Host),
            ("https://gith\u{443}b.com", Fault::Host),
            ("https://github.com:443", Fault::Port),
            ("http://x:80", Fault::Port),
            ("https://github.com:", Fault::Port),
            ("https://github.com:0", Fault::Port),
            ("https://github.com:08443", Fault::Port),
            ("https://github.com:+1", Fault::Port),
            ("https://github.com:65536", Fault::Port),
            ("https://a:1:2", Fault::Port),
        ] {
            assert_eq!(url(text), Err(fault), "{text:?}");
        }
        assert_eq!(url("http://x:443"), Ok(("http", "x:443")));
        assert_eq!(url(&format!("https://{}", "a.".repeat(200) + "a")), Err(Fault::Host));
    }

    #[test]
    fn a_registry_is_named_as_images_are() {
        for fine in ["ghcr.io", "docker.io", "localhost:5000", "123.dkr.ecr.eu-west-1.amazonaws.com"] {
            assert_eq!(registry(fine), Ok(()), "{fine}");
        }
        assert_eq!(registry("https://index.docker.io/v1/"), Err(Fault::DockerHub));
        assert_eq!(registry("index.docker.io"), Err(Fault::DockerHub));
        for bad in ["https://ghcr.io", "ghcr.io/acme", "ghcr.io/"] {
            assert_eq!(registry(bad), Err(Fault::NotOnlyARegistry), "{bad:?}");
        }
        for bad in ["", "Ghcr.io", "ghcr.io ", "a\"b"] {
            assert_eq!(registry(bad), Err(Fault::Host), "{bad:?}");
        }
    }

    #[test]
    fn profiles_and_user_names_are_one_word() {
        for fine in ["default", "prod-1", "a.b_c"] {
            assert_eq!(profile(fine), Ok(()), "{fine}");
        }
        for bad in ["", "-x", ".x", "a b", "a]", "a\n[default]", "a;b", "\u{e4}"] {
            assert_eq!(profile(bad), Err(Fault::Profile), "{bad:?}");
        }
        assert_eq!(username("x-access-token"), Ok(()));
        assert_eq!(username("me@example.com"), Ok(()));
        for bad in ["", "a b", "a:b", "a\nb", "a\rb", "\u{e4}"] {
            assert_eq!(username(bad), Err(Fault::Username), "{bad:?}");
        }
    }
}
