//! Lines of PowerShell and of cmd.exe that Windows machines are sent: which of them delete.
//!
//! Sources: the reference of PowerShell 7.4 (about_Aliases, "Approved Verbs for PowerShell Commands"), of AWS Tools for
//! PowerShell 4, and "Windows Commands".

/// Verbs of cmdlets that delete or empty what their noun names.
const VERBS: &str = "clear delete format remove reset-computermachinepassword uninstall unregister";

/// Nouns with which those verbs touch nothing but this very session, or only what is shown.
const HARMLESS_NOUNS: &str = "bitstransfer breakpoint custom event eventsubscriber hex history host job list module \
    psbreakpoint psdrive pssession recyclebinitem runspace table typedata variable wide";

/// Commands of cmd.exe and aliases of those cmdlets. `rm` and `rmdir` are read by the reader of shells.
const COMMANDS: &str = "clc del erase rd ri rp";

/// Programs that delete by a word of theirs.
const PROGRAMS: [(&str, &str); 6] = [
    ("cipher", "/w"),
    ("diskpart", "/s"),
    ("reg", "delete"),
    ("sc", "delete"),
    ("vssadmin", "delete"),
    ("wbadmin", "delete"),
];

fn has(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// Whether one of the commands deletes something. `-WhatIf` only says what would be done.
pub(super) fn deletes(script: &str) -> bool {
    commands(script).any(|command| {
        let mut words = command.split_ascii_whitespace().map(str::to_ascii_lowercase);
        // `& 'C:\\x\\tool.exe'`, `$x = Get-Item`, `if`
        let first =
            words.find(|word| !matches!(word.as_str(), "&" | "." | "=" | "return") && !word.starts_with('$'));
        let Some(first) = first else { return false };
        let first = first.trim_matches(['\'', '"']);
        let name = first.rsplit(['\\', '/']).next().unwrap_or(first).trim_end_matches(".exe");
        let rest: Vec<String> = words.collect();
        if rest.iter().any(|word| word.starts_with("-whatif") && !word.ends_with("$false") || word == "/?") {
            return false;
        }
        if let Some((verb, noun)) = name.split_once('-') {
            return has(VERBS, verb) && !has(HARMLESS_NOUNS, noun) && !noun.is_empty();
        }
        // `format D: /q`
        let drive = |word: &String| word.len() == 2 && word.ends_with(':');
        has(COMMANDS, name) && !rest.is_empty()
            || name == "format" && rest.iter().any(drive)
            || PROGRAMS.iter().any(|(program, word)| *program == name && rest.iter().any(|w| w == word))
    })
}

/// The commands of a script, roughly: quoted texts and comments are none.
fn commands(script: &str) -> impl Iterator<Item = String> {
    let mut out = vec![String::new()];
    let mut quote: Option<char> = None;
    let mut comment = false;
    let mut before = '\n';
    for c in script.chars() {
        match (quote, c) {
            _ if comment => comment = c != '\n',
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '#') if before.is_whitespace() => comment = true,
            (None, '\n' | ';' | '|' | '{' | '}' | '(' | ')') => out.push(String::new()),
            (None, _) => {}
        }
        if !comment
            && let Some(last) = out.last_mut()
            && !(quote.is_none() && ";|{}()\n".contains(c))
        {
            last.push(c);
        }
        before = c;
    }
    out.into_iter()
}

#[cfg(test)]
mod tests {
    use super::deletes;

    #[test]
    fn cmdlets_and_commands_that_delete() {
        for line in [
            "Remove-Item -Recurse -Force C:/data",
            "remove-item C:\\data",
            "Get-ChildItem C:\\logs | Remove-Item",
            "Get-ChildItem C:\\logs | ForEach-Object { Remove-Item $_ }",
            "Import-Module AWSPowerShell; Remove-EC2Instance -InstanceId i-1 -Force",
            "Unregister-EC2Image ami-1",
            "Clear-Disk -Number 1 -RemoveData",
            "Format-Volume -DriveLetter D",
            "Uninstall-WindowsFeature Web-Server",
            "if ($x) { Clear-Content C:/x }",
            "del /s /q C:\\data",
            "rd /s /q C:\\data",
            "format D: /q",
            "reg delete HKLM\\x /f",
            "sc.exe delete x",
            "vssadmin delete shadows /all",
            "Get-Date\nRemove-Item x",
            "Remove-Item x -WhatIf:$false",
        ] {
            assert!(deletes(line), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_it() {
        for line in [
            "Get-Service",
            "Stop-Service W3SVC",
            "Write-Output 'Remove-Item C:/data'",
            "Write-Output \"Remove-Item; Remove-Item x\"",
            "# Remove-Item x",
            "Get-Process | Format-Table",
            "Format-List",
            "Remove-Item C:/data -WhatIf",
            "Remove-Variable x",
            "Remove-PSSession $s",
            "Clear-Host",
            "df -h",
            "docker ps --format json",
            "apt-get update",
            "del /?",
            "",
        ] {
            assert!(!deletes(line), "{line}");
        }
    }
}
