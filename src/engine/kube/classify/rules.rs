//! Whether a rule of the tables holds for the words.

use crate::engine::grammar::cobra::Parsed;
use crate::engine::grammar::table::{Role, When};
use crate::engine::kube::keys::is_change;

/// The kinds of objects that a command's files hold (`-f`), for conditions about kinds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filed<'a> {
    /// The kinds that were read.
    pub kinds: &'a [&'a str],
    /// Something was not read: it may be of any kind.
    pub unread: bool,
}

/// Whether a condition looks at kinds, so that files decide about it as well.
pub(super) fn looks_at_kinds(when: When) -> bool {
    matches!(when, When::Kind(_) | When::TakesKeyOf(_))
}

/// Whether the condition holds.
pub(super) fn holds(when: When, parsed: &Parsed<'_>, filed: Filed<'_>) -> bool {
    match when {
        When::On(switch) => parsed.on(switch),
        When::Given(flag) => given(parsed, flag),
        When::Both(one, other) => given(parsed, one) && parsed.on(other),
        When::RawPath(segment) => parsed.last("raw").is_some_and(|path| raw_path(path, segment.as_bytes())),
        When::Argument => !parsed.args_before_dash().is_empty(),
        When::Kind(kinds) => names_kind(parsed, kinds) || filed.holds(kinds),
        When::TakesKeyOf(kinds) => {
            let takes = |arg: &[u8]| is_change(arg) && (arg.ends_with(b"-") || parsed.on("overwrite"));
            (names_kind(parsed, kinds) || filed.holds(kinds)) && parsed.args.iter().any(|(_, arg)| takes(arg))
        }
        When::Names(kinds, name, namespace) => {
            let given = parsed.role(Role::Namespace).map(|given| given.value);
            given.is_none_or(|given| given == namespace.as_bytes())
                && names_object(parsed, kinds, name.as_bytes())
        }
        When::Taints => parsed.args.iter().any(|(_, arg)| keeps_away(arg)),
        When::CopiesIn => {
            // kubectl takes what has a colon for a place in a pod (`extractFileSpec` in `pkg/cmd/cp/cp.go`).
            let remote = |arg: &[u8]| arg.contains(&b':');
            !matches!(parsed.args.as_slice(), [(_, from), (_, to)] if remote(from) && !remote(to))
        }
    }
}

impl Filed<'_> {
    fn holds(self, kinds: &[&str]) -> bool {
        self.unread || self.kinds.iter().any(|kind| kinds.iter().any(|k| k.eq_ignore_ascii_case(kind)))
    }
}

fn given(parsed: &Parsed<'_>, flag: &str) -> bool {
    parsed.last(flag).is_some_and(|value| !value.is_empty())
}

/// Whether a path (before `?`) ends in `segment`, or goes through it when `segment` ends in `/`.
fn raw_path(path: &[u8], segment: &[u8]) -> bool {
    let path = path.split(|b| *b == b'?').next().unwrap_or(path);
    let mut parts = path.split(|b| *b == b'/').filter(|part| !part.is_empty());
    match segment.strip_suffix(b"/") {
        Some(inner) => parts.any(|part| part == inner),
        None => parts.next_back() == Some(segment),
    }
}

/// Whether an argument names an object of one of these kinds: `KIND/NAME` anywhere, or the leading word (a list of
/// kinds split at commas, each with or without `.version.group`).
fn names_kind(parsed: &Parsed<'_>, kinds: &[&str]) -> bool {
    let is_kind = |word: &[u8]| {
        let kind = word.split(|b| *b == b'.').next().unwrap_or(word);
        kinds.iter().any(|k| k.as_bytes().eq_ignore_ascii_case(kind))
    };
    let args = parsed.args_before_dash();
    let slashed = args.iter().any(|(_, arg)| {
        arg.iter().position(|b| *b == b'/').and_then(|at| arg.get(..at)).is_some_and(is_kind)
    });
    slashed || args.first().is_some_and(|(_, arg)| args.len() > 1 && arg.split(|b| *b == b',').any(is_kind))
}

/// Whether one object is named, as `KIND/NAME` or behind its kind.
fn names_object(parsed: &Parsed<'_>, kinds: &[&str], name: &[u8]) -> bool {
    let slashed = |arg: &[u8]| arg.strip_suffix(name).is_some_and(|kind| kind.ends_with(b"/"));
    let args = parsed.args_before_dash();
    names_kind(parsed, kinds) && args.iter().any(|(_, arg)| *arg == name || slashed(arg))
}

/// `KEY[=VALUE]:EFFECT`, with an effect that pods feel; `KEY-` and `KEY:EFFECT-` take one away.
fn keeps_away(arg: &[u8]) -> bool {
    let effect = arg.iter().rposition(|b| *b == b':').and_then(|at| arg.get(at + 1..));
    effect.is_some_and(|effect| !effect.ends_with(b"-") && effect != b"PreferNoSchedule")
}

#[cfg(test)]
mod tests {
    use crate::engine::classify::classify;
    use crate::engine::effect::Effect::{self, Disrupt, Mutate, Read};

    fn effect(line: &str) -> Effect {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        classify(b"kubectl", &words).effect
    }

    #[test]
    fn only_copies_into_a_pod_disrupt() {
        for (line, want) in [
            ("cp web-0:/etc/hosts ./hosts", Mutate),
            ("cp -n shop shop/web-0:/var/log . -c web --retries=3", Mutate),
            ("cp ./hosts web-0:/etc/hosts", Disrupt),
            ("cp a:/x b:/x", Disrupt),
            ("cp a b", Disrupt),
            ("cp a:/x", Disrupt),
            ("cp a:/x b c", Disrupt),
        ] {
            assert_eq!(effect(line), want, "{line}");
        }
    }

    #[test]
    fn labels_that_pods_lose_disrupt() {
        for (line, want) in [
            ("label pod web-0 app-", Disrupt),
            ("label pod web-0 app=x --overwrite", Disrupt),
            ("label --overwrite pods/web-0 app=x", Disrupt),
            ("label po --all app=x --overwrite=true", Disrupt),
            ("label rs web-1 app-", Disrupt),
            ("label pod web-0 app=x", Mutate),
            ("label pod web-0 app=x --overwrite=false", Mutate),
            ("label deploy web app=x --overwrite", Mutate),
            ("label node n1 role=x --overwrite", Mutate),
            ("annotate pod web-0 note=x --overwrite", Mutate),
            ("label pod web-0 app=x --overwrite --dry-run=server", Read),
        ] {
            assert_eq!(effect(line), want, "{line}");
        }
    }

    #[test]
    fn taints_that_pods_do_not_feel_mutate() {
        for (line, want) in [
            ("taint nodes n1 dedicated=db:NoSchedule", Disrupt),
            ("taint nodes n1 dedicated:NoExecute", Disrupt),
            ("taint node n1 a=b:PreferNoSchedule", Mutate),
            ("taint nodes n1 dedicated-", Mutate),
            ("taint nodes n1 dedicated:NoSchedule-", Mutate),
            ("taint nodes n1 dedicated=db:NoSchedule-", Mutate),
            ("taint nodes --all node-role.kubernetes.io/control-plane-", Mutate),
            ("taint nodes --all a=b:NoSchedule", Disrupt),
            ("taint nodes n1 a- b=c:NoExecute", Disrupt),
        ] {
            assert_eq!(effect(line), want, "{line}");
        }
    }

    #[test]
    fn who_may_reach_the_cluster_disrupts() {
        for (line, want) in [
            ("edit cm aws-auth -n kube-system", Disrupt),
            ("edit -n kube-system configmap/aws-auth", Disrupt),
            ("edit cm aws-auth", Disrupt),
            ("edit cm aws-auth -n shop", Mutate),
            ("edit cm other -n kube-system", Mutate),
            ("patch configmaps aws-auth -n kube-system --type=merge -p {}", Disrupt),
            ("replace --raw /api/v1/namespaces/kube-system/configmaps/aws-auth -f x", Disrupt),
            ("replace --raw /api/v1/namespaces/shop/configmaps/other -f x", Mutate),
            ("get cm aws-auth -n kube-system", Read),
        ] {
            assert_eq!(effect(line), want, "{line}");
        }
    }
}
