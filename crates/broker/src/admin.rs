//! The operations of the admin plane. Each changes what the broker holds and says what the server has to do
//! with its sockets.

mod approval;
mod registration;
mod secrets;
mod status;

use remo_wire::admin::AdminRequest;
use remo_wire::error::{ErrorCode, ErrorResponse};

use crate::broker::Broker;
use crate::dispatch::{write_error, write_line};
use crate::registry::ProjectKey;
use crate::run_directory::ProjectSocket;

pub(crate) use status::repair_all;

/// What the server does after an operation.
#[derive(Debug, Default)]
pub struct Effects {
    /// Listen on this project's socket; connections that a replaced socket accepted stay.
    pub listen: Vec<(ProjectKey, ProjectSocket)>,
    /// Close everything that belongs to this project.
    pub close: Option<ProjectKey>,
    /// Close connections of users that this project does not record any more.
    pub judge_again: Option<ProjectKey>,
    /// Throw away answers that wait for slow readers, with their connections, and tell watchers.
    pub changed: Changed,
}

/// Whose view changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changed {
    /// Nobody's.
    #[default]
    Nothing,
    /// One project's.
    Project(ProjectKey),
    /// Every project's.
    Everything,
}

type Answer<T> = Result<T, ErrorResponse>;

/// Whether answers that are ready must leave before this request is carried out: what was answered before a
/// change is not thrown away with it.
pub fn changes_what_is_vended(request: &AdminRequest) -> bool {
    !matches!(request, AdminRequest::Manifest { .. } | AdminRequest::List | AdminRequest::Status)
}

/// Carries out one request and appends its answer.
pub fn answer(broker: &mut Broker, request: AdminRequest, answers: &mut Vec<u8>) -> Effects {
    let mut effects = Effects::default();
    let result =
        match request {
            AdminRequest::Register(register) => registration::register(broker, register, &mut effects)
                .map(|answer| write_line(answers, &answer)),
            AdminRequest::Unregister { name } => registration::unregister(broker, &name, &mut effects)
                .map(|answer| write_line(answers, &answer)),
            AdminRequest::Manifest { name } => {
                approval::compare(broker, &name).map(|answer| write_line(answers, &answer))
            }
            AdminRequest::Reload { name, expect_sha256 } => {
                approval::reload(broker, &name, expect_sha256.as_deref(), &mut effects)
                    .map(|answer| write_line(answers, &answer))
            }
            AdminRequest::PushCreds(payload) => {
                secrets::push(broker, payload, &mut effects).map(|answer| write_line(answers, &answer))
            }
            AdminRequest::ClearCreds => {
                write_line(answers, &secrets::clear(broker, &mut effects));
                Ok(())
            }
            AdminRequest::List => {
                write_line(answers, &status::list(broker));
                Ok(())
            }
            AdminRequest::Status => {
                let answer = status::status(broker, &mut effects);
                write_line(answers, &answer);
                Ok(())
            }
        };
    if let Err(error) = result {
        write_error(answers, &error);
    }
    effects
}

/// The answer to a failure of the broker's own files, which its log explains.
fn internal(what: &str, error: &std::io::Error) -> ErrorResponse {
    log::error!("cannot {what}: {error}");
    ErrorResponse::new(ErrorCode::InternalError, format!("cannot {what}: {error}"))
}

fn unknown(name: &remo_wire::names::ProjectName) -> ErrorResponse {
    ErrorResponse::new(ErrorCode::ProjectUnknown, format!("no project {name} is registered"))
}
