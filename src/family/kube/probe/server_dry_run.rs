//! The caller's own command as a server-side dry run: the set kubectl itself would hit, and admission's refusal in the
//! server's own words.

use super::Request;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::grammar::table::Arity;
use crate::run::child;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use tokio::time::Instant;

/// What the output is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Names of the objects.
    Names,
    /// The objects as they would be afterwards.
    Objects,
    /// kubectl's own sentences (`--prune` names what it prunes only there).
    Sentences,
}

/// Commands that take `--dry-run=server`, and what can be asked of their output.
const REPLAYED: &[(&str, Form)] = &[
    ("annotate", Form::Objects),
    ("apply", Form::Objects),
    ("cordon", Form::Sentences),
    ("delete", Form::Names),
    ("drain", Form::Sentences),
    ("label", Form::Objects),
    ("patch", Form::Objects),
    ("replace", Form::Objects),
    ("rollout restart", Form::Names),
    ("scale", Form::Names),
    ("set env", Form::Names),
    ("set image", Form::Names),
    ("set resources", Form::Names),
    ("taint", Form::Names),
];

/// Which form a command's dry run has, and the words to run: `None` when a dry run is not certain to stay one.
///
/// Every flag must be one the table knows and the line one kubectl accepts; otherwise `--dry-run` could end up as
/// somebody's value, or behind a `--` an alias adds, and the command would run in earnest.
pub fn words(request: &Request<'_>) -> Option<(Form, Vec<OsString>)> {
    let parsed = request.parsed;
    let path = parsed.path();
    let (_, mut form) = *REPLAYED.iter().find(|(name, _)| *name == path)?;
    let same = parsed.words.len() == request.words.len()
        && parsed.words.iter().zip(request.words).all(|(a, b)| *a == b.as_bytes());
    let known = parsed.problem.is_none() && parsed.given.iter().all(|g| g.flag.is_some());
    let raw = parsed.last("raw").is_some();
    let local = parsed.on("local");
    // `replace --force --dry-run` and `apply --force --dry-run=server` are refused by kubectl.
    let forced = matches!(path, "replace" | "apply") && parsed.on("force");
    if !same || !known || raw || local || forced || request.verdict.effect == Effect::Unknown {
        return None;
    }
    // kubectl waits for an answer on standard input; the question is guard's.
    let mut extra: Vec<OsString> = vec!["--dry-run=server".into()];
    if path == "delete" && parsed.on("interactive") {
        extra.push("--interactive=false".into());
    }
    // Only what the server makes of it counts here. Checking the schema first means fetching it: seconds, each time.
    if matches!(path, "apply" | "replace") {
        extra.push("--validate=false".into());
    }
    if path == "apply" {
        extra.push("--openapi-patch=false".into());
    }
    if path == "apply" && (parsed.on("prune") || parsed.last("applyset").is_some()) {
        form = Form::Sentences;
    }
    let has_output = !matches!(path, "drain" | "cordon");
    if has_output {
        extra.push(match form {
            Form::Names => "--output=name".into(),
            Form::Objects => "--output=json".into(),
            Form::Sentences => "--output=".into(),
        });
    }
    let dashes = dashes(request);
    let at = dashes.unwrap_or(request.words.len());
    // A switch stands before the place, or a value: a flag that waits for a value would be a problem above.
    if parsed.given.iter().any(|g| g.value_at.is_none() && g.at + 1 == at && waits(g)) {
        return None;
    }
    let run = if request.held.len() == request.words.len() { request.held } else { request.words };
    let mut words: Vec<OsString> = run.get(..at)?.to_vec();
    words.extend(extra);
    words.extend_from_slice(run.get(at..)?);
    Some((form, words))
}

fn waits(given: &crate::engine::grammar::cobra::Given<'_>) -> bool {
    let takes = given.flag.is_some_and(|f| matches!(f.arity, Arity::Value));
    takes && given.value.is_empty()
}

/// Index of the `--` that ends the flags.
fn dashes(request: &Request<'_>) -> Option<usize> {
    request.parsed.dash?;
    let is_value = |i: usize| request.parsed.given.iter().any(|g| g.value_at == Some(i));
    (0..request.words.len()).find(|&i| request.words.get(i).is_some_and(|w| w == "--") && !is_value(i))
}

/// What a dry run said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Whether it ended well.
    pub ok: bool,
    /// Its standard output.
    pub out: Vec<u8>,
    /// Its errors, one line each.
    pub errors: Vec<String>,
}

/// Runs the dry run. `None` when this command has none.
pub async fn run(request: &Request<'_>, until: Instant) -> Option<(Form, Result<Said, Why>)> {
    let (form, words) = words(request)?;
    let mut command = child::command(request.kubectl?, request.world);
    command.args(words);
    if let Some(kubeconfig) = request.kubeconfig {
        command.env("KUBECONFIG", kubeconfig);
    }
    let done = child::run(command, request.stdin, until).await;
    Some((
        form,
        done.map(|done| Said {
            ok: done.ok,
            out: done.out,
            errors: String::from_utf8_lossy(&done.err)
                .lines()
                .filter(|l| l.starts_with("Error") || l.starts_with("error"))
                .map(str::to_owned)
                .collect(),
        }),
    ))
}

impl Said {
    /// `(resource or kind with group, name)` of every object it would hit, from `-o name`.
    pub fn names(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.out);
        text.lines()
            .filter_map(|l| l.split_once('/'))
            .map(|(k, n)| (k.to_owned(), n.trim().to_owned()))
            .collect()
    }

    /// What `apply --prune` would delete.
    pub fn pruned(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.out);
        text.lines()
            .filter_map(|l| l.strip_suffix(" pruned (server dry run)"))
            .filter_map(|l| l.split_once('/'))
            .map(|(k, n)| (k.to_owned(), n.to_owned()))
            .collect()
    }

    /// The objects as they would be, lists flattened.
    pub fn objects(&self) -> Vec<serde_json::Value> {
        let mut all = Vec::new();
        for one in serde_json::Deserializer::from_slice(&self.out).into_iter::<serde_json::Value>() {
            let Ok(mut one) = one else { break };
            match one.get_mut("items").and_then(|i| i.as_array_mut()) {
                Some(items) => all.append(items),
                None => all.push(one),
            }
        }
        all
    }

    /// The server's refusal when nothing of the command would happen; `Err` for a refusal of a part of it.
    ///
    /// "Not found", a busy or unreachable server and a webhook that cannot take part in dry runs are no refusals.
    pub fn refusal(&self) -> Option<Result<String, String>> {
        const NOT_REFUSED: &[&str] = &[
            "(NotFound)",
            "(Timeout)",
            "(ServerTimeout)",
            "(TooManyRequests)",
            "(ServiceUnavailable)",
            "(InternalError)",
            "(Expired)",
            "(Unauthorized)",
            "(Conflict)",
        ];
        let refusals: Vec<&String> = self
            .errors
            .iter()
            .filter(|e| e.starts_with("Error from server"))
            .filter(|e| !NOT_REFUSED.iter().any(|n| e.contains(n)) && !e.contains("does not support dry run"))
            .collect();
        let first = refusals.first()?;
        let words =
            first.split_once("): ").or(first.split_once(": ")).map_or(first.as_str(), |(_, rest)| rest);
        let words = words.to_owned();
        let all = !self.ok && self.out.trim_ascii().is_empty() && refusals.len() == self.errors.len();
        Some(if all { Ok(words) } else { Err(words) })
    }

    /// What kubectl itself says is wrong with the words, so that nothing would happen.
    pub fn mistake(&self) -> Option<&str> {
        const MISTAKES: &[&str] = &[
            "the server doesn't have a resource type",
            "no name was specified",
            "there is no need to specify a resource type",
            "resource(s) were provided, but no name",
            "You must provide one or more resources by argument or filename",
            "name cannot be provided when a selector is specified",
            "arguments in resource/name form must have a single resource and name",
        ];
        if self.ok || !self.out.trim_ascii().is_empty() || self.errors.len() != 1 {
            return None;
        }
        let said = self.errors.first()?.strip_prefix("error: ")?;
        let no_file = said.starts_with("the path ") && said.ends_with(" does not exist");
        (no_file || MISTAKES.iter().any(|m| said.contains(m))).then_some(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(out: &str, errors: &[&str]) -> Said {
        Said {
            ok: errors.is_empty(),
            out: out.as_bytes().to_vec(),
            errors: errors.iter().map(|e| (*e).to_owned()).collect(),
        }
    }

    #[test]
    fn refusals_are_told_from_other_errors() {
        let forbidden = "Error from server (Forbidden): namespaces \"default\" is forbidden: this namespace may not be deleted";
        let words = "namespaces \"default\" is forbidden: this namespace may not be deleted".to_owned();
        assert_eq!(said("", &[forbidden]).refusal(), Some(Ok(words.clone())));
        assert_eq!(said("namespace/a\n", &[forbidden]).refusal(), Some(Err(words.clone())));
        // One refused, one not found: nothing certain about the whole.
        assert_eq!(said("", &[forbidden, "error: timed out"]).refusal(), Some(Err(words)));
        for other in [
            "Error from server (NotFound): pods \"x\" not found",
            "Error from server (BadRequest): admission webhook \"w\" does not support dry run",
            "Error from server (InternalError): failed calling webhook",
            "error: You must be logged in to the server (Unauthorized)",
        ] {
            assert_eq!(said("", &[other]).refusal(), None, "{other}");
        }
        let hook = "Error from server: admission webhook \"deny.example.com\" denied the request: no";
        let words = "admission webhook \"deny.example.com\" denied the request: no";
        assert_eq!(said("", &[hook]).refusal(), Some(Ok(words.into())));
    }

    fn replayed(words: &[&str], changed: bool) -> Option<String> {
        use crate::engine::classify::classify;
        use crate::engine::fact::{Source, Sourced};
        use crate::engine::grammar::cobra::parse;
        use crate::engine::kube::KubeTarget;
        let bytes: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        let mut owned: Vec<OsString> = words.iter().map(OsString::from).collect();
        if changed {
            owned.push("more".into());
        }
        let parsed = parse(&crate::engine::kube::kubectl::TABLE, &bytes);
        let here = |t: &str| Sourced::new(t.to_owned(), Source::Default);
        let (target, world) = (KubeTarget::at(here("s"), here("default")), crate::world::World::of(&[], "/"));
        let request = Request {
            held: &[],
            stdin: None,
            parsed: &parsed,
            words: &owned,
            target: &target,
            effective_kubeconfig: b"",
            documents: &crate::engine::kube::documents::Documents::default(),
            kubectl: None,
            world: &world,
            deadline: super::super::DEADLINE,
            verdict: &classify(b"kubectl", &bytes),
            plugins: super::super::Plugins::All,
            kubeconfig: None,
        };
        let (_, words) = super::words(&request)?;
        Some(words.iter().map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_dry_run_stays_one() {
        // (words, what is run)
        let rows: &[(&str, Option<&str>)] = &[
            ("delete ns a", Some("delete ns a --dry-run=server --output=name")),
            ("delete cm -n a -- q", Some("delete cm -n a --dry-run=server --output=name -- q")),
            ("delete cm q --dry-run=none", Some("delete cm q --dry-run=none --dry-run=server --output=name")),
            ("delete cm q -n -- --now", Some("delete cm q -n -- --now --dry-run=server --output=name")),
            ("delete cm q -i", Some("delete cm q -i --dry-run=server --interactive=false --output=name")),
            ("drain n1 --force", Some("drain n1 --force --dry-run=server")),
            (
                "apply --prune --all -f x",
                Some(
                    "apply --prune --all -f x --dry-run=server --validate=false --openapi-patch=false --output=",
                ),
            ),
            ("patch cm q -p {}", Some("patch cm q -p {} --dry-run=server --output=json")),
            // It could swallow what is added, ignore it, or is refused with it.
            ("delete cm q --unheard-of", None),
            ("delete cm q -n", None),
            ("delete --raw /api/v1/namespaces/a", None),
            ("replace --raw /api/v1/namespaces/a -f x", None),
            ("replace --force -f x", None),
            ("apply --force -f x", None),
            ("exec p -- kubectl delete ns z", None),
            ("bye x", None),
        ];
        for (line, want) in rows {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(replayed(&words, false).as_deref(), *want, "{line}");
        }
        assert_eq!(replayed(&["delete", "ns", "a"], true), None, "words an alias changed");
    }

    #[test]
    fn words_kubectl_refuses_by_itself_are_known() {
        for error in [
            "the path \"x.yaml\" does not exist",
            "You must provide one or more resources by argument or filename.",
            "the server doesn't have a resource type \"x\"",
        ] {
            assert_eq!(said("", &[&format!("error: {error}")]).mistake(), Some(error));
        }
        let file = "error: the path \"x.yaml\" does not exist";
        assert_eq!(said("pod/a\n", &[file]).mistake(), None, "something is hit all the same");
        assert_eq!(said("", &[file, "error: other"]).mistake(), None);
        assert_eq!(said("", &["error: unable to connect"]).mistake(), None);
    }

    #[test]
    fn output_is_read() {
        let s = said("namespace/x pruned (server dry run)\nconfigmap/a unchanged (server dry run)\n", &[]);
        assert_eq!(s.pruned(), [("namespace".to_owned(), "x".to_owned())]);
        let s = said("pod/a\ndeployment.apps/b\n", &[]);
        assert_eq!(
            s.names(),
            [("pod".to_owned(), "a".to_owned()), ("deployment.apps".to_owned(), "b".to_owned())]
        );
        let s = said("{\"kind\":\"List\",\"items\":[{\"a\":1},{\"a\":2}]}\n{\"a\":3}", &[]);
        assert_eq!(s.objects().len(), 3);
    }
}
