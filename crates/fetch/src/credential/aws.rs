//! Tools of AWS: `credential_process` of a profile, answered with JSON of version 1.

use remo_manifest::helper::AWS_FIELDS;
use remo_secret::Secret;
use remo_wire::binding::{AwsFields, HelperTarget};
use remo_wire::names::SecretName;
use serde::Serialize;

use super::{Desk, Fields, line};
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::report;

/// The one version of the answer.
const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    version: u32,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<&'a str>,
}

pub(super) fn answer(desk: &Desk<'_>, profile: &str) -> Result<ExitStatus, Failure> {
    let is_for = |target: &HelperTarget| matches!(target, HelperTarget::Aws(aws) if aws.profile == profile);
    let Some(mut approved) = desk.approved(is_for)? else {
        let profile = profile.escape_debug();
        return Err(Failure::unavailable(format!("no secret is approved for the profile {profile} of AWS")).hint(
            format!(
                "in .remo/manifest.toml: fetch_as = \"helper\", helper = \"aws\", profile = \"{profile}\"; then \
                 approve it on the instance: remo-reload"
            ),
        ));
    };
    let names = match &approved.target {
        HelperTarget::Aws(aws) => aws.fields.clone(),
        HelperTarget::Git(_) | HelperTarget::Docker(_) => None,
    };
    let vended = desk.fetch(&mut approved)?;
    let name = &approved.name;
    let key = Key::of(&Fields::of(name, &vended.value)?, names.as_ref());
    report::data(key.answer(name)?.expose())?;
    Ok(ExitStatus::Success)
}

struct Key {
    id: Secret,
    secret: Secret,
    token: Option<Secret>,
    expiration: Option<Secret>,
}

impl Key {
    fn of(bundle: &Fields, names: Option<&AwsFields>) -> Self {
        match names {
            Some(names) => Self {
                id: bundle.get(&names.access_key_id),
                secret: bundle.get(&names.secret_access_key),
                token: names.session_token.as_ref().map(|field| bundle.get(field)),
                expiration: names.expiration.as_ref().map(|field| bundle.get(field)),
            },
            None => Self {
                id: bundle.find(AWS_FIELDS.access_key_id).unwrap_or_else(|| Secret::new(Vec::new())),
                secret: bundle.find(AWS_FIELDS.secret_access_key).unwrap_or_else(|| Secret::new(Vec::new())),
                token: bundle.find(AWS_FIELDS.session_token),
                expiration: bundle.find(AWS_FIELDS.expiration),
            },
        }
    }

    fn answer(&self, name: &SecretName) -> Result<Secret, Failure> {
        let answer = Answer {
            version: VERSION,
            access_key_id: line(name, "access key id", &self.id)?,
            secret_access_key: line(name, "secret access key", &self.secret)?,
            session_token: self.token.as_ref().map(|token| line(name, "session token", token)).transpose()?,
            expiration: self.expiration.as_ref().map(|time| line(name, "expiration", time)).transpose()?,
        };
        let text =
            serde_json::to_vec(&answer).map_err(|error| Failure::internal("write the answer", &error))?;
        Ok(Secret::new(text))
    }
}
