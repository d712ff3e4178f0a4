//! stub
use super::classify::Verdict;
use super::effect::Effect;
/// stub
pub fn judge(_words: &[&[u8]]) -> Verdict { Verdict::of(Effect::Disrupt) }
