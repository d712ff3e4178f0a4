//! Claims and the volumes behind them: the reclaim policy of the volume itself decides, not that of its class.

use super::http::{Answer, Api, Miss};
use super::object::{Claim, Volume};
use crate::engine::impact::{Data, Fate, Gap, Impact};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::HashMap;

/// Up to so many volumes are asked for one by one; more come as the whole list.
const ONE_BY_ONE: usize = 12;
/// So many claims are named; the rest are counted by fate.
const NAMED: usize = 40;

/// What becomes of the data behind each claim, when the claim goes.
pub async fn fates<'a>(api: &Api, claims: impl IntoIterator<Item = &'a Claim>) -> Impact {
    let claims: Vec<&Claim> = claims.into_iter().collect();
    let names: Vec<&str> =
        claims.iter().filter_map(|c| c.spec.volume_name.as_deref()).filter(|n| !n.is_empty()).collect();
    let mut volumes: HashMap<String, Answer<Volume>> = HashMap::new();
    let mut impact = Impact::default();
    if names.len() <= ONE_BY_ONE {
        let paths = names.iter().map(|n| format!("/api/v1/persistentvolumes/{}", super::http::segment(n)));
        for (name, answer) in
            names.iter().zip(crate::run::tasks::gather(paths.map(async |p| api.json(&p).await)).await)
        {
            volumes.insert((*name).to_owned(), answer);
        }
    } else {
        match api.list::<Volume>("/api/v1/persistentvolumes", "", false, usize::MAX).await {
            Ok((all, _)) => volumes.extend(all.into_iter().map(|v| (v.metadata.name.clone(), Ok(v)))),
            Err(miss) => volumes.extend(names.iter().map(|n| ((*n).to_owned(), Err(miss.clone())))),
        }
    }
    let mut data = Vec::new();
    let mut unread: Option<Gap> = None;
    for claim in claims {
        let volume = claim.spec.volume_name.as_deref().filter(|n| !n.is_empty());
        let (fate, because) = match volume.map(|name| (name, volumes.get(name))) {
            None => (Fate::Kept, "not bound to a volume".to_owned()),
            Some((name, Some(Ok(volume)))) => {
                let (fate, because) = fate_of(volume);
                if fate == Fate::Erased {
                    impact.erased_volumes.push(name.to_owned());
                }
                (fate, because)
            }
            Some((name, None | Some(Err(Miss::Absent)))) => {
                (Fate::Unknown, format!("its volume {name} is not there"))
            }
            Some((_, Some(Err(miss)))) => {
                let why = miss.clone().why();
                unread = Some(Gap { what: "reclaim policy of volumes".into(), why: why.clone() });
                (Fate::Unknown, format!("its volume's reclaim policy: {why}"))
            }
        };
        data.push(Data { what: called(claim), fate, because });
    }
    impact.gaps.extend(unread);
    impact.data = shorten(data);
    impact
}

/// What becomes of a volume's data when its claim, or it itself, goes.
pub fn fate_of(volume: &Volume) -> (Fate, String) {
    let policy = volume.spec.persistent_volume_reclaim_policy.as_deref().unwrap_or("Retain");
    let fate = if policy == "Retain" { Fate::Kept } else { Fate::Erased };
    (fate, format!("reclaim {policy}"))
}

fn called(claim: &Claim) -> String {
    match claim.status.capacity.as_ref().and_then(|c| c.get("storage")) {
        Some(Quantity(size)) => format!("claim {} ({size})", claim.metadata.name),
        None => format!("claim {}", claim.metadata.name),
    }
}

/// The worst first; beyond the first few, one line for each fate and reason.
pub fn shorten(mut data: Vec<Data>) -> Vec<Data> {
    data.sort_by_key(|d| std::cmp::Reverse(d.fate));
    if data.len() <= NAMED {
        return data;
    }
    let rest = data.split_off(NAMED);
    let mut sums: Vec<(u64, Data)> = Vec::new();
    for one in rest {
        match sums.iter_mut().find(|(_, d)| d.fate == one.fate && d.because == one.because) {
            Some((n, _)) => *n += 1,
            None => sums.push((1, one)),
        }
    }
    data.extend(sums.into_iter().map(|(n, d)| Data { what: format!("{n} more"), ..d }));
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_claims_are_counted_by_fate() {
        let one = |i: usize, fate| Data { what: format!("claim {i}"), fate, because: "x".into() };
        let data = (0..100).map(|i| one(i, if i % 10 == 0 { Fate::Erased } else { Fate::Kept })).collect();
        let short = shorten(data);
        assert!(short.iter().take(10).all(|d| d.fate == Fate::Erased));
        assert_eq!(short.len(), NAMED + 1);
        assert_eq!(short.last().map(|d| (d.what.as_str(), d.fate)), Some(("60 more", Fate::Kept)));
    }
}
