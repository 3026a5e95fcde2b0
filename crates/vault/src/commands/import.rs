//! `remo-vault import FILE.env`: every variable of a file into the store, in one write.

use std::fs::File;
use std::path::Path;

use remo_secret::Secret;
use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

use super::{note_waiting, plural, store, within_one_push};
use crate::cli::{ImportArguments, Locations};
use crate::dotenv;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::input;
use crate::output;
use crate::private_file::read_capped;
use crate::store::{Change, Commit, Content};
use crate::value;

/// The largest file that is read, in bytes: a push carries 1 MiB, and comments do not travel.
const FILE_MAX: u64 = 4 * 1024 * 1024;

/// What a file brings.
struct Harvest {
    secrets: Vec<(SecretName, PushedSecret)>,
    /// How many assignments cannot be stored.
    left_out: usize,
}

pub(super) fn run(locations: &Locations, arguments: &ImportArguments) -> Result<ExitStatus, Failure> {
    let harvest = harvest(&arguments.file)?;
    let store = store(locations);
    let verb = if arguments.dry_run { "would import" } else { "imported" };
    let Counts { new, replaced, unchanged } = if arguments.dry_run {
        apply(store.preview()?.as_mut(), &harvest, arguments)?.1
    } else {
        store.update::<_, Failure>(&mut note_waiting, |content| apply(content, &harvest, arguments))?
    };
    let changed = new + replaced;
    output::note(&format!(
        "{verb} {changed} secret{} ({new} new, {replaced} replaced); {unchanged} stored already, {} left out",
        plural(changed),
        harvest.left_out
    ));
    if !arguments.dry_run && arguments.file != Path::new("-") {
        let file = arguments.file.display();
        output::note(&match harvest.left_out {
            0 => {
                format!("hint: {file} still holds the values in plaintext; delete it when all is well")
            }
            _ => format!("hint: {file} still holds the values in plaintext; what was left out is only there"),
        });
    }
    // A script should not take an import for complete that was not.
    Ok(if harvest.left_out == 0 { ExitStatus::Success } else { ExitStatus::Failure })
}

#[derive(Default)]
struct Counts {
    new: usize,
    replaced: usize,
    unchanged: usize,
}

/// Puts the harvest into `content` and says what became of each secret.
fn apply(
    content: &mut dyn Content,
    harvest: &Harvest,
    arguments: &ImportArguments,
) -> Result<(Commit, Counts), Failure> {
    refuse_conflicts(content, harvest, arguments)?;
    let counts = within_one_push(content, |content| Ok(set_all(content, harvest)))?;
    let commit = if counts.new + counts.replaced == 0 { Commit::Leave } else { Commit::Write };
    Ok((commit, counts))
}

fn set_all(content: &mut dyn Content, harvest: &Harvest) -> Counts {
    let mut counts = Counts::default();
    for (name, secret) in &harvest.secrets {
        let (count, what) = match content.set(name, secret) {
            Change::Added => (&mut counts.new, "new"),
            Change::Replaced => (&mut counts.replaced, "replaces what is stored"),
            Change::Unchanged => (&mut counts.unchanged, "stored already"),
        };
        *count += 1;
        output::note(&format!("{name}: {what}"));
    }
    counts
}

fn harvest(file: &Path) -> Result<Harvest, Failure> {
    let shown = shown(file);
    let content = if file == Path::new("-") { input::all_of_stdin()? } else { content_of(file)? };
    let assignments = dotenv::parse(&content).map_err(|error| {
        Failure::new(format!("{shown}: {error}")).hint("nothing was stored; mend the line and try again")
    })?;
    let mut harvest = Harvest { secrets: Vec::new(), left_out: 0 };
    for assignment in assignments {
        let line = assignment.line;
        let Ok(name) = SecretName::new(&assignment.name) else {
            // The name is not shown: what is no name may be a piece of a value that has several lines.
            output::note(&format!(
                "warning: {shown}: line {line}: what is before the = is not a secret name (A-Z, a-z, 0-9, _)"
            ));
            harvest.left_out += 1;
            continue;
        };
        if assignment.has_reference {
            output::note(&format!(
                "note: {shown}: line {line}: the $ in {name} is taken as it is, not expanded"
            ));
        }
        match value::interpret(assignment.value) {
            Ok(secret) => harvest.secrets.push((name, secret)),
            Err(error) => {
                output::note(&format!(
                    "warning: {shown}: line {line}: {name}: {error}\nhint: store it as text with: remo-vault set {name} --scalar"
                ));
                harvest.left_out += 1;
            }
        }
    }
    Ok(harvest)
}

/// The file in words.
fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

fn content_of(file: &Path) -> Result<Secret, Failure> {
    let mut content = Secret::new(Vec::new());
    let complete = File::open(file)
        .and_then(|opened| read_capped(opened, FILE_MAX, &mut content))
        .map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))?;
    if complete {
        Ok(content)
    } else {
        Err(Failure::new(format!("{} is larger than {FILE_MAX} bytes", file.display())))
    }
}

/// Refuses to replace what is stored with another value, unless that was asked for.
fn refuse_conflicts(
    content: &dyn Content,
    harvest: &Harvest,
    arguments: &ImportArguments,
) -> Result<(), Failure> {
    let conflicts: Vec<_> = harvest
        .secrets
        .iter()
        .filter(|(name, secret)| content.holds_another(name, secret))
        .map(|(name, _)| name.as_str())
        .collect();
    if conflicts.is_empty() || arguments.force {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{} {} stored with another value; nothing was changed",
        conflicts.join(", "),
        if conflicts.len() == 1 { "is" } else { "are" }
    ))
    .hint(format!("replace with: remo-vault import --force {}", arguments.file.display())))
}
