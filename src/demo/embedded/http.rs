//! HTTP/1.1 over a socket: requests in, answers out, watches streamed.

use super::api::{self, Answer, Request, Watch};
use super::status::Reply;
use super::store::Object;
use super::{Seen, Shared, User};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const BODY_LIMIT: usize = 16 << 20;

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|h| std::str::from_utf8(h).ok());
        match (bytes[i], hex.and_then(|h| u8::from_str_radix(h, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads one request; `None` at the end of the connection.
fn read(input: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or("").to_owned(), words.next().unwrap_or("/").to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut request = Request {
        method,
        path: decode(path),
        query: query
            .split('&')
            .filter(|p| !p.is_empty())
            .map(|p| p.split_once('=').unwrap_or((p, "")))
            .map(|(k, v)| (decode(k), decode(v)))
            .collect(),
        ..Request::default()
    };
    let (mut length, mut chunked) = (0usize, false);
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "accept" => request.accept = value.to_owned(),
            "content-type" => request.content_type = value.to_owned(),
            "user-agent" => request.agent = value.to_owned(),
            "content-length" => length = value.parse().unwrap_or(0),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            _ => {}
        }
    }
    if chunked {
        read_chunks(input, &mut request.body)?;
    } else {
        if length > BODY_LIMIT {
            return Err(io::Error::other("request body too large"));
        }
        request.body.resize(length, 0);
        input.read_exact(&mut request.body)?;
    }
    Ok(Some(request))
}

fn read_chunks(input: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let size = line.trim().split(';').next().unwrap_or("");
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if body.len().saturating_add(size) > BODY_LIMIT {
            return Err(io::Error::other("request body too large"));
        }
        let start = body.len();
        body.resize(start + size, 0);
        input.read_exact(&mut body[start..])?;
        input.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn write(out: &mut TcpStream, reply: &Reply) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        reply.code,
        reason(reply.code),
        reply.mime,
        reply.body.len()
    );
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&reply.body);
    out.write_all(&bytes)
}

/// Serves one connection until either side ends it.
pub fn serve(shared: &Shared, user: &User, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    while let Some(request) = read(&mut input)? {
        shared.note(Seen::of(user, &request));
        if !shared.hold(&request.path) {
            return Ok(());
        }
        let answer = {
            let mut store = shared.store();
            api::answer(&mut store, &shared.settings, user, &request)
        };
        shared.changed.notify_all();
        match answer {
            Answer::Whole(reply) => write(&mut out, &reply)?,
            Answer::Watch(watch) => return stream_changes(shared, &watch, &mut out),
        }
    }
    Ok(())
}

fn event(out: &mut TcpStream, what: &str, object: &Object) -> io::Result<()> {
    let line = format!("{{\"type\":\"{what}\",\"object\":{}}}\n", object.full);
    out.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes())
}

fn stream_changes(shared: &Shared, watch: &Watch, out: &mut TcpStream) -> io::Result<()> {
    out.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    )?;
    let until = Instant::now() + Duration::from_secs(watch.seconds);
    let mut store = shared.store();
    let mut seen = watch.after;
    if seen == 0 {
        seen = store.rv();
        let here: Vec<_> =
            store.list(&watch.kind, None, None).map(|(_, o)| o.clone()).filter(|o| watch.fits(o)).collect();
        drop(store);
        for object in here {
            event(out, "ADDED", &object)?;
        }
        store = shared.store();
    }
    let resource = watch.kind.qualified();
    while Instant::now() < until && !shared.stopped.load(Ordering::SeqCst) {
        let changes = store.changes_after(seen);
        seen = store.rv();
        drop(store);
        let Some(changes) = changes else {
            let gone = String::from_utf8_lossy(&Reply::expired("too old resource version").body).into_owned();
            let line = format!("{{\"type\":\"ERROR\",\"object\":{gone}}}\n");
            out.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes())?;
            break;
        };
        for change in changes.into_iter().filter(|c| c.resource == resource && watch.fits(&c.object)) {
            event(out, change.what, &change.object)?;
        }
        store = shared.wait_for_change(seen);
    }
    out.write_all(b"0\r\n\r\n")
}
