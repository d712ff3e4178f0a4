//! What the tools of this family print when they only simulate, read back into a plan. A line that begins like a change
//! and cannot be read is an error: nothing that goes may be lost here. Texts are those of `LC_ALL=C`.

use super::plan::{Change, Kind, Plan};

/// The line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread(pub String);

/// Reads the output of `apt-get -s` or `apt -s` (`pkgSimulate` in `apt-pkg/algorithms.cc`):
///
/// ```text
/// Remv NAME [CURRENT] [broken until later ]
/// Purg NAME [CURRENT]                             without the version where only the settings are left
/// Inst NAME [CURRENT] (NEW Origin [arch]) []      without the first bracket where nothing is installed
/// Conf NAME (NEW Origin [arch])
/// ```
///
/// The architecture stands behind the name (`libc6:i386`) where it is not the system's own. These words are not
/// translated, and stand in the output at every level of `-q`.
pub fn apt(output: &[u8]) -> Result<Plan, Misread> {
    let mut plan = Plan::default();
    for line in output.split(|b| *b == b'\n') {
        let kind = match line.split(|b| *b == b' ').next().unwrap_or_default() {
            b"Remv" => Kind::Remove,
            b"Purg" => Kind::Purge,
            b"Inst" => Kind::Install,
            _ => continue,
        };
        let misread = || Misread(text(line));
        let rest = line.get(5..).ok_or_else(misread)?;
        let (word, rest) = cut(rest, b' ');
        let (name, arch) = package(word).ok_or_else(misread)?;
        let version = match rest {
            [b'[', after @ ..] => {
                let (version, _) =
                    after.split_at_checked(close(after)?.ok_or_else(misread)?).ok_or_else(misread)?;
                Some(text(version))
            }
            [] if kind != Kind::Install => None,
            [b'(', ..] if kind == Kind::Install => None,
            _ => return Err(misread()),
        };
        put(&mut plan, Change { name, arch, version, kind, named: false, unused: false });
    }
    Ok(plan)
}

/// The place of the `]` that ends a version; versions hold no brackets themselves.
fn close(after: &[u8]) -> Result<Option<usize>, Misread> {
    let end = after.iter().position(|b| *b == b']').filter(|end| *end > 0);
    match end.and_then(|end| after.get(..end)) {
        Some(version) if version.iter().any(|b| b"[ ".contains(b)) => Err(Misread(text(after))),
        _ => Ok(end),
    }
}

/// Reads the output of `aptitude -s -y -v`: the changes as apt writes them, and before them the same packages with
/// marks in the last block that says what will be removed:
///
/// ```text
/// The following packages will be REMOVED:
///   postgresql-client-15 postgresql-15{a} ssl-cert{u} less{p}
/// 1 packages upgraded, 2 newly installed, 3 to remove and 4 not upgraded.
/// ```
///
/// `{u}` goes because nothing needs it any more, `{a}` because something else goes, `{p}` is purged. The first blocks
/// show what was asked for, before the resolver found what else has to go; only the last counts. `None`: there is no plan
/// in this output.
pub fn aptitude(output: &[u8]) -> Result<Option<Plan>, Misread> {
    let mut plan = apt(output)?;
    let mut open: Vec<Marked> = Vec::new();
    let mut last: Option<Vec<Marked>> = None;
    let mut within = false;
    for line in output.split(|b| *b == b'\n') {
        if line.starts_with(b"The following ") {
            within = line.ends_with(b" REMOVED:") || line.ends_with(b" PURGED:");
        } else if let [b' ', b' ', rest @ ..] = line {
            if within {
                marked(rest, &mut open).ok_or_else(|| Misread(text(line)))?;
            }
        } else {
            within = false;
            if let Some(count) = to_remove(line) {
                if count != open.len() {
                    return Err(Misread(text(line)));
                }
                last = Some(std::mem::take(&mut open));
            }
        }
    }
    // What went before must be the whole of it: a block that nothing closed was not read to its end.
    if !open.is_empty() || plan.removals().count() != last.as_ref().map_or(0, Vec::len) {
        return Err(Misread(
            "the packages that aptitude says it will remove are not those that it removes".into(),
        ));
    }
    let Some(last) = last else { return Ok(None) };
    for mark in last {
        let goes = |c: &&mut Change| c.kind != Kind::Install && c.name == mark.name;
        let same =
            |c: &&mut Change| goes(c) && (c.arch == mark.arch || c.arch.is_none() || mark.arch.is_none());
        let change = plan.changes.iter_mut().find(same);
        match change {
            Some(change) if (change.kind == Kind::Purge) == mark.purge => change.unused |= mark.unused,
            _ => return Err(Misread(mark.name)),
        }
    }
    Ok(Some(plan))
}

/// One package of a block.
struct Marked {
    name: String,
    arch: Option<String>,
    purge: bool,
    unused: bool,
}

/// The packages of one line. What `-V`, `-D` and `-Z` add stands in brackets of three kinds.
fn marked(line: &[u8], into: &mut Vec<Marked>) -> Option<()> {
    let mut rest = line.trim_ascii();
    while let Some(first) = rest.first() {
        let until = match first {
            b'[' => b']',
            b'<' => b'>',
            b'(' => b')',
            _ => {
                let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                let (name, flags) = cut(word, b'{');
                let flags = if name.len() == word.len() { b"" } else { flags.strip_suffix(b"}")? };
                if !flags.iter().all(u8::is_ascii_alphabetic) {
                    return None;
                }
                let (name, arch) = package(name)?;
                let has = |flag: u8| flags.contains(&flag);
                into.push(Marked { name, arch, purge: has(b'p'), unused: has(b'u') });
                rest = after.trim_ascii_start();
                continue;
            }
        };
        let mut depth = 0_usize;
        let end = rest.iter().position(|b| {
            depth += usize::from(b == first);
            depth -= usize::from(*b == until).min(depth);
            depth == 0
        })?;
        rest = rest.get(end + 1..)?.trim_ascii_start();
    }
    Some(())
}

/// The count in `1 packages upgraded, 2 newly installed, 3 to remove and 4 not upgraded.`
fn to_remove(line: &[u8]) -> Option<usize> {
    let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
    let at = words.windows(3).position(|w| w == [&b"to"[..], b"remove", b"and"])?;
    std::str::from_utf8(words.get(at.checked_sub(1)?)?).ok()?.parse().ok()
}

/// What dpkg says it would do, and what its database knows of the packages.
#[derive(Clone, Copy, Debug)]
pub struct Dpkg<'a> {
    /// Standard output of `dpkg --no-act …`.
    pub output: &'a [u8],
    /// Its standard error: there it says which packages make room for others.
    pub errors: &'a [u8],
    /// The database: [`installed`].
    pub known: &'a [Known],
    /// What happens to packages that are named: [`Kind::Remove`] or [`Kind::Purge`].
    pub kind: Kind,
    /// With `--pending` what was selected counts: a purge for packages selected so, whatever the action.
    pub pending: bool,
    /// Several files are installed. A rehearsal unpacks none of them, so that what one of them needs of another is
    /// missing in it: what dpkg only considers may then go all the same.
    pub several: bool,
}

/// Reads the output of `dpkg --no-act`: `Would remove or purge NAME (VERSION) ...`, which says the same for both, and
/// for installations `dpkg: yes, will remove NAME in favour of OTHER` and, with `--auto-deconfigure`,
/// `dpkg: yes, will deconfigure NAME (broken by OTHER)` (`check_breaks` in `lib/dpkg`'s `archives.c`, 1.21). What a removal
/// has deconfigured is told only when it is done.
pub fn dpkg(said: &Dpkg<'_>) -> Result<Plan, Misread> {
    let mut plan = Plan::default();
    for line in said.output.split(|b| *b == b'\n') {
        let Some(rest) = line.strip_prefix(b"Would remove") else { continue };
        let misread = || Misread(text(line));
        let rest = rest.strip_prefix(b" or purge ").ok_or_else(misread)?;
        let (word, rest) = cut(rest, b' ');
        if !rest.starts_with(b"(") {
            return Err(misread());
        }
        let found = find(said.known, word).ok_or_else(misread)?;
        let kind = match found.want_purge {
            true if said.pending => Kind::Purge,
            false if said.pending => Kind::Remove,
            _ => said.kind,
        };
        put(&mut plan, change(word, found, kind).ok_or_else(misread)?);
    }
    for line in said.errors.split(|b| *b == b'\n') {
        if let Some(rest) = line.strip_prefix(b"dpkg: yes, will deconfigure ") {
            let (word, _) = cut(rest, b' ');
            let (name, _) = package(word).ok_or_else(|| Misread(text(line)))?;
            if !plan.deconfigured.contains(&name) {
                plan.deconfigured.push(name);
            }
            continue;
        }
        let considered = line.strip_prefix(b"dpkg: considering removing ").filter(|_| said.several);
        let Some(rest) = line.strip_prefix(b"dpkg: yes, will remove ").or(considered) else { continue };
        let (word, rest) = cut(rest, b' ');
        let found = find(said.known, word).filter(|_| rest.starts_with(b"in favour of "));
        let found = found.ok_or_else(|| Misread(text(line)))?;
        put(&mut plan, change(word, found, Kind::Remove).ok_or_else(|| Misread(text(line)))?);
    }
    Ok(plan)
}

/// A package as dpkg's database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub arch: String,
    /// Its version while it is installed; `None` when its settings alone are left.
    pub version: Option<String>,
    /// Whether a purge was selected.
    pub want_purge: bool,
    /// Whether a removal or a purge was selected.
    pub want_removal: bool,
}

/// What `dpkg-query -W -f` has to be asked for.
pub const ASK_INSTALLED: &str =
    "${Package}\\t${Architecture}\\t${db:Status-Want}\\t${db:Status-Status}\\t${Version}\\n";

/// Reads the answer to [`ASK_INSTALLED`]. Packages that are not installed, with nothing left of them, are left out.
pub fn installed(output: &[u8]) -> Result<Vec<Known>, Misread> {
    let mut all = Vec::new();
    for line in output.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let mut fields = line.split(|b| *b == b'\t');
        let mut next = || fields.next().ok_or_else(|| Misread(text(line)));
        let (name, arch, want, status, version) = (next()?, next()?, next()?, next()?, next()?);
        if status == b"not-installed" {
            continue;
        }
        all.push(Known {
            name: text(name),
            arch: text(arch),
            version: (status != b"config-files").then(|| text(version)),
            want_purge: want == b"purge",
            want_removal: want == b"purge" || want == b"deinstall",
        });
    }
    Ok(all)
}

/// The package that a word of dpkg's (`name`, `name:arch`) means.
pub fn find<'k>(known: &'k [Known], word: &[u8]) -> Option<&'k Known> {
    let (name, arch) = package(word)?;
    known.iter().find(|k| k.name == name && arch.as_ref().is_none_or(|arch| *arch == k.arch))
}

fn change(word: &[u8], found: &Known, kind: Kind) -> Option<Change> {
    let (name, arch) = package(word)?;
    Some(Change { name, arch, version: found.version.clone(), kind, named: false, unused: false })
}

/// The worse of two changes to one package counts.
fn put(plan: &mut Plan, change: Change) {
    let same = |c: &&mut Change| c.name == change.name && c.arch == change.arch;
    match plan.changes.iter_mut().find(same) {
        Some(old) if old.kind < change.kind => *old = change,
        Some(_) => {}
        None => plan.changes.push(change),
    }
}

/// `name` or `name:arch`.
fn package(word: &[u8]) -> Option<(String, Option<String>)> {
    let word = std::str::from_utf8(word).ok()?;
    let (name, arch) = match word.split_once(':') {
        Some((name, arch)) => (name, Some(arch)),
        None => (word, None),
    };
    let plain = |part: &str, also: &[u8]| {
        part.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || also.contains(&b))
    };
    let good = plain(name, b"+-._~") && arch.is_none_or(|arch| plain(arch, b"-"));
    good.then(|| (name.to_owned(), arch.map(str::to_owned)))
}

/// The part before the first such byte, and what follows it.
fn cut(bytes: &[u8], at: u8) -> (&[u8], &[u8]) {
    match bytes.iter().position(|b| *b == at) {
        Some(end) => (bytes.get(..end).unwrap_or_default(), bytes.get(end + 1..).unwrap_or_default()),
        None => (bytes, b""),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(plan: &Plan) -> Vec<String> {
        let one = |c: &Change| {
            let version = c.version.as_deref().unwrap_or("-");
            format!("{:?} {} {version}{}", c.kind, c.full_name(), if c.unused { " unused" } else { "" })
        };
        plan.changes.iter().map(one).collect()
    }

    #[test]
    fn apts_lines_are_read() {
        let output = b"NOTE: This is only a simulation!\nReading package lists...\n\
            The following packages will be REMOVED:\n  postgresql-15* less\n\
            Remv postgresql-15 [15.18-0+deb12u1] [postgresql:amd64 ]\n\
            Purg libc6:i386 [2.36-9+deb12u14]\nPurg delta\n\
            Inst tzdata [2025b-0+deb12u1] (2026a-0+deb12u1 Debian:12.15/oldstable [all])\n\
            Inst postfix (3.7.11-0+deb12u1 Debian:12.15/oldstable [amd64])\n\
            Conf postfix (3.7.11-0+deb12u1 Debian:12.15/oldstable [amd64])\nRemv postgresql-15 [15.18-0+deb12u1]\n";
        assert_eq!(
            shown(&apt(output).unwrap()),
            [
                "Remove postgresql-15 15.18-0+deb12u1",
                "Purge libc6:i386 2.36-9+deb12u14",
                "Purge delta -",
                "Install tzdata 2025b-0+deb12u1",
                "Install postfix -",
            ]
        );
        assert_eq!(apt(b"Reading package lists...\n  Remv x\n").unwrap(), Plan::default());
    }

    #[test]
    fn what_begins_like_a_change_and_is_none_is_an_error() {
        for line in [
            "Remv",
            "Remv ",
            "Purg  x",
            "Remv -x [1]",
            "Remv x:y:z [1]",
            "Remv x [1",
            "Remv x []",
            "Remv x 1.0",
            "Remv x (1.0)",
            "Remv x [1 2]",
            "Inst x",
            "Inst x 1",
            "Remv \u{e4}x [1]",
        ] {
            assert!(apt(line.as_bytes()).is_err(), "{line}");
            assert!(apt(format!("Reading\n{line}\nRemv y [1]\n").as_bytes()).is_err(), "{line}");
        }
    }

    const APTITUDE: &str = "\
Reading package lists...
The following packages will be REMOVED:
  postgresql-client-15{p}\x20
0 packages upgraded, 0 newly installed, 1 to remove and 134 not upgraded.
Need to get 0 B of archives. After unpacking 8488 kB will be freed.
The following packages have unmet dependencies:
 postgresql-15 : Depends: postgresql-client-15 but it is not going to be installed
The following actions will resolve these dependencies:

     Remove the following packages:                        \x20
1)     postgresql-15 [15.18-0+deb12u1 (now, oldstable)]    \x20

The following packages will be REMOVED:
  postgresql-15{a} [15.18-0+deb12u1] <-46.0 MB>  postgresql-client-15{p} (D: a [b (c)])  ssl-cert{pu}\x20
The following packages will NOT be UPGRADED:
  tzdata{a} xz-utils\x20
0 packages upgraded, 0 newly installed, 3 to remove and 129 not upgraded.
Remv postgresql-15 [15.18-0+deb12u1]
Purg postgresql-client-15 [15.18-0+deb12u1]
Purg ssl-cert [1.1.2]
";

    #[test]
    fn aptitudes_last_list_says_what_is_unused() {
        let plan = aptitude(APTITUDE.as_bytes()).unwrap().unwrap();
        assert_eq!(
            shown(&plan),
            [
                "Remove postgresql-15 15.18-0+deb12u1",
                "Purge postgresql-client-15 15.18-0+deb12u1",
                "Purge ssl-cert 1.1.2 unused",
            ]
        );
        let nothing = "No packages will be installed, upgraded, or removed.\n\
            0 packages upgraded, 0 newly installed, 0 to remove and 4 not upgraded.\n";
        assert_eq!(aptitude(nothing.as_bytes()).unwrap(), Some(Plan::default()));
        assert_eq!(aptitude(b"Marking package git (markauto)\n").unwrap(), None);
    }

    #[test]
    fn aptitudes_two_lists_have_to_agree() {
        for (what, with) in [
            ("Remv postgresql-15 [15.18-0+deb12u1]\n", ""),
            ("Purg ssl-cert", "Remv ssl-cert"),
            ("3 to remove", "4 to remove"),
            ("ssl-cert{pu}", "ssl-cert{pu"),
            ("(D: a [b (c)])", "(D: a [b (c]"),
            ("ssl-cert{pu}", "ssl-sert{pu}"),
            (APTITUDE.split_once("0 packages upgraded, 0 newly installed, 3").unwrap().1, ""),
        ] {
            assert!(aptitude(APTITUDE.replace(what, with).as_bytes()).is_err(), "{what}");
        }
    }

    #[test]
    fn dpkgs_lines_are_read_with_what_its_database_knows() {
        let known = installed(
            b"alpha\tall\tinstall\tinstalled\t1.0\ngamma\tamd64\tpurge\tinstalled\t1:1.0-1\n\
              delta\tall\tdeinstall\tconfig-files\t1.0\nzeta\tall\tdeinstall\thalf-installed\t2\n\
              gone\tall\tunknown\tnot-installed\t\n",
        )
        .unwrap();
        assert_eq!(known.len(), 4);
        let output = b"(Reading database ... 2 files and directories currently installed.)\n\
            Would remove or purge zeta (2) ...\nWould remove or purge gamma:amd64 (1:1.0-1) ...\n\
            Would remove or purge delta (1.0) ...\n";
        let said =
            Dpkg { output, errors: b"", known: &known, kind: Kind::Remove, pending: true, several: false };
        assert_eq!(
            shown(&dpkg(&said).unwrap()),
            ["Remove zeta 2", "Purge gamma:amd64 1:1.0-1", "Remove delta -"]
        );
        let named = Dpkg { kind: Kind::Purge, pending: false, ..said };
        assert!(dpkg(&named).unwrap().changes.iter().all(|c| c.kind == Kind::Purge));
        let errors = b"dpkg: considering removing zeta in favour of kappa ...\n\
            dpkg: yes, will remove zeta in favour of kappa\ndpkg: no, cannot proceed with removal of alpha\n";
        let install = Dpkg { output: b"Preparing to unpack kappa.deb ...\n", errors, ..said };
        assert_eq!(shown(&dpkg(&install).unwrap()), ["Remove zeta 2"]);
        // The second file may lift what keeps the first from it.
        let errors = b"dpkg: considering removing gamma in favour of kappa ...\n\
            dpkg: no, cannot proceed with removal of gamma (--auto-deconfigure will help):\n";
        assert!(dpkg(&Dpkg { errors, ..install }).unwrap().changes.is_empty());
        let several = Dpkg { errors, several: true, ..install };
        assert_eq!(shown(&dpkg(&several).unwrap()), ["Remove gamma 1:1.0-1"]);
        for output in
            ["Would remove zeta", "Would remove or purge nobody (1) ...", "Would remove or purge zeta"]
        {
            assert!(dpkg(&Dpkg { output: output.as_bytes(), ..said }).is_err(), "{output}");
        }
        let errors = b"dpkg: considering deconfiguration of alpha, which would be broken by installation of kappa ...\n\
            dpkg: yes, will deconfigure alpha (broken by kappa)\n";
        let breaks = dpkg(&Dpkg { errors, ..install }).unwrap();
        assert_eq!((breaks.removes(), breaks.deconfigured), (false, vec!["alpha".to_owned()]));
        let errors = b"dpkg: yes, will deconfigure \n";
        assert!(dpkg(&Dpkg { errors, ..install }).is_err());
        let errors = b"dpkg: yes, will remove nobody in favour of kappa\n";
        assert!(dpkg(&Dpkg { errors, ..install }).is_err());
    }

    /// Text made of what these tools print, and of anything.
    fn outputs() -> impl Strategy<Value = Vec<u8>> {
        let parts = prop::sample::select(vec![
            "Remv ",
            "Purg ",
            "Inst ",
            "Conf ",
            "x",
            "y:i386",
            " [1.0]",
            " [",
            "]",
            " (2 o [amd64])",
            "\n",
            "  ",
            "{p}",
            "{u",
            "The following packages will be REMOVED:\n",
            " REMOVED:",
            "1 to remove and ",
            "9",
            "<",
            "(",
            ")",
            "Would remove or purge ",
            " (1) ...",
            "dpkg: yes, will remove ",
            " in favour of ",
            "\t",
            "\u{e4}",
        ]);
        let known = prop::collection::vec(parts, 0..24).prop_map(|parts| parts.concat().into_bytes());
        prop_oneof![known, prop::collection::vec(any::<u8>(), 0..200)]
    }

    proptest! {
        #[test]
        fn readers_never_panic(output in outputs(), errors in outputs()) {
            let known = [Known {
                name: "x".into(), arch: "all".into(), version: None, want_purge: true, want_removal: true,
            }];
            let _ = (apt(&output), aptitude(&output), installed(&output));
            let said = Dpkg { output: &output, errors: &errors, known: &known, kind: Kind::Purge, pending: false, several: true };
            let _ = dpkg(&said);
        }

        #[test]
        fn every_line_of_a_change_is_a_change_or_an_error(output in outputs()) {
            let begins = |l: &&[u8]| l.starts_with(b"Remv ") || l.starts_with(b"Purg ");
            let lines = output.split(|b| *b == b'\n').filter(begins).count();
            if let Ok(plan) = apt(&output) {
                prop_assert_eq!(plan.removes(), lines > 0);
                prop_assert!(plan.removals().count() <= lines);
            }
        }

        #[test]
        fn what_apt_writes_is_read_back(
            all in prop::collection::btree_map("[a-z0-9][a-z0-9+.-]{1,12}", ("[0-9][0-9a-z.+~:-]{0,9}", any::<bool>()), 0..20)
        ) {
            let mut text = String::new();
            for (name, (version, purge)) in &all {
                text += &format!("{} {name} [{version}]\n", if *purge { "Purg" } else { "Remv" });
            }
            let plan = apt(text.as_bytes()).unwrap();
            let read: Vec<_> = plan.changes.iter().map(|c| (c.name.clone(), c.version.clone(), c.kind == Kind::Purge)).collect();
            let want: Vec<_> = all.iter().map(|(n, (v, p))| (n.clone(), Some(v.clone()), *p)).collect();
            prop_assert_eq!(read, want);
            prop_assert!(plan.same_removals(&plan));
        }
    }
}
