//! Where recipes and homes are, as the command line and the environment say.

use std::ffi::OsString;
use std::path::PathBuf;

use super::home;

/// Recipes of the machine's administrator.
pub const SYSTEM_RECIPES: &str = "/etc/remo-vault/recipes.d";

/// Recipes of the user, below the configuration folder.
const USER_RECIPES: &str = "remo-vault/recipes";

/// What is set for one run.
#[derive(Debug)]
pub struct Settings {
    /// Folders of recipes, the first one first.
    pub recipes: Vec<PathBuf>,
    /// The memory-backed folder below which homes are made.
    pub home_parent: PathBuf,
    /// Whether a tool's words are shown although no terminal is there.
    pub show_output: bool,
}

impl Settings {
    /// What the flags say, and otherwise the environment.
    pub fn new(
        recipes_dir: Option<PathBuf>,
        home_parent: Option<PathBuf>,
        show_output: bool,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Self {
        let path = |name: &str| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let recipes = recipes_dir.map_or_else(
            || {
                let configuration =
                    path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")));
                let user = configuration.map(|folder| folder.join(USER_RECIPES));
                [PathBuf::from(SYSTEM_RECIPES)].into_iter().chain(user).collect()
            },
            |folder| vec![folder],
        );
        let home_parent = home_parent.unwrap_or_else(|| home::default_parent(path("XDG_RUNTIME_DIR")));
        Self { recipes, home_parent, show_output }
    }
}
