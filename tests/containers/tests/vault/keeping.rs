//! What happens to it, and what comes back by itself.

use remo_testkit::{Project, wait};

use crate::instance::{PATIENCE, with_vault};

#[test]
fn a_watcher_that_is_killed_comes_back_and_one_that_ends_again_and_again_does_not_spin() {
    with_vault(
        "keeping::a_watcher_that_is_killed_comes_back_and_one_that_ends_again_and_again_does_not_spin",
        |vault| {
            vault.becomes("healthy");
            let watcher = || vault.inside("pgrep --full ^remo-vault-watcher").stdout.trim().to_owned();
            let first = watcher();
            assert!(!first.is_empty());
            for _ in 0..3 {
                let before = watcher();
                let _ = vault.inside("pkill -KILL --full ^remo-vault-watcher").succeeded();
                wait::until_true(PATIENCE, "the watcher is back", || {
                    let now = watcher();
                    !now.is_empty() && now != before
                });
            }
            wait::until_true(PATIENCE, "the vault does its work", || {
                vault.inside("remo-vault health").status.success()
            });
            let log = vault.engine.logs("remo-vault");
            assert!(log.contains("the watcher has ended"), "{log}");
            let pauses: Vec<&str> =
                log.lines().filter_map(|line| line.split_once("started again in ").map(|it| it.1)).collect();
            let last = pauses.len();
            assert!(
                last >= 3 && pauses[last - 2] != "0 s" && pauses[last - 1] != pauses[last - 2],
                "it grows: {pauses:?}"
            );
        },
    );
}

#[test]
fn its_health_is_that_of_its_work_and_a_broker_that_comes_back_is_filled_again() {
    with_vault(
        "keeping::its_health_is_that_of_its_work_and_a_broker_that_comes_back_is_filled_again",
        |vault| {
            let project = Project::new(&vault.directory, "filled", &["kept"]);
            vault.broker.approve(&project);
            let _ = vault.inside("printf %s of-the-store | fnox set kept").succeeded();
            vault.is_served("filled", "kept", "of-the-store");
            vault.becomes("healthy");

            vault.broker.kill();
            vault.becomes("unhealthy");
            let status = vault.remo(&["vault", "status"]);
            assert_eq!(status.code(), Some(1), "{status:?}");
            assert!(status.stdout.contains("broker: does not answer"), "{status:?}");
            vault.broker.restart();
            vault.is_served("filled", "kept", "of-the-store");
            vault.becomes("healthy");

            // A watcher that stands still is alive to a supervisor, and does nothing.
            let _ = vault.inside("pkill -STOP --full ^remo-vault-watcher").succeeded();
            vault.becomes("unhealthy");
            let _ = vault.inside("pkill -CONT --full ^remo-vault-watcher").succeeded();
            vault.becomes("healthy");
        },
    );
}

#[test]
fn thrown_away_and_made_again_it_has_lost_nothing() {
    with_vault("keeping::thrown_away_and_made_again_it_has_lost_nothing", |vault| {
        let project = Project::new(&vault.directory, "survivor", &["lasting"]);
        vault.broker.approve(&project);
        let _ = vault.inside("printf %s of-before | fnox set lasting").succeeded();
        vault.is_served("survivor", "lasting", "of-before");
        let id = vault.up();
        vault.engine.docker(&["rm", "--force", "--volumes", &id]);
        assert_eq!(
            vault.served("survivor", "lasting").as_deref(),
            Some("of-before"),
            "the broker keeps serving"
        );
        let generation = vault.broker.status().generation;
        vault.broker.kill();
        vault.broker.restart();
        assert_eq!(vault.served("survivor", "lasting"), None, "a broker that was started again has nothing");

        let again = vault.up();
        assert_ne!(again, id);
        vault.is_served("survivor", "lasting", "of-before");
        assert!(vault.broker.status().generation > generation);
        let _ = vault.inside("printf %s of-after | fnox set lasting").succeeded();
        vault.is_served("survivor", "lasting", "of-after");
    });
}
