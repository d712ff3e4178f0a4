//! The paths of the `s3` commands: a bucket, one object, everything below a prefix; or a directory of this machine.

use super::beside::Beside;
use super::{Naming, Place};
use crate::engine::aws::hit::Hit;
use crate::engine::aws::{arn, names};

/// What a phrase says of a command of `s3` (`awscli/customizations/s3/subcommands.py` of 1.46).
pub(super) fn naming(hit: &Hit) -> Naming {
    let mut naming =
        Naming { kind: "object".to_owned(), everywhere: true, slashes: true, ..Naming::default() };
    let mut beside = Beside::default();
    let buckets = matches!(hit.operation.as_str(), "rb" | "mb" | "website");
    let all = hit.operation == "sync" || hit.has("recursive");
    naming.whole = if buckets { hit.operation == "rb" && hit.has("force") } else { all };
    if buckets || naming.whole {
        naming.kind = "bucket".to_owned();
    }
    // The phrase says so by its end. What `rb --force` takes besides, the bucket itself, only the digest tells.
    beside.says("recursive");
    if hit.operation == "sync" {
        beside.says("delete");
    }
    let paths = names::paths(hit);
    match paths.as_slice() {
        [path] => one(&mut naming, path, &mut beside),
        several => naming.names = names::each_once(several.iter().map(|path| names::short(path))),
    }
    for path in &paths {
        let text = path.strip_prefix("s3://").unwrap_or(path);
        if let Some((_, region, account, _)) = arn::parts(text) {
            beside.address(region, account, text);
        }
    }
    // Where the rest comes from or goes to: an empty directory to `sync` from takes everything along.
    let others = hit.operands.iter().filter(|operand| !paths.contains(&operand.as_str()));
    beside.others("paths", others.cloned());
    (naming.beside, naming.addressed) = beside.of(hit);
    naming
}

/// One path.
fn one(naming: &mut Naming, path: &str, beside: &mut Beside<'_>) {
    let place = |label: &str, name: &str| Place {
        label: label.to_owned(),
        name: name.to_owned(),
        ..Place::default()
    };
    let buckets = matches!(naming.kind.as_str(), "bucket") && !naming.whole;
    let Some(remote) = path.strip_prefix("s3://").or(buckets.then_some(path)) else {
        // `s3 sync s3://logs . --delete` removes files here.
        naming.kind = if naming.whole { "directory" } else { "file" }.to_owned();
        naming.names.push(path.to_owned());
        return;
    };
    if arn::parts(remote).is_some() {
        naming.names.push(names::short(path));
        beside.others("path", std::iter::once(remote.to_owned()));
        return;
    }
    let (bucket, key) = remote.split_once('/').unwrap_or((remote, ""));
    // A recursive command adds the slash itself.
    let key = if naming.whole { key.trim_end_matches('/') } else { key };
    match (naming.whole, key) {
        (false, "") => naming.names.push(bucket.to_owned()),
        (true, "") => naming.places.push(place("bucket", bucket)),
        (whole, key) => {
            naming.places.push(place("bucket", bucket));
            if whole {
                naming.places.push(Place { slashes: true, ..place("prefix", key) });
            } else {
                naming.names.push(key.to_owned());
            }
        }
    }
}
