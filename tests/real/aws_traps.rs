//! Command lines that are not what they look like. Each is run by the real CLI against the server to see what it does;
//! then guard is asked what it makes of it. The CLI is a warm one; that this is the same as a start is in `aws_warm`.

use crate::support::aws::{Cli, Way};
use crate::support::aws_stage::Scene;
use guard::engine::aws::{self as aws_words, alias, documents};
use guard::family::aws::resolve;
use guard::world::World;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the real CLI does.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// These are gone afterwards, and nothing else is.
    Removes(&'static str),
    /// It ends with 0 and nothing is gone.
    Shows,
    /// It fails without sending a change.
    Refuses,
    /// The change is sent; the service does not carry it out.
    Sends,
    /// It asks for a dry run, which services answer with an error.
    Rehearses,
}

/// What guard has to make of it.
#[derive(Clone, Copy, Debug)]
enum Makes {
    /// It destroys these: the names of the phrase.
    Destroys(&'static str),
    /// It reads: it passes unseen.
    Reads,
    /// Anything but a read: it must not pass unseen.
    NoRead,
    /// The CLI does not know the command, or guard is more careful than it would have to be: both pass.
    Either,
}

use Does::{Refuses, Rehearses, Removes, Sends, Shows};
use Makes::{Destroys, Either, NoRead, Reads};

/// One line. `{t}` and `{o}` are stacks, `{a}` and `{b}` instances, `{k}` a bucket with the key `p`, `{url}` the server.
struct Trap {
    what: &'static str,
    /// A file below the home (or nothing) and its text.
    file: (&'static str, &'static str),
    vars: &'static [(&'static str, &'static str)],
    words: &'static [&'static str],
    v1: (Does, Makes),
    v2: (Does, Makes),
}

const fn both(what: &'static str, words: &'static [&'static str], does: Does, makes: Makes) -> Trap {
    Trap { what, file: ("", ""), vars: &[], words, v1: (does, makes), v2: (does, makes) }
}

impl Trap {
    const fn file(self, path: &'static str, text: &'static str) -> Trap {
        Trap { file: (path, text), ..self }
    }

    const fn vars(self, vars: &'static [(&'static str, &'static str)]) -> Trap {
        Trap { vars, ..self }
    }

    const fn v1(self, does: Does, makes: Makes) -> Trap {
        Trap { v1: (does, makes), ..self }
    }
}

const DELETES: Does = Removes("{t}");
const T: Makes = Destroys("{t}");
const CF: &str = "cloudformation";
const DEL: &str = "delete-stack";
const EC2: &str = "ec2";
const TERM: &str = "terminate-instances";
const IDS: &str = "--instance-ids";
const ALIAS: &str = ".aws/cli/alias";

const TRAPS: &[Trap] = &[
    both("an option by the beginning of its name", &[CF, DEL, "--stack", "{t}"], DELETES, T),
    both("one letter is enough where nothing else begins so", &[CF, DEL, "--s", "{t}"], DELETES, T),
    both("an option before the service, in one word", &["--stack-name={t}", CF, DEL], DELETES, T),
    both(
        "in two words its value is taken for the service",
        &["--stack-name", "{t}", CF, DEL],
        Refuses,
        Either,
    ),
    both("an option between service and operation", &[CF, "--stack-name={t}", DEL], DELETES, T),
    both(
        "a global option between service and operation",
        &[CF, "--region", "eu-west-1", DEL, "--stack-name", "{t}"],
        DELETES,
        T,
    )
    .vars(&[("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_REGION", "us-east-1")]),
    both(
        "of two values the last counts",
        &[CF, DEL, "--stack-name", "{o}", "--stack-name", "{t}"],
        DELETES,
        T,
    ),
    both(
        "a list given twice is not added up",
        &[EC2, TERM, IDS, "{a}", IDS, "{b}"],
        Removes("{b}"),
        Destroys("{b}"),
    ),
    both("a list as JSON", &[EC2, TERM, IDS, "[\"{a}\",\"{b}\"]"], Removes("{a} {b}"), Destroys("{a} {b}")),
    both(
        "`help` behind a list is one of its members",
        &[EC2, TERM, IDS, "{a}", "help"],
        Sends,
        Destroys("{a} help"),
    ),
    both(
        "`help` behind a single value is a call for help",
        &[CF, DEL, "--stack-name", "{t}", "help"],
        Shows,
        Reads,
    ),
    both("`help` alone", &[CF, DEL, "help"], Shows, Reads),
    both(
        "two dashes do not end the options of an operation",
        &[CF, DEL, "--", "--stack-name", "{t}"],
        DELETES,
        T,
    ),
    both("nor do they hide the service", &["--", CF, DEL, "--stack-name", "{t}"], DELETES, T),
    both(
        "a dry run taken back",
        &[EC2, TERM, "--dry-run", "--no-dry-run", IDS, "{a}"],
        Removes("{a}"),
        Destroys("{a}"),
    ),
    both("a dry run after all", &[EC2, TERM, "--no-dry-run", "--dry-run", IDS, "{a}"], Rehearses, Reads),
    both("a dry run by the beginning of its name", &[EC2, TERM, "--dry", IDS, "{a}"], Rehearses, Reads),
    both(
        "the line beats the document",
        &[EC2, TERM, "--cli-input-json", "{\"DryRun\":true}", "--no-dry-run", IDS, "{a}"],
        Removes("{a}"),
        Destroys("{a}"),
    ),
    both("the name stands in a document", &[CF, DEL, "--cli-input-json", "file://in.json"], DELETES, T)
        .file("in.json", "{\"StackName\": \"{t}\"}"),
    both(
        "the line's name beats the document's",
        &[CF, DEL, "--cli-input-json", "{\"StackName\":\"{t}\"}", "--stack-name", "{o}"],
        Removes("{o}"),
        Destroys("{o}"),
    ),
    both(
        "a document in YAML, which version 1 does not know",
        &[CF, DEL, "--cli-input-yaml", "file://in.yaml"],
        DELETES,
        T,
    )
    .file("in.yaml", "StackName: {t}\n")
    .v1(Refuses, NoRead),
    both("any value may be a file", &[CF, DEL, "--stack-name", "file://name.txt"], DELETES, T)
        .file("name.txt", "{t}"),
    both("whose path may hold a variable", &[CF, DEL, "--stack-name", "file://$HOME/name.txt"], DELETES, T)
        .file("name.txt", "{t}"),
    both(
        "an outline of the request is no request",
        &[CF, DEL, "--stack-name", "{t}", "--generate-cli-skeleton"],
        Shows,
        Reads,
    ),
    both(
        "nor is it by the beginning of its name",
        &[CF, DEL, "--stack-name", "{t}", "--generate"],
        Shows,
        Reads,
    ),
    both("the beginning of a global option", &[CF, DEL, "--end", "{url}", "--stack-name", "{t}"], DELETES, T),
    both("an alias of the first word", &["nuke", "{t}"], DELETES, T)
        .file(ALIAS, "[toplevel]\nnuke = cloudformation delete-stack --stack-name\n"),
    both("an alias below a service, which version 1 does not know", &[CF, "rmit", "{t}"], DELETES, T)
        .file(ALIAS, "[command cloudformation]\nrmit = delete-stack --stack-name\n")
        .v1(Refuses, NoRead),
    both("a shell line in the place of a service", &["s3", "ls"], Shows, NoRead)
        .file(ALIAS, "[toplevel]\ns3 = !echo HIJACKED\n"),
    both("a shell line under a new name", &["whoami"], Shows, NoRead)
        .file(ALIAS, "[toplevel]\nwhoami = !id\n"),
    both("an alias that keeps its own name", &[CF, DEL, "--stack-name", "{t}"], DELETES, T)
        .file(ALIAS, "[toplevel]\ncloudformation = cloudformation --region eu-west-1\n")
        .vars(&[("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_REGION", "us-east-1")]),
    both(
        "an alias never takes an operation's place",
        &[CF, "describe-stacks", "--stack-name", "{t}"],
        Shows,
        Either,
    )
    .file(ALIAS, "[command cloudformation]\ndescribe-stacks = delete-stack\n"),
    both("operations are written small", &[CF, "Delete-Stack", "--stack-name", "{t}"], Refuses, Either),
    both("and in full", &[CF, "delete-stac", "--stack-name", "{t}"], Refuses, Either),
    both("as services are", &["cloudform", DEL, "--stack-name", "{t}"], Refuses, Either),
    both("options are written small", &[CF, DEL, "--Stack-Name", "{t}"], Refuses, NoRead),
    both(
        "an option before the command of s3",
        &["s3", "--recursive", "rm", "s3://{k}/"],
        Removes("{k}"),
        Destroys("{k}"),
    ),
    both(
        "what the other side lacks is deleted",
        &["s3", "sync", "empty", "s3://{k}/", "--del"],
        Removes("{k}"),
        Destroys("{k}"),
    ),
    both("a dry run of s3", &["s3", "rm", "s3://{k}/", "--recursive", "--dry"], Shows, Reads),
    both("an empty profile is none", &[CF, DEL, "--stack-name", "{t}"], Refuses, NoRead)
        .vars(&[("AWS_PROFILE", "")]),
];

/// What one row works on.
struct Ground {
    s: Scene,
    stacks: [String; 2],
    instances: [String; 2],
    bucket: String,
}

impl Ground {
    fn new(row: usize, trap: &Trap, cli: &Cli) -> Option<Ground> {
        let tag = format!("trap{row}v{}", cli.major);
        let mut s = Scene::with(&tag, cli.clone(), Way::Endpoint)?;
        let words = trap.words.concat();
        let uses = |mark: &str| words.contains(mark) || trap.file.1.contains(mark);
        let stacks = [format!("{tag}-t"), format!("{tag}-o")];
        if uses("{t}") || uses("{o}") {
            stacks.iter().for_each(|name| s.small_stack(name));
        }
        let instances =
            if uses("{a}") { [s.instance("a"), s.instance("b")] } else { [String::new(), String::new()] };
        let bucket = format!("{tag}-k");
        if uses("{k}") {
            s.bucket(&bucket, &["p"]);
        }
        std::fs::create_dir(s.stage.at("empty")).unwrap();
        for (name, value) in trap.vars {
            s.stage.env(name, *value);
        }
        let ground = Ground { s, stacks, instances, bucket };
        if !trap.file.0.is_empty() {
            ground.s.stage.file(trap.file.0, &ground.fill(trap.file.1));
        }
        Some(ground)
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{t}", &self.stacks[0])
            .replace("{o}", &self.stacks[1])
            .replace("{a}", &self.instances[0])
            .replace("{b}", &self.instances[1])
            .replace("{k}", &self.bucket)
            .replace("{url}", &self.s.aws.url())
    }

    /// The names of what is gone, in the table's own marks.
    fn gone(&self, trap: &Trap) -> Vec<&'static str> {
        let words = trap.words.concat() + trap.file.1;
        let mut gone = Vec::new();
        if words.contains("{t}") || words.contains("{o}") {
            let marks = ["{t}", "{o}"].into_iter().zip(&self.stacks);
            gone.extend(marks.filter(|(_, name)| !self.s.has_stack(name)).map(|(mark, _)| mark));
        }
        if words.contains("{a}") {
            let marks = ["{a}", "{b}"].into_iter().zip(&self.instances);
            gone.extend(marks.filter(|(_, id)| self.s.state(id) != "running").map(|(mark, _)| mark));
        }
        if words.contains("{k}") && self.s.keys(&self.bucket).is_empty() {
            gone.push("{k}");
        }
        gone
    }
}

/// What the real CLI does, as a line of failures.
fn the_cli(ground: &Ground, trap: &Trap, does: Does) -> Result<(), String> {
    let words: Vec<String> = trap.words.iter().map(|w| ground.fill(w)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = ground.s.stage.command(&ground.s.cli.path, &words);
    command.env("PATH", "/usr/bin:/bin");
    let output = ground.s.stage.alone(command, b"");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let code = output.status.code().unwrap_or(-1);
    let gone = ground.gone(trap);
    let changes = ground.s.changes();
    let as_said = match does {
        Removes(names) => gone == names.split(' ').collect::<Vec<_>>() && code == 0,
        Shows => gone.is_empty() && changes.is_empty() && code == 0,
        Refuses => gone.is_empty() && changes.is_empty() && code != 0,
        Sends => gone.is_empty() && !changes.is_empty() && code != 0,
        Rehearses => gone.is_empty() && said.contains("(DryRunOperation)"),
    };
    if as_said {
        Ok(())
    } else {
        Err(format!("the CLI: exit {code}, gone {gone:?}, sent {changes:?}: {said}"))
    }
}

/// What the words name, as guard reads them.
fn names(ground: &Ground, words: &[&str]) -> Vec<String> {
    let home = ground.s.stage.home.path();
    let vars: Vec<(String, String)> = vec![("HOME".into(), home.display().to_string())];
    let vars: Vec<(&str, &str)> = vars.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let world = World::of(&vars, home);
    let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let aliases = resolve::aliases(&world).unwrap().map(|l| l.aliases).unwrap_or_default();
    let expanded = alias::expand(&aliases, &words, Some(ground.s.cli.major));
    let words: Vec<&[u8]> = expanded.words.iter().map(Vec::as_slice).collect();
    let wanted = documents::wanted(&words);
    let documents = resolve::documents(&world, &wanted);
    aws_words::hit(&words, &documents).resources
}

/// What guard makes of it, from the words and files alone.
fn guard(ground: &Ground, trap: &Trap, makes: Makes) -> Result<(), String> {
    let words: Vec<String> = trap.words.iter().map(|w| ground.fill(w)).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output =
        ground.s.stage.guard(&[&["check", "--json", "--offline", "--", "aws"], words.as_slice()].concat());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let effect = said["effect_by_words"].as_str();
    let resources = names(ground, &words);
    let as_said = match makes {
        Reads => effect == Some("read"),
        // Refused outright is as good.
        NoRead => effect != Some("read"),
        Either => effect.is_some(),
        Destroys(names) => {
            let names: Vec<String> = names.split(' ').map(|n| ground.fill(n)).collect();
            effect == Some("destroy")
                && resources.len() == names.len()
                && resources.iter().zip(&names).all(|(r, n)| r.trim_end_matches('/') == n)
        }
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    if as_said { Ok(()) } else { Err(format!("guard: {effect:?} {resources:?}: {said} {errors}")) }
}

fn run(cli: &Cli) {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        loop {
            let row = next.fetch_add(1, Ordering::SeqCst);
            let Some(trap) = TRAPS.get(row) else { return wrong };
            let (does, makes) = if cli.major == 1 { trap.v1 } else { trap.v2 };
            let Some(ground) = Ground::new(row, trap, cli) else { return wrong };
            let guarded = guard(&ground, trap, makes);
            for outcome in [guarded, the_cli(&ground, trap, does)] {
                if let Err(why) = outcome {
                    wrong.push(format!("row {row}, {} ({does:?}, {makes:?})\n  {why}", trap.what));
                }
            }
        }
    };
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
    });
    assert!(
        wrong.is_empty(),
        "version {}: {} of {}\n{}",
        cli.major,
        wrong.len(),
        TRAPS.len(),
        wrong.join("\n")
    );
}

#[test]
fn lines_that_are_not_what_they_look_like_in_version_1() {
    if let Some(cli) = Cli::among(1) {
        run(&cli);
    }
}

#[test]
fn lines_that_are_not_what_they_look_like_in_version_2() {
    if let Some(cli) = Cli::among(2) {
        run(&cli);
    }
}

/// An environment, and where a command ends up in it.
struct Where {
    what: &'static str,
    vars: &'static [(&'static str, &'static str)],
    globals: &'static [&'static str],
    /// Account, region, and whether the request stays on this machine, for version 1 and 2. `None`: the CLI refuses.
    v1: Option<(&'static str, &'static str, bool)>,
    v2: Option<(&'static str, &'static str, bool)>,
}

const PROD: &str = "111111111111";
const STAGING: &str = "222222222222";
/// Filled in with ann's keys.
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "{key}"), ("AWS_SECRET_ACCESS_KEY", "{secret}")];
const URL: (&str, &str) = ("AWS_ENDPOINT_URL", "{url}");

const WHERES: &[Where] = &[
    Where {
        what: "keys in the environment beat the profile in it, whose region counts all the same",
        vars: &[KEYS[0], KEYS[1], ("AWS_PROFILE", "staging")],
        globals: &[],
        v1: Some((PROD, "us-east-1", false)),
        v2: Some((PROD, "us-east-1", false)),
    },
    Where {
        what: "the profile on the line beats the keys",
        vars: &[KEYS[0], KEYS[1]],
        globals: &["--profile", "staging"],
        v1: Some((STAGING, "us-east-1", false)),
        v2: Some((STAGING, "us-east-1", false)),
    },
    Where {
        what: "two variables for the profile, read in opposite order",
        vars: &[("AWS_PROFILE", "prod"), ("AWS_DEFAULT_PROFILE", "staging")],
        globals: &[],
        v1: Some((STAGING, "us-east-1", false)),
        v2: Some((PROD, "eu-west-1", false)),
    },
    Where {
        what: "a variable for the region that version 1 does not know",
        vars: &[("AWS_REGION", "us-west-2")],
        globals: &[],
        v1: Some((PROD, "eu-west-1", false)),
        v2: Some((PROD, "us-west-2", false)),
    },
    Where {
        what: "two variables for the region",
        vars: &[("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "ap-south-1")],
        globals: &[],
        v1: Some((PROD, "ap-south-1", false)),
        v2: Some((PROD, "us-west-2", false)),
    },
    Where {
        what: "of two profiles on the line the last counts",
        vars: &[],
        globals: &["--profile", "staging", "--profile", "prod"],
        v1: Some((PROD, "eu-west-1", false)),
        v2: Some((PROD, "eu-west-1", false)),
    },
    Where {
        what: "global options by the beginning of their names",
        vars: &[("AWS_PROFILE", "staging")],
        globals: &["--prof=prod", "--reg", "us-west-1"],
        v1: Some((PROD, "us-west-1", false)),
        v2: Some((PROD, "us-west-1", false)),
    },
    Where {
        what: "a profile that is named by nothing",
        vars: &[("AWS_PROFILE", "")],
        globals: &[],
        v1: None,
        v2: None,
    },
    Where {
        what: "an endpoint that version 1 does not use for databases in this region",
        vars: &[URL],
        globals: &["--region", "us-east-1"],
        v1: Some((PROD, "us-east-1", false)),
        v2: Some((PROD, "us-east-1", true)),
    },
    Where {
        what: "the same endpoint on the line",
        vars: &[],
        globals: &["--region", "us-east-1", "--endpoint-url", "{url}"],
        v1: Some((PROD, "us-east-1", true)),
        v2: Some((PROD, "us-east-1", true)),
    },
    Where {
        what: "an endpoint for another service",
        vars: &[("AWS_ENDPOINT_URL_STS", "{url}")],
        globals: &[],
        v1: Some((PROD, "eu-west-1", false)),
        v2: Some((PROD, "eu-west-1", false)),
    },
    Where {
        what: "endpoints that are told to be ignored",
        vars: &[URL, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")],
        globals: &[],
        v1: Some((PROD, "eu-west-1", false)),
        v2: Some((PROD, "eu-west-1", false)),
    },
];

/// Where the CLI's request came from and went to, by the server's log.
fn went(s: &Scene, words: &[&str]) -> Option<(String, String, bool)> {
    let output = s.stage.alone(s.stage.command(&s.cli.path, words), b"");
    let people = [(&s.ann, PROD), (&s.bob, STAGING)];
    let mut found = people.iter().flat_map(|(p, id)| s.aws.entries(p).into_iter().map(move |e| (e, *id)));
    let (entry, account) = found.next()?;
    assert!(output.status.success() && found.next().is_none(), "{output:?}");
    let region = entry["region"].as_str().unwrap_or_default().to_owned();
    Some((account.to_owned(), region, entry["tls"] == json!(false)))
}

/// Where guard says that it goes, without asking anybody.
fn goes(s: &Scene, words: &[&str]) -> Option<(String, String, bool)> {
    let output = s.stage.guard(&[&["check", "--json", "--offline", "--", "aws"], words].concat());
    let said: Value = serde_json::from_slice(&output.stdout).ok()?;
    let text = |at: &str| said.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let account = text("/target/suggested_account/value");
    Some((account, text("/target/region/value"), text("/environment/name") == "development"))
}

#[test]
fn environments_that_lead_elsewhere() {
    let mut wrong = Vec::new();
    for cli in Cli::all() {
        for (row, place) in WHERES.iter().enumerate() {
            let expected = if cli.major == 1 { place.v1 } else { place.v2 };
            let expected =
                expected.map(|(account, region, local)| (account.to_owned(), region.to_owned(), local));
            let Some(mut s) = Scene::with(&format!("where{row}v{}", cli.major), cli.clone(), Way::Proxy)
            else {
                return;
            };
            let fill = |text: &str, s: &Scene| {
                text.replace("{key}", &s.ann.key)
                    .replace("{secret}", &s.ann.secret)
                    .replace("{url}", &s.aws.url())
            };
            for (name, value) in place.vars {
                let value = fill(value, &s);
                s.stage.env(name, value);
            }
            if place.vars.contains(&KEYS[0]) && !place.vars.iter().any(|(n, _)| *n == "AWS_PROFILE") {
                s.stage.unset("AWS_PROFILE");
            }
            let globals: Vec<String> = place.globals.iter().map(|g| fill(g, &s)).collect();
            let globals: Vec<&str> = globals.iter().map(String::as_str).collect();
            let delete =
                ["rds", "delete-db-instance", "--db-instance-identifier", "x", "--skip-final-snapshot"];
            let guarded = goes(&s, &[&globals[..], &delete].concat());
            let real = went(&s, &[&globals[..], &["rds", "describe-db-instances"]].concat());
            // What keys belong to is not known from files alone: the scenarios ask.
            let by_keys = place.vars.contains(&KEYS[0]) && place.globals.is_empty();
            let guarded = match (&expected, guarded) {
                (Some(e), Some(g)) if by_keys => Some((e.0.clone(), g.1, g.2)),
                (_, guarded) => guarded,
            };
            for (who, found) in [("guard", guarded), ("the CLI", real)] {
                if found != expected {
                    let version = cli.major;
                    wrong.push(format!(
                        "{who}, version {version}, {}: {found:?}, not {expected:?}",
                        place.what
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
