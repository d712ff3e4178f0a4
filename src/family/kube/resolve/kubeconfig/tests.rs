use super::*;
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::kubectl::TABLE;
use crate::exit::Exit;
use proptest::prelude::*;

const SECRETS: &str = "clusters:
- name: main
  cluster:
    server: https://api.example.com:6443
users:
- name: anna
  user:
    token: s3cret-of-anna
contexts:
- name: work
  context: {cluster: main, user: anna, namespace: shop}
- name: tour
  context: {cluster: gone, user: nobody}
current-context: work
";

struct Home(tempfile::TempDir);

impl Home {
    fn with(text: &str) -> Home {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("k"), text).unwrap();
        Home(dir)
    }

    fn world(&self) -> World {
        World::of(&[("KUBECONFIG", "k"), ("HOME", "/nowhere")], self.0.path())
    }

    fn kube(&self, words: &str) -> Result<ResolvedKube> {
        let words: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        kube(&self.world(), &parse(&TABLE, &words))
    }
}

#[test]
fn every_part_knows_its_line() {
    let target = Home::with(SECRETS).kube("delete pod x").unwrap().target;
    let line = |from: &Source| match from {
        Source::File { path, line } if path == "k" => *line,
        other => panic!("{other}"),
    };
    assert_eq!(line(&target.server.from), Some(4));
    assert_eq!(line(&target.cluster.as_ref().unwrap().from), Some(2));
    assert_eq!(line(&target.user.as_ref().unwrap().from), Some(6));
    assert_eq!(line(&target.context.as_ref().unwrap().from), Some(14));
    assert_eq!(line(&target.namespace.from), Some(11));
    assert_eq!(target.chosen_by, Source::Env("KUBECONFIG".into()));
    let flagged = Home::with(SECRETS).kube("delete pod x --context=work -ny -A --as=root").unwrap().target;
    assert_eq!(flagged.context.unwrap().from, Source::Flag("context".into()));
    assert_eq!(flagged.namespace.from, Source::Flag("namespace".into()));
    assert_eq!(flagged.acting_as.unwrap().value, "root");
    assert!(flagged.all_namespaces);
}

#[test]
fn secrets_stay_out_of_everything_that_is_shown() {
    let resolved = Home::with(SECRETS).kube("delete pod x --token=s3cret-flag").unwrap();
    let shown = format!("{resolved:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let effective = String::from_utf8(resolved.access.effective).unwrap();
    let pinned = String::from_utf8(resolved.access.kubeconfig).unwrap();
    assert!(effective.contains("s3cret-flag") && !effective.contains("s3cret-of-anna"));
    assert!(pinned.contains("s3cret-of-anna") && !pinned.contains("s3cret-flag"), "flags are not folded in");
    let broken = SECRETS.replace("token: s3cret", "token: [s3cret");
    assert!(!Home::with(&broken).kube("delete pod x").unwrap_err().to_string().contains("s3cret"));
}

#[test]
fn without_tls_no_credential_leaves_the_file() {
    let plain = SECRETS.replace("https://", "http://");
    let resolved = Home::with(&plain).kube("delete pod x --token=t").unwrap();
    let effective = String::from_utf8(resolved.access.effective).unwrap();
    assert!(!effective.contains("s3cret") && !effective.contains("token"), "{effective}");
}

#[test]
fn a_context_that_points_nowhere_is_said() {
    let target = Home::with(SECRETS).kube("delete pod x --context=tour").unwrap().target;
    assert_eq!(target.server, Sourced::new(DEFAULT_SERVER.into(), Source::Default));
    assert_eq!(
        target.notes,
        ["the context's cluster gone does not exist", "the context's user nobody does not exist"]
    );
}

#[test]
fn errors_say_what_why_and_what_to_do() {
    let fail = Home::with(SECRETS).kube("delete pod x --context=nope").unwrap_err();
    assert_eq!(
        fail.to_string(),
        "guard: error: the context nope named by --context does not exist\n  because: it is not in k\n  \
         help: see which there are: kubectl config get-contexts"
    );
    assert_eq!(fail.exit(), Exit::Data);
    let fail = Home::with(&SECRETS.replace("name: work", "name: no")).kube("get pod").unwrap_err();
    assert_eq!(
        fail.to_string(),
        "guard: error: the kubeconfig k cannot be understood\nk:10: - name:\n  \
         because: line 10: name is a boolean, not a string; put it in quotes"
    );
    let fail = Home::with(SECRETS).kube("get pod --insecure-skip-tls-verify=maybe").unwrap_err();
    assert_eq!(fail.exit(), Exit::Data);
}

#[test]
fn names_from_outside_are_escaped() {
    let evil =
        "contexts: [{name: \"a\\e[2Jb\", context: {cluster: \"\\u202eX\"}}]\ncurrent-context: \"a\\e[2Jb\"\n";
    let resolved = Home::with(evil).kube("get pod").unwrap();
    assert!(
        resolved.target.notes.iter().all(|n| !n.contains(['\x1b', '\u{202e}'])),
        "{:?}",
        resolved.target.notes
    );
    let fail = Home::with(evil).kube("get pod --context=a\x1b[2J").unwrap_err().to_string();
    assert!(!fail.contains('\x1b'), "{fail}");
}

#[test]
fn two_accounts_with_one_cluster_name_are_ambiguous() {
    let arn = |account: u8| format!("arn:aws:eks:eu-west-1:11111111111{account}:cluster/main");
    let entry = |account: u8| {
        format!(
            "- {{name: '{}', cluster: {{server: 'https://{account}.eks.amazonaws.com'}}}}\n",
            arn(account)
        )
    };
    let text = |clusters: String| {
        format!(
            "clusters:\n{clusters}contexts: [{{name: c, context: {{cluster: '{}'}}}}]\ncurrent-context: c\n",
            arn(1)
        )
    };
    assert!(
        Home::with(&text(entry(1) + &entry(2))).kube("get pod").unwrap().target.cluster_name_is_ambiguous
    );
    assert!(!Home::with(&text(entry(1))).kube("get pod").unwrap().target.cluster_name_is_ambiguous);
}

#[test]
fn the_digest_moves_with_everything_that_counts() {
    let home = Home::with(SECRETS);
    let of = |words: &str| home.kube(words).unwrap().access.digest;
    let base = of("delete pod x");
    assert_eq!(base, of("delete pod x"));
    for words in [
        "delete pod x -nz",
        "delete pod x -A",
        "delete pod x --server=https://h",
        "delete pod x --as=r",
        "delete pod x --token=t",
    ] {
        assert_ne!(base, of(words), "{words}");
    }
}

#[test]
fn contexts_are_listed_with_their_place() {
    let all = contexts(&Home::with(SECRETS).world()).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(
        (all[0].name.as_str(), all[0].server.as_str(), all[0].line, all[0].current),
        ("work", "https://api.example.com:6443", 10, true)
    );
    assert_eq!(
        (all[1].name.as_str(), all[1].server.as_str(), all[1].namespace.as_deref()),
        ("tour", "", None)
    );
}

#[test]
fn an_auth_provider_writes_back() {
    let text =
        SECRETS.replace("token: s3cret-of-anna", "auth-provider: {name: oidc, config: {refresh-token: r}}");
    assert!(Home::with(&text).kube("get pod").unwrap().access.writes_back);
    assert!(!Home::with(SECRETS).kube("get pod").unwrap().access.writes_back);
}

#[test]
fn plugins_name_their_cluster() {
    let args = |list: &str| cluster_name_in(&list.split(' ').map(str::to_owned).collect::<Vec<_>>());
    for (list, want) in [
        ("--region eu-west-1 eks get-token --cluster-name main --output json", Some("main")),
        ("eks get-token --cluster-name=main", Some("main")),
        ("token -i main", Some("main")),
        ("eks get-token --cluster-name", None),
        ("--clusters x", None),
        ("--cluster-name --output", None),
        ("", None),
    ] {
        assert_eq!(args(list).as_deref(), want, "{list}");
    }
}

#[test]
fn bombs_and_giants_end_with_an_error() {
    let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for i in 1..12 {
        laughs += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(","));
    }
    for text in [laughs, "[".repeat(200_000), "x".repeat(9 << 20)] {
        let start = std::time::Instant::now();
        assert!(Home::with(&text).kube("get pod").is_err());
        assert!(start.elapsed().as_secs() < 20);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_file_makes_it_panic(text in "(clusters|users|contexts|current-context|- name|: |[a-z{}\\[\\]'\"&*!|>#, \n-]){0,60}") {
        let _ = Home::with(&text).kube("delete pod x");
    }
}

#[test]
fn a_password_in_the_server_is_not_part_of_the_target() {
    for (url, shown) in [
        ("https://u:p@h:6443/x@y", "https://h:6443/x@y"),
        ("u:p@h", "h"),
        ("https://h/x@y", "https://h/x@y"),
        ("h:6443", "h:6443"),
        ("https://a@b:c@h", "https://h"),
    ] {
        assert_eq!(server_without_userinfo(url), shown, "{url}");
    }
}
