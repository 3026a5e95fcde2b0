//! The options that are known, command by command.
//!
//! Kept by hand against `docker COMMAND --help` of 20.10 and 28.2, buildx 0.13 and Compose 1.29 and 2. An
//! option that is missing here is refused by name, which is the safe side to err on.

use super::flags::{Known, Takes};

/// What an option is to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing beyond the container itself.
    Harmless,
    /// Never; why.
    Never(&'static str),
    /// Approved as it is written: what it means.
    Ask(&'static str),
    /// `-v`
    Volume,
    /// `--mount`
    Mount,
    /// `--tmpfs`
    Tmpfs,
    /// `--privileged`
    Privileged,
    /// `--cap-add`
    Capability,
    /// `--device`
    Device,
    /// A namespace.
    Namespace(super::wish::Namespace),
    /// `--security-opt`
    Security,
    /// `--publish`
    Publish,
    /// `--network`
    Network,
    /// `--volumes-from`
    VolumesFrom,
    /// `--link`
    Link,
    /// `--label` of a container
    Label,
    /// `--label` of an image
    ImageLabel,
    /// `--env`
    Variable,
    /// `--env-file`: its content is copied before it is judged.
    VariableFile,
    /// `--name`
    Name,
    /// `--runtime`
    Runtime,
    /// `--restart`
    Restart,
    /// `--log-driver`
    LogDriver,
    /// `--log-opt`
    LogOption,
    /// `--oom-score-adj`
    OomScore,
    /// `--volume-driver`
    VolumeDriver,
    /// `--storage-opt`
    StorageOption,
    /// `-f` of a build
    Dockerfile,
    /// `--tag`
    Tag,
    /// `--secret`
    Secret,
    /// `--ssh`
    Ssh,
    /// `--build-arg`
    BuildArgument,
    /// `--build-context`
    BuildContext,
    /// `--cache-from`
    CacheFrom,
    /// `--cache-to`
    CacheTo,
    /// `--output`
    Output,
    /// `--network` of a build
    BuildNetwork,
    /// `--driver` of a volume
    Driver,
    /// `--opt` of a volume
    DriverOption,
    /// Compose: `--project-name`
    ComposeProject,
    /// Compose: `--file`
    ComposeFile,
    /// Compose: `--env-file`
    ComposeEnvironment,
    /// Compose: `--project-directory`
    ComposeDirectory,
}

use Meaning::{Ask, Harmless, Never};

const fn value(long: &'static str, meaning: Meaning) -> Known<Meaning> {
    Known { long, short: None, takes: Takes::Value, meaning }
}

const fn letter(long: &'static str, short: char, meaning: Meaning) -> Known<Meaning> {
    Known { long, short: Some(short), takes: Takes::Value, meaning }
}

const fn switch(long: &'static str, meaning: Meaning) -> Known<Meaning> {
    Known { long, short: None, takes: Takes::Switch, meaning }
}

const fn flag(long: &'static str, short: char) -> Known<Meaning> {
    Known { long, short: Some(short), takes: Takes::Switch, meaning: Harmless }
}

const ENGINE: &str = "the engine and its client settings are not a project's to choose";
const WRITES: &str = "it makes the command write a file on the host";

/// Before the subcommand.
pub static GLOBAL: &[Known<Meaning>] = &[
    flag("debug", 'D'),
    letter("log-level", 'l', Harmless),
    flag("version", 'v'),
    flag("help", 'h'),
    letter("host", 'H', Never(ENGINE)),
    letter("context", 'c', Never(ENGINE)),
    value("config", Never(ENGINE)),
    switch("tls", Never(ENGINE)),
    switch("tlsverify", Never(ENGINE)),
    value("tlscacert", Never(ENGINE)),
    value("tlscert", Never(ENGINE)),
    value("tlskey", Never(ENGINE)),
];

/// `run` and `create`.
pub static RUN: &[Known<Meaning>] = &[
    letter("volume", 'v', Meaning::Volume),
    value("mount", Meaning::Mount),
    value("tmpfs", Meaning::Tmpfs),
    switch("privileged", Meaning::Privileged),
    value("cap-add", Meaning::Capability),
    value("device", Meaning::Device),
    value("device-cgroup-rule", Ask("lets the container use devices")),
    value("gpus", Ask("gives the container graphics devices")),
    value("pid", Meaning::Namespace(super::wish::Namespace::Process)),
    value("ipc", Meaning::Namespace(super::wish::Namespace::Ipc)),
    value("uts", Meaning::Namespace(super::wish::Namespace::Uts)),
    value("userns", Meaning::Namespace(super::wish::Namespace::User)),
    value("cgroupns", Meaning::Namespace(super::wish::Namespace::Cgroup)),
    value("security-opt", Meaning::Security),
    letter("publish", 'p', Meaning::Publish),
    Known {
        long: "publish-all",
        short: Some('P'),
        takes: Takes::Switch,
        meaning: Ask("opens every exposed port on all addresses"),
    },
    value("network", Meaning::Network),
    value("net", Meaning::Network),
    value("volumes-from", Meaning::VolumesFrom),
    value("link", Meaning::Link),
    letter("label", 'l', Meaning::Label),
    letter("env", 'e', Meaning::Variable),
    value("env-file", Meaning::VariableFile),
    value("name", Meaning::Name),
    value("runtime", Meaning::Runtime),
    value("volume-driver", Meaning::VolumeDriver),
    value("log-driver", Meaning::LogDriver),
    value("log-opt", Meaning::LogOption),
    value("storage-opt", Meaning::StorageOption),
    value("oom-score-adj", Meaning::OomScore),
    switch("oom-kill-disable", Ask("keeps the kernel from ending the container when memory runs out")),
    value("group-add", Ask("adds the container's user to a further group")),
    value("sysctl", Ask("sets a kernel parameter")),
    value("annotation", Ask("passes an annotation to the runtime")),
    value("cgroup-parent", Ask("places the container below another control group")),
    value("cidfile", Never(WRITES)),
    value("label-file", Never("labels are given one by one")),
    switch("use-api-socket", Never("it gives the container the Docker socket")),
    letter("attach", 'a', Harmless),
    value("add-host", Harmless),
    value("blkio-weight", Harmless),
    value("blkio-weight-device", Harmless),
    value("cap-drop", Harmless),
    value("cpu-period", Harmless),
    value("cpu-quota", Harmless),
    value("cpu-rt-period", Harmless),
    value("cpu-rt-runtime", Harmless),
    letter("cpu-shares", 'c', Harmless),
    value("cpus", Harmless),
    value("cpuset-cpus", Harmless),
    value("cpuset-mems", Harmless),
    flag("detach", 'd'),
    value("detach-keys", Harmless),
    value("device-read-bps", Harmless),
    value("device-read-iops", Harmless),
    value("device-write-bps", Harmless),
    value("device-write-iops", Harmless),
    switch("disable-content-trust", Harmless),
    value("dns", Harmless),
    value("dns-opt", Harmless),
    value("dns-option", Harmless),
    value("dns-search", Harmless),
    value("domainname", Harmless),
    value("entrypoint", Harmless),
    value("expose", Harmless),
    value("health-cmd", Harmless),
    value("health-interval", Harmless),
    value("health-retries", Harmless),
    value("health-start-interval", Harmless),
    value("health-start-period", Harmless),
    value("health-timeout", Harmless),
    letter("hostname", 'h', Harmless),
    switch("init", Harmless),
    flag("interactive", 'i'),
    value("ip", Harmless),
    value("ip6", Harmless),
    value("kernel-memory", Harmless),
    value("link-local-ip", Harmless),
    value("mac-address", Harmless),
    letter("memory", 'm', Harmless),
    value("memory-reservation", Harmless),
    value("memory-swap", Harmless),
    value("memory-swappiness", Harmless),
    value("network-alias", Harmless),
    value("net-alias", Harmless),
    switch("no-healthcheck", Harmless),
    value("pids-limit", Harmless),
    value("platform", Harmless),
    value("pull", Harmless),
    flag("quiet", 'q'),
    switch("read-only", Harmless),
    value("restart", Meaning::Restart),
    switch("rm", Harmless),
    value("shm-size", Harmless),
    switch("sig-proxy", Harmless),
    value("stop-signal", Harmless),
    value("stop-timeout", Harmless),
    flag("tty", 't'),
    value("ulimit", Harmless),
    letter("user", 'u', Harmless),
    letter("workdir", 'w', Harmless),
];

/// `build` and `buildx build`.
pub static BUILD: &[Known<Meaning>] = &[
    letter("file", 'f', Meaning::Dockerfile),
    letter("tag", 't', Meaning::Tag),
    value("secret", Meaning::Secret),
    value("ssh", Meaning::Ssh),
    value("build-arg", Meaning::BuildArgument),
    value("build-context", Meaning::BuildContext),
    value("cache-from", Meaning::CacheFrom),
    value("cache-to", Meaning::CacheTo),
    letter("output", 'o', Meaning::Output),
    value("network", Meaning::BuildNetwork),
    value("label", Meaning::ImageLabel),
    value("security-opt", Meaning::Security),
    value("allow", Ask("lets steps of the build use the host")),
    switch("push", Ask("sends the image to a registry, with the host's login there")),
    value("cgroup-parent", Ask("places steps of the build below another control group")),
    value("builder", Never(ENGINE)),
    value("iidfile", Never(WRITES)),
    value("metadata-file", Never(WRITES)),
    value("add-host", Harmless),
    value("annotation", Harmless),
    value("attest", Harmless),
    value("provenance", Harmless),
    value("sbom", Harmless),
    switch("compress", Harmless),
    value("cpu-period", Harmless),
    value("cpu-quota", Harmless),
    letter("cpu-shares", 'c', Harmless),
    value("cpuset-cpus", Harmless),
    value("cpuset-mems", Harmless),
    switch("disable-content-trust", Harmless),
    switch("force-rm", Harmless),
    switch("load", Harmless),
    letter("memory", 'm', Harmless),
    value("memory-swap", Harmless),
    switch("no-cache", Harmless),
    value("no-cache-filter", Harmless),
    value("platform", Harmless),
    value("progress", Harmless),
    switch("pull", Harmless),
    flag("quiet", 'q'),
    switch("rm", Harmless),
    value("shm-size", Harmless),
    switch("squash", Harmless),
    value("target", Harmless),
    value("ulimit", Harmless),
];

/// `exec`.
pub static EXEC: &[Known<Meaning>] = &[
    flag("interactive", 'i'),
    flag("tty", 't'),
    flag("detach", 'd'),
    value("detach-keys", Harmless),
    letter("env", 'e', Meaning::Variable),
    value("env-file", Meaning::VariableFile),
    switch("privileged", Meaning::Privileged),
    letter("user", 'u', Harmless),
    letter("workdir", 'w', Harmless),
];

/// Commands that only look, and those that end something.
pub static PLAIN: &[Known<Meaning>] = &[
    value("filter", Harmless),
    value("format", Harmless),
    value("since", Harmless),
    value("until", Harmless),
    value("tail", Harmless),
    flag("all", 'a'),
    flag("quiet", 'q'),
    switch("no-trunc", Harmless),
    flag("size", 's'),
    switch("short", Harmless),
    flag("latest", 'l'),
    flag("timestamps", 't'),
    switch("details", Harmless),
    switch("follow", Harmless),
    switch("no-stream", Harmless),
];

/// `inspect`, `version` and `info`, where the letter of the format is a letter of others elsewhere.
pub static INSPECT: &[Known<Meaning>] = &[
    letter("format", 'f', Harmless),
    value("type", Harmless),
    flag("size", 's'),
    switch("verbose", Harmless),
];

/// `rm`: the force letter is the format letter elsewhere.
pub static REMOVE: &[Known<Meaning>] = &[flag("force", 'f'), flag("volumes", 'v')];

/// `stop`, `restart` and `kill`.
pub static STOP: &[Known<Meaning>] = &[letter("time", 't', Harmless), letter("signal", 's', Harmless)];

/// `start` and `attach`.
pub static START: &[Known<Meaning>] = &[
    flag("attach", 'a'),
    flag("interactive", 'i'),
    value("detach-keys", Harmless),
    switch("sig-proxy", Harmless),
    switch("no-stdin", Harmless),
    value("checkpoint", Never("a checkpoint brings memory of another run")),
    value("checkpoint-dir", Never("a checkpoint brings memory of another run")),
];

/// `pull`.
pub static PULL: &[Known<Meaning>] = &[
    flag("quiet", 'q'),
    flag("all-tags", 'a'),
    value("platform", Harmless),
    switch("disable-content-trust", Harmless),
];

/// `volume create`.
pub static VOLUME_CREATE: &[Known<Meaning>] = &[
    letter("driver", 'd', Meaning::Driver),
    letter("opt", 'o', Meaning::DriverOption),
    value("label", Meaning::Label),
    value("name", Meaning::Name),
];

/// Compose, before its subcommand.
pub static COMPOSE: &[Known<Meaning>] = &[
    letter("project-name", 'p', Meaning::ComposeProject),
    letter("file", 'f', Meaning::ComposeFile),
    value("env-file", Meaning::ComposeEnvironment),
    value("project-directory", Meaning::ComposeDirectory),
    value("profile", Harmless),
    value("ansi", Harmless),
    value("progress", Harmless),
    switch("no-ansi", Harmless),
    switch("verbose", Harmless),
    flag("version", 'v'),
    letter("host", 'H', Never(ENGINE)),
    letter("context", 'c', Never(ENGINE)),
    switch("tls", Never(ENGINE)),
    value("tlscacert", Never(ENGINE)),
    value("tlscert", Never(ENGINE)),
    value("tlskey", Never(ENGINE)),
    switch("tlsverify", Never(ENGINE)),
];

/// Compose: `up`, `create`, `start` and `restart`.
pub static COMPOSE_UP: &[Known<Meaning>] = &[
    flag("detach", 'd'),
    switch("no-recreate", Harmless),
    switch("force-recreate", Harmless),
    switch("always-recreate-deps", Harmless),
    switch("build", Harmless),
    switch("no-build", Harmless),
    switch("no-deps", Harmless),
    switch("no-start", Harmless),
    switch("no-color", Harmless),
    switch("no-log-prefix", Harmless),
    switch("quiet-pull", Harmless),
    switch("remove-orphans", Harmless),
    flag("renew-anon-volumes", 'V'),
    switch("wait", Harmless),
    value("wait-timeout", Harmless),
    letter("timeout", 't', Harmless),
    value("pull", Harmless),
    value("scale", Harmless),
];

/// Compose: `build`.
pub static COMPOSE_BUILD: &[Known<Meaning>] = &[
    switch("no-cache", Harmless),
    switch("pull", Harmless),
    switch("force-rm", Harmless),
    switch("no-rm", Harmless),
    switch("compress", Harmless),
    switch("parallel", Harmless),
    flag("quiet", 'q'),
    value("progress", Harmless),
    value("build-arg", Meaning::BuildArgument),
    letter("memory", 'm', Harmless),
];

/// Compose: what looks, and what ends.
pub static COMPOSE_PLAIN: &[Known<Meaning>] = &[
    flag("quiet", 'q'),
    flag("all", 'a'),
    switch("services", Harmless),
    switch("volumes", Harmless),
    switch("short", Harmless),
    switch("follow", Harmless),
    switch("no-color", Harmless),
    switch("no-log-prefix", Harmless),
    switch("remove-orphans", Harmless),
    flag("force", 'f'),
    flag("stop", 's'),
    value("format", Harmless),
    value("filter", Harmless),
    value("status", Harmless),
    value("tail", Harmless),
    letter("timeout", 't', Harmless),
];
