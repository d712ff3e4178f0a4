//! Whether a query of a graph (Gremlin, openCypher) deletes. SQL's comments would be wrong here: `(a)--(b)` is a path.

/// Whether the text deletes: Gremlin's `drop` steps, openCypher's `DELETE` and `REMOVE`, outside texts and comments. Where
/// quotes do not close, the words inside count, too.
pub(super) fn deletes(text: &str) -> bool {
    let (outside, closed) = without_texts(text);
    has_verb(&outside) || (!closed && has_verb(text))
}

fn has_verb(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| ["drop", "delete", "remove"].iter().any(|verb| word.eq_ignore_ascii_case(verb)))
}

/// The text without what stands in quotes and comments, and whether all of them close.
fn without_texts(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' | '"' | '`' => {
                out.push(' ');
                let mut closed = false;
                while let Some(inner) = chars.next() {
                    if inner == '\\' && char != '`' {
                        chars.next();
                    } else if inner == char {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return (out, false);
                }
            }
            '/' if chars.peek() == Some(&'/') => {
                let _ = chars.by_ref().find(|inner| *inner == '\n');
                out.push(' ');
            }
            '/' if chars.peek() == Some(&'*') => {
                chars.next();
                let (mut last, mut closed) = (' ', false);
                for inner in chars.by_ref() {
                    if last == '*' && inner == '/' {
                        closed = true;
                        break;
                    }
                    last = inner;
                }
                if !closed {
                    return (out, false);
                }
                out.push(' ');
            }
            char => out.push(char),
        }
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::deletes;

    #[test]
    fn what_deletes_is_found_outside_texts() {
        for (query, want) in [
            ("g.V().drop()", true),
            ("g.V().has('id','1').drop().iterate()", true),
            ("g.V().has('name','drop').count()", false),
            ("g.addV('x').property('drop', 1)", false),
            ("MATCH (n) DETACH DELETE n", true),
            ("MATCH (n)--(m) DELETE n", true),
            ("match (n) remove n.age", true),
            ("MATCH (n {name: 'delete'}) RETURN n", false),
            ("MATCH (n) RETURN n // DELETE n", false),
            ("MATCH (n) // x\nDELETE n", true),
            ("MATCH (n) RETURN n /* remove */", false),
            ("MATCH (n {a: 'it\\'s'}) DELETE n", true),
            ("MATCH (n {a: 'it's}) DELETE n", true),
            ("MATCH (n) RETURN n.deleted", false),
            ("CREATE (n:Dropped)", false),
        ] {
            assert_eq!(deletes(query), want, "{query}");
        }
    }
}
