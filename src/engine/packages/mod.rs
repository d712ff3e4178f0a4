//! Command lines of apt, aptitude, dpkg and what belongs to them, judged from their words. None of them reads words as
//! the cobra tools in [`parse`](crate::engine::grammar::cobra) do, and no two of the three alike. Pure: words in, data out.

pub mod aptitude;
pub mod control;
pub mod dpkg;
pub mod grammar;
pub mod hook;
mod judge;
pub mod operands;
pub mod plan;
pub mod postrm;
pub mod requested_packages;
pub mod simulated;
mod simulation_args;
pub mod status;
pub mod tables;
pub mod words;

pub use judge::program;
pub use simulation_args::rehearsal;

#[cfg(feature = "cli")]
use super::tool::Tool;
use crate::engine::redact::without_userinfo;
use crate::engine::verdict::Verdict;
use std::borrow::Cow;

/// Judges the words after the name of a tool of this family; `None` for other tools.
pub fn classify(tool: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    if let Some(program) = program(tool) {
        return Some(judge::classify(program, words));
    }
    match tool {
        b"aptitude" | b"aptitude-curses" => Some(aptitude::classify(words)),
        _ => dpkg::classify(tool, words),
    }
}

/// The commands of a tool of this family, as rules of a policy name them.
#[cfg(feature = "cli")]
pub fn verbs(tool: &Tool) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match tool.name {
        "aptitude" => tables::aptitude::COMMANDS.iter().map(|(name, _)| text(name.bytes())).collect(),
        "dpkg" => tables::dpkg::DPKG.iter().map(|o| text(o.long.bytes())).filter(|o| !o.is_empty()).collect(),
        _ => tables::apt::COMMANDS.iter().map(|c| text(c.name.bytes())).collect(),
    }
}

/// The words of a tool that works on the host with the secrets in them replaced: passwords in addresses
/// (`-o Acquire::http::Proxy=http://user:password@proxy`). These tools take no others.
pub fn redact<'a>(words: &'a [&'a [u8]]) -> Vec<Cow<'a, [u8]>> {
    words.iter().map(|word| without_userinfo(word).map_or(Cow::Borrowed(*word), Cow::Owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_addresses_are_not_shown() {
        let words: [&[u8]; 3] = [b"install", b"-oAcquire::http::Proxy=http://me:secret@proxy:8080/", b"p"];
        let shown = redact(&words);
        assert_eq!(shown.len(), 3);
        assert_eq!(shown.first().map(AsRef::as_ref), Some(&b"install"[..]));
        let proxy = String::from_utf8_lossy(&shown[1]);
        assert!(!proxy.contains("secret") && proxy.ends_with("@proxy:8080/"), "{proxy}");
        assert!(words.iter().all(|w| classify(b"apt-get", &[w]).is_some()));
        assert!(classify(b"kubectl", &words).is_none());
    }
}
