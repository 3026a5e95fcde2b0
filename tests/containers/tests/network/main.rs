//! What a container reaches of the machine's cloud and of the vault, with the rules of `remo network` and without.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use remo_testbed::images::Image;
use remo_testbed::{Ended, Engine, run_within};
use remo_testkit::{PrivateDirectory, binaries, skip, wait};

/// How long one command may take on a busy machine.
const LIMIT: Duration = Duration::from_mins(2);

/// What the services here answer with.
const CREDENTIALS: &str = "credentials of the machine";

/// A web server in a network, ended when dropped.
struct Server(Child);

impl Server {
    /// `command` ends with becoming the program that follows.
    fn start(mut command: Command, folder: &PrivateDirectory) -> Self {
        let folder = folder.path().to_str().unwrap();
        let started = command
            .args(["/bin/busybox", "httpd", "-f", "-p", "80", "-h", folder])
            .stdin(Stdio::null())
            .spawn();
        Self(started.unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Instance {
    engine: Engine,
    servers: [Server; 2],
    folder: PrivateDirectory,
}

impl Instance {
    /// An engine whose host has metadata addresses by itself, and one more behind a link, as clouds have them.
    fn start(test: &str) -> Option<Self> {
        let folder = PrivateDirectory::new();
        std::fs::write(folder.path().join("index.html"), CREDENTIALS).unwrap();
        let engine = match Engine::start(&folder.socket_dir()) {
            Ok(engine) => engine,
            Err(reason) => {
                skip::skipped(test, &reason);
                return None;
            }
        };
        engine.import(Image::Busybox);
        let host = Server::start(engine.on_its_network("env"), &folder);
        let mut apart = engine.on_its_network("unshare");
        apart.arg("--net");
        let cloud = Server::start(apart, &folder);
        let number = cloud.0.id();
        let instance = Self { engine, servers: [host, cloud], folder };
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        let of_the_engine = std::fs::read_link(format!("/proc/{}/ns/net", instance.servers[0].0.id()));
        wait::until_true(LIMIT, "the cloud's network", || {
            let now = std::fs::read_link(format!("/proc/{number}/ns/net")).unwrap();
            now != own && Some(&now) != of_the_engine.as_ref().ok()
        });
        for address in ["169.254.169.254/32", "10.99.0.1/32", "fd00:ec2::254/128", "fd99::1/128"] {
            instance.on_host("ip", &["addr", "add", address, "dev", "lo"]);
        }
        let cloud_network = format!("--net=/proc/{number}/ns/net");
        let peer = number.to_string();
        instance
            .on_host("ip", &["link", "add", "up0", "type", "veth", "peer", "name", "cloud0", "netns", &peer]);
        instance.on_host("ip", &["addr", "add", "169.254.170.1/30", "dev", "up0"]);
        instance.on_host("ip", &["link", "set", "up0", "up"]);
        for words in [
            &["addr", "add", "169.254.170.2/30", "dev", "cloud0"][..],
            &["link", "set", "cloud0", "up"],
            &["route", "add", "default", "via", "169.254.170.1"],
        ] {
            instance.on_host("nsenter", &[&[&cloud_network, "ip"], words].concat());
        }
        Some(instance)
    }

    fn on_host(&self, program: &str, words: &[&str]) {
        let _ = run_within(LIMIT, self.engine.on_its_network(program).args(words)).succeeded();
    }

    /// What the doctor says about metadata addresses, as root.
    fn doctor(&self) -> String {
        let remo = binaries::path("remo");
        let mut command = self.engine.on_its_network(remo.to_str().unwrap());
        let said = run_within(LIMIT, command.arg("doctor").env("HOME", self.folder.path())).stdout;
        said.lines().find(|line| line.contains(" metadata: ")).unwrap_or(&said).to_owned()
    }

    fn network(&self, action: &str) -> Ended {
        let remo = binaries::path("remo");
        run_within(LIMIT, self.engine.on_its_network(remo.to_str().unwrap()).args(["network", action]))
    }

    /// What a container on this network gets from there; nothing when it is not let through.
    fn fetched(&self, network: &str, address: &str) -> String {
        let url = format!("http://{address}/");
        let words =
            ["run", "--rm", "--network", network, Image::Busybox.name(), "timeout", "5", "wget", "-q"];
        self.engine.try_docker(&[&words[..], &["-O-", &url]].concat()).stdout
    }
}

#[test]
fn containers_reach_the_clouds_metadata_without_the_rules_and_not_with_them() {
    let Some(instance) =
        Instance::start("containers_reach_the_clouds_metadata_without_the_rules_and_not_with_them")
    else {
        return;
    };
    let engine = &instance.engine;
    engine.docker(&["network", "create", "--ipv6", "--subnet", "fd01::/64", "six"]);
    let asked = [
        ("bridge", "169.254.169.254"),
        ("bridge", "169.254.170.2"),
        ("six", "169.254.169.254"),
        ("six", "[fd00:ec2::254]"),
    ];
    let others = [("bridge", "10.99.0.1"), ("six", "[fd99::1]")];
    let status = instance.network("status");
    assert!(status.code() == Some(1) && status.stderr.contains("not in force"), "{status:?}");
    for (network, address) in asked.iter().chain(&others) {
        assert_eq!(instance.fetched(network, address), CREDENTIALS, "{address} before");
    }
    assert!(instance.doctor().starts_with("BAD "), "{}", instance.doctor());
    for _ in 0..2 {
        let _ = instance.network("apply").succeeded();
    }
    assert!(instance.doctor().starts_with("ok "), "{}", instance.doctor());
    assert_eq!(instance.network("status").succeeded().stdout, "in force\n");
    // What somebody does to Docker's own rules does not matter.
    instance.on_host("iptables", &["--insert", "DOCKER-USER", "--jump", "ACCEPT"]);
    for (network, address) in asked {
        assert_eq!(instance.fetched(network, address), "", "{address} on {network}");
    }
    for (network, address) in others {
        assert_eq!(instance.fetched(network, address), CREDENTIALS, "{address} is nobody's metadata");
    }
    instance.on_host("nft", &["flush", "chain", "inet", "remo", "from_containers"]);
    let status = instance.network("status");
    assert!(status.code() == Some(1) && status.stderr.contains("others than those"), "{status:?}");
    for _ in 0..2 {
        let _ = instance.network("remove").succeeded();
    }
    assert_eq!(instance.fetched("bridge", "169.254.169.254"), CREDENTIALS, "removed");
}

#[test]
fn containers_do_not_reach_the_vaults_network() {
    let Some(instance) = Instance::start("containers_do_not_reach_the_vaults_network") else { return };
    let engine = &instance.engine;
    let name = "com.docker.network.bridge.name=remo-vault";
    engine.docker(&["network", "create", "--opt", name, "remo-vault"]);
    let serve = "echo the vault >/tmp/index.html; exec httpd -f -p 80 -h /tmp";
    let words = ["run", "--detach", "--name", "vault", "--network", "remo-vault", Image::Busybox.name()];
    engine.docker(&[&words[..], &["sh", "-c", serve]].concat());
    let address = "{{(index .NetworkSettings.Networks \"remo-vault\").IPAddress}}";
    let address = engine.docker(&["inspect", "--format", address, "vault"]);
    // Docker keeps its networks apart, until somebody lets everything through.
    instance.on_host("iptables", &["--insert", "DOCKER-USER", "--jump", "ACCEPT"]);
    assert_eq!(instance.fetched("bridge", address.trim()), "the vault\n");
    let _ = instance.network("apply").succeeded();
    assert_eq!(instance.fetched("bridge", address.trim()), "");
    assert_eq!(instance.fetched("remo-vault", address.trim()), "the vault\n", "on its own network");
}
