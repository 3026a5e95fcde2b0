//! Where a project runs.

use crate::containers::History;

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In its container.
    Container,
    /// On the host, as a person approved.
    Host,
    /// Nowhere: it has no configuration, and nobody approved that it runs on the host.
    NotApproved,
    /// Nowhere: it was in a container, and its configuration has gone since. Code in that container could have taken
    /// it away to get out.
    ConfigurationGone,
}

/// Where a project runs. A configuration that is there wins over every approval.
pub fn place(has_configuration: bool, history: &History) -> Place {
    match (has_configuration, history.host_is_approved, history.was_in_container) {
        (true, _, _) => Place::Container,
        (false, true, _) => Place::Host,
        (false, false, true) => Place::ConfigurationGone,
        (false, false, false) => Place::NotApproved,
    }
}

/// Remembers that a start in a container begins: an approval for the host that was given before it ends.
pub fn enters_container(history: &mut History) {
    history.was_in_container = true;
    history.host_is_approved = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_without_configuration_runs_nowhere_until_a_person_says_so() {
        let mut history = History::default();
        assert_eq!(place(false, &history), Place::NotApproved);
        history.host_is_approved = true;
        assert_eq!(place(false, &history), Place::Host);
        assert_eq!(place(true, &history), Place::Container, "a configuration wins");
    }

    #[test]
    fn whoever_was_in_a_container_does_not_get_out_by_removing_the_configuration() {
        let mut history = History { host_is_approved: true, ..History::default() };
        enters_container(&mut history);
        assert_eq!(place(false, &history), Place::ConfigurationGone, "the approval was given before");
        history.container = None;
        assert_eq!(place(false, &history), Place::ConfigurationGone, "without a container that is left, too");
        history.host_is_approved = true;
        assert_eq!(place(false, &history), Place::Host, "a person looked at it again");
    }
}
