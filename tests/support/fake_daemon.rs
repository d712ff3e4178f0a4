//! A stand-in for a Docker daemon: an HTTP server on a socket that answers what it was told to, for what a real daemon cannot be
//! brought to here: a hundred thousand volumes, another version, garbage, silence. `tests/real/docker_*.rs` ask the real one.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What one path answers.
#[derive(Clone, Debug)]
enum Answer {
    Body(u16, String),
    /// The connection ends in the middle of the body.
    Broken,
    /// Nothing comes.
    Silent,
}

#[derive(Default)]
struct Said {
    answers: BTreeMap<String, Answer>,
    asked: Vec<String>,
    version: String,
}

/// The stand-in.
pub struct FakeDaemon {
    dir: tempfile::TempDir,
    said: Arc<Mutex<Said>>,
}

impl FakeDaemon {
    /// One called `name`, with nothing in it.
    pub fn start(name: &str) -> FakeDaemon {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("d.sock")).unwrap();
        let said = Arc::new(Mutex::new(Said { version: "1.43".to_owned(), ..Said::default() }));
        let daemon = FakeDaemon { dir, said: said.clone() };
        daemon.is("AAAA:BBBB:CCCC", name);
        daemon.containers(vec![]);
        daemon.volumes(vec![]);
        std::thread::spawn(move || {
            // Ends with the test's process.
            for stream in listener.incoming().map_while(Result::ok) {
                let said = said.clone();
                std::thread::spawn(move || serve(&stream, &said));
            }
        });
        daemon
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("d.sock")
    }

    /// The same as an address.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Its identity from now on.
    pub fn is(&self, id: &str, name: &str) {
        self.json("/info", 200, &json!({"ID": id, "Name": name, "OperatingSystem": "Debian GNU/Linux 12", "ServerVersion": "24.0"}));
    }

    /// The version of its API.
    pub fn version(&self, version: &str) {
        self.said.lock().unwrap().version = version.to_owned();
    }

    /// What a path answers, without its query.
    pub fn json(&self, path: &str, status: u16, body: &Value) {
        self.put(path, Answer::Body(status, body.to_string()));
    }

    /// The same with a body that is no JSON.
    pub fn text(&self, path: &str, body: &str) {
        self.put(path, Answer::Body(200, body.to_owned()));
    }

    /// The connection breaks in the answer.
    pub fn breaks(&self, path: &str) {
        self.put(path, Answer::Broken);
    }

    /// What was done so far: whatever is no question.
    pub fn done(&self) -> Vec<String> {
        let changes = |asked: &String| !asked.starts_with("GET ") && !asked.starts_with("HEAD ");
        self.asked().into_iter().filter(changes).collect()
    }

    /// No answer comes.
    pub fn silent(&self, path: &str) {
        self.put(path, Answer::Silent);
    }

    fn put(&self, path: &str, answer: Answer) {
        self.said.lock().unwrap().answers.insert(path.to_owned(), answer);
    }

    /// Its containers, and each by its id.
    pub fn containers(&self, all: Vec<Value>) {
        for one in &all {
            let id = one["Id"].as_str().unwrap();
            let mounts = one["Mounts"].as_array().cloned().unwrap_or_default();
            let binds: Vec<String> = mounts
                .iter()
                .map(|m| format!("{}:{}", m["Source"].as_str().unwrap(), m["Destination"].as_str().unwrap()))
                .collect();
            let set_up = json!({"HostConfig": {"AutoRemove": false, "Binds": binds}, "SizeRw": 0});
            self.json(&format!("/containers/{id}/json"), 200, &set_up);
            self.json(&format!("/containers/{id}/changes"), 200, &Value::Null);
            self.json(
                &format!("/containers/{id}/top"),
                200,
                &json!({"Titles": ["PID", "CMD"], "Processes": [["1", "postgres: walwriter"]]}),
            );
        }
        self.json("/containers/json", 200, &Value::Array(all));
    }

    /// Its volumes, and each by its name.
    pub fn volumes(&self, all: Vec<Value>) {
        for one in &all {
            self.json(&format!("/volumes/{}", one["Name"].as_str().unwrap()), 200, one);
        }
        let sizes: Vec<Value> =
            all.iter().map(|one| json!({"Name": one["Name"], "UsageData": {"Size": 231_000_000}})).collect();
        self.json("/system/df", 200, &json!({"Volumes": sizes}));
        self.json("/volumes", 200, &json!({"Volumes": all, "Warnings": null}));
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.said.lock().unwrap().asked.clone()
    }
}

/// A volume as the daemon lists it.
pub fn volume(name: &str) -> Value {
    json!({"Name": name, "Driver": "local", "Mountpoint": format!("/nonexistent/{name}/_data"), "CreatedAt": "2023-11-14T22:13:20Z",
        "Labels": null, "Options": null, "Scope": "local"})
}

/// A container as the daemon lists it; mounts are `SOURCE:TARGET`, a source with a slash is a path.
pub fn container(name: &str, state: &str, mounts: &[&str]) -> Value {
    let mount = |text: &&str| {
        let (source, target) = text.split_once(':').unwrap();
        let kind = if source.starts_with('/') { "bind" } else { "volume" };
        let name = if kind == "volume" { source } else { "" };
        json!({"Type": kind, "Name": name, "Source": source, "Destination": target, "RW": true})
    };
    let id: String = name.bytes().cycle().take(32).map(|b| format!("{b:02x}")).collect();
    let status = if state == "running" { "Up 41 days" } else { "Exited (0) 3 days ago" };
    let mounts: Vec<Value> = mounts.iter().map(mount).collect();
    json!({"Id": id, "Names": [format!("/{name}")], "Image": "img", "Created": 1_700_000_000, "State": state, "Status": status,
        "Labels": {}, "Ports": [], "Mounts": mounts})
}

fn serve(stream: &UnixStream, said: &Mutex<Said>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut out = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut words = line.split(' ');
        let (method, path) =
            (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or(0) == 0 || header.trim().is_empty() {
                break;
            }
            if let Some(n) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let (answer, version) = {
            let mut said = said.lock().unwrap();
            said.asked.push(format!("{method} {path}"));
            let plain = path.split('?').next().unwrap_or_default();
            (said.answers.get(plain).cloned(), said.version.clone())
        };
        let missing = Answer::Body(404, json!({"message": "not here"}).to_string());
        let (status, body) = match answer.unwrap_or(missing) {
            Answer::Body(status, body) => (status, body),
            Answer::Broken => {
                let _ = write!(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{{");
                let _ = out.shutdown(std::net::Shutdown::Both);
                return;
            }
            Answer::Silent => {
                // Longer than anybody waits; the peer goes first.
                std::thread::sleep(Duration::from_secs(60));
                return;
            }
        };
        let body = if method == "HEAD" { String::new() } else { body };
        let head = format!(
            "HTTP/1.1 {status} X\r\nApi-Version: {version}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body.as_bytes())).is_err() {
            return;
        }
    }
}
