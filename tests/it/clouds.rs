//! The shared store on servers that speak as Azure Blob Storage and Google Cloud Storage do: Microsoft's own
//! emulator, and the one that Google's client libraries are commonly tested on. S3 has tests of its own.

use std::process::{Child, Command, Stdio};

use crate::project::{Project, Ran, files, repository};
use crate::shared::{alone, ends, free_port, listening, machine};
use crate::tools;

/// A server, ended when dropped, and what `kiln` has to know of it.
struct Cloud {
    processes: Vec<Child>,
    url: &'static str,
    env: Vec<(&'static str, String)>,
}

impl Cloud {
    fn run(&self, machine: &Project, args: &[&str]) -> Ran {
        let mut command = machine.command(args);
        command.args(["--store", self.url]).envs(self.env.iter().map(|(name, value)| (name, value)));
        Ran::from(command.output().expect("kiln starts"))
    }

    /// Four machines fill the store, a fifth builds from it alone; what is damaged is told and made again.
    fn serves(&self, damage: &dyn Fn()) {
        ends(&self.run(&machine(), &["build", "--frozen"]), 4, &["has no bake"]);
        for shard in ["1/4", "2/4", "3/4", "4/4"] {
            ends(&self.run(&machine(), &["bake", "--shard", shard]), 0, &["cells run"]);
        }
        let fifth = machine();
        ends(&self.run(&fifth, &["build", "--frozen"]), 0, &["0 cells run", "18 from cache"]);
        assert!(files(&fifth.path("site")) == alone(), "the site is as one machine builds it alone");

        // What is put a second time is there already.
        ends(&self.run(&machine(), &["build", "--rerun"]), 0, &["18 cells run"]);
        damage();
        let other = machine();
        ends(&self.run(&other, &["build"]), 0, &["in the shared store were damaged", "1 cell run"]);
        assert!(files(&other.path("site")) == alone());
        ends(&self.run(&machine(), &["build", "--frozen"]), 0, &["18 from cache"]);
        // Who only reads gives nothing.
        let changed = machine().file("content/c0/c0.en.md", "# C\n\n```python run\n#| label: new\n1\n```\n");
        ends(&self.run(&changed, &["bake", "--store-readonly"]), 0, &["1 cell run"]);
        let again = machine().file("content/c0/c0.en.md", "# C\n\n```python run\n#| label: new\n1\n```\n");
        ends(&self.run(&again, &["build", "--frozen"]), 4, &["`new`"]);
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // It may have ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn start(command: &mut Command, port: u16) -> Child {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    listening(command.spawn().expect("the server starts"), port)
}

/// Sends one request to `port`, signed as Azure wants it, and prints the answer's body. The key is the one that
/// every emulator has.
const SIGNED: &str = r#"
import base64, datetime, hashlib, hmac, re, sys, urllib.request
KEY = base64.b64decode("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==")
def ask(method, path, query="", body=b""):
    now = datetime.datetime.now(datetime.timezone.utc)
    heads = {"x-ms-date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-ms-version": "2021-12-02"}
    kind = "application/octet-stream" if body else ""
    if body:
        heads["x-ms-blob-type"] = "BlockBlob"
    own = "".join(f"{name}:{value}\n" for name, value in sorted(heads.items()))
    asked = "".join("\n" + ":".join(part.split("=")) for part in sorted(query.split("&")) if part)
    text = f"{method}\n\n\n{len(body) or ''}\n\n{kind}\n\n\n\n\n\n\n{own}/devstoreaccount1/devstoreaccount1{path}{asked}"
    sign = base64.b64encode(hmac.new(KEY, text.encode(), hashlib.sha256).digest()).decode()
    heads["Authorization"] = "SharedKey devstoreaccount1:" + sign
    if body:
        heads["Content-Type"] = kind
    url = f"http://127.0.0.1:{sys.argv[1]}/devstoreaccount1{path}?{query}"
    request = urllib.request.Request(url, data=body or None, method=method, headers=heads)
    return urllib.request.urlopen(request).read().decode()
if sys.argv[2] == "create":
    ask("PUT", "/bakes", "restype=container")
else:
    names = re.findall("<Name>([^<]*/blobs/[^<]*)</Name>", ask("GET", "/bakes", "comp=list&restype=container"))
    ask("PUT", f"/bakes/{names[0]}", body=b"damaged")
"#;

fn python(code: &str, args: &[&str]) {
    let ran = Ran::from(Command::new("python3").args(["-c", code]).args(args).output().expect("python runs"));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn azure_blob_storage() {
    let port = free_port();
    let mut node = Command::new("node");
    node.arg(tools::azure()).args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()]);
    node.args(["--inMemoryPersistence", "--disableTelemetry", "--silent", "--skipApiVersionCheck"]);
    let cloud = Cloud {
        processes: vec![start(&mut node, port)],
        url: "az://bakes/site",
        env: vec![
            ("AZURE_STORAGE_USE_EMULATOR", "true".to_owned()),
            ("AZURITE_BLOB_STORAGE_URL", format!("http://127.0.0.1:{port}")),
        ],
    };
    let ask = |what: &str| python(SIGNED, &[&port.to_string(), what]);
    ask("create");
    cloud.serves(&|| ask("damage"));
}

/// Creates the bucket, or damages a blob in it.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const PLAIN: &str = r#"
import json, sys, urllib.parse, urllib.request
def ask(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}{path}", data=body, method=method)
    return json.loads(urllib.request.urlopen(request).read() or "{}")
if sys.argv[2] == "create":
    ask("POST", "/storage/v1/b?project=p", b'{"name": "bakes"}')
else:
    names = [item["name"] for item in ask("GET", "/storage/v1/b/bakes/o")["items"] if "/blobs/" in item["name"]]
    name = urllib.parse.quote(names[0], safe="")
    ask("POST", f"/upload/storage/v1/b/bakes/o?uploadType=media&name={name}", b"damaged")
"#;

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn google_cloud_storage() {
    let (port, behind) = (free_port(), free_port());
    let address = format!("http://127.0.0.1:{port}");
    let mut server = Command::new(tools::google());
    server.args([
        "-scheme",
        "http",
        "-host",
        "127.0.0.1",
        "-port",
        &behind.to_string(),
        "-backend",
        "memory",
    ]);
    server.args(["-external-url", &address, "-public-host", &format!("127.0.0.1:{port}")]);
    let server = start(&mut server, behind);
    let mut front = Command::new("python3");
    front.arg(repository().join("tests/tools/google.py")).args([port, behind].map(|port| port.to_string()));
    let key = r#"{"disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""}"#;
    let cloud = Cloud {
        processes: vec![server, start(&mut front, port)],
        url: "gs://bakes/site",
        env: vec![("GOOGLE_SERVICE_ACCOUNT_KEY", key.to_owned()), ("GOOGLE_BASE_URL", address)],
    };
    let ask = |what: &str| python(PLAIN, &[&port.to_string(), what]);
    ask("create");
    cloud.serves(&|| ask("damage"));
}
