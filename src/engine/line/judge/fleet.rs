//! Programs that run a line, or a module that does what a command does, on other machines: ansible, salt and their kin.

use super::super::LineVerdict;
use super::super::expand::Field;
use super::{Io, NOTHING, Reader, quoted, worse};

/// Programs that run a line on other machines: name, and the word behind which the line stands.
const FLEETS: &[(&[u8], &[&str])] = &[
    (b"bolt", &["run"]),
    (b"salt", &["cmd.run", "cmd.shell"]),
    (b"salt-call", &["cmd.run", "cmd.shell"]),
    (b"salt-ssh", &["cmd.run", "cmd.shell"]),
];

/// Functions of salt, and the commands they stand for; behind a blank their operands follow.
const SALT: &[(&str, &str)] = &[
    ("file.remove", "rm -rf "),
    ("pkg.purge", "apt-get -y purge "),
    ("pkg.remove", "apt-get -y remove "),
    ("service.stop", "systemctl stop "),
    ("system.halt", "halt"),
    ("system.poweroff", "poweroff"),
    ("system.reboot", "reboot"),
    ("system.shutdown", "poweroff"),
];

/// Modules of ansible that run a line: the argument that holds it, when it does not stand for itself.
const LINES: &[&str] = &["command", "expect", "raw", "shell", "win_command", "win_shell"];

/// Modules of ansible that do by themselves what a command does: their names without the collection, the setting that
/// decides and the values with which it does, the command. `{a|b}` is the value of the first of these settings that is
/// given, each part of a list a word of its own.
///
/// Sources: the documentation of ansible-core 2.17 (ansible.builtin) and of the collections kubernetes.core 5,
/// community.general 9, community.postgresql 3, community.mysql 3, amazon.aws 8.
const MODULES: &[(&[&str], &str, &[&str], &str)] = &[
    (&["reboot", "win_reboot"], "", &[], "reboot"),
    (&["shutdown"], "", &[], "poweroff"),
    (SERVICES, "state", &["stopped"], "systemctl stop {name|service|unit}"),
    (SERVICES, "state", &["restarted"], "systemctl restart {name|service|unit}"),
    (SERVICES, "masked", YES, "systemctl mask {name|service|unit}"),
    (PACKAGES, "state", &["absent", "removed"], "apt-get -y remove {name|pkg|package}"),
    (PACKAGES, "purge", YES, "apt-get -y purge {name|pkg|package}"),
    (PACKAGES, "autoremove", YES, "apt-get -y autoremove"),
    (&["apt"], "upgrade", &["dist", "full"], "apt-get -y dist-upgrade"),
    (&["k8s"], "state", &["absent"], "kubectl delete {kind} {name}"),
    (&["k8s_scale"], "replicas", &["0"], "kubectl scale --replicas=0 {kind} {name}"),
    (&["k8s_drain"], "state", &["drain"], "kubectl drain {name}"),
    (&["k8s_exec"], "", &[], "kubectl exec {pod} -- {command}"),
    (&["file"], "state", &["absent"], "rm -rf {path|dest|name}"),
    (&["postgresql_db"], "state", &["absent"], "dropdb {name|db}"),
    (&["mysql_db"], "state", &["absent"], "mysqladmin drop {name|db}"),
    (
        &["ec2_instance"],
        "state",
        &["absent", "terminated"],
        "aws ec2 terminate-instances --instance-ids {instance_ids|name}",
    ),
    (
        &["ec2_instance"],
        "state",
        &["stopped", "restarted", "rebooted"],
        "aws ec2 stop-instances --instance-ids {instance_ids|name}",
    ),
    (&["s3_bucket"], "state", &["absent"], "aws s3api delete-bucket --bucket {name}"),
    (&["s3_object"], "mode", &["delete", "delobj"], "aws s3 rm s3://{bucket}/{object}"),
    (&["cloudformation"], "state", &["absent"], "aws cloudformation delete-stack --stack-name {stack_name}"),
    (
        &["rds_instance"],
        "state",
        &["absent", "deleted"],
        "aws rds delete-db-instance --db-instance-identifier {db_instance_identifier|id|instance_id}",
    ),
    (
        &["rds_cluster"],
        "state",
        &["absent"],
        "aws rds delete-db-cluster --db-cluster-identifier {db_cluster_identifier|cluster_id|id|name}",
    ),
    (&["eks_cluster"], "state", &["absent"], "aws eks delete-cluster --name {name}"),
];

/// Modules of ansible whose arguments are text or settings.
const TEXTS: &[&str] = &[
    "assert",
    "blockinfile",
    "copy",
    "debug",
    "fail",
    "get_url",
    "lineinfile",
    "mail",
    "replace",
    "set_fact",
    "setup",
    "slack",
    "template",
    "uri",
];

const SERVICES: &[&str] = &["service", "systemd", "systemd_service", "sysvinit"];
/// Package managers that are not apt take packages away all the same.
const PACKAGES: &[&str] = &["apt", "dnf", "dnf5", "package", "yum", "zypper"];
const YES: &[&str] = &["yes", "true", "on", "1", "y", "t"];

/// Options of ansible with which nothing is done.
const LOOKS: &[&[u8]] =
    &[b"-C", b"--check", b"--list-hosts", b"--syntax-check", b"--version", b"-h", b"--help"];

impl Reader {
    /// A program that hands a line to other machines.
    pub(super) fn fleet(&mut self, name: &[u8], rest: &[Field]) -> LineVerdict {
        if name == b"ansible" {
            return self.ansible(rest);
        }
        let Some((_, marks)) = FLEETS.iter().find(|(n, _)| *n == name) else { return NOTHING };
        let by_module = self.salt(name, rest);
        if by_module.guarded.is_some() {
            return by_module;
        }
        let at = rest.iter().position(|f| marks.iter().any(|m| m.as_bytes() == f.bytes));
        match at.and_then(|at| rest.get(at + 1)) {
            Some(line) => self.judge_remote(&line.bytes, &Io::default()),
            None => NOTHING,
        }
    }

    /// `ansible HOSTS -m MODULE -a ARGUMENTS`: without a module the arguments are a command.
    fn ansible(&mut self, rest: &[Field]) -> LineVerdict {
        if rest.iter().any(|f| LOOKS.contains(&f.bytes.as_slice())) {
            return NOTHING;
        }
        let module = value(rest, b'm', b"--module-name");
        let module = module.rsplit(|b| *b == b'.').next().unwrap_or_default();
        let arguments = value(rest, b'a', b"--args");
        let is = |name: &&str| name.as_bytes() == module;
        if module.is_empty() || LINES.iter().any(is) {
            let line = settings(&arguments).into_iter().find(|(key, _)| key == b"cmd" || key == b"argv");
            let mut verdict = self.judge_remote(&arguments, &Io::default());
            if let Some((_, line)) = line {
                verdict = worse(verdict, self.judge_remote(&line, &Io::default()));
            }
            return verdict;
        }
        if module == b"script" {
            let path = arguments.split(u8::is_ascii_whitespace).next().unwrap_or_default().to_vec();
            return match self.scope.read(&path) {
                Some(text) => self.judge_remote(&text, &Io::default()),
                None => NOTHING,
            };
        }
        let given = settings(&arguments);
        let of =
            |key: &str| given.iter().rev().find(|(k, _)| k == key.as_bytes()).map(|(_, value)| value.clone());
        // What an unknown module runs is for it to say.
        let told = TEXTS.iter().chain(MODULES.iter().flat_map(|(names, ..)| *names)).any(is);
        let mut verdict = if told { NOTHING } else { self.quoted_words(rest) };
        for (_, key, values, line) in MODULES.iter().filter(|(names, ..)| names.iter().any(is)) {
            let fits = of(key).is_some_and(|v| values.iter().any(|w| v.eq_ignore_ascii_case(w.as_bytes())));
            if key.is_empty() || fits {
                verdict = worse(verdict, self.judge_remote(&filled(line, &of), &Io::default()));
            }
        }
        verdict
    }

    /// Functions of salt that do by themselves what a command does.
    fn salt(&mut self, name: &[u8], rest: &[Field]) -> LineVerdict {
        if !name.starts_with(b"salt") || rest.iter().any(|f| f.bytes == b"test=True") {
            return NOTHING;
        }
        let function = rest.iter().enumerate().find_map(|(at, f)| {
            let row = SALT.iter().find(|(function, _)| function.as_bytes() == f.bytes)?;
            Some((at, row.1))
        });
        let Some((at, command)) = function else { return NOTHING };
        let mut line = command.as_bytes().to_vec();
        if command.ends_with(' ') {
            line.extend(rest.iter().skip(at + 1).flat_map(|f| quoted(&f.bytes)));
        }
        self.judge_remote(&line, &Io::default())
    }
}

/// The value of an option: `-m X`, `-mX`, `-bm X`, `--module-name X`, `--module-name=X`; nothing when it is not given.
fn value(rest: &[Field], letter: u8, long: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    for (at, field) in rest.iter().enumerate() {
        let bytes = field.bytes.as_slice();
        let next = || rest.get(at + 1).map(|f| f.bytes.clone()).unwrap_or_default();
        if let Some(joined) = bytes.strip_prefix(long) {
            found = joined.strip_prefix(b"=").map_or_else(next, <[u8]>::to_vec);
        } else if bytes.first() == Some(&b'-') && bytes.get(1) != Some(&b'-') {
            // Letters that take no value may stand before it (ansible(1)).
            let flags = bytes.iter().skip(1).take_while(|b| b"bKkvVCDo".contains(b)).count();
            if bytes.get(flags + 1) == Some(&letter) {
                let joined = bytes.get(flags + 2..).unwrap_or_default();
                found = if joined.is_empty() { next() } else { joined.to_vec() };
            }
        }
    }
    found
}

/// A name and a value.
type Setting = (Vec<u8>, Vec<u8>);

/// `name=x state="absent"`, or the same in JSON; a list is joined by commas.
fn settings(text: &[u8]) -> Vec<Setting> {
    let json = text.trim_ascii_start().first() == Some(&b'{');
    let mut out = Vec::new();
    let (mut key, mut word) = (None::<Vec<u8>>, Vec::new());
    let (mut quote, mut lists) = (0_u8, 0_usize);
    let mut end = |key: &mut Option<Vec<u8>>, word: &mut Vec<u8>| {
        if let Some(key) = key.take() {
            out.push((key, std::mem::take(word)));
        }
        word.clear();
    };
    let mut bytes = text.iter().copied();
    while let Some(b) = bytes.next() {
        match (quote, b) {
            (0, b'"' | b'\'') => quote = b,
            (q, b) if q == b => quote = 0,
            (q, b'\\') if q != 0 => word.extend(bytes.next()),
            (0, b'=') if !json && key.is_none() => key = Some(std::mem::take(&mut word)),
            (0, b':') if json && key.is_none() => key = Some(std::mem::take(&mut word)),
            (0, b'[') if json => lists += 1,
            (0, b']') if json => lists = lists.saturating_sub(1),
            (0, b',') if json && lists > 0 => word.push(b),
            (0, b',' | b'}') if json => end(&mut key, &mut word),
            // What stands deeper counts like what stands here.
            (0, b'{') if json => key = None,
            (0, b) if b.is_ascii_whitespace() => {
                if !json {
                    end(&mut key, &mut word);
                }
            }
            (_, b) => word.push(b),
        }
    }
    end(&mut key, &mut word);
    out
}

/// A command with what is given put in.
fn filled(line: &str, of: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some((before, (inside, after))) =
        rest.split_once('{').and_then(|(before, more)| Some((before, more.split_once('}')?)))
    {
        out.extend_from_slice(before.as_bytes());
        let value = inside.split('|').find_map(of).filter(|v| !v.is_empty());
        match value {
            // `kubectl exec POD -- LINE`, `s3://BUCKET/KEY`
            Some(value) if inside == "command" || before.ends_with('/') => out.extend_from_slice(&value),
            Some(value) => out.extend(value.split(|b| *b == b',').flat_map(quoted)),
            None => out.extend_from_slice(b"x"),
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn settings_are_read_in_both_forms() {
        for (text, want) in [
            ("name=x state=absent", "name=x;state=absent"),
            ("name='a b' state=\"absent\"", "name=a b;state=absent"),
            ("systemctl stop x", ""),
            (
                "{\"name\": [\"a\", \"b\"], \"state\": \"absent\", \"purge\": true}",
                "name=a,b;state=absent;purge=true",
            ),
            (
                "{\"definition\": {\"kind\": \"Namespace\"}, \"state\": \"absent\"}",
                "kind=Namespace;state=absent",
            ),
            ("", ""),
            ("a=b=c", "a=b=c"),
            ("{\"a\": \"open", "a=open"),
        ] {
            let pairs: Vec<String> = settings(text.as_bytes())
                .into_iter()
                .map(|(k, v)| format!("{}={}", String::from_utf8_lossy(&k), String::from_utf8_lossy(&v)))
                .collect();
            assert_eq!(pairs.join(";"), want, "{text}");
        }
    }
}
