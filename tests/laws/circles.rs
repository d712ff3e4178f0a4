//! No file uses, through others, what uses it: a reader can begin at the bottom. Read from the `use` lines and the paths of the
//! sources. A module and the ones below it are one thing, so that a file may use what the files above it declare.

use super::sources::{code, sources};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Circles that are still there, each with its files in order. The list is exact: one that is gone is taken out.
const LEFT: &[&[&str]] = &[];

/// The modules of the library by their path, without those of the programs and those that are tests.
fn modules() -> BTreeMap<Vec<String>, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut all = BTreeMap::new();
    for file in files {
        let path = file.strip_prefix(&src).unwrap().with_extension("");
        let mut parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if parts.last().is_some_and(|last| last == "mod") {
            parts.pop();
        }
        let last = parts.last().cloned().unwrap_or_default();
        if ["lib", "main"].contains(&last.as_str()) || parts[0] == "bin" || last.ends_with("tests") {
            continue;
        }
        all.insert(parts, code(&fs::read_to_string(&file).unwrap()));
    }
    assert!(all.len() > 100, "the sources were not found");
    all
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree).trim();
        return if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
    };
    let body = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let mut depth = 0;
    let branches = body.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    branches.flat_map(paths).map(|path| format!("{head}{path}")).collect()
}

/// What a text uses: its `use` lines, and paths in the code that begin at the crate or one module up.
fn used(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = String::new();
    let mut statements = text.split("use ");
    rest.push_str(statements.next().unwrap_or_default());
    for statement in statements {
        match statement.split_once(';') {
            Some((tree, behind)) if !tree.contains(['(', '=', '"']) => {
                found.extend(paths(tree));
                rest.push_str(behind);
            }
            _ => rest.push_str(statement),
        }
    }
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = rest.split(|c| !part(c)).filter(|w| w.starts_with("crate::") || w.starts_with("super::"));
    found.extend(words.map(str::to_owned));
    found
}

/// The module a path leads to, seen from another one.
fn leads_to(path: &str, from: &[String], all: &BTreeMap<Vec<String>, String>) -> Option<Vec<String>> {
    let mut parts: Vec<&str> = path.split("::").map(str::trim).collect();
    let mut base: Vec<String> = Vec::new();
    match parts.first().copied()? {
        "crate" => _ = parts.remove(0),
        "super" | "self" => {
            base = from.to_vec();
            while let Some(step @ ("super" | "self")) = parts.first().copied() {
                if step == "super" {
                    base.pop();
                }
                parts.remove(0);
            }
        }
        child => {
            base = from.to_vec();
            base.push(child.to_owned());
            parts.remove(0);
            if !all.contains_key(&base) {
                return None;
            }
        }
    }
    base.extend(parts.iter().map(|part| (*part).to_owned()));
    while !base.is_empty() && !all.contains_key(&base) {
        base.pop();
    }
    let above = base.is_empty() || from.starts_with(&base);
    (!above).then_some(base)
}

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Everything that can be reached from each one.
fn reached(graph: &Graph) -> Graph {
    let from = |start: &String| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&String> = graph[start].iter().collect();
        while let Some(one) = next.pop() {
            if seen.insert(one.clone()) {
                next.extend(graph.get(one).into_iter().flatten());
            }
        }
        seen
    };
    graph.keys().map(|start| (start.clone(), from(start))).collect()
}

/// Those that reach themselves, put together.
fn circles(graph: &Graph) -> BTreeSet<Vec<String>> {
    let reached = reached(graph);
    let round = |one: &String| {
        let with =
            graph.keys().filter(|other| reached[one].contains(*other) && reached[*other].contains(one));
        with.cloned().collect::<Vec<_>>()
    };
    graph.keys().filter(|one| reached[*one].contains(*one)).map(round).collect()
}

#[test]
fn no_file_uses_what_uses_it() {
    let all = modules();
    let mut graph: Graph = BTreeMap::new();
    for (module, text) in &all {
        let edges =
            used(text).iter().filter_map(|path| leads_to(path, module, &all)).map(|m| m.join("/")).collect();
        graph.insert(module.join("/"), edges);
    }
    let left: BTreeSet<Vec<String>> =
        LEFT.iter().map(|files| files.iter().map(|file| (*file).to_owned()).collect()).collect();
    let found = circles(&graph);
    let told: Vec<String> = found
        .iter()
        .filter(|circle| !left.contains(*circle))
        .map(|circle| {
            let edges = circle.iter().map(|one| {
                let within: Vec<&String> = graph[one].iter().filter(|to| circle.contains(to)).collect();
                format!("  {one} uses {within:?}")
            });
            edges.collect::<Vec<_>>().join("\n")
        })
        .collect();
    assert!(told.is_empty(), "circles:\n{}", told.join("\n\n"));
    let gone: Vec<_> = left.difference(&found).collect();
    assert!(gone.is_empty(), "no circle any more, take them out of the list: {gone:?}");
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    assert_eq!(paths("a::{b, c::{d, self}, e as f}"), ["a::b", "a::c::d", "a::c::self", "a::e"]);
    let text = "use super::b::{C, d};\nfn f() { crate::x::y::z(); }\nlet s = \"use it\";";
    assert_eq!(used(text), ["super::b::C", "super::b::d", "crate::x::y::z"]);
    let graph: Graph = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")]
        .map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])))
        .into();
    assert_eq!(circles(&graph), BTreeSet::from([["a", "b", "c"].map(str::to_owned).to_vec()]));
}
