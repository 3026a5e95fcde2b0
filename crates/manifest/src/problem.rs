//! What is wrong with a manifest: where, in plain words, and what to write instead.

use std::fmt;

/// How many problems one report lists; what is beyond is counted in its last line.
pub const PROBLEMS_MAX: usize = 100;

/// One thing that is wrong. It displays as `file:line: key: message`, and `hint: remedy` on a second line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The rule that is broken, for tests and for counting; people read [`message`](Self::message).
    pub rule: Rule,
    /// The label that the parser was given.
    pub file: String,
    /// Line in the file, from 1.
    pub line: u32,
    /// Column in characters, from 1; `None` for a problem of the file as a whole.
    pub column: Option<u32>,
    /// Dotted path of the key, such as `secrets.aws.file_path`; `manifest` for the file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, key, message, remedy, .. } = self;
        write!(formatter, "{file}:{line}: {key}: {message}\nhint: {remedy}")
    }
}

impl std::error::Error for Problem {}

/// Every problem of one manifest, in the order of the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    listed: Vec<Problem>,
    unlisted: usize,
}

impl Problems {
    pub(crate) fn new(mut listed: Vec<Problem>) -> Self {
        let unlisted = listed.len().saturating_sub(PROBLEMS_MAX);
        listed.truncate(PROBLEMS_MAX);
        Self { listed, unlisted }
    }

    pub(crate) fn single(problem: Problem) -> Self {
        Self { listed: vec![problem], unlisted: 0 }
    }

    /// The first [`PROBLEMS_MAX`] problems.
    pub fn as_slice(&self) -> &[Problem] {
        &self.listed
    }

    /// Iterates over [`as_slice`](Self::as_slice).
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.listed.iter()
    }

    /// How many problems there are beyond those listed.
    pub fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// Each problem as text, for `problems` of the admin plane; what is not listed is one last entry.
    pub fn to_texts(&self) -> Vec<String> {
        let more = (self.unlisted > 0).then(|| format!("… and {} more", self.unlisted));
        self.listed.iter().map(Problem::to_string).chain(more).collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_texts().join("\n"))
    }
}

impl std::error::Error for Problems {}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The rules of a manifest. A sample for each is in the tests' corpus.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

rules! {
    /// The file has at most 64 KiB.
    Size,
    /// The file is UTF-8.
    Encoding,
    /// The file is TOML.
    Syntax,
    /// A key is written once.
    DuplicateKey,
    /// Keys and tables are those of the format.
    UnknownKey,
    /// A key holds a value of its type.
    WrongType,
    /// `schema_version` and `project` are there.
    MissingKey,
    /// `schema_version` is one that this build reads.
    SchemaVersion,
    /// `project` is the base name of the project's directory.
    Project,
    /// Secret names are as says.
    SecretName,
    /// `fetch_as` is one of its words.
    FetchAs,
    /// Keys of files stand only in file mode.
    FileKeyInEnvMode,
    /// Keys of variables stand only in env mode.
    EnvKeyInFileMode,
    /// Keys of helpers stand only in helper mode.
    HelperKeyInOtherMode,
    /// Keys of variables and files do not stand in helper mode.
    OtherKeyInHelperMode,
    /// A key of one helper does not stand beside another.
    KeyOfAnotherHelper,
    /// Helper mode says which tool asks, for what, and what it gets.
    MissingHelperKey,
    /// `helper` is one of its words.
    HelperKind,
    /// A helper answers for one host, registry or profile, in its one spelling.
    HelperPlace,
    /// `username` is one word, and excludes `fields`.
    HelperAccount,
    /// File mode says where the file goes.
    MissingFilePath,
    /// A path is below the home or one of a few places, and not where programs look for code.
    FilePath,
    /// A mode is four octal digits, readable by its owner, and writable by nobody else.
    FileMode,
    /// A template uses only what the template language has.
    Template,
    /// A variable's name is an identifier.
    EnvName,
    /// A variable is none of the reserved ones.
    ReservedVariable,
    /// `env_var` and `fields` exclude each other.
    VariableAndFields,
    /// `fields` names at least one field.
    EmptyFields,
    /// Field names are as says.
    FieldName,
    /// A variable takes one value only.
    SharedVariable,
    /// A path takes one value only.
    SharedPath,
    /// A helper answers one secret for one host, registry or profile.
    SharedHelper,
    /// Cache limits are in their range.
    CacheRange,
}
