//! Tools that know nothing of all this read what was approved.

use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

const WEB: Side = Side::In("web");

/// gh and git with the variable, aws with the file.
pub(in crate::try_out::containers) fn read(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "Real tools read it",
        "gh takes its token from a variable, aws its keys from a file. Neither knows where they came from.",
    )?;
    stage
        .types(WEB, "gh auth status --hostname github.localhost")?
        .exits(0)?
        .says("Logged in to github.localhost as sample-user (GH_TOKEN)")?;
    stage.types(WEB, "aws configure list")?.exits(0)?.says("shared-credentials-file")?;
    stage
        .types(WEB, "readlink ~/.aws/credentials; cat ~/.aws/credentials")?
        .exits(0)?
        .says("/dev/shm/remo-secrets")?;
    stage.types(
        WEB,
        "git -c http.extraHeader=\"Authorization: Bearer $GH_TOKEN\" clone -q http://forge/web.git ~/web && cat ~/web/README",
    )?.exits(0)?.says("hello")?;
    stage.story.checked("the forge let gh and git in, and aws has its keys, from a file in memory")?;
    stage.story.gap()?;
    let typed = r"find / -xdev -type f \( -name '*.env' -o -name 'credentials*' -o -name .netrc -o -path '*/.aws/*' -o -path '*/.config/gh/*' \) -exec grep -l SAMPLE- {} + 2>/dev/null | wc -l";
    stage.types(WEB, typed)?.exits(0)?.says("0\n")?;
    stage.story.checked("what code looks for on the disk of a container is not there")
}
