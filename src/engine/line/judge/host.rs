//! Calls of tools that work on the host itself.

use super::super::LineVerdict;
use super::super::expand::Field;
use super::unwrap::may_hold_options;
use super::{basename, guarded_as, only_serious, unguarded, worse};
use crate::engine::classify::classify_host;
use crate::engine::effect::Effect;
use crate::engine::tool;
use crate::engine::units;
use crate::engine::units::table::Means;
use crate::engine::verdict::Verdict;

/// Tools that work on the host itself. All are judged; those that no shim stands in front of are nothing guarded.
pub(super) fn host_verdict(called: &[u8], words: &[Field], far: bool) -> Option<LineVerdict> {
    let mut name = basename(called);
    let judge = |name: &[u8], fields: &[Field]| {
        let mut words: Vec<&[u8]> = fields.iter().map(|f| f.bytes.as_slice()).collect();
        if called.starts_with(b"/etc/init.d/") {
            words.insert(0, basename(called));
        }
        let Verdict { effect, .. } = classify_host(name, &words)?;
        Some(if tool::called_in_line(name).is_some() { guarded_as(effect) } else { unguarded(effect) })
    };
    if called.starts_with(b"/etc/init.d/") {
        name = tool::SERVICE.name.as_bytes();
    }
    if far && tool::called(name).is_some() && tool::called_in_line(name).is_none() {
        // Elsewhere nobody looks at the facts: that has rules of its own.
        return None;
    }
    let mut verdict = judge(name, words)?;
    if name == tool::SYSTEMCTL.name.as_bytes()
        && !far
        && is_own_manager(words)
        && verdict.effect == Effect::Disrupt
    {
        // What a person's own manager runs is theirs: the shim asks whether it serves anybody else. On another machine, or as
        // another user there, it is a service's.
        verdict = LineVerdict { guarded: Some(Effect::Mutate), unconfirmed: Some(Effect::Mutate), ..verdict };
    }
    if [&tool::APT, &tool::APT_GET].iter().any(|apt| apt.name.as_bytes() == name)
        && may_undo_simulation(words)
    {
        let real: Vec<Field> =
            words.iter().filter(|f| !f.unknown && !is_simulation(&f.bytes)).cloned().collect();
        verdict = worse(verdict, only_serious(judge(name, &real)?));
    }
    if words.iter().any(|f| f.unknown && f.optional) {
        let less: Vec<Field> = words.iter().filter(|f| !(f.unknown && f.optional)).cloned().collect();
        return judge(name, &less).map(|other| worse(verdict, only_serious(other)));
    }
    Some(verdict)
}

/// Whether systemctl speaks to the user's own manager here, and about its units.
fn is_own_manager(words: &[Field]) -> bool {
    let words: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
    let line = units::systemctl(&words);
    let elsewhere = words.iter().any(|w| {
        w.starts_with(b"-H")
            || w.starts_with(b"-M")
            || w.starts_with(b"--h")
            || w.starts_with(b"--m")
            || w.starts_with(b"--sy")
            || w.starts_with(b"--g")
    });
    let units: [&[u8]; 10] = [
        b"stop",
        b"restart",
        b"try-restart",
        b"condrestart",
        b"reload-or-restart",
        b"try-reload-or-restart",
        b"force-reload",
        b"kill",
        b"disable",
        b"mask",
    ];
    // The whole session.
    let wide = |w: &&[u8]| {
        w.contains(&b'*') || w.contains(&b'?') || w.ends_with(b".slice") || w.ends_with(b".target")
    };
    line.has(Means::User)
        && !elsewhere
        && !words.iter().any(wide)
        && line.arg(0).is_some_and(|verb| units.contains(&verb))
}

/// apt's options for a simulation (apt-get(8)).
fn is_simulation(word: &[u8]) -> bool {
    let short = word.first() == Some(&b'-') && word.get(1) != Some(&b'-') && word.contains(&b's');
    let setting = word.to_ascii_lowercase().windows(18).any(|w| w == b"apt::get::simulate");
    short
        || setting
        || matches!(word, b"--simulate" | b"--just-print" | b"--dry-run" | b"--recon" | b"--no-act")
}

/// Whether words that are not known, and options by their name, stand behind the last word that asks for a simulation: one of
/// them may be `--no-simulate` or `-o APT::Get::Simulate=false`. Names of packages undo nothing.
fn may_undo_simulation(words: &[Field]) -> bool {
    let Some(last) = words.iter().rposition(|f| !f.unknown && is_simulation(&f.bytes)) else { return false };
    words.iter().skip(last).any(|f| f.unknown && (f.optional || f.bytes == b"$@") && may_hold_options(f))
}

/// A variable by whose name people keep such a tool: `$SYSTEMCTL`, `${APT_GET}`.
pub(super) fn host_by_variable(shown: &[u8]) -> Option<&'static [u8]> {
    let name = shown.strip_prefix(b"$")?;
    let name =
        name.strip_prefix(b"{").and_then(|n| n.strip_suffix(b"}")).unwrap_or(name).to_ascii_uppercase();
    let name = name.strip_suffix(b"_BIN").or_else(|| name.strip_suffix(b"_CMD")).unwrap_or(&name);
    let tool = match name {
        b"SYSTEMCTL" => &tool::SYSTEMCTL,
        b"APT" | b"APT_GET" | b"APTGET" => &tool::APT_GET,
        b"DPKG" => &tool::DPKG,
        _ => return None,
    };
    Some(tool.name.as_bytes())
}
