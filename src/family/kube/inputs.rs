//! Everything a command reads besides its words: manifests from files, pipes and standard input, and the kubeconfig.
//! Taken once, judged, and handed to the tool as the same bytes, so that nothing can change in between.

mod pattern;

use crate::engine::escape::escape;
use crate::engine::grammar::cobra::{Given, Parsed};
use crate::engine::grammar::table::Role;
use crate::fail::{Fail, Kind, Result};
use crate::run::exec::EnvEdit;
use crate::run::pin::{Pinned, read_bounded};
use crate::run::signals;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::fd::FromRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What standard input is called among the manifests.
const STDIN: &str = "standard input";

/// Paths and bytes of the files one name stands for, in the order they are read.
type Files = Vec<(PathBuf, Vec<u8>)>;

/// One document stream as the tool will read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Where it came from, escaped: a path, or `standard input`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// It is a patch (`--patch-file`), and no object by itself.
    pub patch: bool,
}

/// A source the tool would read by itself, so that guard could not hold it still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loose {
    /// `-k DIR` or `-k URL`: rendered by kustomize, which may follow other directories and remote bases.
    Kustomize(OsString),
    /// `-f https://…`.
    Url(OsString),
    /// `-f 'dir/*.yaml'`, expanded by the tool itself, that guard does not understand.
    Pattern(OsString),
}

/// What one command reads.
#[derive(Debug, Default)]
pub struct Inputs {
    manifests: Vec<Manifest>,
    directories: Vec<Directory>,
    /// Patterns with the files they stood for.
    patterns: Vec<Pattern>,
    /// Files the words name that are not there.
    absent: Vec<PathBuf>,
    edits: Vec<Edit>,
    pins: Vec<Pinned>,
    stdin: Option<Pinned>,
    /// Which of the manifests it is.
    stdin_at: Option<usize>,
    loose: Vec<(Loose, Spot)>,
    kubeconfig: Option<OsString>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    recursive: bool,
    /// Paths and bytes of every file the tool would read, in its order.
    files: Files,
}

#[derive(Debug)]
struct Pattern {
    text: Vec<u8>,
    recursive: bool,
    files: Files,
}

/// Part of one word.
#[derive(Clone, Copy, Debug)]
struct Spot {
    /// Index into the words after `argv[0]`.
    word: usize,
    /// Where in that word.
    start: usize,
    end: usize,
    /// The word that holds the flag's name.
    flag: usize,
}

#[derive(Debug)]
struct Edit {
    spot: Spot,
    with: OsString,
    /// The same for a child of guard, which has no descriptor of guard's.
    for_child: OsString,
    /// `-k` becomes `-f` when its rendered output is handed over.
    rename: bool,
    /// The source can be read a second time: a regular file, or a kustomization.
    again: bool,
}

impl Inputs {
    /// Reads what the words name. Files and pipes are pinned, directories kept for comparison, standard input is read
    /// when `-f -` says so. What cannot be held still is listed by [`loose`](Inputs::loose).
    pub fn take(parsed: &Parsed<'_>) -> Result<Inputs> {
        let mut inputs = Inputs::default();
        let recursive = parsed.on("recursive");
        for given in &parsed.given {
            let Some(flag) = given.flag.filter(|f| f.role == Role::Filename || f.long == "patch-file") else {
                continue;
            };
            let Some((word, start)) = place(parsed, given) else { continue };
            if flag.long == "kustomize" {
                let spot = Spot { word, start, end: start + given.value.len(), flag: given.at };
                inputs.loose.push((Loose::Kustomize(os(given.value)), spot));
                continue;
            }
            // Only the list flag is split at commas; `--patch-file a,b` names one file.
            let parts = if flag.long == "filename" {
                split_list(given.value)
            } else {
                Some(vec![Part { start: 0, end: given.value.len(), text: given.value.to_vec() }])
            };
            // A list the tool cannot read either: it will say so itself.
            for part in parts.unwrap_or_default() {
                let spot = Spot { word, start: start + part.start, end: start + part.end, flag: given.at };
                let before = inputs.manifests.len();
                inputs.take_one(&part.text, spot, recursive)?;
                let taken = inputs.manifests.get_mut(before..).unwrap_or_default();
                taken.iter_mut().for_each(|m| m.patch = flag.long == "patch-file");
            }
        }
        Ok(inputs)
    }

    fn take_one(&mut self, text: &[u8], spot: Spot, recursive: bool) -> Result<()> {
        if text == b"-" {
            return self.take_stdin();
        }
        if text.starts_with(b"http://") || text.starts_with(b"https://") {
            self.loose.push((Loose::Url(os(text)), spot));
            return Ok(());
        }
        let path = Path::new(OsStr::from_bytes(text));
        let name = escape(text);
        let meta = match std::fs::metadata(path) {
            Ok(meta) => meta,
            Err(err) if err.kind() == std::io::ErrorKind::NotFound && has_pattern(text) => {
                return self.take_pattern(text, spot, recursive);
            }
            // The tool will fail over it as well, as long as nothing appears there meanwhile.
            Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
                self.absent.push(path.to_path_buf());
                return Ok(());
            }
            Err(err) => return Err(unreadable(&name, &err)),
        };
        if meta.is_dir() {
            let files = list_directory(path, recursive)?;
            for (path, bytes) in &files {
                let name = escape(path.as_os_str().as_bytes());
                self.manifests.push(Manifest { name, bytes: bytes.clone(), patch: false });
            }
            self.directories.push(Directory { path: path.to_path_buf(), recursive, files });
            return Ok(());
        }
        let mut file = File::open(path).map_err(|err| unreadable(&name, &err))?;
        let bytes = read_bounded(&name, &mut file)?;
        let pinned = Pinned::of(&name, &bytes)?;
        self.edits.push(Edit {
            spot,
            with: pinned.path(),
            for_child: pinned.shared_path(),
            rename: false,
            again: meta.is_file(),
        });
        self.pins.push(pinned);
        self.manifests.push(Manifest { name, bytes, patch: false });
        Ok(())
    }

    /// Reads what a pattern stands for. Only its own expansion reads the files: which they are, and what is in them, is
    /// looked at again before the command runs.
    fn take_pattern(&mut self, text: &[u8], spot: Spot, recursive: bool) -> Result<()> {
        let Some(files) = pattern::files(text, recursive)? else {
            self.loose.push((Loose::Pattern(os(text)), spot));
            return Ok(());
        };
        for (path, bytes) in &files {
            let name = escape(path.as_os_str().as_bytes());
            self.manifests.push(Manifest { name, bytes: bytes.clone(), patch: false });
        }
        self.patterns.push(Pattern { text: text.to_vec(), recursive, files });
        Ok(())
    }

    /// Gives the tool its files back under their own names, for a command that nobody was asked about: nothing was
    /// confirmed that they could betray, and the tool's messages name the file instead of a descriptor. Pipes were
    /// read and stay handed over.
    pub fn release_files(&mut self) {
        self.edits.retain(|edit| !edit.again);
    }

    /// Reads standard input to its end, once. From a terminal that is what the tool would do too: the person types or
    /// pastes, and ends with Ctrl-D.
    fn take_stdin(&mut self) -> Result<()> {
        if self.stdin.is_some() || signals::was_closed(0) {
            return Ok(());
        }
        // SAFETY: descriptor 0 is only borrowed: the File is never dropped, so it stays open.
        let mut stdin = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(0) });
        // SAFETY: asks for the descriptor's flags only.
        if unsafe { libc::fcntl(0, libc::F_GETFD) } == -1 {
            return Ok(());
        }
        let bytes = read_bounded(STDIN, &mut *stdin)?;
        self.stdin = Some(Pinned::of(STDIN, &bytes)?);
        self.stdin_at = Some(self.manifests.len());
        self.manifests.push(Manifest { name: STDIN.into(), bytes, patch: false });
        Ok(())
    }

    /// What the tool will read, in the order of the words.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// Standard input, when a `-f -` reads it.
    pub fn stdin(&self) -> Option<&[u8]> {
        self.manifests.get(self.stdin_at?).map(|m| m.bytes.as_slice())
    }

    /// What could not be held still and was not read, by number for [`supply`](Inputs::supply).
    pub fn loose(&self) -> impl ExactSizeIterator<Item = &Loose> {
        self.loose.iter().map(|(loose, _)| loose)
    }

    /// Gives the bytes of the loose source with this number (its rendered or downloaded content): the tool then reads
    /// exactly them, `-k` becoming `-f`. The source is no longer loose; later numbers move down by one.
    pub fn supply(&mut self, number: usize, bytes: Vec<u8>) -> Result<()> {
        if number >= self.loose.len() {
            return Err(Fail::new(Kind::Bug, format!("there is no loose input {number}")));
        }
        let (loose, spot) = self.loose.remove(number);
        let (text, rename) = match &loose {
            Loose::Kustomize(dir) => (dir, true),
            Loose::Url(text) | Loose::Pattern(text) => (text, false),
        };
        let name = escape(text.as_bytes());
        let pinned = Pinned::of(&name, &bytes)?;
        self.edits.push(Edit {
            spot,
            with: pinned.path(),
            for_child: pinned.shared_path(),
            rename,
            again: true,
        });
        self.pins.push(pinned);
        self.manifests.push(Manifest { name, bytes, patch: false });
        Ok(())
    }

    /// Pins the kubeconfig the target was read from. Paths in these bytes must be absolute already: the tool reads
    /// relative ones from the file's own directory, which is now another. With `--kubeconfig FILE` the word is changed,
    /// else `KUBECONFIG` is set. Not for commands that write the kubeconfig (`kubectl config …`).
    pub fn pin_kubeconfig(&mut self, parsed: &Parsed<'_>, bytes: &[u8]) -> Result<()> {
        let pinned = Pinned::of("the kubeconfig", bytes)?;
        if !self.pin_flag(parsed, Role::Kubeconfig, &pinned) {
            self.kubeconfig = Some(pinned.shared_path());
        }
        self.pins.push(pinned);
        Ok(())
    }

    /// Pins the preferences file that a word names (`--kuberc FILE`).
    pub fn pin_preferences(&mut self, parsed: &Parsed<'_>, bytes: &[u8]) -> Result<()> {
        let pinned = Pinned::of("the kuberc file", bytes)?;
        self.pin_flag(parsed, Role::Preferences, &pinned);
        self.pins.push(pinned);
        Ok(())
    }

    /// Puts a pin where the last flag of this role names a file; false when none does.
    fn pin_flag(&mut self, parsed: &Parsed<'_>, role: Role, pinned: &Pinned) -> bool {
        let given = parsed.given.iter().rev().find(|g| g.flag.is_some_and(|f| f.role == role));
        let Some((given, (word, start))) =
            given.filter(|g| !g.value.is_empty()).and_then(|g| Some((g, place(parsed, g)?)))
        else {
            return false;
        };
        let spot = Spot { word, start, end: start + given.value.len(), flag: given.at };
        self.edits.push(Edit {
            spot,
            with: pinned.path(),
            for_child: pinned.shared_path(),
            rename: false,
            again: false,
        });
        true
    }

    /// The words to run: the caller's own, `argv[0]` included, with only the pinned values put in their places.
    pub fn argv(&self, original: &[OsString]) -> Vec<OsString> {
        self.edited(original, |edit| &edit.with)
    }

    /// The same for a program guard starts itself while it lives: a dry run, a diff.
    pub fn argv_for_children(&self, original: &[OsString]) -> Vec<OsString> {
        self.edited(original, |edit| &edit.for_child)
    }

    fn edited(&self, original: &[OsString], with: impl Fn(&Edit) -> &OsString) -> Vec<OsString> {
        let mut words: Vec<Vec<u8>> = original.iter().map(|w| w.as_bytes().to_vec()).collect();
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        // From the back, so that earlier places in the same word stay where they are.
        edits.sort_by_key(|e| std::cmp::Reverse((e.spot.word, e.spot.start)));
        for edit in edits {
            if let Some(word) = words.get_mut(edit.spot.word + 1)
                && edit.spot.start <= edit.spot.end
                && edit.spot.end <= word.len()
            {
                word.splice(edit.spot.start..edit.spot.end, with(edit).as_bytes().iter().copied());
            }
            if edit.rename
                && let Some(flag) = words.get_mut(edit.spot.flag + 1)
            {
                let upto = if edit.spot.flag == edit.spot.word { edit.spot.start } else { flag.len() };
                rename_kustomize(flag, upto);
            }
        }
        words.into_iter().map(OsString::from_vec).collect()
    }

    /// Adds to the environment what the pins need.
    pub fn env(&self, edit: &mut EnvEdit) {
        if let Some(path) = &self.kubeconfig {
            edit.set("KUBECONFIG", path);
        }
    }

    /// Looks again at what is not pinned. A directory that changed since it was judged is refused, and so is a file
    /// that was not there and now is.
    pub fn recheck(&self) -> Result<()> {
        for path in &self.absent {
            if crate::run::self_path::may_exist(path) {
                return Err(changed(path));
            }
        }
        for directory in &self.directories {
            if list_directory(&directory.path, directory.recursive)? != directory.files {
                return Err(changed(&directory.path));
            }
        }
        for pattern in &self.patterns {
            if pattern::files(&pattern.text, pattern.recursive)?.as_ref() != Some(&pattern.files) {
                return Err(changed(Path::new(OsStr::from_bytes(&pattern.text))));
            }
        }
        Ok(())
    }

    /// Hands the pinned bytes over: descriptors stay open across the exec, standard input is given back from its
    /// start. To be called right before the exec.
    pub fn install(&self) -> Result<()> {
        for pin in &self.pins {
            pin.inherit()?;
        }
        self.stdin.as_ref().map_or(Ok(()), Pinned::become_stdin)
    }
}

fn changed(path: &Path) -> Fail {
    Fail::new(
        Kind::Refused,
        format!("{} changed after it was looked at", escape(path.as_os_str().as_bytes())),
    )
    .because("what would run is not what was confirmed")
    .help("nothing was run; run the command again")
}

/// The word that holds a flag's value, and where in it the value starts.
fn place(parsed: &Parsed<'_>, given: &Given<'_>) -> Option<(usize, usize)> {
    if let Some(at) = given.value_at {
        return (parsed.words.get(at)? == &given.value).then_some((at, 0));
    }
    let word = parsed.words.get(given.at)?;
    // `--filename=a`, `-f=a`, `-fa`, `-Rfa`: the value is the end of the word.
    word.ends_with(given.value).then(|| (given.at, word.len() - given.value.len()))
}

fn rename_kustomize(word: &mut Vec<u8>, upto: usize) {
    let head = word.get(..upto).unwrap_or_default();
    if head.starts_with(b"--") {
        let end = head.iter().position(|b| *b == b'=').unwrap_or(head.len());
        word.splice(2..end, b"filename".iter().copied());
    } else if let Some(at) = head.iter().rposition(|b| *b == b'k')
        && let Some(letter) = word.get_mut(at)
    {
        *letter = b'f';
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Part {
    start: usize,
    end: usize,
    text: Vec<u8>,
}

/// A list value as pflag's StringSlice reads it: one record of Go's encoding/csv, quotes included. `None` when that
/// would be an error.
fn split_list(value: &[u8]) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    if value.is_empty() {
        return Some(parts);
    }
    let mut at = 0;
    loop {
        let start = at;
        let mut text = Vec::new();
        if value.get(at) == Some(&b'"') {
            at += 1;
            loop {
                match (value.get(at)?, value.get(at + 1)) {
                    (b'"', Some(b'"')) => {
                        text.push(b'"');
                        at += 2;
                    }
                    (b'"', _) => {
                        at += 1;
                        break;
                    }
                    (byte, _) => {
                        text.push(*byte);
                        at += 1;
                    }
                }
            }
        } else {
            while let Some(byte) = value.get(at).filter(|b| **b != b',') {
                if *byte == b'"' || *byte == b'\n' {
                    return None;
                }
                text.push(*byte);
                at += 1;
            }
        }
        parts.push(Part { start, end: at, text });
        match value.get(at) {
            None => return Some(parts),
            Some(b',') => at += 1,
            Some(_) => return None,
        }
    }
}

/// Whether Go's `filepath.Glob` would expand it.
fn has_pattern(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

/// The files kubectl reads below a directory: `.json`, `.yaml`, `.yml`, in the order of Go's `filepath.Walk` (by name
/// within each directory), subdirectories only with `-R`, symlinked directories never.
fn list_directory(dir: &Path, recursive: bool) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut left = crate::run::pin::MAX_INPUT;
    walk(dir, recursive, 0, &mut left, &mut files)?;
    Ok(files)
}

fn walk(
    dir: &Path,
    recursive: bool,
    depth: u32,
    left: &mut u64,
    files: &mut Vec<(PathBuf, Vec<u8>)>,
) -> Result<()> {
    let shown = escape(dir.as_os_str().as_bytes());
    if depth > 64 {
        return Err(
            Fail::new(Kind::Data, format!("{shown} lies too deep")).help("name the directory itself with -f")
        );
    }
    let mut entries = std::fs::read_dir(dir)
        .and_then(|entries| entries.collect::<std::io::Result<Vec<_>>>())
        .map_err(|err| unreadable(&shown, &err))?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let shown = escape(path.as_os_str().as_bytes());
        let kind = entry.file_type().map_err(|err| unreadable(&shown, &err))?;
        if kind.is_dir() {
            if recursive {
                walk(&path, recursive, depth + 1, left, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "json" || e == "yaml" || e == "yml") {
            let bytes =
                read_bounded(&shown, &mut File::open(&path).map_err(|err| unreadable(&shown, &err))?)?;
            *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                Fail::new(Kind::Data, format!("the files below {shown} are larger than 64 MiB"))
                    .help("apply it in several steps")
            })?;
            files.push((path, bytes));
        }
    }
    Ok(())
}

fn unreadable(name: &str, err: &std::io::Error) -> Fail {
    Fail::new(Kind::Data, format!("{name} cannot be read"))
        .because(err.to_string())
        .help("check the file; the command was not run")
}

fn os(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::grammar::cobra::parse;
    use crate::engine::kube::kubectl;
    use crate::exit::Exit;

    fn read<'a>(words: &'a [&'a [u8]]) -> Parsed<'a> {
        parse(&kubectl::TABLE, words)
    }

    fn run(inputs: &Inputs, words: &[&[u8]]) -> Vec<String> {
        let argv: Vec<OsString> =
            std::iter::once(&b"kubectl"[..]).chain(words.iter().copied()).map(os).collect();
        inputs.argv(&argv).into_iter().skip(1).map(|w| w.into_string().unwrap()).collect()
    }

    fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    }

    #[test]
    fn every_way_to_write_the_flag_keeps_its_form_around_the_value() {
        let dir = tempfile::tempdir().unwrap();
        let a = file(&dir, "a.txt", "a");
        for (prefix, split) in
            [("--filename=", false), ("-f=", false), ("-f", false), ("-Rf", false), ("-f", true)]
        {
            let joined = format!("{prefix}{}", if split { "" } else { &a });
            let mut words: Vec<&[u8]> = vec![b"delete", joined.as_bytes()];
            if split {
                words.push(a.as_bytes());
            }
            words.push(b"--wait");
            let inputs = Inputs::take(&read(&words)).unwrap();
            assert_eq!(
                inputs.manifests(),
                [Manifest { name: a.clone(), bytes: b"a".to_vec(), patch: false }]
            );
            let pinned = inputs.pins[0].path().into_string().unwrap();
            let mut want = vec!["delete".to_string()];
            if split {
                want.extend([prefix.to_string(), pinned]);
            } else {
                want.push(format!("{prefix}{pinned}"));
            }
            want.push("--wait".to_string());
            assert_eq!(run(&inputs, &words), want);
        }
    }

    #[test]
    fn only_files_of_a_list_are_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (file(&dir, "a.yaml", "a"), file(&dir, "b,b.yaml", "b"));
        let sub = file(&dir, "d/x.yaml", "x").replace("/x.yaml", "");
        let word = format!("-f={a},https://example.com/m.yaml,\"{b}\",{sub}");
        let words: Vec<&[u8]> = vec![b"apply", word.as_bytes()];
        let mut inputs = Inputs::take(&read(&words)).unwrap();
        let texts: Vec<&[u8]> = inputs.manifests().iter().map(|m| m.bytes.as_slice()).collect();
        assert_eq!(texts, [b"a", b"b", b"x"]);
        let (pa, pb) =
            (inputs.pins[0].path().into_string().unwrap(), inputs.pins[1].path().into_string().unwrap());
        assert_eq!(run(&inputs, &words)[1], format!("-f={pa},https://example.com/m.yaml,{pb},{sub}"));
        assert_eq!(inputs.loose().collect::<Vec<_>>(), [&Loose::Url("https://example.com/m.yaml".into())]);
        inputs.supply(0, b"u".to_vec()).unwrap();
        assert_eq!(inputs.loose().len(), 0);
        let pu = inputs.pins[2].path().into_string().unwrap();
        assert_eq!(run(&inputs, &words)[1], format!("-f={pa},{pu},{pb},{sub}"));
    }

    #[test]
    fn lists_are_read_as_csv() {
        let texts = |v: &[u8]| {
            split_list(v)
                .map(|p| p.into_iter().map(|p| String::from_utf8(p.text).unwrap()).collect::<Vec<_>>())
        };
        let some = |v: &[&str]| Some(v.iter().map(|s| s.to_string()).collect::<Vec<_>>());
        assert_eq!(texts(b"a,b"), some(&["a", "b"]));
        assert_eq!(texts(b"a,"), some(&["a", ""]));
        assert_eq!(texts(b"\"a,\"\"b\",c"), some(&["a,\"b", "c"]));
        assert_eq!(texts(b""), some(&[]));
        assert_eq!(texts(b"\"a"), None);
        assert_eq!(texts(b"\"a\"b"), None);
        assert_eq!(texts(b"a\"b"), None);
    }

    #[test]
    fn a_rendered_kustomization_takes_the_place_of_k() {
        for (word, split, want) in [
            ("-kbase", false, "-f{}"),
            ("-k=base", false, "-f={}"),
            ("--kustomize=base", false, "--filename={}"),
            ("--kustomize", true, "--filename"),
            ("-k", true, "-f"),
        ] {
            let mut words: Vec<&[u8]> = vec![b"apply", word.as_bytes()];
            if split {
                words.push(b"base");
            }
            let mut inputs = Inputs::take(&read(&words)).unwrap();
            assert_eq!(inputs.loose().collect::<Vec<_>>(), [&Loose::Kustomize("base".into())]);
            inputs.supply(0, b"kind: List\n".to_vec()).unwrap();
            let path = inputs.pins[0].path().into_string().unwrap();
            let ran = run(&inputs, &words);
            assert_eq!(ran[1], want.replace("{}", &path));
            assert_eq!(ran.get(2), split.then_some(&path));
        }
    }

    #[test]
    fn a_patch_file_is_one_name_and_a_missing_file_is_the_tools_to_report() {
        let dir = tempfile::tempdir().unwrap();
        let a = file(&dir, "p,q", "p");
        let late = dir.path().join("late.yaml").to_str().unwrap().to_string();
        let words: Vec<&[u8]> =
            vec![b"patch", b"--patch-file", a.as_bytes(), b"-f", late.as_bytes(), b"-f", b"no/[.yaml"];
        let inputs = Inputs::take(&read(&words)).unwrap();
        assert_eq!(inputs.manifests().len(), 1);
        assert_eq!(inputs.loose().collect::<Vec<_>>(), [&Loose::Pattern("no/[.yaml".into())]);
        assert!(inputs.manifests()[0].patch);
        assert_eq!(run(&inputs, &words)[3..], ["-f", late.as_str(), "-f", "no/[.yaml"]);
        inputs.recheck().unwrap();
        file(&dir, "late.yaml", "x");
        assert_eq!(inputs.recheck().unwrap_err().exit(), Exit::Refused);
    }

    #[test]
    fn a_directory_is_read_as_kubectl_reads_it_and_its_change_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yaml", "c.txt", "z.json", "sub/d.yaml", ".hidden.yaml"] {
            file(&dir, name, name);
        }
        let at = dir.path().to_str().unwrap();
        let words: Vec<&[u8]> = vec![b"apply", b"-f", at.as_bytes()];
        let deep: Vec<&[u8]> = vec![b"apply", b"-Rf", at.as_bytes()];
        let names = |inputs: &Inputs| -> Vec<String> {
            inputs.manifests().iter().map(|m| String::from_utf8(m.bytes.clone()).unwrap()).collect()
        };
        let inputs = Inputs::take(&read(&words)).unwrap();
        assert_eq!(names(&inputs), [".hidden.yaml", "a.yaml", "b.yml", "z.json"]);
        let inputs_deep = Inputs::take(&read(&deep)).unwrap();
        assert_eq!(names(&inputs_deep), [".hidden.yaml", "a.yaml", "b.yml", "sub/d.yaml", "z.json"]);
        assert_eq!(run(&inputs, &words)[2], at);

        file(&dir, "c.txt", "not read");
        assert!(inputs.recheck().is_ok() && inputs_deep.recheck().is_ok());
        file(&dir, "sub/d.yaml", "changed");
        assert!(inputs.recheck().is_ok());
        assert_eq!(inputs_deep.recheck().unwrap_err().exit(), Exit::Refused);
        file(&dir, "new.yaml", "new");
        assert_eq!(inputs.recheck().unwrap_err().exit(), Exit::Refused);
    }

    #[test]
    fn a_pattern_is_read_and_its_change_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        file(&dir, "a.yaml", "a");
        let pattern = dir.path().join("*.yaml").to_str().unwrap().to_owned();
        let words: Vec<&[u8]> = vec![b"delete", b"-f", pattern.as_bytes()];
        let inputs = Inputs::take(&read(&words)).unwrap();
        assert_eq!((inputs.manifests().len(), inputs.loose().len()), (1, 0));
        assert_eq!(run(&inputs, &words)[2], pattern);
        inputs.recheck().unwrap();
        file(&dir, "b.yaml", "b");
        assert_eq!(inputs.recheck().unwrap_err().exit(), Exit::Refused);
    }

    #[test]
    fn a_pinned_file_may_change_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let a = file(&dir, "a.yaml", "before");
        let words: Vec<&[u8]> = vec![b"apply", b"-f", a.as_bytes()];
        let inputs = Inputs::take(&read(&words)).unwrap();
        file(&dir, "a.yaml", "after");
        inputs.recheck().unwrap();
        assert_eq!(std::fs::read_to_string(&run(&inputs, &words)[2]).unwrap(), "before");
    }

    #[test]
    fn the_kubeconfig_goes_where_the_words_have_it() {
        let words: Vec<&[u8]> = vec![b"--kubeconfig=/a", b"delete", b"ns", b"x", b"--kubeconfig", b"/b"];
        let mut inputs = Inputs::default();
        inputs.pin_kubeconfig(&read(&words), b"kind: Config\n").unwrap();
        let path = inputs.pins[0].path().into_string().unwrap();
        assert_eq!(run(&inputs, &words), ["--kubeconfig=/a", "delete", "ns", "x", "--kubeconfig", &path]);
        let mut edit = EnvEdit::default();
        inputs.env(&mut edit);
        assert_eq!(edit, EnvEdit::default());

        let words: Vec<&[u8]> = vec![b"delete", b"ns", b"x"];
        let mut inputs = Inputs::default();
        inputs.pin_kubeconfig(&read(&words), b"kind: Config\n").unwrap();
        inputs.env(&mut edit);
        assert_eq!(run(&inputs, &words), ["delete", "ns", "x"]);
        assert_eq!(std::fs::read(&edit.set[0].1).unwrap(), b"kind: Config\n");
        assert_eq!(edit.set[0].0, "KUBECONFIG");
    }
}
