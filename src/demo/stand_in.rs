//! The stand-in for the tool: just enough of it for this story, `delete ns NAME`, with or without a server-side dry run.

use super::ending::{Stop, Told};
use super::stage::{MARK, READY};
use serde_json::Value;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Does what the words say, on the story's own clusters alone.
pub fn run(args: &[String]) -> Told<()> {
    let failed = |why: &str| Stop::Failed(format!("stand-in: {why}"));
    if std::env::var_os(MARK).is_none() {
        return Err(failed("it plays its part in `guard demo` and nowhere else"));
    }
    if args == [READY] {
        return Ok(());
    }
    let words: Vec<&str> =
        args.iter().map(String::as_str).filter(|word| !word.starts_with('-') && *word != "name").collect();
    let ["delete", "ns", name] = words.as_slice() else {
        return Err(failed(&format!("it only knows `delete ns NAME`, not {words:?}")));
    };
    let dry = args.iter().any(|word| word == "--dry-run=server");
    let file = std::env::var_os("KUBECONFIG").ok_or_else(|| failed("KUBECONFIG is not set"))?;
    let config: Value =
        serde_yaml::from_str(&fs::read_to_string(file)?).map_err(|e| failed(&e.to_string()))?;
    let server = config["clusters"][0]["cluster"]["server"].as_str().unwrap_or_default();
    let address: Option<SocketAddr> = server.strip_prefix("http://").and_then(|at| at.parse().ok());
    let address = address
        .filter(|address| address.ip().is_loopback())
        .ok_or_else(|| failed("it only speaks to the clusters of the story"))?;
    let mut stream = TcpStream::connect(address)?;
    let query = if dry { "?dryRun=All" } else { "" };
    write!(
        stream,
        "DELETE /api/v1/namespaces/{name}{query} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    )?;
    // No connection of the server's ends by itself: what is asked for is the first line.
    let mut answer = [0; 32];
    stream.read_exact(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if !matches!(status, "200" | "202") {
        return Err(failed(&format!("the server answered {status}")));
    }
    let said = if dry { format!("namespace/{name}") } else { format!("namespace \"{name}\" deleted") };
    Ok(writeln!(io::stdout(), "{said}")?)
}
