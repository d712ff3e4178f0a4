//! `guard segment`: where one is, for the prompt of a shell. Nothing is asked of any cluster or account, and nothing is said where
//! there is nothing to say.

use super::colour::When;
use super::out;
use crate::engine::escape::escape;
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::whereabouts::{self, Where};
use crate::policy;
use crate::ui::{ColourChoice, Look, badge};
use crate::world::World;
use serde::Serialize;
use std::ffi::OsString;

/// Print where one is, for the prompt of a shell
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  PS1='$(guard segment --format bash)\\$ '                 bash, in ~/.bashrc
  setopt prompt_subst; PROMPT='$(guard segment --format zsh)%# '
                                                         zsh, in ~/.zshrc
  guard segment --format fish                            fish, in fish_prompt
  $env.PROMPT_COMMAND = {|| guard segment --format nu }  nu, in config.nu
  guard segment --json | jq -r .cluster.place

The cluster and namespace, the AWS account and region, and this host where
somebody has said what it is: as guard resolves them, in the colours of its
questions. Nothing is asked of any cluster or account. The account is the one
that this profile and key led to within the last twelve hours, if guard asked;
else the profile's name with a question mark. Nothing is printed where there is
no kubeconfig or no kubectl, no profile or no aws, no policy about the host.
What cannot be read is said, and --json says why. A line that is not empty ends
in a blank.")]
pub struct Args {
    /// How the colours have to be marked, so that the shell knows how wide the prompt is
    #[arg(long, value_enum, default_value_t = Format::Plain)]
    pub format: Format,
    /// Print JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Leave this out; may be given more than once
    #[arg(long, value_enum, value_name = "PART")]
    pub without: Vec<Part>,
}

/// The subcommand by itself: what all the others take is not put together before every prompt.
#[derive(clap::Parser, Debug)]
#[command(disable_help_flag = true)]
struct Alone {
    #[arg(long, value_enum, default_value_t = When::Auto)]
    color: When,
    #[command(flatten)]
    args: Args,
}

/// Runs a command line of guard that is this and nothing else; `None` leaves it to the whole of them: help, mistakes.
pub fn run_alone(argv: &[OsString], world: &World) -> Option<Result<Exit>> {
    let words = argv.get(1..).filter(|words| words.first().is_some_and(|word| word == "segment"))?;
    let alone = <Alone as clap::Parser>::try_parse_from(words).ok()?;
    Some(run(&alone.args, world, alone.color.into()))
}

/// How the colours are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// By the usual rules: colours on a terminal alone
    Plain,
    /// For PS1 and PROMPT_COMMAND of bash
    Bash,
    /// For PROMPT of zsh
    Zsh,
    /// For fish_prompt of fish
    Fish,
    /// For PROMPT_COMMAND of nu
    Nu,
    /// For a custom module of Starship
    Starship,
    /// As data
    Json,
}

/// What it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The cluster and namespace
    Cluster,
    /// The AWS account and region
    Account,
    /// This host
    Host,
}

#[derive(Serialize)]
struct Segment {
    cluster: Option<Where>,
    account: Option<Where>,
    host: Option<Where>,
}

/// Runs the subcommand. A prompt is printed before every command: what cannot be read is said by the commands themselves.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    let format = if args.json { Format::Json } else { args.format };
    let policy = match policy::load(world) {
        Ok(policy) => policy,
        Err(fail) if format == Format::Json => return Err(fail),
        Err(_) => {
            let look = look(format, world, choice);
            out::print(&format!("{} ", marked(&look.badge(None, "guard: the policy is not valid"), format)))?;
            return Ok(Exit::Policy);
        }
    };
    let wanted = |part: Part| !args.without.contains(&part);
    let says = |part: &Where| part.is_chosen() || part.broken;
    let segment = Segment {
        cluster: wanted(Part::Cluster).then(|| whereabouts::cluster(world, &policy)).filter(says),
        account: wanted(Part::Account).then(|| whereabouts::account(world, &policy)).filter(says),
        // A host that nobody has named is what the rest of the prompt says it is.
        host: wanted(Part::Host).then(|| whereabouts::named_host(world, &policy)).flatten(),
    };
    if format == Format::Json {
        let text = serde_json::to_string(&segment)
            .map_err(|e| Fail::new(Kind::Bug, "the segment cannot be written").because(e.to_string()))?;
        out::print(&format!("{text}\n"))?;
        return Ok(Exit::Ok);
    }
    let look = look(format, world, choice);
    let parts = [(&segment.cluster, "kubeconfig"), (&segment.account, tool::AWS.name), (&segment.host, "")];
    let told = parts.into_iter().filter_map(|(part, files)| Some((part.as_ref()?, files)));
    let line: String = told
        .filter_map(|(part, files)| one(part, files, look))
        .map(|part| format!("{} ", marked(&part, format)))
        .collect();
    out::print(&line)?;
    Ok(Exit::Ok)
}

/// A prompt is read by a terminal, whatever standard output is.
fn look(format: Format, world: &World, choice: ColourChoice) -> Look {
    use std::io::IsTerminal as _;
    let terminal = format != Format::Plain || std::io::stdout().is_terminal();
    Look::of(world, choice, terminal, None)
}

/// One part; `files` is what cannot be read where that is what is the matter.
fn one(part: &Where, files: &str, look: Look) -> Option<String> {
    let broken = part.broken.then(|| format!("{files}?"));
    let place = broken.as_deref().or(part.unsure.as_deref()).or(part.place.as_deref())?;
    let text = format!("{} {}", badge::symbol(part.environment, look), safe(place));
    Some(look.badge(part.environment, &text))
}

/// A name as it can stand in any prompt: shells read `$`, `` ` ``, `\`, `!` and `%` there, and some read a prompt twice.
fn safe(place: &str) -> String {
    let shown = escape(place.as_bytes());
    shown
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_.:/@+=,~?* ()".contains(c) { c } else { '_' })
        .collect()
}

/// Marks what takes no room on the line, each in the words of the shell.
fn marked(text: &str, format: Format) -> String {
    let (open, close) = match format {
        // What PS1 writes as \\[ and \\], in the form that readline sees when they come out of a substitution.
        Format::Bash => ("\x01", "\x02"),
        Format::Zsh => ("%{", "%}"),
        Format::Plain | Format::Fish | Format::Nu | Format::Starship | Format::Json => {
            return text.to_owned();
        }
    };
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('\x1b') {
        let (code, behind) = from.split_once('m').unwrap_or((from, ""));
        out.push_str(before);
        out.push_str(&format!("{open}\x1b{code}m{close}"));
        rest = behind;
    }
    out.push_str(rest);
    out
}
