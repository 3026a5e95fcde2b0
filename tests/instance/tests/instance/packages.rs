//! The Debian packages on a host: installed, upgraded under load, removed, purged.

use remo_testbed::{Instance, packages};

use crate::boot;

/// In the order in which one needs another.
const NAMES: [&str; 4] = ["remo-broker", "remo", "remo-secrets-feature", "remo-vault-image"];

/// Every file of the host's own disk and its memory, but for what every program writes there.
const FIND: &str = "find / -xdev \\( -path /proc -o -path /sys -o -path /root -o -path /var/log/journal \
    -o -path /var/lib/docker -o -path /tmp -o -path /var/tmp -o -path '/var/lib/systemd/*' \
    -o -path '/var/lib/dpkg/*-old' \\) -prune -o -print | sort; find /run/remo* 2>/dev/null || true";

/// Who is who; purging takes away what installing added.
const USERS: &str = "cat /etc/passwd /etc/group";

/// Connects to a project's socket until it is told to end, and counts what went wrong.
const CONNECT: &str = r#"
const net = require("net"), fs = require("fs");
let connects = 0, refused = [], answers = 0;
function once() {
    if (fs.existsSync("/run/stop-connecting")) {
        console.log(JSON.stringify({ connects, refused, answers }));
        process.exit(0);
    }
    let answered = false;
    const socket = net.connect("/run/remo-broker/project-a.sock", () => {
        connects += 1;
        socket.write('{"op":"ping"}\n');
    });
    socket.on("data", () => { answered = true; answers += 1; socket.end(); });
    socket.on("error", (error) => { if (error.syscall === "connect") refused.push(error.code); });
    socket.on("close", () => setTimeout(once, 2));
}
once();
"#;

fn install(instance: &Instance) {
    for name in NAMES {
        let folder = packages::packaged();
        let file = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&format!("{name}_")));
        instance.copy(&file.unwrap(), &format!("/root/new/{name}.deb"), 0o644);
    }
    // The same content as an earlier version, which there is none of yet.
    instance.shell(
        "mkdir /root/old
         for file in /root/new/*.deb; do
             dpkg-deb --raw-extract $file /root/x
             sed -i 's/^Version: .*/Version: 0.0.1/; s/(= [0-9.]*)/(= 0.0.1)/' /root/x/DEBIAN/control
             dpkg-deb --build /root/x /root/old/$(basename $file) >/dev/null
             rm -r /root/x
         done
         dpkg --install /root/old/*.deb",
    );
}

fn state(instance: &Instance, unit: &str) -> String {
    instance.try_run(&["systemctl", "is-active", unit]).stdout.trim().to_owned()
}

/// Owner, group and mode of places (T283).
const PLACES: [(&str, &str); 9] = [
    ("/run/remo-broker", "remo-broker remo-vault 755"),
    ("/run/remo-broker/admin", "remo-broker remo-vault 750"),
    ("/run/remo-broker/admin/admin.sock", "root remo-vault 660"),
    ("/run/remo-broker/projects", "remo-broker remo-vault 750"),
    ("/var/lib/remo-broker", "remo-broker remo-vault 700"),
    ("/var/log/remo-broker", "remo-broker remo-vault 750"),
    ("/var/log/remo-broker/audit.log", "remo-broker remo-vault 640"),
    ("/etc/remo-broker/config.toml", "root root 644"),
    ("/usr/bin/remo-broker", "root root 755"),
];

#[test]
fn packages_are_installed_upgraded_under_load_removed_and_purged() {
    let test = "packages_are_installed_upgraded_under_load_removed_and_purged";
    let Some(instance) = boot(test) else { return };
    let (files, users) = (instance.shell(FIND), instance.run(&["sh", "-c", USERS]));

    install(&instance);
    for unit in ["remo-broker.socket", "remo-broker.service", "remo-network.service"] {
        assert_eq!(state(&instance, unit), "active", "{unit}: {}", instance.journal(unit));
    }
    assert_eq!(instance.failed_units(), [""; 0]);
    for (place, expected) in PLACES {
        assert_eq!(instance.run(&["stat", "--format=%U %G %a", place]).trim(), expected, "{place}");
    }
    let link = instance.run(&["readlink", "/run/remo-broker/admin.sock"]);
    assert!(link.trim().ends_with("admin/admin.sock"), "{link}");

    // Where the projects are, as the package's README says.
    instance.as_user("mkdir -p ~/projects/project-a/.remo");
    instance.write(
        "/home/dev/projects/project-a/.remo/manifest.toml",
        0o644,
        "schema_version = 1\nproject = \"project-a\"\n[secrets.gh]\n",
    );
    instance.shell(
        "mkdir -p /etc/systemd/system/remo-broker.service.d
         sed 's|@PROJECTS_ROOT@|/home/dev/projects|' /usr/share/remo-broker/projects-root.conf \
             >/etc/systemd/system/remo-broker.service.d/projects-root.conf
         systemctl daemon-reload
         systemctl restart remo-broker.service
         usermod --append --groups remo-vault dev",
    );
    let ask = |socket: &str, request: &str| {
        let code = format!("printf '%s\\n' '{request}' | socat -t 5 - UNIX-CONNECT:{socket}");
        instance.as_user(&code)
    };
    let register = r#"{"op":"register","name":"project-a","project_path":"/home/dev/projects/project-a","approve":true}"#;
    let answer = ask("/run/remo-broker/admin.sock", register);
    assert!(answer.contains(r#""approved":true"#), "{answer}\n{}", instance.journal("remo-broker.service"));

    // What a service writes to the journal has its fields.
    let fields = instance.shell(
        "journalctl --boot --unit remo-broker.service --output json --output-fields \
         MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,CODE_MODULE | grep '\"ready\"'",
    );
    assert!(
        fields.contains(r#""SYSLOG_IDENTIFIER":"remo-broker""#) && fields.contains(r#""PRIORITY":"5""#),
        "{fields}"
    );

    // An upgrade while a client connects all the time: none is refused, and the socket is the same file.
    let inode = ["stat", "--format=%i", "/run/remo-broker/projects/project-a/project-a.sock"];
    let before = (instance.run(&inode), state_of_process(&instance));
    instance.write("/root/connect.js", 0o644, CONNECT);
    instance.shell("node /root/connect.js >/root/connected 2>&1 & sleep 1");
    instance.shell("dpkg --install /root/new/*.deb");
    for _ in 0..3 {
        instance.shell("systemctl restart remo-broker.service");
        instance.shell("systemctl kill --signal=KILL remo-broker.service; sleep 1");
    }
    instance.shell("touch /run/stop-connecting; until [ -s /root/connected ]; do sleep 0.1; done");
    let connected = instance.run(&["cat", "/root/connected"]);
    assert!(connected.contains(r#""refused":[]"#), "{connected}");
    let after = (instance.run(&inode), state_of_process(&instance));
    assert_eq!(before.0, after.0, "the very socket that containers have mounted");
    assert_ne!(before.1, after.1, "another process answers");
    assert!(ask("/run/remo-broker/project-a.sock", r#"{"op":"ping"}"#).contains("0.1.0"));
    assert_eq!(instance.failed_units(), [""; 0]);

    // What a person changed is kept.
    instance.shell("echo '# mine' >>/etc/remo-broker/config.toml && dpkg --install /root/old/*.deb 2>&1");
    assert!(instance.run(&["cat", "/etc/remo-broker/config.toml"]).ends_with("# mine\n"));

    instance.shell("dpkg --remove remo-vault-image remo-secrets-feature remo remo-broker");
    assert_eq!(state(&instance, "remo-broker.socket"), "inactive");
    instance.run(&["test", "-e", "/var/lib/remo-broker"]);
    instance.run(&["test", "-e", "/etc/remo-broker/config.toml"]);
    instance.shell("install -d -m 0700 /var/lib/remo-vault-key");
    let said = instance.shell("dpkg --purge remo-vault-image remo-secrets-feature remo remo-broker 2>&1");
    assert!(said.contains("kept /var/lib/remo-vault-key"), "{said}");
    instance.run(&["rmdir", "/var/lib/remo-vault-key"]);
    instance.as_user("rm -r ~/projects");
    let (left, left_users) = (instance.shell(FIND), instance.run(&["sh", "-c", USERS]));
    let left: Vec<&str> = left.lines().filter(|line| !files.lines().any(|before| before == *line)).collect();
    assert_eq!(left, [""; 0], "nothing is left behind");
    assert_eq!(left_users, users);
}

fn state_of_process(instance: &Instance) -> String {
    instance.run(&["systemctl", "show", "--property=MainPID", "remo-broker.service"])
}
