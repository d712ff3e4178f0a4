//! What of the AWS CLI's own settings guard changes for every call.

use super::report::Check;
use crate::engine::escape::escape;
use crate::family::aws::resolve::auto_prompts;
use crate::world::World;

/// What is said of a profile whose calls would be composed in the CLI's own prompt.
const HELP: &str = "nothing to do: guard sets AWS_CLI_AUTO_PROMPT=off, because what is composed there goes past it; the line in \
    the file has no effect while guard stands in front";

/// Profiles with `cli_auto_prompt`, which is off behind guard.
pub(super) fn checks(world: &World) -> Vec<Check> {
    let told = |(profile, at): (String, _)| {
        let (profile, at) = (escape(profile.as_bytes()), escape(format!("{at}").as_bytes()));
        Check::warn("aws", format!("cli_auto_prompt of profile {profile} ({at}) is off behind guard"), HELP)
    };
    auto_prompts(world).into_iter().map(told).collect()
}
