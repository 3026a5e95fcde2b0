//! How soon a push is in a running container, and that nobody sees half of it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use remo_containers::USUAL;
use remo_testkit::wait;

use crate::scene::{FILE, NAME, Scene};

const MEASURED: usize = 50;
const IN_A_ROW: usize = 200;

/// Length of what stands between the two ends of a value.
const FILLING: usize = 4096;

/// Reads on and on. A line for each new content: its first word, and the time in microseconds. What is not whole, or
/// not there, is `BAD`. Ends with the value that begins with `end`.
const READER: &str = r#"
last=
while :; do
    v=
    IFS= read -r v 2>/dev/null <"$1"
    [ "$v" != "$last" ] || continue
    now=${EPOCHREALTIME/./}
    last=$v
    case $v in end*) echo "reads on"; exit ;; esac
    [ "${v%% *}" = "${v##* }" ] && [ "${#v}" -gt 4096 ] || { echo "BAD $now ${#v}" >>"$2"; continue; }
    echo "${v%% *} $now" >>"$2"
done
"#;

fn now() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()
}

fn value(word: &str) -> String {
    format!("{word} {} {word}", "x".repeat(FILLING))
}

#[test]
fn a_push_is_in_the_files_of_a_running_container_and_nobody_sees_half_of_it() {
    let test = "rotation::a_push_is_in_the_files_of_a_running_container_and_nobody_sees_half_of_it";
    let Some(scene) = Scene::start(test, USUAL) else { return };
    scene.the_watch();
    scene.push(&value("first"));
    scene.see(&value("first"));
    let log = scene.project.path().join("seen");
    fs::write(&log, "").unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
    let seen = |word: &str| {
        let noted = fs::read_to_string(&log).unwrap();
        assert!(!noted.contains("BAD"), "{noted}");
        noted.lines().find_map(|line| {
            let (found, time) = line.split_once(' ')?;
            (found == word).then(|| time.parse::<u128>().unwrap())
        })
    };
    let inside = format!("/workspaces/{NAME}/seen");
    let mut times = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            scene
                .engine()
                .docker(&["exec", "--user", "dev", &scene.id, "bash", "-c", READER, "reader", FILE, &inside])
        });
        wait::until(wait::PATIENCE, "the reader", || seen("first"));
        let times: Vec<f64> = (0..MEASURED)
            .map(|round| {
                let word = format!("measured-{round}");
                let began = now();
                scene.push(&value(&word));
                let arrived = wait::until(wait::PATIENCE, "the new content", || seen(&word));
                f64::from(u32::try_from(arrived.saturating_sub(began)).unwrap()) / 1000.0
            })
            .collect();
        for round in 0..IN_A_ROW {
            scene.push(&value(&format!("row-{round}")));
        }
        let last = format!("row-{}", IN_A_ROW - 1);
        wait::until(wait::PATIENCE, "the last of many", || seen(&last));
        scene.push("end");
        reader.join().unwrap();
        times
    });
    times.sort_by(f64::total_cmp);
    let idle = context_switches(&scene);
    scene.run("0", "sleep 3");
    assert_eq!(context_switches(&scene), idle, "a watch that has nothing to do does nothing");
    // Without and with a watch, in turn.
    let stop = |kill: bool| {
        if kill {
            scene.kill();
        }
        let began = Instant::now();
        scene.engine().docker(&["stop", &scene.id]);
        let took = began.elapsed();
        scene.engine().docker(&["start", &scene.id]);
        scene.the_watch();
        took.as_secs_f64() * 1000.0
    };
    let stops: Vec<(f64, f64)> = (0..3).map(|_| (stop(true), stop(false))).collect();
    let mut table = format!(
        "push until a file in a container is new, {MEASURED} pushes: median {:.1} ms, p95 {:.1} ms, longest {:.1} ms\n",
        times[MEASURED / 2],
        times[MEASURED * 95 / 100],
        times[MEASURED - 1],
    );
    for (without, with) in stops {
        let _ = writeln!(table, "docker stop: {without:.0} ms without a watch, {with:.0} ms with one");
    }
    let _ = write!(std::io::stderr(), "\n{table}\n");
}

fn context_switches(scene: &Scene) -> String {
    let code = format!("grep ctxt_switches /proc/{}/status", scene.the_watch());
    scene.run("0", &code)
}
