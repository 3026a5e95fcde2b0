//! Whose a volume, a network, an image or a Compose project is, judged by its name.

/// Whose a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The project's own.
    Own,
    /// Another project's.
    Other(String),
    /// The vault's.
    Vault,
    /// Nobody's that is known.
    Nobody,
}

/// How the vault's volumes, networks, containers and images begin, once case and leading marks are gone.
const VAULT: &str = "remo-vault";

/// Whose `name` is: the longest project name that it begins with, followed by nothing or by a separator.
pub fn owner(name: &str, project: &str, others: &[String]) -> Owner {
    let name = name.to_lowercase();
    let bare = name.trim_start_matches(['_', '-', '.']).replace('_', "-");
    if bare.starts_with(VAULT) {
        return Owner::Vault;
    }
    let longest = others
        .iter()
        .map(String::as_str)
        .chain([project])
        .filter(|candidate| begins(&name, candidate))
        .max_by_key(|candidate| candidate.len());
    match longest {
        Some(found) if found == project => Owner::Own,
        Some(found) => Owner::Other(found.to_owned()),
        None => Owner::Nobody,
    }
}

fn begins(name: &str, project: &str) -> bool {
    name.strip_prefix(project)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.', ':', '/', '@']))
}

/// Whose an image of this name would be. The Dev Containers CLI names images `vsc-PROJECT-DIGEST…`.
pub fn image_owner(tag: &str, project: &str, others: &[String]) -> Owner {
    let mut name = tag;
    for prefix in ["docker.io/", "index.docker.io/", "localhost/", "library/"] {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    let Some(of_the_cli) = name.strip_prefix("vsc-") else {
        return owner(name, project, others);
    };
    let is_of = |candidate: &str| {
        of_the_cli
            .strip_prefix(candidate)
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|rest| rest.get(..64))
            .is_some_and(|digest| digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    if is_of(project) {
        return Owner::Own;
    }
    match others.iter().find(|other| is_of(other)) {
        Some(other) => Owner::Other(other.clone()),
        None => owner(of_the_cli, project, others),
    }
}

/// Whether Docker takes this for a volume's name: two characters or more, none of them a separator.
pub fn is_volume_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() >= 2
        && bytes.next().is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && !name.contains("..")
}

/// Whether this is an identifier or a name of a container, a network or a service, and nothing else.
pub fn is_plain(name: &str) -> bool {
    name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && !name.contains("..")
}
