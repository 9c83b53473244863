//! The shared store on a real S3 server: four machines fill it, a fifth builds from it alone, and nothing
//! that goes wrong with it is lost or passes unseen.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::project::{Project, Ran, files};
use crate::tools;

/// A port that nobody listens at: bound and freed again, nobody else takes it in between on a test machine.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port()
}

/// Waits until somebody, which `process` should be, listens at `port`.
pub(crate) fn listening(mut process: Child, port: u16) -> Child {
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(process.try_wait().expect("a process").is_none(), "the server has ended");
        assert!(begun.elapsed() < Duration::from_secs(120), "the server does not come up");
        std::thread::sleep(Duration::from_millis(50));
    }
    process
}

/// An S3 server in a process of its own, ended when dropped.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(extra: &[(&str, &str)]) -> Self {
        let port = free_port();
        let mut command = Command::new("python3");
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        command.env("PYTHONPATH", tools::python()).envs(extra.iter().copied());
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        Self { process: listening(process, port), port }
    }

    /// Runs Python against the server, with `s3` as its client; returns what it prints.
    fn python(&self, code: &str) -> String {
        let head = format!(
            "import boto3, sys\ndef client(name, key='root', secret='root'):\n    return boto3.client(name, endpoint_url='http://127.0.0.1:{}', \
             region_name='us-east-1', aws_access_key_id=key, aws_secret_access_key=secret)\ns3 = client('s3')\n",
            self.port
        );
        let mut command = Command::new("python3");
        command.args(["-c", &(head + code)]).env("PYTHONPATH", tools::python());
        let ran = Ran::from(command.output().expect("python runs"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    }

    /// What a machine needs to reach the server with these credentials.
    fn access<'c>(&self, command: &'c mut Command, key: &str, secret: &str) -> &'c mut Command {
        command
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", key)
            .env("AWS_SECRET_ACCESS_KEY", secret)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A machine of its own with a checkout of the same site.
pub(crate) fn machine() -> Project {
    (0..6).fold(Project::new(), |project, chapter| {
        let cells: String = (0..3)
            .map(|cell| format!("```python run\n#| label: v{cell}\nvalue = {chapter} * 10 + {cell}\nprint(value)\n```\n\n"))
            .collect();
        project.file(&format!("content/c{chapter}/c{chapter}.en.md"), &format!("# C{chapter}\n\n{cells}"))
    })
    .with_empty_cache()
}

const STORE: [&str; 2] = ["--store", "s3://bakes/site"];

fn run(server: &Server, machine: &Project, args: &[&str]) -> Ran {
    let mut command = machine.command(args);
    command.args(STORE);
    Ran::from(server.access(&mut command, "root", "root").output().expect("kiln starts"))
}

#[track_caller]
pub(crate) fn ends(ran: &Ran, code: i32, texts: &[&str]) {
    let all = format!("{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, Some(code), "{all}");
    for text in texts {
        assert!(all.contains(text), "no {text:?} in {all}");
    }
}

/// What the site is when one machine builds it alone.
pub(crate) fn alone() -> std::collections::BTreeMap<String, Vec<u8>> {
    let machine = machine();
    machine.build();
    files(&machine.path("site"))
}

#[test]
fn four_machines_fill_the_store_and_a_fifth_builds_from_it_alone() {
    let server = Server::start(&[]);
    server.python("s3.create_bucket(Bucket='bakes')");
    ends(&run(&server, &machine(), &["build", "--frozen"]), 4, &["has no bake"]);
    let mut cells = 0;
    for shard in ["1/4", "2/4", "3/4", "4/4"] {
        let ran = run(&server, &machine(), &["bake", "--shard", shard, "--format", "json"]);
        ends(&ran, 0, &[]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let own = report["cells"]["run"].as_u64().expect("a count");
        assert!(own > 0, "shard {shard} has something to do");
        cells += own;
    }
    assert_eq!(cells, 18, "every cell ran on one machine");
    let fifth = machine();
    ends(&run(&server, &fifth, &["build", "--frozen"]), 0, &["0 cells run", "18 from cache"]);
    assert!(files(&fifth.path("site")) == alone(), "the site is as one machine builds it alone");

    // Everything that the fifth got it has: the server may go.
    drop(server);
    ends(&fifth.run(&["build", "--frozen"]), 0, &["18 from cache"]);
}

#[test]
fn a_damaged_blob_is_told_and_made_again() {
    let server = Server::start(&[]);
    server.python("s3.create_bucket(Bucket='bakes')");
    ends(&run(&server, &machine(), &["bake"]), 0, &["18 cells run"]);
    let damage = |kind: &str| {
        server.python(&format!(
            "keys = [o['Key'] for o in s3.list_objects_v2(Bucket='bakes')['Contents'] if '/{kind}/' in o['Key']]\n\
             s3.put_object(Bucket='bakes', Key=keys[0], Body=b'damaged')\nprint(len(keys))"
        ))
    };
    for kind in ["blobs", "actions"] {
        damage(kind);
        let frozen = machine();
        ends(
            &run(&server, &frozen, &["build", "--frozen"]),
            4,
            &["in the shared store were damaged", "1 error"],
        );
        assert!(!frozen.path("site").exists());
        let other = machine();
        ends(&run(&server, &other, &["build"]), 0, &["in the shared store were damaged", "1 cell run"]);
        assert!(files(&other.path("site")) == alone());
        ends(&run(&server, &machine(), &["build", "--frozen"]), 0, &["18 from cache"]);
    }
}

#[test]
fn who_may_only_read_cannot_write() {
    // The server checks credentials once these requests have set them up.
    let server = Server::start(&[("INITIAL_NO_AUTH_ACTION_COUNT", "6")]);
    let keys = server.python(
        "import json\niam = client('iam')\ns3.create_bucket(Bucket='bakes')\n\
         iam.create_user(UserName='reader')\n\
         allow = lambda actions: json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': actions, 'Resource': '*'}]})\n\
         iam.put_user_policy(UserName='reader', PolicyName='read', PolicyDocument=allow(['s3:GetObject', 's3:ListBucket']))\n\
         key = iam.create_access_key(UserName='reader')['AccessKey']\n\
         iam.create_user(UserName='writer')\n\
         iam.put_user_policy(UserName='writer', PolicyName='write', PolicyDocument=allow(['s3:*']))\n\
         print(key['AccessKeyId'], key['SecretAccessKey'])",
    );
    let (id, secret) = keys.trim().split_once(' ').expect("two words");
    let as_reader = |machine: &Project, args: &[&str]| {
        let mut command = machine.command(args);
        command.args(STORE);
        Ran::from(server.access(&mut command, id, secret).output().expect("kiln starts"))
    };
    let baker = machine();
    // It has baked all the same, and says that nobody else will get it.
    ends(&as_reader(&baker, &["bake"]), 5, &["takes nothing from here", "18 bakes are on this machine only"]);
    ends(&baker.run(&["build", "--frozen"]), 0, &["18 from the lock"]);
    ends(&as_reader(&machine(), &["build"]), 0, &["18 cells run", "takes nothing from here"]);
    // Who says that it only reads is not told off.
    let ran = as_reader(&machine(), &["build", "--store-readonly"]);
    ends(&ran, 0, &["18 cells run"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[test]
fn a_server_that_dies_half_way_costs_nothing() {
    let mut server = Server::start(&[]);
    server.python("s3.create_bucket(Bucket='bakes')");
    let baker = machine();
    ends(&run(&server, &baker, &["bake", "--shard", "1/4"]), 0, &[]);
    let port = server.port;
    server.process.kill().expect("it can be killed");
    server.process.wait().expect("it has ended");
    let begun = Instant::now();
    ends(&run(&server, &baker, &["bake"]), 5, &["does not answer", "are on this machine only"]);
    assert!(begun.elapsed() < Duration::from_secs(60), "a dead store is not asked for every cell");
    baker.build();
    assert!(files(&baker.path("site")) == alone(), "the site does not need the store");
    drop(server);

    // A new server without the old one's memory: the next build sends what this machine has.
    let again = Server::start(&[]);
    assert_ne!(again.port, 0);
    again.python("s3.create_bucket(Bucket='bakes')");
    remove_locks(&baker);
    ends(&run(&again, &baker, &["bake"]), 0, &["0 cells run"]);
    ends(&run(&again, &machine(), &["build", "--frozen"]), 0, &["18 from cache"]);
    let _ = port;
}

/// Without its locks a project asks the stores.
fn remove_locks(project: &Project) {
    for chapter in 0..6 {
        let folder = project.path(&format!("content/c{chapter}"));
        std::fs::remove_file(folder.join("bake.lock")).expect("a lock");
        std::fs::remove_dir_all(folder.join(".bakes")).expect("bakes");
    }
}

#[test]
fn a_folder_and_a_web_server_can_be_shared_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().to_string_lossy().into_owned();
    ends(&machine().run(&["bake", "--store", &store]), 0, &["18 cells run"]);
    ends(&machine().run(&["build", "--frozen", "--store", &store]), 0, &["18 from cache"]);
    let port = free_port();
    let mut web = serve(folder.path(), port);
    let url = format!("http://127.0.0.1:{port}");
    let ran = machine().run(&["build", "--frozen", "--store", &url]);
    // What only reads takes nothing, and does not complain about it.
    let bakes = |folder: &Path| files(folder).len();
    let before = bakes(folder.path());
    let changed = machine().file("content/c0/c0.en.md", "# C\n\n```python run\n#| label: new\n1\n```\n");
    let baked = changed.run(&["bake", "--store", &url]);
    web.kill().expect("it can be killed");
    web.wait().expect("it has ended");
    ends(&ran, 0, &["18 from cache"]);
    ends(&baked, 0, &["1 cell run", "15 from cache"]);
    assert_eq!(bakes(folder.path()), before);
}

fn serve(folder: &Path, port: u16) -> Child {
    let mut command = Command::new("python3");
    command
        .args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"])
        .arg(folder)
        .arg(port.to_string());
    let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    listening(process.expect("the web server starts"), port)
}

#[test]
fn an_address_that_makes_no_sense_is_a_clear_error() {
    let machine = machine();
    ends(&machine.run(&["build", "--store", "ftp://a/b"]), 5, &["`ftp://`", "s3://BUCKET/PREFIX"]);
    let machine = machine.file("kiln.toml", "title = \"T\"\n[store]\nurl = \"ftp://a/b\"\n");
    ends(&machine.run(&["build"]), 5, &["`ftp://`"]);
    let machine = machine.file("kiln.toml", "title = \"T\"\n[store]\nreadonly = 1\n");
    ends(&machine.run(&["build"]), 1, &["kiln.toml:3:12"]);
}
