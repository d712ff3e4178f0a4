//! What a hook refuses and what it lets pass: commands hidden in words, documents, variables and other programs, and the
//! harmless lines that look like them.

use crate::engine::effect::Effect::{Disrupt, Unknown};
use crate::engine::line::judge_line;

/// Lines that call a guarded command which stops or loses something, or may.
const REFUSED: &[&str] = &[
    // an assignment that may not have happened takes nothing away
    r#"[ -z "$APPLY" ] && DRY=--dry-run=server; kubectl delete ns shop $DRY"#,
    r#"if [ -n "$SAFE" ]; then DRY=--dry-run=client; fi; kubectl delete ns shop $DRY"#,
    "test -f x || DRY=--dry-run=client\nkubectl delete ns shop $DRY",
    "case $1 in dry) DRY=--dry-run=client;; esac; kubectl delete ns shop $DRY",
    "for i in 1; do DRY=--dry-run=client; done; kubectl delete ns shop $DRY",
    "(DRY=--dry-run=client); kubectl delete ns shop $DRY",
    "dry() { DRY=--dry-run=client; }; kubectl delete ns shop $DRY",
    "while read l; do kubectl delete ns shop $DRY; DRY=--dry-run=client; done",
    "DRY=--dry-run=client; [ -n \"$GO\" ] && DRY=; kubectl delete ns shop $DRY",
    "V=get; [ -n \"$X\" ] && V=delete; kubectl $V ns shop",
    "if a; then V=get; elif b; then V=delete; else V=describe; fi; kubectl $V ns shop",
    "[ -n \"$DRY\" ] && F+=--dry-run=client; kubectl delete ns shop $F",
    // blocks, loops, functions, aliases, traps
    "trap 'kubectl delete ns shop' EXIT",
    "trap -- 'kubectl delete ns shop' EXIT INT",
    "f() { kubectl delete ns shop; }; trap f EXIT",
    "for i do kubectl delete ns $i; done",
    "for i\ndo kubectl delete ns $i; done",
    "for i in a b\ndo\nkubectl delete ns $i\ndone",
    "for ((i=0;i<3;i++)); do kubectl delete ns shop-$i; done",
    "until kubectl delete ns shop; do sleep 1; done",
    "select n in a b; do kubectl delete ns $n; break; done",
    "alias kubectl='kubectl --dry-run=client'; kubectl delete ns shop",
    "alias k='kubectl --dry-run=client'\nk delete ns shop",
    "kubectl() { echo \"$@\"; }; kubectl delete ns shop",
    "function c { kubectl delete ns shop; }; c",
    "function c() { kubectl delete ns shop; }; c",
    "function c\n{\n  kubectl delete ns shop\n}\nc",
    "c() ( kubectl delete ns shop ); c",
    "f() { kubectl \"$@\"; }; f delete ns shop",
    "f() { kubectl $1 ns $2; }; f delete shop",
    "set -- delete ns shop; kubectl \"$@\"",
    "args=(delete ns shop); kubectl \"${args[@]}\"",
    "cmd=(kubectl delete); cmd+=(ns shop); \"${cmd[@]}\"",
    "coproc kubectl delete ns shop",
    "{ kubectl delete ns shop; } 2>/dev/null",
    "[[ -n $X && -z $Y ]] && kubectl delete ns shop",
    // variables that are run, defaults, braces
    "K=kubectl sh -c '$K delete ns shop'",
    "env K=kubectl sh -c '$K delete ns shop'",
    "PAGER='kubectl delete ns shop' git log",
    "PROMPT_COMMAND='kubectl delete ns shop'",
    "export GIT_SSH_COMMAND='kubectl delete ns shop #'; git pull",
    "${KUBECTL:-kubectl} delete ns shop",
    "${K-kubectl} delete ns shop",
    "$KUBECTL delete ns shop",
    "\"${KUBECTL_BIN}\" --context prod delete ns shop",
    "kubectl $FLAGS delete ns shop",
    "$SUDO reboot",
    "$SUDO kubectl delete ns shop",
    "kubectl {delete,ns,shop}",
    "{kubectl,delete,ns,shop}",
    "kubectl${IFS}delete${IFS}ns${IFS}shop",
    "kubectl ${VERB:-delete} ns shop",
    // text that a shell will read
    "eval $(echo kubectl delete ns shop)",
    "eval \"$(printf '%s %s' 'kubectl delete' 'ns shop')\"",
    "$(echo kubectl) delete ns shop",
    "bash -c \"$(cat <<'E'\nkubectl delete ns shop\nE\n)\"",
    "bash <(echo kubectl delete ns shop)",
    "source <(echo 'kubectl delete ns shop')",
    ". /dev/stdin <<E\nkubectl delete ns shop\nE",
    "bash -s -- a b <<E\nkubectl delete ns shop\nE",
    "bash /dev/stdin <<E\nkubectl delete ns shop\nE",
    "ssh prod <<'E'\nkubectl delete ns shop\nE",
    "ssh -t prod bash -s <<E\nkubectl delete ns shop\nE",
    "ssh prod 'sudo bash -s' <<E\nkubectl delete ns shop\nE",
    "ssh prod < <(echo kubectl delete ns shop)",
    "echo \"kubectl delete ns shop\" | ssh prod",
    "echo 'kubectl delete ns shop' | ssh prod 'bash -s'",
    "printf 'kubectl delete ns %s\\n' a b | ssh prod sh",
    "cat <<E | ssh prod\nkubectl delete ns shop\nE",
    "docker exec -i c sh <<E\nkubectl delete ns shop\nE",
    "docker exec -iu root c bash <<E\nkubectl delete ns shop\nE",
    "docker compose exec -T app sh <<E\nkubectl delete ns shop\nE",
    "podman run -i --rm alpine/k8s:1.31 sh <<E\nkubectl delete ns shop\nE",
    "aws-vault exec p <<E\nkubectl delete ns shop\nE",
    "aws-vault exec p -- bash <<E\nkubectl delete ns shop\nE",
    "su - admin <<E\nkubectl delete ns shop\nE",
    "sudo -i <<E\nkubectl delete ns shop\nE",
    "sudo -u admin -s <<E\nkubectl delete ns shop\nE",
    "sudo su - <<'E'\nkubectl delete ns shop\nE",
    "chroot /mnt <<E\napt-get purge -y postgresql\nE",
    "nsenter -t 1 -m -u <<E\nsystemctl stop kubelet\nE",
    "kubectl exec -i web-0 -- sh <<E\nkubectl delete ns shop\nE",
    "gcloud compute ssh vm <<E\nkubectl delete ns shop\nE",
    "vagrant ssh <<E\nkubectl delete ns shop\nE",
    "at now <<< 'kubectl delete ns shop'",
    "echo 'kubectl delete ns shop' | at now + 1 minute",
    "echo '0 3 * * * kubectl delete ns shop' | crontab -",
    "(echo set -e; echo kubectl delete ns shop) | sh",
    "{ echo kubectl delete ns shop; } | bash",
    "for n in a b; do echo \"kubectl delete ns $n\"; done | sh",
    "kubectl get ns -o name | while read n; do echo \"kubectl delete $n\"; done | bash",
    "kubectl get ns -o name | sed 's/^/kubectl delete /' | sh",
    "kubectl get ns | awk '{print \"kubectl delete ns \" $1}' | bash",
    "kubectl get ns -o json | jq -r '.items[] | \"kubectl delete ns \\(.metadata.name)\"' | sh",
    "kubectl get pods -o jsonpath='{range .items[*]}kubectl delete pod {.metadata.name}{\"\\n\"}{end}' | sh",
    "echo 'kubectl delete ns shop' | tee x.sh | bash",
    "echo 'kubectl delete ns shop' | grep kubectl | sh",
    "echo \"kubectl delete ns $NS\" | sh",
    "echo a3ViZWN0bCBkZWxldGUgbnMgc2hvcAo= | base64 -d | sh",
    "gen() { echo kubectl delete ns shop; }; gen | sh",
    "cat <<E\n$(kubectl delete ns shop)\nE",
    "cat <<< $(kubectl delete ns shop)",
    "git commit -m \"$(kubectl delete ns shop)\"",
    // files that the line writes and runs
    "cat > f.sh <<E\nkubectl delete ns shop\nE\nbash f.sh",
    "cat <<'E' > ./f.sh\nkubectl delete ns shop\nE\nchmod +x f.sh && ./f.sh",
    "echo 'kubectl delete ns shop' > /tmp/x; sh /tmp/x",
    "printf 'kubectl delete ns shop\\n' >> f; source ./f",
    "tee f.sh <<E\nkubectl delete ns shop\nE\nsudo bash f.sh",
    "cat > f.sh <<E\nkubectl delete ns shop\nE\nssh prod < f.sh",
    "cat > f.sh <<E\nkubectl delete ns shop\nE\nnohup ./f.sh &",
    "cat > f.py <<E\nimport os\nos.system('kubectl delete ns shop')\nE\npython3 f.py",
    // quoted words
    "parallel 'kubectl delete ns {}' ::: a b",
    "parallel kubectl delete ns ::: a b",
    "parallel ::: 'kubectl delete ns a' 'kubectl delete ns b'",
    "parallel -j4 kubectl {} ns shop ::: get delete",
    "script -qc 'kubectl delete ns shop' /dev/null",
    "script -q -c 'kubectl delete ns shop'",
    "ansible all -m shell -a 'kubectl delete ns shop'",
    "tmux send-keys -t 0 'kubectl delete ns shop' Enter",
    "screen -dm bash -c 'kubectl delete ns shop'",
    "vagrant ssh -c 'kubectl delete ns shop'",
    "gcloud compute ssh vm --command='kubectl delete ns shop'",
    "gcloud compute ssh vm --command 'sudo kubectl delete ns shop'",
    "nix-shell -p kubectl --run 'kubectl delete ns shop'",
    "npx concurrently \"kubectl delete ns a\" \"sleep 1\"",
    "make deploy CMD='kubectl delete ns shop'",
    "vim -c '!kubectl delete ns shop' f",
    "pwsh -Command 'kubectl delete ns shop'",
    "entr -s 'kubectl delete ns shop'",
    "hyperfine 'kubectl delete pod x'",
    // programs in other languages
    r#"awk 'BEGIN{system("kubectl delete ns shop")}'"#,
    r#"awk '{ print $1 | "xargs kubectl delete ns" }' names"#,
    r#"awk '{cmd="kubectl delete ns " $1; system(cmd)}' names"#,
    r#"python3 -c 'import os; os.system("kubectl delete ns shop")'"#,
    r#"python3 -c 'import subprocess as s; s.run(["kubectl","delete","ns","shop"])' # subprocess"#,
    "python3 - <<E\nimport subprocess\nsubprocess.check_call(['kubectl', 'delete', 'ns', 'shop'])\nE",
    r#"perl -e 'system("kubectl delete ns shop")'"#,
    r#"perl -e '`kubectl delete ns shop`'"#,
    r#"ruby -e 'system "kubectl delete ns shop"'"#,
    r#"node -e 'require("child_process").execSync("kubectl delete ns shop")'"#,
    r#"php -r 'shell_exec("kubectl delete ns shop");'"#,
    "sed '1e kubectl delete ns shop' f",
    "git rebase -x 'kubectl delete ns shop' main",
    "git -c alias.x='!kubectl delete ns shop' x",
    "git bisect run kubectl delete ns shop",
    "git submodule foreach 'kubectl delete ns shop'",
    // wrappers
    "mise exec kubectl -- kubectl delete ns shop",
    "mise exec kubectl@1.31 -- kubectl delete ns shop",
    "direnv exec . kubectl delete ns shop",
    "op run --env-file=.env -- kubectl delete ns shop",
    "kubie exec prod shop kubectl delete ns shop",
    "somewrapper kubectl get ns -- kubectl delete ns shop",
    "pkexec reboot",
    "pkexec --user root systemctl stop postgresql",
    "docker run --rm bitnami/kubectl:latest delete ns shop",
    "docker run --rm -v ~/.kube:/root/.kube registry.example.com:5000/bitnami/kubectl:1.31@sha256:ab delete ns shop",
    "docker run --rm -it amazon/aws-cli s3 rb s3://logs --force",
    "podman run -e AWS_PROFILE=prod public.ecr.aws/aws-cli/aws-cli:2.17 s3 rm --recursive s3://logs",
    "docker run --entrypoint kubectl alpine/k8s:1.31 delete ns shop",
    "docker run --entrypoint=sh alpine/k8s:1.31 -c 'kubectl delete ns shop'",
    "docker compose run --rm tools kubectl delete ns shop",
    "kubectl run x --image=bitnami/kubectl:1.31 --restart=Never -- delete ns shop",
    "kubectl exec web-0 -- sh -c 'kubectl delete ns shop'",
    "kubectx -d prod",
    "kubectx prod-eu -d",
    "sshpass -p x ssh prod kubectl delete ns shop",
    "ssh prod -- kubectl delete ns shop",
    "systemd-run --user kubectl delete ns shop",
    "xargs -I{} sh -c 'kubectl delete ns {}' < names",
    "sudo -s 'kubectl delete ns shop'",
    "echo $(($(reboot)))",
    "(( n = $(reboot) ))",
    "echo ${a[$(reboot)]}",
    ": \"${x:=$(kubectl delete ns shop)}\"",
    "printf '\\x6b\\x75\\x62\\x65\\x63\\x74\\x6c delete ns shop' | sh",
    "printf -v c 'kubectl delete ns %s' shop; $c",
    "sudo tee /usr/local/bin/clean <<E\nkubectl delete ns shop\nE\nclean",
    "cat > a <<E\nkubectl delete ns shop\nE\ncp a b; sh b",
    "install -m 755 /dev/stdin ./x <<E\nkubectl delete ns shop\nE\n./x",
    "printf 'kubectl ' > f; printf 'delete ns shop' >> f; sh f",
    "(printf 'kubectl '; echo delete ns shop) | sh",
    "echo 'kubectl delete ns NAME' > t; sed s/NAME/shop/ t > u; bash u",
    "ssh db1 rm -rf /srv/data",
    "docker exec db psql -U app -c 'drop table x'",
    "kubectl exec web-0 -- rm -rf /data",
    "kubectl exec web-0 -- ./migrate",
    "k() { kubectl \"$@\"; }; k delete ns shop",
    "run() { \"$@\"; }; run kubectl delete ns shop",
    "find . -name '*.yaml' -exec sh -c 'kubectl delete -f \"$1\"' _ {} \\;",
    "busybox sh -c 'kubectl delete ns shop'",
    "echo 'kubectl delete ns shop' | xargs -0 sh -c",
    "echo 'kubectl delete ns shop' | xargs -I{} sh -c '{}'",
    "echo delete | xargs -I VERB kubectl VERB ns shop",
    "read -r x <<< 'kubectl delete ns shop'; $x",
    "PS1='$(kubectl delete ns shop)'",
    "awk -v c='kubectl delete ns shop' 'BEGIN { system(c) }'",
    "make -f - <<E\nall:\n\tkubectl delete ns shop\nE",
    "crontab <<E\n* * * * * kubectl delete ns shop\nE",
    // not to be read as a whole, and yet it says enough
    "kubectl delete ns 'shop",
    "x=$(kubectl delete ns shop",
    "echo `kubectl delete ns shop",
];

/// Lines that a hook lets pass.
const PASSES: &[&str] = &[
    // text that only mentions it
    "echo \"kubectl delete ns shop\"",
    "printf '%s\\n' 'kubectl delete ns shop'",
    "echo 'kubectl delete ns shop' >> notes.md",
    "cat > runbook.md <<E\nkubectl delete ns shop\nE",
    "cat <<'E' > clean.sh\n#!/bin/sh\nkubectl delete ns shop\nE\nchmod +x clean.sh",
    "cat <<E\nkubectl delete ns shop\nE",
    "tee runbook.md <<E\nkubectl delete ns shop\nE",
    "git commit -m 'kubectl delete ns shop'",
    "git commit -m \"$(cat <<'EOF'\nDon't run kubectl delete ns shop (it's gone)\n\nkubectl delete ns shop\nEOF\n)\"",
    "git log --grep 'kubectl delete ns' --oneline",
    "git log -S'kubectl delete ns shop'",
    "gh pr create --title x --body 'kubectl delete ns shop is safe now'",
    "gh issue create -F - <<E\nkubectl delete ns shop\nE",
    "glab mr create -d 'kubectl delete ns shop'",
    "jira issue create -b 'kubectl delete ns shop'",
    "curl -X POST -d 'kubectl delete ns shop' https://example.com/hook",
    "curl -s https://example.com --data-binary @- <<E\nkubectl delete ns shop\nE",
    "grep -rn 'kubectl delete ns' docs/",
    "rg 'kubectl delete ns shop'",
    "sed -i 's/kubectl delete ns shop/true/' x.sh",
    "sed -n '/kubectl delete ns/p' f",
    "awk '/kubectl delete ns/ {print}' f",
    "awk '{print \"kubectl delete ns \" $1}' names",
    "kubectl get pods | awk '{print \"kubectl delete pod \" $1}'",
    "kubectl get pods | awk '$3 == \"Error\" || $4 > 5 {print $1}'",
    "jq -r '.items[] | \"kubectl delete ns \\(.name)\"' f.json",
    "apply_patch <<'E'\n*** Update File: x.sh\n-kubectl delete ns shop\n kubectl delete ns old\nE",
    "patch -p1 <<E\n kubectl delete ns shop\nE",
    "claude -p 'explain kubectl delete ns shop'",
    "history | grep 'kubectl delete ns'",
    "diff <(echo kubectl delete ns shop) <(cat f)",
    "kubectl apply -f - <<E\napiVersion: v1\nkind: ConfigMap\ndata:\n  x: |\n    kubectl delete ns shop\nE",
    "kubectl create cm x --from-literal=cmd='kubectl delete ns shop'",
    "alias nuke='kubectl delete ns shop'",
    "X='kubectl delete ns shop'; echo $X",
    "# trap 'kubectl delete ns shop' EXIT\nkubectl get pods",
    "python3 - <<E\nprint('kubectl delete ns shop')\nE",
    "python3 -c 'print(\"kubectl delete ns shop\")'",
    "python3 - <<'E'\nfrom pathlib import Path\np = Path('x.md')\np.write_text(p.read_text().replace('kubectl delete ns a', 'b'))\nE",
    "pytest -k 'kubectl delete' -x",
    "cargo nextest run -E 'test(kubectl delete)'",
    "docker build -f - . <<E\nFROM debian\nRUN apt-get update && apt-get -y purge gcc\nE",
    "psql -c \"select * from jobs where cmd = 'kubectl delete ns shop'\"",
    "[[ $BASH_COMMAND == 'kubectl delete ns shop' ]] && echo hi",
    "case \"$cmd\" in 'kubectl delete'*) echo no;; esac",
    "for i in $(seq 5); do echo \"kubectl delete ns shop-$i\"; done > plan.txt",
    "run() { echo \"+ $*\"; \"$@\"; }; run kubectl get pods",
    "log() { echo \"$(date) $*\"; }; log 'kubectl delete ns shop'",
    "perl -ne 'print if /kubectl delete ns/' f",
    "tee x.yaml <<E | kubectl apply --dry-run=client -f -\nkind: Job\nE",
    "jq -n --arg c 'kubectl delete ns shop' '{cmd:$c}'",
    "kubectl run tmp --rm -it --image=bitnami/kubectl -- get pods",
    "echo \"alias kd='kubectl delete'\" >> ~/.bashrc",
    // what is honoured as a dry run
    "DRY=--dry-run=client; kubectl delete ns shop $DRY",
    "cd x && DRY=--dry-run=server && kubectl delete ns shop $DRY",
    "if true; then DRY=--dry-run=client; kubectl delete ns shop $DRY; fi",
    "if a; then V=get; else V=describe; fi; kubectl $V pods",
    "[ -n \"$W\" ] && O=wide || O=name; kubectl get pods -o $O",
    "case $1 in a) V=get;; *) V=describe;; esac; kubectl $V pods",
    "eval $(echo kubectl delete ns shop --dry-run=client)",
    // daily lines
    "kubectl get pods -n $NS",
    "kubectl -n $NS get pods",
    "kubectl -n \"$NS\" logs deploy/web --tail=100",
    "kubectl get pods -n ${NS:-shop}",
    "for n in $(kubectl get ns -o name); do kubectl get pods -n ${n#namespace/}; done",
    "for i in 1 2 3; do kubectl get pods; sleep 5; done",
    "for ((i=0;i<3;i++)); do kubectl get pods; done",
    "while ! kubectl get ns shop; do sleep 1; done",
    "[[ -n $X && -z $Y ]] && kubectl get pods",
    "kubectl get pods | xargs",
    "kubectl get pods -o name | xargs -n1 kubectl describe",
    "source <(kubectl completion bash)",
    "eval \"$(ssh-agent -s)\"",
    "eval \"$(direnv hook bash)\"",
    "alias k=kubectl; k get pods",
    "trap 'rm -f \"$tmp\"' EXIT",
    "trap - EXIT",
    "ssh prod uptime",
    "ssh prod <<E\nuptime\nkubectl get pods\nE",
    "ssh prod kubectl get pods",
    "docker exec -i c sh <<E\nls -la\nE",
    "docker exec c npm test",
    "docker exec -it db psql -c 'select 1'",
    "docker run --rm bitnami/kubectl:latest get ns",
    "docker run --rm amazon/aws-cli s3 ls",
    "docker run -d --name web -p 80:80 nginx",
    "docker build -t bitnami/kubectl:dev .",
    "docker pull bitnami/kubectl:latest",
    "docker images | grep kubectl",
    "aws-vault exec p -- aws s3 ls",
    "mise exec kubectl -- kubectl get pods",
    "mise use kubectl@1.31 helm",
    "brew install kubectl jq",
    "brew upgrade kubectl awscli",
    "pip install awscli boto3",
    "kubectx",
    "kubectx prod",
    "kubectx -c",
    "kubens shop",
    "parallel kubectl get pods -n ::: a b",
    "script -qc 'kubectl get pods' /dev/null",
    "python3 deploy.py --ns shop",
    "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"items\"])'",
    "node -e 'console.log(1)'",
    "make test",
    "npm run build && npm test",
    "cargo test --workspace",
    "sudo systemctl status nginx",
    "bash -c 'kubectl get pods | grep -v Running'",
    "bash -s <<E\nkubectl get pods\nE",
    "cat f.sh | bash -n",
    "./deploy.sh --dry-run",
    "curl -fsSL https://example.com/install.sh | sh",
    "cat > f.sh <<E\nkubectl get pods\nE\nbash f.sh",
    "echo 'kubectl get pods' | ssh prod",
    "kubectl get pods -o jsonpath='{.items[*].metadata.name}' | tr ' ' '\\n' | sort",
    "kubectl exec web-0 -- ls -la /data",
    "psql -h db1 -c 'select count(*) from orders'",
    "NS=shop; kubectl get pods -n $NS; kubectl logs -n $NS deploy/web",
    "F=(-n shop -o wide); kubectl get pods \"${F[@]}\"",
    "git rebase -x 'cargo test' main",
    "find . -name '*.yaml' -exec kubectl diff -f {} +",
];

#[test]
fn hidden_commands_are_refused() {
    let missed: Vec<String> = REFUSED
        .iter()
        .filter(|line| judge_line(line.as_bytes()).guarded < Some(Unknown))
        .map(|line| format!("{:?}: {line}", judge_line(line.as_bytes())))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn what_only_looks_like_it_passes() {
    let wrong: Vec<String> = PASSES
        .iter()
        .filter(|line| judge_line(line.as_bytes()).guarded >= Some(Unknown))
        .map(|line| format!("{:?}: {line}", judge_line(line.as_bytes())))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the words say for certain is not only "cannot be told".
#[test]
fn hidden_commands_are_named_by_what_they_do() {
    let vague: Vec<&str> =
        REFUSED.iter().copied().filter(|line| judge_line(line.as_bytes()).guarded < Some(Disrupt)).collect();
    assert!(vague.is_empty(), "{}", vague.join("\n"));
}

/// What is too large or too deep to be read is refused, and refusing takes no longer than reading.
#[test]
fn over_a_cap_is_guarded() {
    let mut doubling = "a0=xxxxxxxxxxxxxxxx".to_owned();
    (1..64).for_each(|n| doubling.push_str(&format!("; a{n}=$a{}$a{}", n - 1, n - 1)));
    let mut aliases = String::new();
    (1..40).for_each(|n| aliases.push_str(&format!("alias a{n}='a{} a{}; a{}'\n", n - 1, n - 1, n - 1)));
    let mut functions = String::new();
    (1..40).for_each(|n| functions.push_str(&format!("f{n}() {{ f{}; f{}; }}\n", n - 1, n - 1)));
    let mut evals = "x='kubectl get ns'".to_owned();
    (0..64).for_each(|_| evals.push_str("; x=\"$x; $x\"; eval \"$x\""));
    let loops = (0..12).map(|n| format!("for v{n} in 1 2 3 4 5 6 7 8 9; do ")).collect::<String>()
        + "kubectl get $v0$v1$v2$v3$v4$v5$v6$v7"
        + &"; done".repeat(12);
    let lines = [
        doubling.clone() + "; $a63",
        doubling,
        aliases + "a39",
        functions + "f39",
        evals,
        loops,
        "kubectl get ns\n".repeat(20_000),
        "$(".repeat(5_000) + "kubectl get ns",
        "\"$(".repeat(5_000) + "kubectl get ns",
        "sudo ".repeat(50_000) + "kubectl get ns",
        "w ".to_owned() + &"kubectl ".repeat(2_000),
        "(".repeat(10_000),
        format!("cat > f <<'E'\n{}E\nbash f", "kubectl delete ns shop\n".repeat(50_000)),
        format!("cat <<'E' | bash\n{}E", "echo\n".repeat(200_000) + "kubectl delete ns shop\n"),
    ];
    for line in &lines {
        let verdict = judge_line(line.as_bytes());
        assert!(verdict.guarded >= Some(Unknown), "{verdict:?}: {}", &line[..60]);
    }
}

/// Long lines of harmless text are not over a cap: agents write whole files.
#[test]
fn long_documents_pass() {
    let text = "kubectl delete ns shop (don't) `x` $(y)\n".repeat(8_000);
    let lines = [
        format!("cat > notes.md <<'E'\n{text}E"),
        format!("git commit -F - <<'E'\n{text}E"),
        format!("python3 - <<'E'\nprint('''{text}''')\nE"),
        format!("kubectl get cm {}", "name ".repeat(30_000)),
        format!("echo '{}'", "x".repeat(1 << 20)),
        format!("for n in {}; do kubectl get pods -n $n; done", "shop ".repeat(2_000)),
        format!("for n in $(seq 1 9); do {} done", "kubectl get pods; ".repeat(900)),
        "true; ".repeat(4_000) + "kubectl get pods",
        "((".repeat(200),
        "{".repeat(20_000),
        format!("cat > f <<'E'\n{}E", "kubectl delete ns shop\n".repeat(100_000)),
        "a=(".repeat(2_000),
    ];
    for line in &lines {
        let verdict = judge_line(line.as_bytes());
        assert!(verdict.guarded < Some(Unknown), "{verdict:?}: {}", &line[..60]);
    }
}
