//! dpkg. It pulls nothing along: what goes is what is named or selected, or what makes room for what is installed.

use super::Answered;
use super::simulate::{Stage, failure, line_of, misread};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::packages::dpkg::{Line, parse};
use crate::engine::packages::hook::DPKG_HOOK;
use crate::engine::packages::plan::{Change, Kind as Fate, Plan};
use crate::engine::packages::rehearsal;
use crate::engine::packages::requested_packages::{Asked, asked};
use crate::engine::packages::simulated;
use crate::engine::packages::simulated::{ASK_INSTALLED, Dpkg, Known};
use crate::engine::packages::tables::dpkg::Kind;
use std::fs;
use std::path::PathBuf;

/// The plan of dpkg with the request's words.
pub(super) async fn plan(stage: &Stage<'_>) -> Answered {
    let words = stage.bytes();
    let line = parse(&words);
    if line.has(Kind::Hook) || line.has(Kind::Action(Effect::Unknown)) {
        // Commands that run in a dry run too; words that come from elsewhere.
        return Answered::unknown(Why::Unsupported);
    }
    let purge = line.has(Kind::Action(Effect::Destroy));
    let removes = purge || line.has(Kind::Action(Effect::Disrupt));
    if line.has(Kind::Help) || line.has(Kind::NoAct) || !(removes || line.has(Kind::Install)) {
        return Answered::nothing();
    }
    let kind = if purge { Fate::Purge } else { Fate::Remove };
    let pending = line.has(Kind::Pending);
    let asked = asked(b"dpkg", &words);
    let query = database(&line, &words);
    if stage.has_hooks() {
        if !removes {
            return Answered::unknown(Why::Failed(
                "hooks of dpkg's own configuration run in a dry run too".into(),
            ));
        }
        return match stage.installed(&query).await {
            Ok(known) => Answered::known(from_database(&known, &asked, kind, pending)),
            Err(why) => Answered::unknown(why),
        };
    }
    let Some(rehearsed) = rehearsal(b"dpkg", &words) else { return Answered::unknown(Why::Unsupported) };
    let (done, known) = tokio::join!(stage.run(stage.request.program, &rehearsed), stage.installed(&query));
    let (done, known) = match (done, known) {
        (Ok(done), Ok(known)) => (done, known),
        (Err(why), _) | (_, Err(why)) => return Answered::unknown(why),
    };
    let several = line.args.len() > 1 || line.has(Kind::Recursive);
    let said = Dpkg { output: &done.out, errors: &done.err, known: &known, kind, pending, several };
    match simulated::dpkg(&said) {
        // Some of several packages may go although dpkg fails for the others.
        Ok(mut plan) if done.ok || plan.removes() => {
            plan.mark_named(&asked, &[]);
            Answered::known(plan)
        }
        Ok(_) => match line_of(&done.err, "dpkg: error") {
            Some(line) => Answered::refused(line),
            None => Answered::unknown(failure("dpkg", &done)),
        },
        Err(line) => Answered::unknown(misread("dpkg")(line)),
    }
}

/// The words that send dpkg-query to the same database. `--root` is new to it; `--instdir` it does not know.
fn database(line: &Line<'_>, words: &[&[u8]]) -> Option<Vec<u8>> {
    let mut place = None;
    for given in line.given.iter().filter(|g| g.kind == Some(Kind::Elsewhere)) {
        let option = words.get(given.at).copied().unwrap_or_default();
        let Some(value) = given.value else { continue };
        if option.starts_with(b"--root") {
            place = Some([value.strip_suffix(b"/").unwrap_or(value), b"/var/lib/dpkg"].concat());
        } else if option.starts_with(b"--admindir") {
            place = Some(value.to_vec());
        }
    }
    place.map(|place| [b"--admindir=", place.as_slice()].concat())
}

/// What would go by the database alone: without dpkg's refusals, so never less than what goes.
fn from_database(known: &[Known], asked: &Asked, kind: Fate, pending: bool) -> Plan {
    let mut plan = Plan::default();
    for package in known {
        let named = |(name, arch): &(String, Option<String>)| {
            *name == package.name && arch.as_ref().is_none_or(|arch| *arch == package.arch)
        };
        let kind = match pending {
            true if package.want_purge => Fate::Purge,
            true if package.want_removal => Fate::Remove,
            false if asked.names.iter().any(named) => kind,
            _ => continue,
        };
        // Of what is removed already only a purge leaves less.
        if kind == Fate::Remove && package.version.is_none() {
            continue;
        }
        plan.changes.push(Change {
            name: package.name.clone(),
            arch: None,
            version: package.version.clone(),
            kind,
            named: !pending,
            unused: false,
        });
    }
    plan
}

impl Stage<'_> {
    /// What the database knows of.
    async fn installed(&self, database: &Option<Vec<u8>>) -> Result<Vec<Known>, Why> {
        let format = [b"-f=".as_slice(), ASK_INSTALLED.as_bytes()].concat();
        let mut words: Vec<&[u8]> = database.iter().map(Vec::as_slice).collect();
        words.extend([&b"-W"[..], &format]);
        let done = self.run(&self.beside("dpkg-query"), &words).await?;
        if !done.ok && !done.out.is_empty() {
            return Err(failure("dpkg-query", &done));
        }
        simulated::installed(&done.out).map_err(misread("dpkg-query"))
    }

    /// Whether dpkg's configuration names commands of others that run in a dry run as well. guard's own tells one from
    /// the other, and asks nothing there.
    fn has_hooks(&self) -> bool {
        let world = self.request.world;
        let mut files = vec![world.absolute("/etc/dpkg/dpkg.cfg")];
        let parts = fs::read_dir(world.absolute("/etc/dpkg/dpkg.cfg.d"));
        files.extend(parts.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())));
        files.extend(world.home().map(|home: PathBuf| home.join(".dpkg.cfg")));
        files.iter().filter_map(|file| fs::read_to_string(file).ok()).any(|text| {
            text.lines().any(|line| {
                let line = line.trim_start().trim_start_matches('-');
                (line.starts_with("pre-invoke") || line.starts_with("post-invoke"))
                    && !line.contains(DPKG_HOOK)
            })
        })
    }
}
