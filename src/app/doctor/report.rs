//! What the checks found, as data, and as it is told: one line when all is well, else a table by tool, what is wrong with what
//! to do about it, and a verdict.

use serde_json::json;
use std::borrow::Cow;
use std::fmt::Write;

/// How one check came out, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Ok,
    Warn,
    Fail,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) name: Cow<'static, str>,
    /// The tool it is about, when it is about one.
    pub(super) tool: Option<&'static str>,
    pub(super) status: Status,
    /// What was found; safe to show.
    pub(super) text: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}

impl Check {
    pub(super) fn ok(name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Check {
        Check { name: name.into(), tool: None, status: Status::Ok, text: text.into(), help: None }
    }

    pub(super) fn warn(
        name: impl Into<Cow<'static, str>>,
        text: impl Into<String>,
        help: impl Into<String>,
    ) -> Check {
        Check { status: Status::Warn, help: Some(help.into()), ..Check::ok(name, text) }
    }

    pub(super) fn fail(
        name: impl Into<Cow<'static, str>>,
        text: impl Into<String>,
        help: impl Into<String>,
    ) -> Check {
        Check { status: Status::Fail, help: Some(help.into()), ..Check::ok(name, text) }
    }

    /// Said of this tool.
    #[must_use]
    pub(super) fn of(self, tool: &'static str) -> Check {
        Check { tool: Some(tool), ..self }
    }
}

/// The columns of the table: how a check's name begins, and what stands above them.
const COLUMNS: [(&str, &str); 6] = [
    ("link", "link"),
    ("here", "here"),
    ("interactive shell", "new shells"),
    ("login shell", "login shells"),
    ("sudo", "sudo"),
    ("real ", "real tool"),
];

/// All of it in the fewest words: a line when everything is well.
pub(super) fn brief(checks: &[Check], tools: &[&'static str]) -> String {
    let worst = checks.iter().map(|check| check.status).max().unwrap_or(Status::Ok);
    if worst == Status::Ok {
        return format!("{}\n", all_well(checks, tools));
    }
    format!("{}{}\n{}\n", table(checks, tools), troubles(checks), verdict(checks))
}

fn all_well(checks: &[Check], tools: &[&'static str]) -> String {
    let places: Vec<&str> =
        [("here", "here"), ("interactive shell", "in new shells"), ("login shell", "in login shells")]
            .into_iter()
            .filter_map(|(name, place)| checks.iter().any(|check| check.name == name).then_some(place))
            .collect();
    let what = if tools.is_empty() {
        "apt and dpkg ask guard".to_owned()
    } else {
        format!("guard answers for {} {}", listed(tools), listed(&places))
    };
    format!("ok: {what} ({} checks, -v lists them)", checks.len())
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A row for each tool, a column for each thing that was looked at.
fn table(checks: &[Check], tools: &[&'static str]) -> String {
    let looked_at =
        |(name, _): &&(&str, &str)| checks.iter().any(|c| c.tool.is_some() && c.name.starts_with(name));
    let columns: Vec<&(&str, &str)> = COLUMNS.iter().filter(looked_at).collect();
    if tools.is_empty() || columns.is_empty() {
        return String::new();
    }
    let width = tools.iter().map(|tool| tool.len()).max().unwrap_or(0).max("tool".len());
    let line = |first: &str, cells: Vec<&str>| {
        let cells =
            columns.iter().zip(cells).map(|((_, head), cell)| format!("  {cell:<w$}", w = head.len()));
        format!("{}\n", format!("{first:<width$}{}", cells.collect::<String>()).trim_end())
    };
    let mut text = line("tool", columns.iter().map(|(_, head)| *head).collect());
    for tool in tools {
        let cell = |(name, _): &&(&str, &str)| {
            let of_tool = checks.iter().filter(|c| c.tool == Some(tool) && c.name.starts_with(name));
            of_tool.map(|c| c.status).max().map_or("-", Status::word)
        };
        text.push_str(&line(tool, columns.iter().map(cell).collect()));
    }
    text.push('\n');
    text
}

/// What is not as it should be, the worst first. What is the same for several tools is said once.
fn troubles(checks: &[Check]) -> String {
    let mut text = String::new();
    for status in [Status::Fail, Status::Warn] {
        let mut told: Vec<&Check> = Vec::new();
        for check in checks.iter().filter(|check| check.status == status) {
            let same =
                |other: &&Check| other.name == check.name && other.help == check.help && other.tool.is_some();
            if check.tool.is_some() && told.iter().any(same) {
                continue;
            }
            let also: Vec<&str> =
                checks.iter().filter(|c| c.status == status && same(c)).filter_map(|c| c.tool).collect();
            let also = match also.split_first() {
                Some((_, rest)) if check.tool.is_some() && !rest.is_empty() => {
                    format!(" (the same: {})", listed(rest))
                }
                _ => String::new(),
            };
            let _ = writeln!(text, "{:<4}  {:<18} {}{also}", status.word(), check.name, check.text);
            if let Some(help) = &check.help {
                let _ = writeln!(text, "      {:<18} {help}", "->");
            }
            told.push(check);
        }
    }
    text
}

fn verdict(checks: &[Check]) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let (fails, warns) = (count(Status::Fail), count(Status::Warn));
    let looked = format!("{} checks, -v lists them", checks.len());
    match (fails, warns) {
        (0, warns) => format!("verdict: guard answers; {warns} to look at ({looked})"),
        (fails, 0) => format!("verdict: NOT guarded everywhere; {fails} to mend ({looked})"),
        (fails, warns) => {
            format!("verdict: NOT guarded everywhere; {fails} to mend, {warns} to look at ({looked})")
        }
    }
}

/// Every check with what was found.
pub(super) fn in_full(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let _ = writeln!(text, "{:<4}  {:<18} {}", check.status.word(), check.name, check.text);
        if let Some(help) = &check.help {
            let _ = writeln!(text, "      {:<18} {help}", "->");
        }
    }
    text
}

/// The same for programs.
pub(super) fn as_json(checks: &[Check], intercepted: bool) -> String {
    let checks: Vec<_> = checks
        .iter()
        .map(|c| json!({"name": c.name, "tool": c.tool, "status": c.status.word(), "text": c.text, "help": c.help}))
        .collect();
    format!(
        "{}\n",
        json!({"interception": intercepted, "guard": env!("CARGO_PKG_VERSION"), "checks": checks})
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<Check> {
        let shell = |tool| Check::ok("interactive shell", format!("/bin/bash: {tool} is guard's")).of(tool);
        vec![
            Check::ok("link", "a").of("kubectl"),
            Check::ok("here", "b").of("kubectl"),
            shell("kubectl"),
            Check::ok("link", "a").of("aws"),
            Check::ok("here", "b").of("aws"),
            shell("aws"),
            Check::ok("policy", "no file"),
        ]
    }

    #[test]
    fn all_is_well_in_one_line() {
        let tools = ["kubectl", "aws"];
        let said = brief(&some(), &tools);
        assert_eq!(
            said,
            "ok: guard answers for kubectl and aws here and in new shells (7 checks, -v lists them)\n"
        );
        assert_eq!(brief(&some()[6..], &[]), "ok: apt and dpkg ask guard (1 checks, -v lists them)\n");
    }

    #[test]
    fn what_is_wrong_stands_in_a_table_and_is_said_once() {
        let mut checks = some();
        for (at, tool) in [(2, "kubectl"), (5, "aws")] {
            checks[at] =
                Check::fail("interactive shell", format!("/bin/bash: no {tool}"), "add the line").of(tool);
        }
        checks.push(Check::warn("sudo", "`sudo aws` is /usr/bin/aws, not guard", "link it").of("aws"));
        checks.push(Check::warn("policy", "doubtful", "look"));
        checks.push(Check::warn("policy", "more", "look"));
        assert_eq!(
            brief(&checks, &["kubectl", "aws"]),
            "tool     link  here  new shells  sudo\n\
             kubectl  ok    ok    FAIL        -\n\
             aws      ok    ok    FAIL        warn\n\
             \n\
             FAIL  interactive shell  /bin/bash: no kubectl (the same: aws)\n      \
             ->                 add the line\n\
             warn  sudo               `sudo aws` is /usr/bin/aws, not guard\n      \
             ->                 link it\n\
             warn  policy             doubtful\n      \
             ->                 look\n\
             warn  policy             more\n      \
             ->                 look\n\
             \n\
             verdict: NOT guarded everywhere; 2 to mend, 3 to look at (10 checks, -v lists them)\n"
        );
        let json: serde_json::Value = serde_json::from_str(&as_json(&checks, false)).unwrap();
        assert_eq!(json["checks"][2]["tool"], "kubectl");
    }
}
