//! Questions of debconf and the answers it remembers (debconf-devel(7); `/var/cache/debconf/config.dat`, the `File`
//! driver's stanzas).

use std::path::Path;

/// Whether what hangs on this question happens when nobody answers it: it did once, or that is the default.
///
/// An answer given before is no shield where the default is yes: scripts set it anew before they ask (postgresql-15
/// does). A question whose template is not there may be anything.
pub(super) fn says_yes(root: &Path, templates: &str, question: &str) -> bool {
    let stanza = stored(root, question);
    let template = stanza.as_deref().and_then(|s| field(s, "Template")).unwrap_or(question);
    let default = default_of(templates, template);
    let default =
        default.or_else(|| question.rsplit_once('/').and_then(|(_, name)| ends_with(templates, name)));
    match stanza.as_deref().and_then(|s| field(s, "Value")) {
        Some("true") => true,
        _ => default.is_none_or(|default| default == "true"),
    }
}

/// The answer that is remembered.
pub(super) fn answer(root: &Path, question: &str) -> Option<String> {
    stored(root, question).as_deref().and_then(|s| field(s, "Value")).map(str::to_owned)
}

fn stored(root: &Path, question: &str) -> Option<String> {
    let bytes = std::fs::read(root.join("var/cache/debconf/config.dat")).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.split("\n\n").find(|stanza| field(stanza, "Name") == Some(question)).map(str::to_owned)
}

/// The default of a template; an empty one is a no.
fn default_of<'a>(templates: &'a str, template: &str) -> Option<&'a str> {
    let stanza = templates.split("\n\n").find(|stanza| field(stanza, "Template") == Some(template))?;
    Some(field(stanza, "Default").unwrap_or_default())
}

/// The same for a question whose first part a script puts together.
fn ends_with<'a>(templates: &'a str, name: &str) -> Option<&'a str> {
    let is = |stanza: &&str| {
        field(stanza, "Template").and_then(|t| t.rsplit_once('/')).is_some_and(|(_, n)| n == name)
    };
    Some(field(templates.split("\n\n").find(is)?, "Default").unwrap_or_default())
}

fn field<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: &str = "\
Template: a/yes
Type: boolean
Default: true
Description: Delete?

Template: a/no
Type: boolean
Default: false

Template: a/none
Type: boolean
";

    #[test]
    fn defaults_and_answers() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("var/cache/debconf");
        std::fs::create_dir_all(&dir).unwrap();
        let says = |question: &str| says_yes(root.path(), TEMPLATES, question);
        assert!(says("a/yes") && !says("a/no") && !says("a/none"));
        assert!(says("a/unknown"), "nobody knows what it asks");
        std::fs::write(
            dir.join("config.dat"),
            "Name: a/no\nTemplate: a/no\nValue: true\nOwners: a\n\nName: a/yes\nTemplate: a/yes\nValue: false\n\n\
             Name: b/shared\nTemplate: a/no\nValue: \n",
        )
        .unwrap();
        assert!(says("a/no"), "answered yes before");
        assert!(says("a/yes"), "a remembered no is set anew by scripts");
        assert!(!says("b/shared"));
        assert_eq!(answer(root.path(), "a/no").as_deref(), Some("true"));
        assert_eq!(answer(root.path(), "c/x"), None);
    }
}
