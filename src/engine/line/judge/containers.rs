//! Commands inside containers and pods: `docker run` and `exec` with their kin, `kubectl exec`, `run` and `debug`.

use super::super::LineVerdict;
use super::super::expand::Field;
use super::super::tables::image;
use super::{Io, NOTHING, Reader, STRANGE, guarded_as, only_serious, worse};
use crate::engine::docker;
use crate::engine::docker::tables::Cli;
use crate::engine::docker::variables;
use crate::engine::docker::words::Words;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::parse;
use crate::engine::inner;
use crate::engine::kube::kubectl;
use crate::engine::tool::Tool;
use crate::engine::verdict::Verdict;

/// Options of `docker run` and `docker exec` that take the next word (docker 28, podman 5).
const DOCKER_VALUES: &[&[u8]] = &[
    b"-a",
    b"-c",
    b"-e",
    b"-h",
    b"-l",
    b"-m",
    b"-p",
    b"-u",
    b"-v",
    b"-w",
    b"--add-host",
    b"--annotation",
    b"--attach",
    b"--cap-add",
    b"--cap-drop",
    b"--cgroupns",
    b"--cidfile",
    b"--cpus",
    b"--detach-keys",
    b"--device",
    b"--dns",
    b"--entrypoint",
    b"--env",
    b"--env-file",
    b"--expose",
    b"--gpus",
    b"--group-add",
    b"--hostname",
    b"--ip",
    b"--ipc",
    b"--label",
    b"--link",
    b"--log-driver",
    b"--log-opt",
    b"--memory",
    b"--mount",
    b"--name",
    b"--net",
    b"--network",
    b"--pid",
    b"--platform",
    b"--publish",
    b"--pull",
    b"--restart",
    b"--runtime",
    b"--security-opt",
    b"--shm-size",
    b"--stop-signal",
    b"--sysctl",
    b"--tmpfs",
    b"--ulimit",
    b"--user",
    b"--userns",
    b"--volume",
    b"--volumes-from",
    b"--workdir",
    b"--index",
    b"--project-name",
    b"--file",
    b"--profile",
    b"-f",
];

impl Reader {
    /// `docker run`, `docker exec`, `docker compose run` and `exec`, and their kin.
    pub(super) fn container(&mut self, name: &[u8], rest: &[Field], io: &Io) -> Option<LineVerdict> {
        let builds = |f: &Field| matches!(f.bytes.as_slice(), b"build" | b"buildx");
        let is_verb = |f: &Field| matches!(f.bytes.as_slice(), b"run" | b"exec" | b"create");
        let first = rest.first()?;
        if first.bytes == b"login" {
            return Some(NOTHING); // `aws ecr get-login-password | docker login …`
        }
        if rest.iter().find(|f| !f.bytes.starts_with(b"-") && f.bytes != b"image").is_some_and(builds) {
            return Some(STRANGE); // what it reads is a Dockerfile
        }
        let at = rest.iter().position(is_verb)?;
        // Before the verb stand groups (`container`, `compose`) and options only.
        let is_group = |f: &Field| matches!(f.bytes.as_slice(), b"container" | b"compose");
        let before = rest.get(..at).unwrap_or_default();
        let mut value = false;
        for field in before {
            let option = field.bytes.starts_with(b"-");
            if !option && !value && !is_group(field) {
                return None;
            }
            value = option && !field.bytes.contains(&b'=');
        }
        let executes = rest.get(at).is_some_and(|f| f.bytes == b"exec");
        let words = rest.get(at + 1..).unwrap_or_default();
        let (mut next, mut entry) = (0, None);
        while let Some(option) = words.get(next).filter(|f| f.bytes.starts_with(b"-") && f.bytes.len() > 1) {
            next += 1;
            if let Some(value) = option.bytes.strip_prefix(b"--entrypoint=") {
                entry = Some(value.to_vec());
            } else if DOCKER_VALUES.contains(&option.bytes.as_slice()) {
                if option.bytes == b"--entrypoint" {
                    entry = words.get(next).map(|f| f.bytes.clone());
                }
                next += 1;
            } else if short_takes_word(&option.bytes) {
                next += 1;
            }
        }
        let inner = words.get(next + 1..).unwrap_or_default();
        let own = words.get(..next).unwrap_or_default();
        let composed = name.ends_with(b"-compose") || before.iter().any(|f| f.bytes == b"compose");
        let thrown_away = !executes && !composed && !own.iter().any(|f| reaches_out(&f.bytes));
        let image = words.get(next).and_then(|f| image(&f.bytes)).filter(|_| !executes);
        let boxed = self.boxed;
        self.boxed += usize::from(thrown_away);
        let mut verdict = match (entry.filter(|e| !e.is_empty()), image) {
            (Some(entry), _) => {
                let mut command = vec![Field::text(&entry)];
                command.extend_from_slice(inner);
                self.apart(true, |reader| reader.command(&command, io))
            }
            (None, Some(tool)) if !starts_with_tool(inner, tool) => self.guarded_call(tool, inner, io),
            _ if inner.is_empty() => self.feed(io),
            _ if executes => self.far(false, |reader| reader.command(inner, io)),
            _ => self.apart(true, |reader| reader.command(inner, io)),
        };
        if !executes {
            verdict = worse(verdict, STRANGE);
        }
        // An option nobody knows may have taken a word.
        verdict = worse(verdict, only_serious(self.guarded_words(words)));
        verdict = worse(verdict, self.document(io));
        self.boxed = boxed;
        Some(verdict)
    }

    /// What the line's own variables make of a command of Compose.
    pub(super) fn with_variables(&self, tool: &Tool, words: &[Field]) -> LineVerdict {
        let bytes: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
        let read = Words::read(Cli::of(tool), &bytes, false);
        let mut raised = Verdict::of(Effect::Read);
        for value in self.scope.get(variables::REMOVE_ORPHANS.as_bytes()).iter().flatten() {
            variables::raise(&read, Some(value), &mut raised);
        }
        if raised.effect == Effect::Read { NOTHING } else { guarded_as(raised.effect) }
    }

    /// What a line knows besides of a command that `words` run in a container: what it reads, which directories are scratch.
    /// `verdict` is that of the words alone.
    pub(super) fn inside_container(
        &mut self,
        tool: &Tool,
        words: &[Field],
        verdict: LineVerdict,
        io: &Io,
    ) -> LineVerdict {
        let Some(inside) = self.container(tool.name.as_bytes(), words, io) else { return verdict };
        let bytes: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
        let Some(at) = docker::program_at(&Words::read(Cli::of(tool), &bytes, false)) else {
            return worse(verdict, only_serious(inside));
        };
        let input = io.input.as_ref().filter(|input| !input.opaque);
        let fed =
            input.map(|input| inner::classify_reading(bytes.get(at..).unwrap_or_default(), &input.text));
        let effect = match (verdict.effect, fed.map(|fed| fed.effect)) {
            // What is lost there is scratch, or it is guarded by what runs.
            (Effect::Destroy, _) => {
                return worse(inside, LineVerdict { effect: Effect::Destroy, ..guarded_as(Effect::Mutate) });
            }
            (Effect::Read, _) => return worse(verdict, only_serious(inside)),
            // What a shell or a client of a database reads says what it does.
            (_, Some(Effect::Destroy)) => return worse(verdict, guarded_as(Effect::Destroy)),
            (Effect::Mutate, Some(Effect::Read)) => Effect::Read,
            (effect, _) if inside.effect > Effect::Unknown => effect.max(inside.effect),
            (effect, _) => effect,
        };
        LineVerdict { effect, ..worse(verdict, inside) }
    }

    /// `kubectl exec POD -- sh <<E`, `kubectl run X --image=bitnami/kubectl -- delete ns shop`: what classify cannot see.
    pub(super) fn inside_pod(&mut self, fields: &[Field], io: &Io) -> LineVerdict {
        let words: Vec<&[u8]> = fields.iter().map(|f| f.bytes.as_slice()).collect();
        let parsed = parse(&kubectl::TABLE, &words);
        if !matches!(parsed.path(), "exec" | "run" | "debug") {
            return NOTHING;
        }
        let from = parsed.dash.unwrap_or(1);
        let at = parsed.args.get(from).map(|(at, _)| *at);
        let inner = at.and_then(|at| fields.get(at..)).unwrap_or_default();
        let mut verdict = NOTHING;
        if parsed.path() == "run"
            && !parsed.on("command")
            && let Some(tool) = parsed.last("image").and_then(image)
            && !starts_with_tool(inner, tool)
        {
            verdict = worse(verdict, self.guarded_call(tool, inner, &Io::default()));
        }
        if inner.is_empty() {
            // The image's own program, a shell more often than not.
            return worse(verdict, only_serious(self.document(io)));
        }
        let remote = usize::from(parsed.path() == "exec");
        self.remote += remote;
        let inside = self.apart(true, |reader| reader.command(inner, io));
        self.remote -= remote;
        // kubectl's own verdict counts it.
        self.scratched &= self.remote > 0;
        worse(verdict, only_serious(inside))
    }
}

/// Whether an option of `docker run` lets the container reach something of the host.
fn reaches_out(option: &[u8]) -> bool {
    const REACHES: &[&[u8]] = &[
        b"--volume",
        b"--mount",
        b"--privileged",
        b"--pid",
        b"--net",
        b"--ipc",
        b"--device",
        b"--cap-add",
        b"--security-opt",
        b"--userns",
        b"--uts",
        b"--cgroupns",
        b"--rootfs",
        b"--connection",
    ];
    let short = option.len() > 1 && option.first() == Some(&b'-') && option.get(1) != Some(&b'-');
    (short && option.contains(&b'v')) || REACHES.iter().any(|r| option.starts_with(r))
}

/// A cluster of one-letter options (`-it`, `-iu root`) whose last takes the next word.
fn short_takes_word(option: &[u8]) -> bool {
    match option {
        [b'-', first, .., last] if *first != b'-' => {
            // A value joined to its letter (`-eA=b`) takes none.
            !b"acehlmpuvw".contains(first) && b"acehlmpuvw".contains(last)
        }
        _ => false,
    }
}

fn starts_with_tool(words: &[Field], tool: &Tool) -> bool {
    let first = words.first().and_then(|f| super::super::tables::guarded(super::basename(&f.bytes)));
    first.is_some_and(|found| found.is(tool))
}
