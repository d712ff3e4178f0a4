//! Whether a profile lets version 2 of the CLI ask for other words than those that were typed (`cli_auto_prompt`).

use super::files::Files;
use crate::engine::fact::Source;
use crate::world::World;

/// Every profile that switches the prompt on, wholly or for incomplete words, and where. A file that cannot be read says
/// nothing here: resolving the account says what is wrong with it.
pub fn auto_prompts(world: &World) -> Vec<(String, Source)> {
    let Ok(files) = Files::load(world) else { return Vec::new() };
    let on = |text: &str| text.eq_ignore_ascii_case("on") || text.eq_ignore_ascii_case("on-partial");
    let profiles = files.profiles.iter();
    profiles
        .filter_map(|profile| {
            let (text, at) = profile.text("cli_auto_prompt")?;
            on(text).then(|| (profile.name.clone(), at))
        })
        .collect()
}
