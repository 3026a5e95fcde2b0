//! The sample secrets. Their values are public and say so, so the story may show them.

use serde_json::json;

/// What every sample value contains, and nothing else does.
pub(super) const MARK: &str = "SAMPLE-";

/// What the name of every sample begins with.
pub(super) const PREFIX: &str = "sample_";

/// A token for the environment.
pub(super) const TOKEN: (&str, &str) = ("sample_token", "SAMPLE-token-4711");

/// A secret that is in the vault, and not for the project.
pub(super) const FORBIDDEN: (&str, &str) = ("sample_forbidden", "SAMPLE-of-somebody-else");

/// An optional file, which will be revoked.
pub(super) const REGISTRY: (&str, &str) = ("sample_registry", "SAMPLE-registry-token");

/// Where the registry's token goes, below the home.
pub(super) const REGISTRY_FILE: &str = ".config/registry/token";

/// The name of the bundle.
pub(super) const AWS: &str = "sample_aws";

/// Where the bundle goes, below the home.
pub(super) const AWS_FILE: &str = ".aws/credentials";

/// The bundle as it is stored; `version` tells one rotation from the next.
pub(super) fn aws(version: u8) -> String {
    json!({
        "aws_access_key_id": format!("SAMPLE-KEY-ID-{version}"),
        "aws_secret_access_key": format!("SAMPLE-secret-{version}"),
    })
    .to_string()
}

/// What the template of the manifest makes of it.
pub(super) fn aws_file(version: u8) -> String {
    format!(
        "[default]\naws_access_key_id={MARK}KEY-ID-{version}\naws_secret_access_key={MARK}secret-{version}\n"
    )
}

/// The bindings of the samples.
pub(super) const BINDINGS: &str = r#"
[secrets.sample_token]                  # becomes the variable SAMPLE_TOKEN

[secrets.sample_aws]                    # a bundle of fields becomes a file
fetch_as  = "file"
file_path = "~/.aws/credentials"
file_mode = "0600"
template  = """
[default]
aws_access_key_id={{aws_access_key_id}}
aws_secret_access_key={{aws_secret_access_key}}
"""

[secrets.sample_registry]               # a start does not depend on it
fetch_as  = "file"
file_path = "~/.config/registry/token"
file_mode = "0600"
required  = false
"#;
