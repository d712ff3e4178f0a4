use super::*;

#[test]
fn clean_is_gos_clean() {
    for (path, want) in [
        ("/a/../b", "/b"),
        ("/../a", "/a"),
        ("a/./b//c", "a/b/c"),
        ("../a/..", ".."),
        ("", "."),
        (".", "."),
        ("a/..", "."),
        ("../../x", "../../x"),
        ("/", "/"),
    ] {
        assert_eq!(clean(Path::new(path)), Path::new(want), "{path}");
    }
}

fn why(text: &str) -> String {
    read(text.as_bytes()).unwrap_err().why
}

#[test]
fn types_are_checked_as_kubectl_decodes() {
    for (text, want) in [
        ("contexts: [{name: no, context: {}}]", "name is a boolean, not a string; put it in quotes"),
        ("contexts: [{name: 1, context: {}}]", "name is a number, not a string; put it in quotes"),
        ("clusters: [{name: a, cluster: {server: 1}}]", "server is a number, not a string; put it in quotes"),
        ("clusters: {}", "clusters is a mapping, not a list"),
        (
            "clusters: [{name: a, cluster: {certificate-authority-data: '!'}}]",
            "certificate-authority-data is no base64 data",
        ),
        (
            "users: [{name: a, user: {as-groups: [y]}}]",
            "as-groups is a boolean, not a string; put it in quotes",
        ),
        ("[]", "the file is a list, not a mapping"),
        ("hello", "the file is a string, not a mapping"),
        ("kind: Secret", "kind is not Config"),
        ("contexts: [{name: a}, {name: a}]", "there are two context entries named \"a\""),
        ("contexts: [{}, null]", "there are two context entries named \"\""),
    ] {
        assert_eq!(why(text), want, "{text}");
    }
}

#[test]
fn what_kubectl_ignores_is_ignored() {
    for text in [
        "Contexts: 5",
        "contexts: null",
        "contexts: [{name: null}]",
        "",
        "# x",
        "unknown: [1]",
        "apiVersion: ''",
    ] {
        assert!(read(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn the_excerpt_never_shows_a_value() {
    let text = b"users:\n- name: a\n  user: {}\n  token: [abc\n";
    let bad = read(text).unwrap_err();
    let shown = malformed("f", text, &Bad { line: 4, why: bad.why }).to_string();
    assert!(!shown.contains("abc"), "{shown}");
}
