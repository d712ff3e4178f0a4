//! apt's configuration files (apt.conf(5), `ReadConfigFile` in `apt-pkg/contrib/configuration.cc`), read for the few
//! settings that say which system is meant. Total: what apt would refuse is skipped over.

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its whole name in lower case, `::` between the parts; a list's own end in `::`.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The line, from 1, it stands on.
    pub line: u32,
}

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conf {
    /// Every setting with a value, in order.
    pub items: Vec<Item>,
    /// Other files are taken in (`#include`), which were not read.
    pub includes: bool,
}

enum Token {
    Word(String, u32),
    Open,
    Close,
    End,
}

/// Reads one file.
pub fn parse(bytes: &[u8]) -> Conf {
    let mut conf = Conf::default();
    let text = String::from_utf8_lossy(bytes);
    let mut above: Vec<String> = Vec::new();
    let mut words: Vec<(String, u32)> = Vec::new();
    for token in tokens(&text, &mut conf.includes) {
        match token {
            Token::Word(word, line) => words.push((word, line)),
            Token::Open => {
                let name = words.first().map(|(w, _)| w.clone()).unwrap_or_default();
                above.push(name);
                words.clear();
            }
            Token::Close => {
                finish(&mut conf, &above, &mut words);
                above.pop();
            }
            Token::End => finish(&mut conf, &above, &mut words),
        }
    }
    finish(&mut conf, &above, &mut words);
    conf
}

/// `name "value"`, or a lone value inside a list.
fn finish(conf: &mut Conf, above: &[String], words: &mut Vec<(String, u32)>) {
    let mut path: Vec<&str> = above.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    let item = match words.as_slice() {
        [(name, _), (value, line), ..] => {
            path.push(name);
            Some((path.join("::"), value, line))
        }
        [(value, line)] if !path.is_empty() => Some((format!("{}::", path.join("::")), value, line)),
        _ => None,
    };
    if let Some((key, value, line)) = item {
        conf.items.push(Item { key: key.to_ascii_lowercase(), value: value.clone(), line: *line });
    }
    words.clear();
}

fn tokens(text: &str, includes: &mut bool) -> Vec<Token> {
    let mut out = Vec::new();
    let mut line = 1u32;
    let mut chars = text.chars().peekable();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut Vec<Token>, line: u32| {
        if !word.is_empty() {
            out.push(Token::Word(std::mem::take(word), line));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\n' => {
                flush(&mut word, &mut out, line);
                line = line.saturating_add(1);
            }
            c if c.is_whitespace() => flush(&mut word, &mut out, line),
            '"' => {
                let mut quoted = String::new();
                let starts = line;
                for c in chars.by_ref() {
                    match c {
                        '"' => break,
                        '\n' => line = line.saturating_add(1),
                        c => quoted.push(c),
                    }
                }
                flush(&mut word, &mut out, starts);
                out.push(Token::Word(quoted, starts));
            }
            '#' => {
                let mut rest = String::new();
                while let Some(c) = chars.next_if(|c| *c != '\n') {
                    rest.push(c);
                }
                *includes |= rest.starts_with("include");
            }
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => {
                chars.next();
                let mut last = ' ';
                for c in chars.by_ref() {
                    if c == '\n' {
                        line = line.saturating_add(1);
                    }
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            '{' | '}' | ';' => {
                flush(&mut word, &mut out, line);
                out.push(match c {
                    '{' => Token::Open,
                    '}' => Token::Close,
                    _ => Token::End,
                });
            }
            c => word.push(c),
        }
    }
    flush(&mut word, &mut out, line);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let items = parse(text.as_bytes()).items;
        items.iter().map(|i| format!("{}={}@{} ", i.key, i.value, i.line)).collect()
    }

    #[test]
    fn settings_in_each_of_their_forms() {
        for (text, want) in [
            ("Dir \"/mnt\";", "dir=/mnt@1 "),
            ("Dir::State::status \"/x\" ;\n", "dir::state::status=/x@1 "),
            ("// c\n# c\n/* c\n c */ RootDir \"/mnt\";", "rootdir=/mnt@4 "),
            (
                "Dir {\n  State {\n    status \"/x\";\n  };\n  Etc \"etc\";\n}",
                "dir::state::status=/x@3 dir::etc=etc@5 ",
            ),
            (
                "DPkg::Options { \"--root=/mnt\"; \"--force-all\"; };",
                "dpkg::options::=--root=/mnt@1 dpkg::options::=--force-all@1 ",
            ),
            ("DPkg::Options:: \"--root=/mnt\";", "dpkg::options::=--root=/mnt@1 "),
            ("Acquire::http::Proxy \"http://p:1/\";", "acquire::http::proxy=http://p:1/@1 "),
            ("APT::NeverAutoRemove { \"^a.*\"; };\nDir /mnt;", "apt::neverautoremove::=^a.*@1 dir=/mnt@2 "),
            ("#clear Dir;\n", ""),
            ("Dir \"/open", "dir=/open@1 "),
            ("} ; { \"x\"; }", ""),
        ] {
            assert_eq!(shown(text), want, "{text:?}");
        }
        assert!(parse(b"#include \"/x\";\n").includes);
        assert!(!parse(b"# include\n").includes);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn so_is_what_looks_like_such_a_file(text in "[A:\"{};/*#\n ]{0,60}") {
            let lines = u32::try_from(text.split('\n').count()).unwrap();
            prop_assert!(parse(text.as_bytes()).items.iter().all(|i| i.line >= 1 && i.line <= lines));
        }
    }
}
