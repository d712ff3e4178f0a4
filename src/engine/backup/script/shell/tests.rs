use super::*;
use proptest::prelude::*;

fn told(text: &str) -> Vec<String> {
    let all = commands(text, &mut Values::new());
    let one = |c: &Command| {
        let out = c.out.as_ref().map(|out| format!(" > {out}")).unwrap_or_default();
        let outer = if c.outer.is_empty() { String::new() } else { format!("[{}] ", c.outer.join(" ")) };
        format!("{outer}{}{out}{}", c.words.join(" "), if c.piped { " |" } else { "" })
            .replace(ITEM, "")
            .replace(VARIES, "~")
    };
    all.iter().map(one).collect()
}

#[test]
fn commands_with_their_files_and_pipes() {
    for (text, want) in [
        ("pg_dump shop > /b/x.sql 2>/dev/null", vec!["pg_dump shop > /b/x.sql"]),
        ("A=1 b -x=2 | gzip >/b/x", vec!["b -x=2 |", "gzip > /b/x"]),
        ("D=/b\nF=\"$D/x-$(date +%F).sql\"\npg_dump >$F", vec!["pg_dump > /b/x-~.sql", "date +%F"]),
        ("D=${1:-/b}; x >\"${D}/y\"", vec!["x > /b/y"]),
        ("x > $NOBODY/y", vec!["x > ~/y"]),
        ("D=/a\nif y; then D=/b; fi\nx >$D/z", vec!["y", "x > ~/z"]),
        ("D=/a\ny\nD=/b\nx >$D/z", vec!["y", "x > ~/z"]),
        ("for d in a b; do x $d; done", vec!["for d in a b", "x ~"]),
        (
            "su - postgres -c \"pg_dump a > /b/c\"",
            vec!["[su - postgres -c] pg_dump a > /b/c", "su - postgres -c pg_dump a > /b/c"],
        ),
        ("if x; then D=/b; fi; y >$D/z", vec!["x", "y > /b/z"]),
        ("su -c 'y z' | w", vec!["[su -c] y z |", "su -c y z |", "w"]),
        ("psql <<EOF\nselect 1 > 2;\nEOF\nx", vec!["psql", "x"]),
        ("x \\\n  y # z\n# w", vec!["x y"]),
        ("x && y || z & w", vec!["x", "y", "z", "w"]),
        ("P=$(cat /root/p)\nx $P", vec!["x ~</root/p>"]),
        ("x &>/dev/null; y >&2; z '$A'", vec!["x > /dev/null", "y", "z $A"]),
    ] {
        assert_eq!(told(text), want, "{text}");
    }
}

#[test]
fn values_stay() {
    let mut values = Values::from([("E".to_owned(), "env".to_owned())]);
    commands("A=1\nexport B=\"$E x\" C='$E'\nD=$(cat /root/p)", &mut values);
    let of = |name: &str| values.get(name).map(String::as_str);
    assert_eq!((of("A"), of("B"), of("C")), (Some("1"), Some("env x"), Some("$E")));
    assert_eq!(of("D").and_then(file_of), Some("/root/p"));
    assert!(!is_plain(of("D").unwrap()));
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(A=|\\$|\\{|\\}|\\(|\\)|'|\"|`|\\\\|>|<|<<|E|\n| |a|/|\\||&|;|#|é){0,60}") {
        let all = commands(&text, &mut Values::new());
        prop_assert!(all.len() <= COMMANDS);
    }
}
