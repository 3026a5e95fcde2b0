//! One thing that is wrong, and the command that mends it.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something does not work, or a project gets what it should not get any more.
    Problem,
    /// Nothing is broken; somebody should look or decide.
    Notice,
}

/// What a finding is about, for scripts. Codes are added, never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingCode {
    /// The broker does not answer.
    BrokerUnreachable,
    /// The broker speaks another protocol, or another version of it.
    BrokerProtocol,
    /// The broker was cleared on purpose.
    BrokerCleared,
    /// The store cannot be read as a whole.
    StoreUnreadable,
    /// Nothing is stored yet.
    StoreEmpty,
    /// A single entry cannot be read.
    EntryFault,
    /// A stored name cannot be pushed.
    NameUnpushable,
    /// No watcher lives.
    WatcherNotRunning,
    /// The watcher lives, but does not react.
    WatcherUnresponsive,
    /// The watcher lives, but cannot do its work.
    WatcherProblem,
    /// It is not known how the key is protected.
    KeyTierUnknown,
    /// The key is in a plaintext file.
    KeyPlaintext,
    /// The broker lacks a secret of the store, or has an older value of it.
    NotPushed,
    /// Nobody vouches that the broker has what is stored.
    BrokerContentUnknown,
    /// The broker has a secret that the store has no more.
    RemovedStillServed,
    /// A login has ended.
    LoginExpired,
    /// A login ends soon.
    LoginExpiring,
    /// What is known of logins cannot be read.
    LoginsUnknown,
    /// A rotation of the key has begun and not ended.
    KeyRotating,
    /// A required secret of a pin is missing.
    RequiredMissing,
    /// A required secret of a pin does not fit where it goes.
    RequiredUnfit,
    /// Nothing of this project was approved yet.
    ProjectUnapproved,
    /// A project asks for something else than was approved.
    ManifestChanged,
    /// A project's manifest cannot be used or is gone.
    ManifestUnusable,
    /// The broker does not say how a project's manifest stands.
    ManifestUnknown,
}

/// One thing that is wrong or waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub code: FindingCode,
    /// The secret or the project that it is about, where it is about one.
    pub name: Option<String>,
    /// What is wrong, on one line, without a value.
    pub message: String,
    /// What to do, in words that contain the command.
    pub remedy: Option<String>,
    /// The command alone, where one command does it.
    pub command: Option<String>,
}

impl Finding {
    /// Something that does not work.
    pub fn problem(code: FindingCode, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Problem,
            code,
            name: None,
            message: message.into(),
            remedy: None,
            command: None,
        }
    }

    /// Something to look at.
    pub fn notice(code: FindingCode, message: impl Into<String>) -> Self {
        Self { severity: Severity::Notice, ..Self::problem(code, message) }
    }

    /// Says which secret or project it is about.
    #[must_use]
    pub fn about(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says what to type, behind the words for what that does.
    #[must_use]
    pub fn command(mut self, purpose: &str, command: impl Into<String>) -> Self {
        let command = command.into();
        self.remedy = Some(format!("{purpose}: {command}"));
        self.command = Some(command);
        self
    }

    /// Says what to do where that is more, or less, than one command.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Whether something does not work.
    pub fn is_problem(&self) -> bool {
        self.severity == Severity::Problem
    }
}
