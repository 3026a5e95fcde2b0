//! Built, made, entered, used, stopped, replaced.

use remo_testkit::{Project, Terminal, wait};

use crate::instance::{GROUP_NUMBER, PATIENCE, USER, with_vault};

#[test]
fn it_is_built_without_a_network_and_runs_with_no_more_than_it_needs() {
    with_vault("life::it_is_built_without_a_network_and_runs_with_no_more_than_it_needs", |vault| {
        let built = vault.build.said();
        assert!(built.contains("the base has every package"), "{built}");
        assert!(built.contains("fnox comes with the context"), "{built}");
        assert!(built.contains("LEFT OUT: claude"), "what cannot be had is said plainly: {built}");

        let user = vault.inside("id -u; id -G; echo $HOME; pwd").succeeded().stdout;
        let lines: Vec<&str> = user.lines().collect();
        assert_eq!(
            lines,
            [USER.to_string(), format!("{USER} {GROUP_NUMBER}"), "/home/vault".into(), "/home/vault".into()]
        );
        let status = vault.inside("cat /proc/self/status; ulimit -c").succeeded().stdout;
        for (name, value) in
            [("CapEff:", "0000000000000000"), ("CapBnd:", "0000000000000000"), ("NoNewPrivs:", "1")]
        {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            assert_eq!(line.split_whitespace().nth(1), Some(value), "{line}");
        }
        assert_eq!(status.lines().last(), Some("0"), "no core is left");
        let refused =
            vault.inside("touch /usr/bin/x || touch /etc/x || touch /var/lib/x || touch /run/remo-broker/x");
        assert_ne!(refused.code(), Some(0), "{refused:?}");
        assert_eq!(refused.stderr.matches("Read-only file system").count(), 4, "{refused:?}");
        for place in ["/home/vault", "/tmp", "/run", "/dev/shm"] {
            let kind = vault.inside(&format!("stat --file-system --format %T {place}")).succeeded().stdout;
            assert_eq!(kind.trim(), "tmpfs", "{place}");
        }
        let seen = vault.inside("ls -A /run/remo-broker /run/remo-vault-key; ls /var/run/docker.sock").said();
        assert!(seen.contains("admin.sock") && seen.contains("key.txt"), "{seen}");
        assert!(!seen.contains("projects") && seen.contains("cannot access"), "{seen}");
        let tools = "gh --version && aws --version && git --version && fnox --version && jq --version";
        let _ = vault.inside(tools).succeeded();
        for name in [
            "remo-vault-watcher",
            "remo-list-creds",
            "remo-test-project",
            "remo-vend-status",
            "remo-reload",
            "remo-login",
        ] {
            let help =
                vault.inside(&format!("{name} --help && test -f /usr/share/man/man1/{name}.1")).succeeded();
            assert!(help.stdout.contains(&format!("Usage: {name}")), "{help:?}");
        }
        let settings = vault.engine.docker(&[
            "inspect",
            "--format",
            "{{.HostConfig.PidsLimit}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.LogConfig.Type}} {{.HostConfig.PublishAllPorts}} {{len .HostConfig.PortBindings}}",
            "remo-vault",
        ]);
        assert_eq!(settings.trim(), "1024 2147483648 2147483648 unless-stopped local false 0");
    });
}

#[test]
fn a_second_up_changes_nothing_and_a_changed_setting_replaces_the_container() {
    with_vault("life::a_second_up_changes_nothing_and_a_changed_setting_replaces_the_container", |vault| {
        let id = vault.up();
        let began = vault.engine.docker(&["inspect", "--format", "{{.State.StartedAt}}", &id]);
        assert_eq!(vault.up(), id);
        assert_eq!(vault.remo(&["up", "_remo-vault"]).succeeded().stdout.trim(), id, "another way to say it");
        assert_eq!(vault.engine.docker(&["inspect", "--format", "{{.State.StartedAt}}", &id]), began);

        // The same image under another id: one more label.
        let folder = vault.program("label");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("Dockerfile"), "FROM remo-vault:latest\nLABEL changed=yes\n").unwrap();
        vault.engine.docker(&["build", "--tag", "remo-vault:latest", folder.to_str().unwrap()]);
        let status = vault.remo(&["vault", "status"]).succeeded().stdout;
        assert!(status.contains("made with an earlier image"), "{status}");
        let replaced = vault.up();
        assert_ne!(replaced, id);
        assert_eq!(
            vault.engine.docker(&["ps", "--all", "--quiet", "--filter", "name=remo-vault"]).lines().count(),
            1
        );
        let status = vault.remo(&["vault", "status"]).succeeded().stdout;
        assert!(status.contains("runs and does its work"), "{status}");
        let name = vault.engine.docker(&["inspect", "--format", "{{.Name}}", &replaced]);
        assert_eq!(name.trim(), "/remo-vault");
    });
}

#[test]
fn a_shell_greets_and_a_plain_fnox_in_it_reaches_a_project() {
    let name = "life::a_shell_greets_and_a_plain_fnox_in_it_reaches_a_project";
    if Terminal::is_missing(&format!("vault::{name}")) {
        return;
    }
    with_vault(name, |vault| {
        let project = Project::new(&vault.directory, "shown", &["typed"]);
        vault.broker.approve(&project);
        let environment: Vec<_> =
            vault.environment().into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let program = vault.program("remo");
        let terminal =
            Terminal::start((100, 40), &environment, program.as_os_str(), &["shell", "-p", "_remo-vault"]);
        let screen = terminal.wait_for("next: ");
        assert!(screen.contains("_remo-vault on box: logins and the encrypted store."), "{screen}");
        assert!(screen.contains("watcher: up to date"), "{screen}");
        terminal.wait_for("_remo-vault:~$");
        terminal.write("echo of-the-terminal | fnox set typed\n");
        vault.is_served("shown", "typed", "of-the-terminal");
        terminal.write("exit\n");
        assert_eq!(terminal.wait_for_end(), 0);
    });
}

#[test]
fn a_shell_brings_a_stopped_vault_up() {
    with_vault("life::a_shell_brings_a_stopped_vault_up", |vault| {
        let id = vault.up();
        let down = vault.remo(&["vault", "down"]).succeeded();
        assert!(down.stderr.contains("the broker keeps what it has"), "{down:?}");
        let status = vault.remo(&["vault", "status"]);
        assert_eq!(status.code(), Some(1), "{status:?}");
        assert!(status.stdout.contains("stopped") && status.stdout.contains("> remo vault up"), "{status:?}");
        let said = vault.inside("hostname").succeeded();
        assert_eq!(said.stdout.trim(), "remo-vault");
        assert_eq!(vault.up(), id, "started, not made again");
        // A folder that was made again on the host is another one: what is mounted would stay the old one.
        let key = vault.key_folder();
        let aside = key.with_extension("aside");
        std::fs::rename(&key, &aside).unwrap();
        std::fs::create_dir(&key).unwrap();
        std::fs::rename(aside.join("key.txt"), key.join("key.txt")).unwrap();
        std::fs::remove_dir(&aside).unwrap();
        let ill = vault.inside("remo-vault health");
        assert!(ill.stdout.contains("its key is missing"), "{ill:?}");
        let again = vault.remo(&["vault", "up"]).succeeded();
        assert!(again.stderr.contains("had been made again"), "{again:?}");
        wait::until_true(PATIENCE, "the store can be read", || {
            vault.inside("remo-vault health").status.success()
        });
    });
}
