//! Lists of other people's objects: everywhere, or in the namespaces at hand where that is forbidden; bounded, and with the
//! reason why there may be more.

use crate::engine::backup::Read;
use crate::engine::fact::Why;
use crate::family::kube::probe::catalog::Kind;
use crate::family::kube::probe::http::{Api, List, Miss, parse};
use serde_json::Value;

/// So many objects of one kind are looked at.
const MOST: usize = 2_000;
/// Where a list of everything is forbidden, so many namespaces are asked for theirs.
pub const NAMESPACES: usize = 4;

/// What was read of one kind, and whether that is all.
#[derive(Debug)]
pub struct Listed<T> {
    /// In the order of the server.
    pub items: Vec<T>,
    /// Whether there may be more.
    pub read: Read,
}

impl<T> Default for Listed<T> {
    /// A kind that the server does not have.
    fn default() -> Listed<T> {
        Listed { items: Vec::new(), read: Read::All }
    }
}

impl<T> Listed<T> {
    /// Whether there is no more than this.
    pub fn whole(&self) -> bool {
        self.read == Read::All
    }
}

/// Several lists as one: it is whole where each of them is.
pub fn merged<T>(lists: Vec<Listed<T>>) -> Listed<T> {
    let read = lists.iter().find(|list| !list.whole()).map_or(Read::All, |list| list.read.clone());
    Listed { items: lists.into_iter().flat_map(|list| list.items).collect(), read }
}

/// Everything of one kind, in the form that `form` makes of it.
pub async fn everywhere<T>(
    api: &Api,
    kind: &Kind,
    query: &str,
    namespaces: &[String],
    form: impl Fn(&Value) -> Option<T>,
) -> Listed<T> {
    let all = one(api, &kind.list(None), query, &form).await;
    if !(kind.namespaced && all.items.is_empty() && all.read == Read::Not(Why::Forbidden)) {
        return all;
    }
    let mine = &namespaces[..namespaces.len().min(NAMESPACES)];
    let lists: Vec<String> = mine.iter().map(|namespace| kind.list(Some(namespace))).collect();
    let answers = crate::run::tasks::gather(lists.iter().map(|list| one(api, list, query, &form))).await;
    let read = answers.iter().all(Listed::whole) && !mine.is_empty();
    let within = mine.join(", ");
    Listed {
        items: answers.into_iter().flat_map(|answer| answer.items).collect(),
        read: if read { Read::Partly { within, why: Why::Forbidden } } else { Read::Not(Why::Forbidden) },
    }
}

/// One list, page by page.
async fn one<T>(api: &Api, list: &str, query: &str, form: &impl Fn(&Value) -> Option<T>) -> Listed<T> {
    let (mut items, mut token, mut seen) = (Vec::new(), String::new(), 0_usize);
    let short = |items: Vec<T>, seen: usize, why: Why| match seen {
        0 => Listed { items, read: Read::Not(why) },
        _ => Listed { items, read: Read::Partly { within: format!("the first {seen}"), why } },
    };
    loop {
        let page = match api.page(list, query, &token).await {
            Ok(body) => parse::<List<Value>>(&body),
            // The kind has gone since discovery.
            Err(Miss::Absent) if token.is_empty() => return Listed::default(),
            Err(miss) => Err(miss),
        };
        let page = match page {
            Ok(page) => page,
            Err(miss) => return short(items, seen, miss.why()),
        };
        for object in page.items.iter().flatten() {
            seen += 1;
            items.extend(form(object));
        }
        token = page.metadata.cont.unwrap_or_default();
        if token.is_empty() {
            return Listed { items, read: Read::All };
        }
        if seen >= MOST {
            return short(items, seen, Why::Failed("there are more".to_owned()));
        }
    }
}

/// Everything of one kind in one namespace.
pub async fn within<T>(
    api: &Api,
    kind: &Kind,
    namespace: &str,
    form: &impl Fn(&Value) -> Option<T>,
) -> Listed<T> {
    one(api, &kind.list(Some(namespace)), "", form).await
}
