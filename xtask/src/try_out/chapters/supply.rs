//! A vault with secrets in it, and a broker that gets them.

use std::fs;
use std::path::Path;

use super::approval::NO;
use super::holds;
use crate::failure::Failure;
use crate::try_out::ending::Stop;
use crate::try_out::own::{self, Own};
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

/// What the broker is told about its places; everything else is its default.
const CONFIGURATION: &str = "\
[paths]
socket_dir    = \"$TRY/run\"
state_dir     = \"$TRY/state\"
projects_root = \"$TRY/projects\"

[audit]
path = \"$TRY/audit.log\"
";

/// What the broker has, in names only.
const LIST: &str = r#"{"op":"list"}"#;

/// Where secrets come from.
#[derive(Debug)]
pub(in crate::try_out) struct Origin<'a> {
    /// Names whose values are asked for.
    pub(in crate::try_out) prompted: &'a [String],
    /// A file with variables.
    pub(in crate::try_out) env_file: Option<&'a Path>,
    /// Whether the samples are stored too.
    pub(in crate::try_out) samples: bool,
}

/// Fills a vault; returns the secrets that are the user's own.
pub(in crate::try_out) fn vault(stage: &mut Stage, origin: &Origin<'_>) -> Result<Vec<Own>, Stop> {
    stage.story.chapter(
        "A vault with secrets in it",
        if stage.with_fnox() {
            "The vault keeps secrets with fnox, each encrypted under the vault key. They are stored, listed and \
             removed with the ordinary fnox, or with remo-vault. A value comes from a prompt or from standard input, \
             never from the command line, which every process of the machine could read."
        } else {
            "The vault keeps secrets in one encrypted file. A value comes from a prompt or from standard input, never \
             from the command line, which every process of the machine could read."
        },
    )?;
    stage.types(Side::Vault, "remo-vault key ensure --allow-plaintext")?.exits(0)?.says("age1")?;
    if stage.with_fnox() {
        stage.types(Side::Vault, "remo-vault init")?.exits(0)?;
        stage.prepares(r#"eval "$(remo-vault env)""#)?;
    }
    own::prompt(stage, origin.prompted)?;
    if let Some(file) = origin.env_file {
        let anything = own::import(stage, file)?;
        if !anything && origin.prompted.is_empty() {
            return Err(Failure::new(format!("{} has no variable that can be taken", file.display()))
                .hint("write NAME=value lines into it, the name out of A-Z, a-z, 0-9 and _")
                .into());
        }
    }
    let own = if origin.prompted.is_empty() && origin.env_file.is_none() {
        Vec::new()
    } else {
        own::stored(stage)?
    };
    if origin.samples {
        for (name, value) in [samples::TOKEN, samples::REGISTRY, samples::FORBIDDEN] {
            let typed = format!("{} set {name}", stage.keeper());
            stage.types_with_sample(&typed, value)?.exits(0)?.says(name)?;
        }
        let typed = format!("{} set {}", stage.keeper(), samples::AWS);
        stage.types_with_sample(&typed, &samples::aws(1))?.exits(0)?.says(samples::AWS)?;
    }
    let listed = stage.types(Side::Vault, "remo-vault list")?.exits(0)?;
    if origin.samples {
        let listed = listed.says(samples::FORBIDDEN.0)?.says("aws_access_key_id,aws_secret_access_key")?;
        listed.does_not_say(samples::MARK)?;
        // grep ends with 1 when no line matches.
        let typed = format!("grep -c SAMPLE- $TRY/{}", stage.store());
        stage.types(Side::Vault, &typed)?.exits(1)?.says("0\n")?;
        stage
            .story
            .checked("the list shows names and no values, and the file holds no value in plaintext")?;
    } else {
        stage.story.checked("the list shows names and no values")?;
    }
    Ok(own)
}

/// Starts the broker, and the watcher that fills it.
pub(in crate::try_out) fn broker(stage: &mut Stage) -> Result<(), Stop> {
    let configuration = CONFIGURATION.replace("$TRY", &stage.place.root().display().to_string());
    fs::write(stage.place.path("broker.toml"), configuration)
        .map_err(Failure::because("cannot write broker.toml"))?;
    stage.story.chapter(
        "A broker that knows nothing by itself",
        "The broker holds secrets in memory only and starts with none. The vault's watcher hands it the whole store, \
         now and at every change. Its admin socket tells names; no request to it returns a value.",
    )?;
    stage.types(Side::Host, "cat $TRY/broker.toml")?.exits(0)?;
    let waited = stage.starts_broker()?;
    stage.types(Side::Vault, "remo-list-creds")?.exits(NO)?.does_not_say("yes")?;
    let answer = stage.quietly_asks_admin(LIST)?;
    answer.has("/ok", true)?.has("/secrets/0", serde_json::Value::Null)?;
    stage.story.checked(&format!("ready after {} ms, with no secret", waited.as_millis()))?;
    stage.story.gap()?;
    stage.starts_watcher()?;
    stage.watcher_reports()?;
    stage.types(Side::Vault, "remo-list-creds")?.exits(0)?.says("yes")?;
    let answer = stage.quietly_asks_admin(LIST)?;
    let count = answer.part("/secrets").as_array().map_or(0, Vec::len);
    holds(count > 0, || "the broker should have secrets now".to_owned())?;
    holds(!answer.line().contains(samples::MARK), || "the list should hold no value".to_owned())?;
    stage.story.checked(&format!("the broker has {count} secret{}", if count == 1 { "" } else { "s" }))
}
