//! Templates that lie in S3: `--template-url`, `TemplateURL` of a nested stack. They are read as the caller, through the
//! caller's own CLI.

use super::super::cli::Cli;
use super::template::Template;
use super::tree::Tree;
use crate::engine::fact::Why;
use crate::run::tasks::gather;
use futures_util::future::LocalBoxFuture;
use std::collections::{BTreeMap, BTreeSet};

/// What an update makes of a stack: its new template, and those of the nested stacks it has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// `Err` with the reason why nobody knows it.
    pub(super) template: Result<Template, String>,
    /// Resources that stay as they are all the same, by their logical ids.
    pub(super) untouched: BTreeSet<String>,
    /// By their logical ids.
    pub(super) inner: BTreeMap<String, Next>,
}

impl Next {
    /// Nothing is known of it.
    pub(super) fn unread() -> Next {
        Next { template: Err(String::new()), untouched: BTreeSet::new(), inner: BTreeMap::new() }
    }
}

/// Follows the nested stacks of `tree` into the new template.
pub(super) fn follow<'a>(
    cli: &'a Cli<'_>,
    tree: &'a Tree,
    template: Result<Template, String>,
) -> LocalBoxFuture<'a, Next> {
    Box::pin(async move {
        let Ok(new) = &template else { return Next { template, ..Next::unread() } };
        let stay = tree.children.iter().filter(|(logical, _)| new.has(logical));
        let asked = stay.map(|(logical, child)| async move {
            let url = new.property(logical, "TemplateURL").and_then(serde_json::Value::as_str);
            let read = match url {
                // A query may hold a signature.
                Some(url) => fetch(cli, url)
                    .await
                    .map_err(|why| format!("{}: {why}", url.split(['?', '#']).next().unwrap_or_default())),
                None => Err("its address is computed".to_owned()),
            };
            let read =
                read.and_then(|t| if t.generated { Err("it is made by macros".to_owned()) } else { Ok(t) });
            (logical.clone(), follow(cli, child, read).await)
        });
        let inner = gather(asked).await.into_iter().collect();
        Next { template, inner, ..Next::unread() }
    })
}

/// Reads a template by its address.
pub(super) async fn fetch(cli: &Cli<'_>, url: &str) -> Result<Template, Why> {
    let Some((bucket, key)) = address(url) else { return Err(Why::Unsupported) };
    let text = cli.text(&["s3", "cp", &format!("s3://{bucket}/{key}"), "-"]).await?;
    let read = std::str::from_utf8(&text).ok().and_then(Template::parse);
    read.ok_or_else(|| Why::Failed("the template cannot be read".to_owned()))
}

/// Bucket and key of an address in S3, in each of its forms (Amazon S3 User Guide, "Virtual hosting of buckets"). `None`
/// for anything else, and for one version of an object.
fn address(url: &str) -> Option<(String, String)> {
    if let Some(rest) = url.strip_prefix("s3://") {
        let (bucket, key) = rest.split_once('/')?;
        return (!bucket.is_empty() && !key.is_empty()).then(|| (bucket.to_owned(), key.to_owned()));
    }
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let service = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    // Escapes, versions and whatever a query says are left to CloudFormation.
    if path.contains(['?', '#', '%']) || path.is_empty() {
        return None;
    }
    let is_service = |part: &str| part == "s3" || part.starts_with("s3.") || part.starts_with("s3-");
    if is_service(service) {
        let (bucket, key) = path.split_once('/')?;
        return (!bucket.is_empty() && !key.is_empty()).then(|| (bucket.to_owned(), key.to_owned()));
    }
    // A bucket's name may hold dots: the first part from which on the rest is the service ends it.
    let at = service
        .match_indices('.')
        .map(|(at, _)| at)
        .find(|at| service.get(at + 1..).is_some_and(is_service))?;
    Some((service.get(..at)?.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, want) in [
            ("https://s3.amazonaws.com/b/a/t.yaml", Some(("b", "a/t.yaml"))),
            ("https://s3-eu-west-1.amazonaws.com/b/t", Some(("b", "t"))),
            ("https://s3.eu-west-1.amazonaws.com/b/t", Some(("b", "t"))),
            ("https://b.s3.amazonaws.com/a/t", Some(("b", "a/t"))),
            ("https://b.s3.eu-west-1.amazonaws.com/t", Some(("b", "t"))),
            ("https://my.b.s3-eu-west-1.amazonaws.com/t", Some(("my.b", "t"))),
            ("https://b.s3.dualstack.eu-west-1.amazonaws.com/t", Some(("b", "t"))),
            ("https://b.s3.cn-north-1.amazonaws.com.cn/t", Some(("b", "t"))),
            ("s3://b/t", Some(("b", "t"))),
            ("https://b.s3.amazonaws.com/t?versionId=1", None),
            ("https://b.s3.amazonaws.com/a%20b", None),
            ("https://example.com/b/t", None),
            ("https://s3.amazonaws.com/b", None),
            ("http://s3.amazonaws.com/b/t", None),
            ("https://b.notaws.amazonaws.com/t", None),
        ] {
            let found = address(url);
            assert_eq!(found.as_ref().map(|(b, k)| (b.as_str(), k.as_str())), want, "{url}");
        }
    }
}
