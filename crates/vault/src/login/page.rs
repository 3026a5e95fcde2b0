//! What `remo-login` shows: the list, a recipe in words, the status. Never a value.

use jiff::Timestamp;
use remo_wire::names::SecretName;
use serde::Serialize;

use super::digest::{self, Present};
use super::expiry::Standing;
use super::keep::Vault;
use super::known::{Login, known};
use super::recipe::{Catalog, Found, Origin, Place, Recipe};
use crate::cli::Locations;
use crate::commands;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

#[derive(Serialize)]
struct ListedRecipe<'a> {
    recipe: &'a str,
    title: &'a str,
    secret: &'a str,
    lasts: &'a str,
    refreshable: bool,
    shipped: bool,
    /// Logins that were made by it.
    logins: Vec<ShownLogin<'a>>,
}

#[derive(Serialize)]
struct ShownLogin<'a> {
    #[serde(flatten)]
    login: &'a Login,
    /// Whether the store still holds it; left out where the store was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_store: Option<Present>,
    expired: bool,
    due: bool,
    seconds_left: Option<i64>,
    hint: Option<String>,
}

impl<'a> ShownLogin<'a> {
    fn new(login: &'a Login, present: Option<Present>, now: Timestamp) -> Self {
        let standing = login.standing(now);
        let seconds_left = match standing {
            Standing::Lasting => None,
            Standing::Valid(left) | Standing::Due(left) => Some(left.as_secs()),
            Standing::Expired(_) => Some(0),
        };
        let hint = match present {
            Some(Present::Removed | Present::Replaced) => Some(format!("remo-login forget {}", login.name)),
            _ => login.hint(now),
        };
        Self {
            login,
            in_store: present,
            expired: matches!(standing, Standing::Expired(_)),
            due: standing.is_due(),
            seconds_left,
            hint,
        }
    }

    /// Whether it is about what the store holds, as far as is known.
    fn is_current(&self) -> bool {
        !matches!(self.in_store, Some(Present::Removed | Present::Replaced))
    }

    fn standing(&self, now: Timestamp) -> String {
        match self.in_store {
            Some(Present::Removed) => "removed from the store since".to_owned(),
            Some(Present::Replaced) => "set by other means since".to_owned(),
            _ => self.login.standing(now).in_words(),
        }
    }
}

/// The recipes, and what was logged in by them. Works without a key, as on a first look.
pub fn list(catalog: &Catalog, locations: &Locations, json: bool) -> Result<ExitStatus, Failure> {
    let now = Timestamp::now();
    let logins = known(locations.store_path(), &locations.key_file).unwrap_or_else(|error| {
        output::note(&format!(
            "warning: which logins there are cannot be read: {}",
            crate::failure::chain(&error)
        ));
        Vec::new()
    });
    let of = |recipe: &Recipe| logins.iter().filter(|login| login.recipe == recipe.name).collect::<Vec<_>>();
    if json {
        let recipes: Vec<_> = catalog
            .recipes()
            .iter()
            .map(|Found { recipe, origin }| ListedRecipe {
                recipe: &recipe.name,
                title: &recipe.title,
                secret: &recipe.secret,
                lasts: &recipe.lasts,
                refreshable: recipe.refresh.is_some(),
                shipped: *origin == Origin::Shipped,
                logins: of(recipe).into_iter().map(|login| ShownLogin::new(login, None, now)).collect(),
            })
            .collect();
        print_json(&serde_json::json!({ "recipes": recipes }))?;
    } else {
        let width = catalog.recipes().iter().map(|found| found.recipe.name.len()).max().unwrap_or_default();
        for Found { recipe, .. } in catalog.recipes() {
            output::line(&format!("{:width$}  {}", recipe.name, recipe.title))?;
            for login in of(recipe) {
                let standing = login.standing(now).in_words();
                output::line(&format!("{:width$}  stored as {}, {standing}", "", login.name))?;
            }
        }
        output::note("hint: log in with: remo-login RECIPE; how it works: remo-login RECIPE --show");
    }
    for (name, refusal) in catalog.refused() {
        let (path, name) = (refusal.path.display(), if name.is_empty() { "" } else { name });
        for problem in &refusal.problems {
            output::note(&format!(
                "warning: {path} is not used{}: {problem}",
                if name.is_empty() { " (a folder)" } else { "" }
            ));
        }
    }
    Ok(ExitStatus::Success)
}

/// The logins with the time left. A negative answer when one has expired that is still in the store.
pub fn status(locations: &Locations, json: bool) -> Result<ExitStatus, Failure> {
    let now = Timestamp::now();
    let records = Vault::new(locations).records.read()?;
    let stored = match commands::stored(locations) {
        Ok(reading) => Some(reading),
        Err(failure) => {
            output::note(&format!("warning: whether they are still in the store cannot be told\n{failure}"));
            None
        }
    };
    let present = |name: &SecretName, digests: &[String]| {
        stored.as_ref().map(|reading| digest::present(digests, name, reading))
    };
    let logins: Vec<_> = records
        .into_iter()
        .map(|(name, record)| (present(&name, &record.digests), Login::new(name, record)))
        .collect();
    let shown: Vec<_> = logins.iter().map(|(present, login)| ShownLogin::new(login, *present, now)).collect();
    let expired = shown.iter().any(|login| login.expired && login.is_current());
    if json {
        print_json(&serde_json::json!({ "logins": shown }))?;
    } else if shown.is_empty() {
        output::note("nobody has logged in yet\nhint: see what there is: remo-login");
    } else {
        let names = logins.iter().map(|(_, login)| login.name.as_str().len());
        let recipes = logins.iter().map(|(_, login)| login.recipe.len());
        let name = names.max().unwrap_or_default().max("SECRET".len());
        let recipe = recipes.max().unwrap_or_default().max("RECIPE".len());
        output::line(&format!("{:name$}  {:recipe$}  {:20}  STANDING", "SECRET", "RECIPE", "OBTAINED"))?;
        for ((_, login), shown) in logins.iter().zip(&shown) {
            let at = login.obtained_at.to_string();
            let standing = shown.standing(now);
            output::line(&format!(
                "{:name$}  {:recipe$}  {at:20}  {standing}",
                login.name.as_str(),
                login.recipe
            ))?;
        }
        for hint in shown.iter().filter_map(|login| login.hint.as_ref()) {
            output::note(&format!("hint: {hint}"));
        }
    }
    Ok(if expired { ExitStatus::Failure } else { ExitStatus::Success })
}

/// A recipe in words: how it goes, what is stored and as what, and the binding.
pub fn show(found: &Found, secret: &SecretName) -> Result<ExitStatus, Failure> {
    let recipe = &found.recipe;
    let line = |key: &str, text: &str| output::line(&format!("{key:11} {text}"));
    output::line(&format!("{}: {}\n", recipe.name, recipe.title))?;
    for (number, question) in recipe.questions.iter().enumerate() {
        let kind = match (&question.default, question.secret) {
            (Some(default), _) => format!(" [{default}]"),
            (None, true) => " (not shown)".to_owned(),
            (None, false) => String::new(),
        };
        line(if number == 0 { "asks" } else { "" }, &format!("{}{kind}", question.prompt))?;
    }
    if let Some(login) = &recipe.login {
        line("runs", &login.command.join(" "))?;
    }
    if let Some(place) = &recipe.credential.value {
        line("takes", &source(place))?;
        line("stores", &format!("{secret}, a scalar"))?;
    } else {
        for (number, (name, place)) in recipe.credential.fields.iter().enumerate() {
            line(if number == 0 { "takes" } else { "" }, &format!("{name}: {}", source(place)))?;
        }
        let fields: Vec<_> = recipe.credential.fields.keys().map(String::as_str).collect();
        line("stores", &format!("{secret}, a bundle of {}", fields.join(", ")))?;
    }
    line("lasts", &recipe.lasts)?;
    let refreshed = match &recipe.refresh {
        None => "no; log in again when it has expired".to_owned(),
        Some(refresh) => match &refresh.command {
            Some(command) => format!("remo-login refresh {secret}, which runs {}", command.join(" ")),
            None => format!("remo-login refresh {secret}"),
        },
    };
    line("refreshed", &refreshed)?;
    if let Some(refresh) = &recipe.refresh {
        line("", &format!("{} stays in the vault, encrypted, for that", refresh.keep.join(", ")))?;
    }
    let origin = match &found.origin {
        Origin::Shipped => "shipped".to_owned(),
        Origin::File(path) => path.display().to_string(),
    };
    line("recipe", &origin)?;
    if !recipe.note.is_empty() {
        output::line(&format!("\n{}", recipe.note.trim()))?;
    }
    output::line(&format!("\nFor .remo/manifest.toml:\n\n{}", binding(recipe, secret).trim_end()))?;
    Ok(ExitStatus::Success)
}

/// The binding with the secret's name; placeholders of the manifest's templates stay.
fn binding(recipe: &Recipe, secret: &SecretName) -> String {
    recipe.binding.replace("{{secret}}", secret.as_str())
}

fn source(place: &Place) -> String {
    let at = if place.at.is_empty() { String::new() } else { format!(", at {}", place.at.join(" → ")) };
    match (&place.file, &place.command, &place.answer) {
        (Some(file), _, _) => format!("the tool's file {file}{at}"),
        (_, Some(command), _) => format!("what `{}` prints{at}", command.join(" ")),
        (_, _, Some(answer)) => format!("the answer `{answer}`"),
        (None, None, None) => "nothing".to_owned(),
    }
}

fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    output::line(&serde_json::to_string_pretty(value).map_err(|error| Failure::from_error(&error))?)
}
