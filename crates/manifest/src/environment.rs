//! Variables that a manifest may not set, and why.
//!
//! A value comes from the vault, but the *name* of the variable comes from a file that untrusted code writes.
//! A token in `BASH_ENV` or `LD_PRELOAD` is not a credential any more but an instruction to some program.

use std::fmt;

pub use reserved::{RESERVED, Reserved};

mod reserved;

/// The longest name of a variable, in bytes; as long as the longest secret name.
pub const NAME_MAX: usize = remo_wire::names::SECRET_NAME_MAX;

/// Why a name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// It is no POSIX identifier, or longer than [`NAME_MAX`].
    NotAnIdentifier,
    /// It makes programs do something.
    Reserved(&'static Reserved),
}

impl fmt::Display for NameFault {
    /// Continues a sentence that begins with the name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnIdentifier => write!(
                formatter,
                "is no name of a variable: it has 1 to {NAME_MAX} characters out of A-Z, a-z, 0-9 and _, and does not begin with a digit"
            ),
            Self::Reserved(reserved) => write!(formatter, "is a reserved variable: {}", reserved.reason),
        }
    }
}

/// Checks the name of a variable.
pub fn check(name: &str) -> Result<(), NameFault> {
    let identifier = name.len() <= NAME_MAX
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !identifier {
        return Err(NameFault::NotAnIdentifier);
    }
    reserved(name).map_or(Ok(()), |entry| Err(NameFault::Reserved(entry)))
}

/// The entry that reserves `name`, if one does. Upper and lower case are alike: programs such as curl and npm
/// read both, and no credential needs the difference.
pub fn reserved(name: &str) -> Option<&'static Reserved> {
    let upper = name.to_ascii_uppercase();
    RESERVED.iter().find(|entry| entry.covers(&upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_programs_load_or_run_something_is_reserved() {
        for name in [
            "PATH",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "BASH_ENV",
            "BASH_FUNC_x",
            "ENV",
            "IFS",
            "PS4",
            "PROMPT_COMMAND",
            "SHELLOPTS",
            "ZDOTDIR",
            "NODE_OPTIONS",
            "NODE_PATH",
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PYTHONHOME",
            "PERL5LIB",
            "PERL5OPT",
            "PERLLIB",
            "RUBYOPT",
            "RUBYLIB",
            "GIT_SSH",
            "GIT_SSH_COMMAND",
            "GIT_CONFIG_COUNT",
            "GIT_CONFIG_KEY_0",
            "GIT_CONFIG_GLOBAL",
            "GIT_EXEC_PATH",
            "GIT_ASKPASS",
            "GIT_EDITOR",
            "GIT_PAGER",
            "GIT_PROXY_COMMAND",
            "GIT_EXTERNAL_DIFF",
            "GIT_TEMPLATE_DIR",
            "GIT_SEQUENCE_EDITOR",
            "SSH_ASKPASS",
            "EDITOR",
            "VISUAL",
            "PAGER",
            "MANPAGER",
            "BROWSER",
            "LESSOPEN",
            "LESSCLOSE",
            "GH_PAGER",
            "GH_EDITOR",
            "AWS_PAGER",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "CLASSPATH",
            "DOTNET_STARTUP_HOOKS",
            "CORECLR_PROFILER",
            "GCONV_PATH",
            "LOCPATH",
            "GLIBC_TUNABLES",
            "TCLLIBPATH",
            "LUA_INIT",
            "LUA_PATH",
            "PHPRC",
            "PHP_INI_SCAN_DIR",
            "R_PROFILE_USER",
            "RUSTC_WRAPPER",
            "CARGO_HOME",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER",
            "npm_config_script_shell",
            "NPM_CONFIG_REGISTRY",
            "PIP_CONFIG_FILE",
            "DOCKER_HOST",
            "KUBECONFIG",
            "HOME",
            "USER",
            "LOGNAME",
            "SHELL",
            "PWD",
            "OLDPWD",
            "TERM",
            "XDG_CONFIG_HOME",
            "XDG_DATA_DIRS",
            "TMPDIR",
            "REMO_PROJECT",
            "ANSIBLE_VAULT_PASSWORD_FILE",
            "OPENSSL_CONF",
            "SSH_AUTH_SOCK",
            "VIMINIT",
            "MAKEFLAGS",
            "GOFLAGS",
            "CC",
            "TF_CLI_ARGS",
            "ld_preload",
            "Path",
        ] {
            assert!(matches!(check(name), Err(NameFault::Reserved(_))), "{name}");
        }
    }

    #[test]
    fn names_of_credentials_are_free() {
        for name in [
            "GH_TOKEN",
            "GITHUB_TOKEN",
            "GITLAB_TOKEN",
            "GL_TOKEN",
            "NPM_TOKEN",
            "NODE_AUTH_TOKEN",
            "NPM_CONFIG__AUTH",
            "YARN_NPM_AUTH_TOKEN",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "AWS_REGION",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_MINE_TOKEN",
            "PIP_INDEX_URL",
            "UV_PUBLISH_TOKEN",
            "UV_INDEX_MINE_PASSWORD",
            "POETRY_PYPI_TOKEN_PYPI",
            "TWINE_PASSWORD",
            "GEM_HOST_API_KEY",
            "BUNDLE_RUBYGEMS__PKG__GITHUB__COM",
            "COMPOSER_AUTH",
            "NUGET_API_KEY",
            "NUGET_TOKEN",
            "MAVEN_PASSWORD",
            "MAVEN_TOKEN",
            "ORG_GRADLE_PROJECT_token",
            "GPG_PASSPHRASE",
            "SONAR_TOKEN",
            "SENTRY_AUTH_TOKEN",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "GEMINI_API_KEY",
            "HF_TOKEN",
            "DATABASE_URL",
            "REDIS_URL",
            "PGPASSWORD",
            "PGUSER",
            "PGHOST",
            "MYSQL_PWD",
            "MYSQL_PASSWORD",
            "POSTGRES_PASSWORD",
            "MONGODB_URI",
            "DOCKER_USERNAME",
            "DOCKER_PASSWORD",
            "DOCKER_TOKEN",
            "DOCKER_AUTH_CONFIG",
            "TF_VAR_token",
            "TF_TOKEN_app_terraform_io",
            "PULUMI_ACCESS_TOKEN",
            "VAULT_TOKEN",
            "VAGRANT_CLOUD_TOKEN",
            "ANSIBLE_VAULT_PASSWORD",
            "CLOUDFLARE_API_TOKEN",
            "DIGITALOCEAN_TOKEN",
            "HCLOUD_TOKEN",
            "GOOGLE_API_KEY",
            "AZURE_CLIENT_SECRET",
            "ARM_CLIENT_SECRET",
            "KUBE_TOKEN",
            "GIT_PASSWORD",
            "GIT_TOKEN",
            "GIT_AUTHOR_EMAIL",
            "SSH_PRIVATE_KEY",
            "SLACK_BOT_TOKEN",
            "STRIPE_SECRET_KEY",
            "CRON_SECRET",
            "NEXTAUTH_SECRET",
            "SECRET_KEY_BASE",
            "RAILS_MASTER_KEY",
            "DJANGO_SECRET_KEY",
            "JWT_SECRET",
            "HTTPS_PROXY",
            "http_proxy",
            "BUILDKITE_AGENT_TOKEN",
            "HEX_API_KEY",
            "HELM_PASSWORD",
            "USERNAME",
        ] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_are_identifiers() {
        for name in ["", "1A", "A-B", "A B", "A=B", "Ä", "A\n", "A.B", &"X".repeat(NAME_MAX + 1)] {
            assert_eq!(check(name), Err(NameFault::NotAnIdentifier), "{name:?}");
        }
        for name in ["X", "_X", "x1", &"X".repeat(NAME_MAX)] {
            assert_eq!(check(name), Ok(()), "{name:?}");
        }
    }

    #[test]
    fn the_list_is_well_formed() {
        let mut seen = std::collections::BTreeSet::new();
        for entry in RESERVED {
            assert!(!entry.reason.is_empty() && !entry.patterns.is_empty());
            for pattern in entry.patterns {
                assert!(seen.insert(pattern), "{pattern} is there twice");
                assert!(pattern.matches('*').count() <= 1, "{pattern}");
                assert_eq!(*pattern, pattern.to_ascii_uppercase());
                // Each pattern takes effect for the names that it stands for.
                let name = pattern.replace('*', "X");
                assert!(reserved(&name).is_some(), "{pattern}");
            }
            for except in entry.except {
                let covered = Reserved { except: &[], ..*entry };
                assert!(covered.covers(except), "{except} needs no exception");
                assert!(reserved(except).is_none(), "{except} is reserved by another entry");
            }
        }
    }
}
