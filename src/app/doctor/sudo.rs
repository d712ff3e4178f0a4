//! What `sudo` finds by the tools' names: it replaces PATH by its `secure_path`.

use super::report::Check;
use super::{Site, shown};
use crate::engine::tool;
use crate::shim::{self, layers, links};
use std::fs;
use std::process::Command;

/// The checks; none where there is no sudo.
pub(super) fn checks(site: &Site<'_>) -> Vec<Check> {
    let name = "sudo";
    let installed = std::env::split_paths(site.world.var("PATH").unwrap_or_default())
        .any(|dir| dir.is_absolute() && dir.join("sudo").is_file());
    if !installed {
        return Vec::new();
    }
    let help = |tool: &str| {
        format!(
            "for `sudo {tool}`: sudo guard install --dir /usr/local/lib/guard/shims, and put that directory first in \
             secure_path (visudo)"
        )
    };
    let help = |tool: &str| {
        if layers::is_host_tool(tool) {
            "run `sudo guard install --apt --shims`".to_owned()
        } else {
            help(tool)
        }
    };
    let Some(path) = secure_path(site) else {
        let first = site.tools.first().copied().unwrap_or(tool::KUBECTL.name);
        return vec![Check::warn(name, "its secure_path could not be read: not checked", help(first))];
    };
    let check = |tool: &str| {
        let first = std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|path| path.is_file());
        match first {
            None => Check::ok(name, format!("no {tool} on its secure_path")),
            Some(first) if links::is_guard(&first) => {
                Check::ok(name, format!("{tool} is {}, guard's", shown(&first)))
            }
            Some(first) => {
                Check::warn(name, format!("`sudo {tool}` is {}, not guard", shown(&first)), help(tool))
            }
        }
    };
    site.tools.iter().map(|tool| check(tool).of(tool)).collect()
}

/// From the sudoers file when it may be read, else from sudo itself when it answers without a password.
fn secure_path(site: &Site<'_>) -> Option<String> {
    if let Ok(text) = fs::read_to_string(site.world.absolute("/etc/sudoers")) {
        return secure_path_in(&text);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "-l"]).env("LC_ALL", "C");
    secure_path_in(&shim::ask::ask(command, site.patience).0)
}

/// `secure_path` in a sudoers file or in the output of `sudo -l` (which writes `\:` for a colon).
fn secure_path_in(text: &str) -> Option<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| {
            let value = line.split_once("secure_path")?.1.trim_start().strip_prefix('=')?.trim_start();
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next()?,
                None => value.split([',', ' ', '\t']).next()?,
            };
            Some(value.replace("\\:", ":"))
        })
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secure_path_as_sudoers_and_sudo_print_it() {
        let wanted = Some("/usr/sbin:/usr/bin".to_owned());
        for text in [
            "Defaults\tenv_reset\nDefaults\tsecure_path=\"/usr/sbin:/usr/bin\"\n",
            "Defaults secure_path = /usr/sbin:/usr/bin\n",
            "#Defaults secure_path=/x\nDefaults secure_path=/old\nDefaults secure_path=/usr/sbin:/usr/bin",
            "    env_reset, secure_path=/usr/sbin\\:/usr/bin, use_pty\n",
        ] {
            assert_eq!(secure_path_in(text), wanted, "{text}");
        }
        assert_eq!(secure_path_in("Defaults env_reset\n# secure_path=/x\n"), None);
    }
}
