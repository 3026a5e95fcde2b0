//! Connections that watch: who they are, and what becomes of them when their project goes.

use std::collections::BTreeMap;

use remo_wire::error::{ErrorCode, ErrorResponse};

use super::connection::{Connection, Phase, Plane};
use super::{Server, Source};
use crate::registry::{ProjectKey, Watcher};

impl Server {
    /// Writes down for each project who watches, for `status`. A process that watches holds what it was given last on
    /// any of its connections; one that was given nothing holds nothing.
    pub(super) fn note_watchers(&mut self) {
        let given = self.given();
        for project in self.broker.registry.iter_mut() {
            project.watchers.clear();
        }
        for (_, source) in &self.sources {
            if let Source::Connection(connection) = source
                && let (Plane::Project(key), Phase::Watching { .. }) = (connection.plane, connection.phase)
                && let Some(view) = given.get(&(key, connection.peer.pid))
                && let Some(project) = self.broker.registry.get_mut(key)
            {
                project.watchers.push(Watcher { container: connection.peer.container.clone(), view: *view });
            }
        }
    }

    fn given(&self) -> BTreeMap<(ProjectKey, i32), u64> {
        let mut given = BTreeMap::new();
        for (_, source) in &self.sources {
            if let Source::Connection(connection) = source
                && let (Plane::Project(key), Some(view)) = (connection.plane, connection.given)
            {
                let latest = given.entry((key, connection.peer.pid)).or_insert(view);
                *latest = view.max(*latest);
            }
        }
        given
    }

    /// Tells everybody who watches for a project that it is not registered any more: a connection that merely ends
    /// could as well be the broker's restart, which takes nothing back.
    pub(super) fn dismiss_watchers(&mut self, key: ProjectKey) {
        let chosen = |connection: &Connection| {
            connection.plane == Plane::Project(key) && matches!(connection.phase, Phase::Watching { .. })
        };
        let watchers: Vec<(usize, u64)> = self
            .sources
            .iter()
            .filter_map(|(index, source)| match source {
                Source::Connection(connection) if chosen(connection) => Some((index, connection.id)),
                _ => None,
            })
            .collect();
        let gone = ErrorResponse::new(ErrorCode::Denied, "this project is not registered any more");
        for (index, id) in watchers {
            self.stage_error(index, id, &gone);
        }
        self.commit_turn();
    }
}
