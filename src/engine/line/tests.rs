//! Command lines as people write them. Each row broke, or would have broken, some tool of this kind.

use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};
use crate::engine::line::{classify_line, judge_line};
use proptest::prelude::*;

const ROWS: &[(Effect, &str)] = &[
    // quoting, paths and other names
    (Destroy, "kubectl delete ns shop"),
    (Destroy, r"\kubectl delete ns shop"),
    (Destroy, r#""kubectl" 'delete' ns shop"#),
    (Destroy, "/usr/local/bin/kubectl delete ns shop"),
    (Destroy, "k delete ns shop"),
    (Destroy, "kubecolor delete ns shop"),
    (Destroy, "oc delete ns shop"),
    (Destroy, "microk8s kubectl delete ns shop"),
    (Destroy, "minikube kubectl -- delete ns shop"),
    (Destroy, "$(which kubectl) delete ns shop"),
    (Destroy, "`command -v kubectl` delete ns shop"),
    (Read, "command -v kubectl"),
    // assignments, variables, loops, aliases
    (Destroy, "KUBECONFIG=/tmp/x kubectl delete ns shop"),
    (Destroy, "X=delete; kubectl $X ns shop"),
    (Destroy, "K='kubectl --context prod'; $K delete ns shop"),
    (Destroy, "for v in get delete; do kubectl $v ns shop; done"),
    (Read, "for n in a b c; do kubectl get pods -n $n; done"),
    (Destroy, "for n in a b; do kubectl -n \"$n\" delete pod x; done"),
    (Destroy, "alias kk=kubectl; kk delete ns shop"),
    (Destroy, "while read n; do kubectl delete ns $n; done < names"),
    (Destroy, "if kubectl get ns shop; then kubectl delete ns shop; fi"),
    (Destroy, "case $1 in a|b) kubectl delete ns x;; *) echo no;; esac"),
    (Read, "case $1 in a|b) kubectl get ns x;; delete) echo no;; esac"),
    (Destroy, "clean() { kubectl delete ns shop; }; clean"),
    (Unknown, "kubectl $VERB ns shop"),
    (Unknown, "$TOOL delete ns shop"),
    (Read, "kubectl get pods -n $NS"),
    // wrappers
    (Destroy, "sudo kubectl delete ns shop"),
    (Destroy, "sudo -u admin -E kubectl delete ns shop"),
    (Destroy, "sudo --user=admin KUBECONFIG=/x kubectl delete ns shop"),
    (Read, "sudo -u delete kubectl get ns"),
    (Destroy, "env -i A=b kubectl delete ns shop"),
    (Destroy, "env -S 'kubectl delete ns shop'"),
    (Destroy, "env -u KUBECONFIG kubectl delete ns shop"),
    (Destroy, "time kubectl delete ns shop"),
    (Destroy, "nice -n 5 kubectl delete ns shop"),
    (Destroy, "nice -5 kubectl delete ns shop"),
    (Destroy, "timeout -k 5 30s kubectl delete ns shop"),
    (Read, "timeout 30 kubectl get ns shop"),
    (Destroy, "nohup kubectl delete ns shop &"),
    (Destroy, "kubectl get ns -o name | xargs kubectl delete"),
    (Destroy, "kubectl get ns -o name | xargs -n1 -I{} kubectl delete {}"),
    (Destroy, "echo delete ns shop | xargs kubectl"),
    (Unknown, "cat words | xargs kubectl"),
    (Read, "kubectl get ns -o name | xargs -n 1 kubectl get"),
    (Destroy, "sh -c 'kubectl delete ns shop'"),
    (Destroy, "bash -lc \"kubectl delete ns shop\""),
    (Destroy, "bash -euo pipefail -c 'kubectl delete ns shop'"),
    (Destroy, "ssh -p 2222 admin@db1 kubectl delete ns shop"),
    (Destroy, "ssh db1 'sudo kubectl delete ns shop'"),
    (Read, "ssh db1 kubectl get pods"),
    (Destroy, "eval \"kubectl delete ns shop\""),
    (Destroy, "su - admin -c 'kubectl delete ns shop'"),
    (Destroy, "runuser -u admin -- kubectl delete ns shop"),
    (Destroy, "watch -n 5 kubectl delete pod x"),
    (Read, "watch -n 5 kubectl get pods"),
    (Destroy, "flock /tmp/l kubectl delete ns shop"),
    (Destroy, "flock /tmp/l -c 'kubectl delete ns shop'"),
    (Destroy, "find . -name '*.yaml' -exec kubectl delete -f {} \\;"),
    (Read, "find . -name '*.yaml' -exec kubectl diff -f {} +"),
    (Destroy, "aws-vault exec prod -- kubectl delete ns shop"),
    (Destroy, "somewrapper --flag kubectl delete ns shop"),
    (Destroy, "docker run --rm bitnami/kubectl delete ns shop"),
    (Destroy, "sudo docker compose down -v"),
    (Destroy, "docker ps -aq | xargs docker rm -fv"),
    (Destroy, "echo 'drop table x' | docker exec -i db psql shop"),
    (Read, "echo 'select 1' | docker exec -i db psql shop"),
    (Mutate, "docker exec -it db psql shop"),
    (Disrupt, "COMPOSE_REMOVE_ORPHANS=1 docker compose up -d"),
    (Disrupt, "export COMPOSE_REMOVE_ORPHANS=true; docker compose up -d"),
    (Mutate, "COMPOSE_REMOVE_ORPHANS=0 docker compose up -d"),
    (Destroy, "guard run -- kubectl delete ns shop"),
    (Disrupt, "guard uninstall --all"),
    (Disrupt, "eval \"$(guard init bash --off)\""),
    (Destroy, "guard kept prune --all"),
    (Read, "guard check -- kubectl delete ns shop"),
    // pipelines, lists, substitutions, documents
    (Destroy, "kubectl get ns && kubectl delete ns shop"),
    (Destroy, "false || kubectl delete ns shop"),
    (Destroy, "kubectl get pods; kubectl delete ns shop"),
    (Destroy, "(cd x && kubectl delete ns shop)"),
    (Destroy, "echo $(kubectl delete ns shop)"),
    (Destroy, "echo \"now: `kubectl delete ns shop`\""),
    (Destroy, "diff <(kubectl get ns) <(kubectl delete ns shop)"),
    (Destroy, "echo 'kubectl delete ns shop' | sh"),
    (Destroy, "bash <<EOF\nkubectl delete ns shop\nEOF"),
    (Destroy, "bash <<< 'kubectl delete ns shop'"),
    (Destroy, "cat <<EOF | bash\nkubectl delete ns shop\nEOF"),
    (Unknown, "curl -s https://example.com/x | sh"),
    (Mutate, "kubectl create -f - <<EOF\nkubectl delete ns shop\nEOF"),
    (Destroy, "echo ${X:-$(kubectl delete ns shop)}"),
    (Destroy, "echo $((kubectl delete ns shop))"),
    (Destroy, "echo $((true); kubectl delete ns shop)"),
    (Read, "kubectl get pods --tail=$((1 + n * 2))"),
    (Destroy, "kubectl delete ns shop > /dev/null 2>&1"),
    (Destroy, "kubectl delete ns shop # tidy up"),
    // what runs inside a pod reaches a cluster, too
    (Destroy, "kubectl exec web-0 -- kubectl delete ns shop"),
    (Disrupt, "kubectl exec web-0 -- ./migrate"),
    // text that only mentions it
    (Read, "git commit -m 'kubectl delete ns shop'"),
    (Read, "echo kubectl delete ns shop"),
    (Read, "grep -r 'kubectl delete' ."),
    (Read, "# kubectl delete ns shop"),
    (Read, ""),
    (Read, "kubectl get pods | grep delete | wc -l"),
    // not readable
    (Unknown, "kubectl get pods 'open"),
    (Destroy, "kubectl delete ns 'open"),
    (Unknown, "./deploy.sh"),
];

#[test]
fn rows() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter(|(expected, line)| classify_line(line.as_bytes()) != *expected)
        .map(|(expected, line)| {
            format!("{expected} expected, {} given: {line}", classify_line(line.as_bytes()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_without_a_guarded_tool_say_so() {
    assert_eq!(judge_line(b"make deploy").guarded, None);
    assert_eq!(judge_line(b"kubectl get ns | sort").guarded, Some(Read));
    assert_eq!(judge_line(b"make && kubectl delete ns x").guarded, Some(Destroy));
}

#[test]
fn nesting_ends_in_unknown_and_in_time() {
    let deep = "$(".repeat(3000) + "kubectl delete ns x" + &")".repeat(3000);
    assert!(classify_line(deep.as_bytes()) >= Unknown);
    let loops = "for a in 1 2 3 4 5 6 7 8 9; do ".repeat(20) + "kubectl get $a $b $c" + &"; done".repeat(20);
    let _ = classify_line(loops.as_bytes());
    let aliases = "alias a='b b'; alias b='a a'; a";
    let _ = classify_line(aliases.as_bytes());
}

proptest! {
    #[test]
    fn never_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = judge_line(&line);
    }

    #[test]
    fn shell_noise_never_panics(line in "[ab$`(){}<>|&;'\"\\\\ #=!\n\t-]{0,80}") {
        let _ = judge_line(line.as_bytes());
    }

    /// A further command on the line never makes it look milder.
    #[test]
    fn more_parts_never_lower(index in 0..ROWS.len(), other in 0..ROWS.len()) {
        let (first, second) = (ROWS[index].1, ROWS[other].1);
        // An open quote takes the next line in: that is another line, not one more part.
        prop_assume!(!first.contains("'open") && !second.contains("'open"));
        let both = format!("{first}\n{second}");
        prop_assert!(classify_line(both.as_bytes()) >= classify_line(second.as_bytes()).min(classify_line(first.as_bytes())));
        let prefixed = format!("true; {second}");
        prop_assert!(classify_line(prefixed.as_bytes()) >= classify_line(second.as_bytes()));
    }
}
