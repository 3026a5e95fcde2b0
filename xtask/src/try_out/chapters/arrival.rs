//! The secrets arrive where they were approved.

use crate::failure::Failure;
use crate::try_out::ending::Stop;
use crate::try_out::own::Own;
use crate::try_out::samples;
use crate::try_out::stage::{Side, Stage};

/// The helper gives secrets to one command, and to nobody else.
pub(in crate::try_out) fn arrives(stage: &mut Stage, own: &[Own]) -> Result<(), Stop> {
    stage.story.chapter(
        "The secrets arrive",
        "In the container the helper fetches everything that was approved from one snapshot and gives it to one \
         command: variables in its environment, files rendered from a template in memory, for as long as it runs.",
    )?;
    stage
        .types(Side::Demo, "remo-fetch-secrets check")?
        .exits(0)?
        .says("variable SAMPLE_TOKEN")?
        .says("file ~/.aws/credentials")?;
    stage
        .types(
            Side::Demo,
            r#"remo-fetch-secrets exec -- sh -c 'echo "SAMPLE_TOKEN is $SAMPLE_TOKEN"; cat ~/.aws/credentials'"#,
        )?
        .exits(0)?
        .says(&format!("SAMPLE_TOKEN is {}\n{}", samples::TOKEN.1, samples::aws_file(1)))?;
    stage.story.checked("the sample values are what the vault was given")?;
    lengths(stage, own)?;
    stage.story.gap()?;
    stage
        .types(Side::Demo, r#"echo "SAMPLE_TOKEN is ${SAMPLE_TOKEN-not set}"; cat ~/.aws/credentials"#)?
        .exits(1)?
        .says("SAMPLE_TOKEN is not set")?
        .does_not_say(samples::MARK)?;
    stage.story.checked("the next command has neither the variable nor the file")
}

/// The user's own secrets, by their lengths: the shell that has them does the counting, and fails (`-u`) when one is
/// not there. An empty one is as it was given.
fn lengths(stage: &mut Stage, own: &[Own]) -> Result<(), Stop> {
    let variables: Vec<String> = own.iter().flat_map(Own::variables).collect();
    if variables.is_empty() {
        return Ok(());
    }
    let print: Vec<String> =
        variables.iter().map(|name| format!("echo \"{name}: ${{#{name}}} characters\"")).collect();
    let typed = format!("remo-fetch-secrets exec -- sh -uc '{}'", print.join("; "));
    stage.story.gap()?;
    let ran = stage.types(Side::Demo, &typed)?.exits(0)?;
    for name in &variables {
        let line = ran.output().lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let length =
            line.and_then(|line| line.strip_suffix(" characters")).and_then(|count| count.parse().ok());
        let _: usize = length.ok_or_else(|| Failure::new(format!("{name} should be there")))?;
    }
    stage.story.checked("your own secrets are there; their values are not shown")
}
