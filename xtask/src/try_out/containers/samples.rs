//! The sample secrets and the projects that ask for them. The values are public and say so, so the story may show them.

use serde_json::json;

/// What every sample value contains, and nothing else does.
pub(super) const MARK: &str = "SAMPLE-";

/// The token of the forge; `version` tells one rotation from the next.
pub(super) fn token(version: u8) -> String {
    format!("{MARK}token-{version}")
}

/// The bundle for aws.
pub(super) fn aws(version: u8) -> String {
    json!({
        "aws_access_key_id": format!("{MARK}KEY-ID-{version}"),
        "aws_secret_access_key": format!("{MARK}secret-{version}"),
    })
    .to_string()
}

/// The one secret of the second project.
pub(super) const DEPLOY_KEY: &str = "SAMPLE-deploy-key";

/// What the first project asks for.
pub(super) const WEB: &str = r#"schema_version = 1
project        = "web"

[secrets.forge_token]
env_var = "GH_TOKEN"

[secrets.aws]
fetch_as  = "file"
file_path = "~/.aws/credentials"
template  = """
[default]
aws_access_key_id={{aws_access_key_id}}
aws_secret_access_key={{aws_secret_access_key}}
"""
"#;

/// What the second project asks for.
pub(super) const API: &str = r#"schema_version = 1
project        = "api"

[secrets.deploy_key]
fetch_as  = "file"
file_path = "~/.config/deploy/key"
"#;

/// The configuration of both: the image, the user, and under which names their containers reach the stand-in
/// for a forge. gh takes plain http for `github.localhost` only, which others take for the machine itself.
pub(super) fn configuration(image: &str, forge: &str) -> String {
    format!(
        r#"{{
    "image": "{image}",
    "remoteUser": "dev",
    "containerEnv": {{ "GH_HOST": "github.localhost" }},
    "runArgs": ["--add-host=forge:{forge}", "--add-host=api.github.localhost:{forge}"]
}}
"#
    )
}
