//! Killed at any moment, a build leaves the old site or the new one and a sound store, and the next build
//! succeeds.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Project, files};

/// How many builds are killed.
const KILLS: usize = 200;
/// How many builds work on one store at once.
const ABREAST: usize = 4;
/// How many different sites they build.
const SITES: usize = 5;

/// Two chapters of small cells that lean on each other; `number` makes the site another one.
fn chapters(number: usize) -> [(&'static str, String); 2] {
    let cell = |n: usize| {
        format!(
            "```python run\n#| label: cell-{n}\nvalue = [sum(range(value[0] % 97 + {n})) + 1] * 300\nprint(value[0])\n```\n\n"
        )
    };
    let page: String = (1..5).map(cell).collect();
    let first = format!("```python run\n#| label: start\nvalue = [{number}]\n```\n\n");
    ["a", "b"].map(|name| (name, format!("# {name}\n\n{first}{page}The end is `{{python}} value[0]`.\n")))
}

fn set(project: &Project, number: usize) {
    for (name, page) in chapters(number) {
        project.put(&format!("content/{name}/{name}.en.md"), page.as_bytes());
    }
}

fn start(project: &Project, args: &[&str]) -> Child {
    let mut command = project.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kiln starts")
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u128) -> u128 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u128::from(self.0 >> 33) % below.max(1)
    }
}

#[track_caller]
fn sound(project: &Project) {
    let verified = project.run(&["cache", "verify"]);
    assert!(verified.stdout.starts_with("0 bakes"), "{}{}", verified.stdout, verified.stderr);
}

#[test]
fn two_hundred_builds_killed_at_random_moments_on_one_store() {
    let scratch = Project::new().with_empty_cache();
    let mut slowest = Duration::ZERO;
    let expected: Vec<_> = (0..SITES)
        .map(|number| {
            set(&scratch, number);
            let begun = Instant::now();
            scratch.build();
            slowest = slowest.max(begun.elapsed());
            files(&scratch.path("site"))
        })
        .collect();
    assert!(expected.windows(2).all(|pair| pair[0] != pair[1]), "the sites differ");

    let shared = tempfile::tempdir().expect("a folder");
    let projects: Vec<Project> = (0..ABREAST).map(|_| Project::new().with_cache(shared.path())).collect();
    let (mut dice, mut window, mut killed, mut round) = (Dice(2026), slowest, 0, 0);
    // Only what was killed in its midst counts.
    while killed < KILLS {
        assert!(round < 2 * KILLS, "only {killed} builds were killed in {round} rounds");
        // What the store holds by now would leave a build nothing to be killed in.
        let clearing = (round % 3 == 0).then(|| start(&projects[0], &["cache", "clear"]));
        let mut builds: Vec<(Child, Duration)> = projects
            .iter()
            .map(|project| {
                set(project, round % SITES);
                let moment = dice.roll(window.as_micros());
                (start(project, &["build"]), Duration::from_micros(u64::try_from(moment).expect("short")))
            })
            .collect();
        builds.sort_by_key(|(_, moment)| *moment);
        let (begun, mut alive) = (Instant::now(), 0);
        for (build, moment) in &mut builds {
            std::thread::sleep(moment.saturating_sub(begun.elapsed()));
            alive += usize::from(build.try_wait().expect("a process").is_none());
            build.kill().expect("it can be killed");
            build.wait().expect("it has ended");
        }
        if let Some(mut clearing) = clearing {
            assert!(clearing.wait().expect("it has ended").success(), "the store can always be cleared");
        }
        for project in &projects {
            let site = project.path("site");
            let is_whole = !site.exists() || expected.contains(&files(&site));
            assert!(is_whole, "round {round} left half a site in {}", site.display());
        }
        // How long a build takes depends on the others, the store and the machine: most are to be met alive, and
        // some at their very end.
        window = if 4 * alive < 3 * ABREAST { window * 3 / 4 } else { (window * 5 / 4).min(4 * slowest) };
        window = window.max(Duration::from_millis(4));
        killed += alive;
        round += 1;
    }

    sound(&projects[0]);
    for (number, expected) in expected.iter().enumerate() {
        set(&projects[0], number);
        let built = projects[0].build();
        assert!(!built.stderr.contains("damaged"), "{}", built.stderr);
        assert!(files(&projects[0].path("site")) == *expected, "site {number} is not as from scratch");
    }
}

/// Runs a build that is killed when one of its threads makes the system call `call` for the `when`th time;
/// whether it was.
#[cfg(target_os = "linux")]
fn killed_at(project: &Project, call: &str, when: usize) -> bool {
    let kiln = project.command(&["build", "--jobs", "1"]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
    strace.args(["-e", &format!("inject={call}:signal=KILL:when={when}")]);
    strace.arg(kiln.get_program()).args(kiln.get_args()).current_dir(project.path(""));
    strace.envs(kiln.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = strace.output().expect("strace is needed for this test: `apt-get install strace`");
    !output.status.success()
}

/// The files that somebody has begun to write in the store of `project`.
#[cfg(target_os = "linux")]
fn begun(project: &Project) -> usize {
    std::fs::read_dir(project.path(".cache/bakes/scratch")).map_or(0, Iterator::count)
}

#[test]
#[cfg(target_os = "linux")]
fn a_build_killed_at_each_step_of_writing_to_the_store() {
    let scratch = Project::new().with_empty_cache();
    set(&scratch, 0);
    scratch.build();
    let expected = files(&scratch.path("site"));
    let project = Project::new().with_empty_cache();
    set(&project, 0);
    let mut half_written = 0;
    // What is written goes beside, then by its name into its place.
    for call in ["/^rename", "write"] {
        let mut when = 1;
        loop {
            let before = begun(&project);
            let killed = killed_at(&project, call, when);
            half_written += begun(&project).saturating_sub(before);
            sound(&project);
            let site = project.path("site");
            assert!(!site.exists() || files(&site) == expected, "{call} {when} left half a site");
            if !killed {
                assert!(when > 5, "{call} was made {when} times");
                break;
            }
            if when % 4 == 0 {
                project.run(&["cache", "clear"]);
            }
            when += 1;
        }
        project.run(&["cache", "clear"]);
    }
    assert!(half_written > 5, "{half_written} files were left half-written");
    let built = project.build();
    assert!(!built.stderr.contains("damaged"), "{}", built.stderr);
    assert!(files(&project.path("site")) == expected, "not as from scratch");
}
