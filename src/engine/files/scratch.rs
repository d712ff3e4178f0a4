//! What is nobody's loss: scratch files, caches, and what a build makes again. Everyday `rm -rf target node_modules /tmp/x` is
//! not asked about; a guard that asks there is taken off the same day.

use super::places::is_below;

/// Directories of files that nothing relies upon after a while, and what may be made again by whoever wants it: Filesystem
/// Hierarchy Standard 3.0, §3.18 `/tmp`, §5.15 `/var/tmp`, §5.5 `/var/cache` ("the application must be able to regenerate or
/// restore the data"); `/dev/shm` as in file-hierarchy(7); apt's lists of packages as `apt-get update` fetches them.
const SCRATCH: &[&[u8]] = &[b"/tmp", b"/var/tmp", b"/dev/shm", b"/var/cache", b"/var/lib/apt/lists"];

/// Whether an absolute path without links lies below a directory of scratch files. The directories themselves do not: what
/// is in them is many people's.
pub fn is_scratch(path: &[u8]) -> bool {
    SCRATCH.iter().any(|dir| is_below(path, dir)) || is_of_session(path)
}

/// Below `/run/user/UID`, which ends with the user's last session (pam_systemd(8)).
fn is_of_session(path: &[u8]) -> bool {
    let Some(rest) = path.strip_prefix(b"/run/user/") else { return false };
    let Some(slash) = rest.iter().position(|b| *b == b'/') else { return false };
    let (uid, name) = rest.split_at(slash);
    !uid.is_empty() && uid.iter().all(u8::is_ascii_digit) && name.len() > 1
}

/// What builds, tests and package managers make in a work tree and make again. A name says little: it counts only for what
/// git is told to ignore there.
const MADE_AGAIN: &[&[u8]] = &[
    // Rust, Maven, sbt; Gradle; C and C++.
    b"target",
    b"build",
    b".gradle",
    b"CMakeFiles",
    b"cmake-build-debug",
    b"cmake-build-release",
    b"builddir",
    b"_build",
    b"obj",
    b"bin",
    b"out",
    // JavaScript.
    b"node_modules",
    b"bower_components",
    b"dist",
    b".next",
    b".nuxt",
    b".svelte-kit",
    b".parcel-cache",
    b".turbo",
    b".angular",
    b".vite",
    b".yarn",
    b".pnpm-store",
    b"storybook-static",
    // Python.
    b"__pycache__",
    b".venv",
    b"venv",
    b".tox",
    b".nox",
    b".pytest_cache",
    b".mypy_cache",
    b".ruff_cache",
    b".eggs",
    b".ipynb_checkpoints",
    b"htmlcov",
    // Others.
    b"coverage",
    b".coverage",
    b".nyc_output",
    b".cache",
    b".sass-cache",
    b".bundle",
    b".dart_tool",
    b".stack-work",
    b"dist-newstyle",
    b".terragrunt-cache",
    b"deps",
    b"DerivedData",
    b".direnv",
    b"zig-out",
    b".zig-cache",
    b"zig-cache",
];

/// How such names end.
const ENDINGS: &[&[u8]] =
    &[b".pyc", b".pyo", b".o", b".a", b".so", b".class", b".egg-info", b".tmp", b".swp", b"~"];

/// Whether a file or directory of this name is one that is made again, where git ignores it.
pub fn is_made_again(name: &[u8]) -> bool {
    MADE_AGAIN.contains(&name) || ENDINGS.iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// The same without git, by what it is made from, or by what makes it: a path from the directory itself.
const MADE_BESIDE: &[(&[u8], &str)] = &[
    (b"node_modules", "../package.json"),
    (b"target", "../Cargo.toml"),
    (b".venv", "pyvenv.cfg"),
    (b"venv", "pyvenv.cfg"),
    (b"__pycache__", "."),
    (b"build", "../Cargo.toml"),
    (b"build", "../package.json"),
    (b"build", "../pyproject.toml"),
    (b"build", "../setup.py"),
    (b"build", "../build.gradle"),
    (b"build", "../build.gradle.kts"),
    (b"build", "../CMakeLists.txt"),
    (b"build", "../meson.build"),
    (b"build", "CMakeCache.txt"),
    (b"dist", "../package.json"),
    (b"dist", "../pyproject.toml"),
    (b"dist", "../setup.py"),
    (b"coverage", "../package.json"),
    (b".next", "../package.json"),
    (b".nuxt", "../package.json"),
    (b".svelte-kit", "../package.json"),
    (b".turbo", "../package.json"),
    (b".angular", "../package.json"),
    (b".parcel-cache", "../package.json"),
    (b".tox", "../tox.ini"),
    (b".tox", "../pyproject.toml"),
    (b".nox", "../noxfile.py"),
    (b".eggs", "../setup.py"),
    (b"htmlcov", "../pyproject.toml"),
    (b"htmlcov", "../setup.py"),
    (b".pytest_cache", "CACHEDIR.TAG"),
    (b".gradle", "../build.gradle"),
    (b".gradle", "../build.gradle.kts"),
    (b"_build", "../mix.exs"),
    (b"_build", "../dune-project"),
    (b"deps", "../mix.exs"),
    (b"dist-newstyle", "../cabal.project"),
    (b".stack-work", "../stack.yaml"),
    (b".dart_tool", "../pubspec.yaml"),
    (b".zig-cache", "../build.zig"),
    (b"zig-out", "../build.zig"),
    (b".terraform", "providers"),
];

/// What package managers and editors fetch into a home, and fetch again.
const FETCHED: &[&[u8]] = &[
    b".cache",
    b".npm/_cacache",
    b".npm/_npx",
    b".yarn/cache",
    b".pnpm-store",
    b".bun/install/cache",
    b".cargo/registry",
    b".cargo/git",
    b".rustup/toolchains",
    b".rustup/downloads",
    b".m2/repository",
    b".gradle/caches",
    b".gradle/wrapper",
    b".ivy2/cache",
    b"go/pkg/mod",
    b".nuget/packages",
    b".gem/cache",
    b".ccache",
    b".nvm/versions",
    b".nvm/.cache",
    b".pyenv/versions",
    b".vscode-server/bin",
    b".minikube/cache",
    b".terraform.d/plugin-cache",
];

/// The directory of a home that a path of it lies in or below, when that is one that is fetched again: without the slash before
/// it.
pub fn is_fetched(below_home: &[u8]) -> bool {
    FETCHED.iter().any(|dir| {
        below_home.strip_prefix(*dir).is_some_and(|rest| match *dir {
            b".cache" => rest.len() > 1 && rest.starts_with(b"/"),
            _ => rest.is_empty() || rest.starts_with(b"/"),
        })
    })
}

/// Whether a directory of this name is made again, by what stands beside or in it.
pub fn is_made_beside(name: &[u8], has: impl Fn(&str) -> bool) -> bool {
    MADE_BESIDE.iter().any(|(made, evidence)| *made == name && has(evidence))
}

/// The file that says of its directory that it is a cache, and how it begins (the Cache Directory Tagging Specification).
pub const CACHE_TAG: &str = "CACHEDIR.TAG";
/// See [`CACHE_TAG`].
pub const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_is_below_its_directories() {
        for (path, want) in [
            ("/tmp/x", true),
            ("/tmp/x/y", true),
            ("/tmp", false),
            ("/tmp/", false),
            ("/tmpx/y", false),
            ("/var/tmp/x", true),
            ("/var/cache/apt/archives", true),
            ("/var/lib/apt/lists/x", true),
            ("/var/lib/apt", false),
            ("/dev/shm/x", true),
            ("/dev/x", false),
            ("/run/user/1000/x", true),
            ("/run/user/1000", false),
            ("/run/user/1000/", false),
            ("/run/user/x/y", false),
            ("/home/a/tmp/x", false),
            ("tmp/x", false),
            ("", false),
        ] {
            assert_eq!(is_scratch(path.as_bytes()), want, "{path}");
        }
    }

    #[test]
    fn what_stands_beside_tells() {
        for (name, there, want) in [
            ("node_modules", "../package.json", true),
            ("node_modules", "../Cargo.toml", false),
            ("target", "../Cargo.toml", true),
            ("venv", "pyvenv.cfg", true),
            ("data", "../package.json", false),
        ] {
            assert_eq!(is_made_beside(name.as_bytes(), |path| path == there), want, "{name} {there}");
        }
    }

    #[test]
    fn names_of_what_is_made_again() {
        for (name, want) in [
            ("target", true),
            ("node_modules", true),
            ("x.o", true),
            (".o", false),
            ("pkg.egg-info", true),
            ("data", false),
            ("pgdata", false),
            (".env", false),
            ("app.db", false),
            ("vendor", false),
            ("", false),
        ] {
            assert_eq!(is_made_again(name.as_bytes()), want, "{name}");
        }
    }
}
