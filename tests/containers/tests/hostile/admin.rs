//! Reaching the broker's control plane.

use crate::attack::{Outcome, attacks, outcome};
use crate::world::{World, tool_command};

attacks! {
    looks_for_the_admin_socket, Both, "opens admin.sock at every path that leads up and out";
    sends_the_control_plane_s_requests_to_its_own_socket, Both,
        "register, reload, list, push-creds and clear-creds on the project's own socket";
    puts_its_own_socket_in_the_place_of_the_brokers, Service,
        "removes the project's socket and listens there, for the host's programs to come";
}

fn looks_for_the_admin_socket(world: &World) -> Outcome {
    let places = "/run/remo-broker/admin.sock /run/remo-broker/../admin.sock /run/remo-broker/admin/admin.sock \
                  /proc/1/root/run/remo-broker/admin.sock /proc/1/cwd/../run/remo-broker/admin.sock \
                  /workspaces/attacker/.remo/admin.sock /workspaces/attacker/.remo/../../../run/remo-broker/admin.sock";
    let command =
        format!("for it in {places}; do [ -e $it ] && echo THERE $it; done; ls -a /run/remo-broker");
    for ended in [world.user("attacker", &command), world.root(&world.container("attacker"), &command)] {
        assert!(!ended.stdout.contains("THERE"), "{ended:?}");
        let listed: Vec<&str> = ended.stdout.split_whitespace().collect();
        assert_eq!(listed, [".", "..", "attacker.sock", "manifest.toml"], "{ended:?}");
    }
    outcome("there is none; the directory holds the project's own socket and manifest", "")
}

fn sends_the_control_plane_s_requests_to_its_own_socket(world: &World) -> Outcome {
    let before = world.instance.stage.broker.status();
    let requests = [
        r#"{"op":"list"}"#,
        r#"{"op":"status"}"#,
        r#"{"op":"reload","name":"attacker"}"#,
        r#"{"op":"manifest","name":"victim"}"#,
        r#"{"op":"register","name":"attacker","project_path":"/","approve":true}"#,
        r#"{"op":"unregister","name":"victim"}"#,
        r#"{"op":"push-creds","secrets":{"npm":"planted"}}"#,
        r#"{"op":"clear-creds"}"#,
    ];
    let mut last = String::new();
    for request in requests {
        for ended in world.both("attacker", "ask.pl", &["/run/remo-broker/attacker.sock", request]) {
            assert!(ended.stdout.contains(r#""code":"protocol_error""#), "{request}: {ended:?}");
            last = ended.stdout;
        }
    }
    let after = world.instance.stage.broker.status();
    assert_eq!(after.generation, before.generation);
    assert_eq!(after.projects.len(), before.projects.len());
    outcome("each is an unknown operation there; nothing changed", world.plain(&last))
}

fn puts_its_own_socket_in_the_place_of_the_brokers(world: &World) -> Outcome {
    // Compose drops `readonly`: root in the service may write in the project's run directory.
    let app = world.container("composed");
    let listen = "cd /run/remo-broker && rm -f composed.sock manifest.toml && \
                  ln -s ../victim/victim.sock other.sock; ln -s /etc/passwd manifest.toml; \
                  perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Local => \"composed.sock\", Listen => 9) or die; \
                  fork and exit; open STDOUT, q(>), q(/dev/null); while ($c = $s->accept) { print $c qq({\"ok\":true,\"value\":\"planted\"}\\n) }' && echo LISTENS";
    let mark = world.mark();
    let ended = world.root(&app, listen);
    assert!(ended.stdout.contains("LISTENS"), "the directory can be written in Compose: {ended:?}");
    let status = world.instance.remo(&["status"]).succeeded().stdout;
    assert!(status.contains("composed") && !status.contains("planted"), "{status}");
    let record =
        world.record(mark, |line| line["event"] == "socket.recovered" && line["project"] == "composed");
    // The broker is back at its place, for the containers too.
    let requests = ["/run/remo-broker/composed.sock", r#"{"op":"get","name":"side"}"#];
    let ended = world.root(&app, &tool_command("ask.pl", &requests));
    assert!(ended.stdout.contains(world.value("side")), "{ended:?}");
    let _ = world.root(&app, "rm -f /run/remo-broker/other.sock; kill $(pidof perl)");
    world.victim_is_served();
    outcome("the host asks the broker and nobody else; the socket and the copy are put back", record)
}
