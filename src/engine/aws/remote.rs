//! Lines for a shell on another machine, in a container or on a cluster's head: `ecs execute-command --command`,
//! `emr ssh --command`, the parameters of a document of Systems Manager that runs commands.

use super::{powershell, value};
use crate::engine::effect::Effect;
use crate::engine::line;
use serde_json::Value;

/// How much text is read. Systems Manager takes 64 KiB of parameters.
const LARGEST: usize = 256 << 10;

/// What the lines do: read, disrupt or destroy, as for `kubectl exec`. `member` is how the names of those members begin
/// that hold lines, with `|` between several, or with a `+` behind it the words of one command; `-` for the whole value.
/// `None` where there is no line.
pub(super) fn effect(values: &[String], member: &str) -> Option<Effect> {
    if let Some(member) = member.strip_suffix('+') {
        return words(values, member);
    }
    let mut lines = Vec::new();
    for text in values {
        if member == "-" {
            lines.push(text.clone());
            continue;
        }
        let Some(data) = value::read(text) else {
            // What only looks like data is read as it stands.
            lines.push(text.clone());
            continue;
        };
        value::members(&data, &mut |name, value: &Value| {
            let begins = |member: &str| {
                name.get(..member.len()).is_some_and(|start| start.eq_ignore_ascii_case(member))
            };
            if member.split('|').any(begins) {
                value::texts(value, &mut |text| lines.push(text.to_owned()));
            }
        });
    }
    // One step of a document: what one line sets up the next may use.
    let script = lines.join("\n");
    // A shell alone is what comes without a line, too: who sits there types what follows.
    if script.trim().is_empty() || is_shell(&script) {
        return None;
    }
    if script.len() > LARGEST {
        return Some(Effect::Disrupt);
    }
    // Which shell reads it, the document's name says, which may be anybody's: a cmdlet is none of the other one's programs.
    if powershell::deletes(&script) {
        return Some(Effect::Destroy);
    }
    Some(bounded(line::classify_line(script.as_bytes())))
}

/// What commands do that stand as lists of words: `"command": ["sh", "-c", "…"]`. What stands in `args` beside them
/// belongs to the same command, as in Kubernetes.
fn words(values: &[String], member: &str) -> Option<Effect> {
    let mut worst = None;
    for data in values.iter().filter_map(|text| value::read(text)) {
        value::objects(&data, &mut |object| {
            let of = |wanted: &str| -> Vec<String> {
                let lists = object.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
                lists.filter_map(|(_, list)| list.as_array()).flatten().filter_map(value::scalar).collect()
            };
            let mut words = of(member);
            if !member.eq_ignore_ascii_case("args") {
                words.extend(of("args"));
            }
            if !words.is_empty() {
                let slices: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
                worst = worst.max(Some(bounded(line::judge_words(&slices).effect)));
            }
        });
    }
    worst
}

/// Elsewhere only three effects count, as inside a pod.
fn bounded(effect: Effect) -> Effect {
    match effect {
        Effect::Read | Effect::Destroy => effect,
        _ => Effect::Disrupt,
    }
}

/// Whether the line only starts a shell: `/bin/bash`, `bash -l`.
fn is_shell(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let name = words.next().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    let known = ["ash", "bash", "cmd", "dash", "fish", "ksh", "powershell", "pwsh", "sh", "zsh"];
    known.contains(&name) && words.all(|word| matches!(word, "-i" | "-l" | "-il" | "-li" | "--login"))
}

#[cfg(test)]
mod tests {
    use super::effect;
    use crate::engine::effect::Effect::{Destroy, Disrupt, Read};

    #[test]
    fn lines_are_read_wherever_they_stand() {
        for (text, member, want) in [
            ("rm -rf /data", "-", Some(Destroy)),
            ("df -h", "-", Some(Read)),
            ("sudo systemctl stop postgresql", "-", Some(Disrupt)),
            ("sh -c 'dropdb app'", "-", Some(Destroy)),
            ("./deploy", "-", Some(Disrupt)),
            ("commands=[\"df -h\",\"rm -rf /data\"]", "command", Some(Destroy)),
            ("{\"commands\": [\"df -h\", \"uptime\"]}", "command", Some(Read)),
            ("{\"command\": [\"dd if=/dev/zero of=/dev/sda\"]}", "command", Some(Destroy)),
            ("commandLine=rm -rf /srv", "command", Some(Destroy)),
            ("portNumber=3306,localPortNumber=3306", "command", None),
            ("", "-", None),
            ("/bin/sh", "-", None),
            ("bash -l", "-", None),
            ("bash ./deploy", "-", Some(Disrupt)),
            ("bash -c 'rm -rf /data'", "-", Some(Destroy)),
            ("{\"commands\": [\"rm -rf /data\"", "command", Some(Disrupt)),
            ("{\"commands\": [\"Remove-Item C:/data -Recurse\"]}", "command", Some(Destroy)),
            ("{\"Script\": [\"rm -rf /data\"]}", "command|script", Some(Destroy)),
            ("{\"script\": [\"df -h\"], \"commands\": [\"uptime\"]}", "command|script", Some(Read)),
            ("{\"Script\": [\"rm -rf /data\"]}", "command", None),
        ] {
            assert_eq!(effect(&[text.to_owned()], member), want, "{text}");
        }
    }

    #[test]
    fn words_of_commands_are_read_with_their_arguments() {
        for (text, member, want) in [
            (r#"{"command":["sh","-c","rm -rf /data"]}"#, "command+", Some(Destroy)),
            (r#"{"command":["sh","-c"],"args":["rm -rf /data"]}"#, "command+", Some(Destroy)),
            (r#"{"args":["rm","-rf","/data"]}"#, "command+", Some(Destroy)),
            (r#"{"command":["ls"],"args":["/data"]}"#, "command+", Some(Read)),
            ("Type=CUSTOM_JAR,Args=[bash,-c,rm -rf /data]", "args+", Some(Destroy)),
            ("Type=CUSTOM_JAR,Args=[bash,-c,df -h]", "args+", Some(Read)),
            ("Type=CUSTOM_JAR", "args+", None),
        ] {
            assert_eq!(effect(&[text.to_owned()], member), want, "{text}");
        }
    }
}
