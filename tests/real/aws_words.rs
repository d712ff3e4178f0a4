//! Reads made-up command lines twice: by guard's grammar and by the AWS CLI's own parsers (both versions), which must
//! agree on the command, on every option and its values, on dry runs, and on what only prints something.

use crate::support::aws;
use crate::support::cases::cases;
use guard::engine::aws::classify;
use guard::engine::aws::grammar::{Parsed, parse};
use guard::engine::effect::Effect;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

/// How many lines each version of the CLI reads.
const LINES: usize = 1200;

/// The services the lines are about: the CLI takes a second and a hundred megabytes for some others.
const SERVICES: [&str; 14] = [
    "autoscaling",
    "cloudformation",
    "dynamodb",
    "ecr",
    "ecs",
    "eks",
    "elbv2",
    "iam",
    "kms",
    "lambda",
    "rds",
    "s3",
    "s3api",
    "sqs",
];

/// A command's words, and its options with what kind each is.
type Row = (Vec<&'static str>, Vec<(&'static str, char)>);

/// Commands, their options, from the table the grammar itself uses: that the table is right is what shows here.
fn commands() -> Vec<Row> {
    include_str!("../../src/engine/aws/tables/options.txt")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(command, options)| !options.starts_with('~') || command.starts_with("s3 "))
        .filter(|(command, _)| {
            let service = command.split(' ').next().unwrap_or_default();
            SERVICES.contains(&service) || matches!(*command, "ec2 terminate-instances" | "ec2 delete-volume")
        })
        .map(|(command, options)| {
            let option = |name: &'static str| match name.strip_suffix(['*', '!']) {
                Some(bare) => (bare, name.chars().next_back().unwrap()),
                None => (name, ' '),
            };
            let list =
                options.split(' ').filter(|name| !name.is_empty() && *name != "~").map(option).collect();
            (command.split(' ').collect(), list)
        })
        .collect()
}

/// A prefix of a name, often all of it.
fn shortened(name: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(name.to_owned()),
        2 => (1..=name.len()).prop_map(move |end| name[..end].to_owned()),
    ]
}

fn value() -> impl Strategy<Value = String> {
    select(vec![
        "a",
        "b-1",
        "help",
        "",
        "-",
        "-5",
        "-x",
        "a b",
        "--x y",
        "[\"a\",\"b\"]",
        "{\"k\": \"v\"}",
        "k=v,l=w",
        "--",
        "i=1",
    ])
    .prop_map(str::to_owned)
}

fn global() -> impl Strategy<Value = Vec<String>> {
    let valued = select(vec![
        ("profile", "p"),
        ("region", "eu-west-1"),
        ("output", "json"),
        ("query", "a"),
        ("color", "off"),
        ("endpoint-url", "http://127.0.0.1:9"),
        ("cli-read-timeout", "3"),
        ("ca-bundle", "f"),
    ]);
    let switch = select(vec![
        "no-paginate",
        "no-verify-ssl",
        "no-sign-request",
        "no-cli-pager",
        "version",
        "v2-debug",
    ]);
    prop_oneof![
        4 => (valued, any::<bool>()).prop_flat_map(|((name, value), joined)| shortened(name).prop_map(move |name| {
            if joined { vec![format!("--{name}={value}")] } else { vec![format!("--{name}"), value.to_owned()] }
        })),
        1 => switch.prop_flat_map(shortened).prop_map(|name| vec![format!("--{name}")]),
    ]
}

fn option(options: Vec<(&'static str, char)>) -> BoxedStrategy<Vec<String>> {
    let options = if options.is_empty() { vec![("zz", ' ')] } else { options };
    (select(options), any::<u8>(), proptest::collection::vec(value(), 0..3))
        .prop_flat_map(|((name, kind), dice, values)| {
            shortened(name).prop_map(move |name| {
                let first = values.first().cloned().unwrap_or_else(|| "v".to_owned());
                match kind {
                    '!' if dice < 8 => vec![format!("--{name}=true")],
                    '!' => vec![format!("--{name}")],
                    _ if dice < 80 => vec![format!("--{name}={first}")],
                    '*' => [format!("--{name}")].into_iter().chain(values.clone()).collect(),
                    _ => vec![format!("--{name}"), first],
                }
            })
        })
        .boxed()
}

fn line() -> impl Strategy<Value = Vec<String>> {
    select(commands()).prop_flat_map(|(command, options)| {
        let group = prop_oneof![
            6 => option(options),
            3 => global(),
            1 => select(vec!["help", "--", "x", "--generate-cli-skeleton", "--gener", "s3://b/p", "--cli-input-json={\"DryRun\":true}"])
                .prop_map(|word| vec![word.to_owned()]),
        ];
        let s3 = command[0] == "s3";
        proptest::collection::vec((group, 0..10_u8), 0..5).prop_map(move |groups| {
            let words: Vec<String> = command.iter().map(|w| (*w).to_owned()).collect();
            let mut early = Vec::new();
            let mut between = Vec::new();
            let mut late: Vec<String> = Vec::new();
            if s3 {
                let paths = if matches!(command[1], "cp" | "mv" | "sync") { 2 } else { 1 };
                late.extend((0..paths).map(|_| "s3://bucket/prefix".to_owned()));
            }
            for (group, place) in groups {
                match place {
                    0 => early.extend(group),
                    1 => between.extend(group),
                    _ => late.extend(group),
                }
            }
            let (service, operation) = words.split_at(1);
            [early, service.to_vec(), between, operation.to_vec(), late].concat()
        })
    })
}

/// The same lines in every run, so that a failure is a failure for everyone.
fn lines() -> Vec<Vec<String>> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = line();
    let mut all: Vec<Vec<String>> =
        traps().iter().map(|(line, _)| line.iter().map(|w| (*w).to_owned()).collect()).collect();
    all.extend((0..LINES).map(|_| strategy.new_tree(&mut runner).expect("a line").current()));
    all
}

/// What the CLI makes of the lines, all in one process.
fn real(cli: &aws::Cli, lines: &[Vec<String>]) -> Vec<Value> {
    let python = cli.path.with_file_name("python");
    let driver = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws/read-words.py");
    let mut child = Command::new(python)
        .arg(driver)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let mut stdin = child.stdin.take().expect("its standard input");
    let input: String = lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("no panic").expect("all lines read");
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).expect("UTF-8");
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(answers.len(), lines.len());
    answers
}

/// How guard's reading differs from the CLI's, if it does.
fn difference(line: &[String], major: u8, real: &Value) -> Option<String> {
    let words: Vec<&[u8]> = line.iter().map(String::as_bytes).collect();
    let parsed = parse(&words, major);
    let verdict = classify(&words);
    let told = |what: &str| Some(format!("v{major} {line:?}: {what}\n    guard {parsed:?}\n    aws {real}"));
    if let Some(end) = real["end"].as_str() {
        return match end {
            // Nothing runs; what guard thinks of it is its own business.
            "refused" => None,
            _ if verdict.effect == Effect::Read => None,
            // A `--` makes guard careful: what would be harmless is not called so.
            _ if !parsed.dashes.is_empty() => None,
            // So does what it would not be let do: an option without its value.
            _ if parsed.problem.is_some() => None,
            // The versions disagree, and the worse reading counts.
            _ if guard::engine::aws::grammar::versions_differ(&words) => None,
            end => told(&format!("the CLI only prints ({end})")),
        };
    }
    if parsed.service.map(|(_, w)| w) != real["service"].as_str().map(str::as_bytes) {
        return told("another service");
    }
    let operation: Vec<&[u8]> = parsed.operation.iter().map(|(_, w)| *w).collect();
    if Some(operation.join(&b' ').as_slice()) != real["operation"].as_str().map(str::as_bytes) {
        return told("another operation");
    }
    if parsed.help && parsed.dashes.is_empty() {
        return told("not help");
    }
    // The floor of all these commands is more than a read, unless the words say that nothing happens.
    let tries = real["service"] == "s3" || guard::engine::aws::tables::has_dry_run(&parsed.command());
    let dry = real["dry"] == Value::Bool(true) && tries;
    if verdict.effect == Effect::Read && !dry && !is_read(&parsed) {
        return told("called a read");
    }
    if dry && verdict.effect != Effect::Read && parsed.dashes.is_empty() {
        return told("a dry run");
    }
    let given = real["given"].as_object()?;
    let ours = ours(&parsed);
    let s3 = real["service"] == "s3";
    for (name, value) in &ours {
        let theirs = given.get(name);
        let same = match (value, theirs) {
            (Mine::On(on), Some(Value::Bool(theirs))) => on == theirs || name.starts_with("no-") || s3,
            (Mine::Values(values), Some(Value::Array(theirs))) => {
                s3 || theirs
                    .iter()
                    .map(|v| v.as_str().unwrap_or_default())
                    .eq(values.iter().map(String::as_str))
            }
            // A map of `aws s3` is read into Python's own form by then.
            (Mine::Values(_), Some(Value::String(theirs))) if s3 && theirs.starts_with("OrderedDict") => true,
            (Mine::Values(values), Some(theirs)) => {
                values.first().map(String::as_str) == theirs.as_str() || values.is_empty()
            }
            _ => false,
        };
        // argparse makes an empty list of `--x=--`.
        let dashes = matches!(value, Mine::Values(values) if values.iter().any(|v| v == "--"));
        if !same && !dashes {
            return told(&format!("--{name} is {value:?} here, {theirs:?} there"));
        }
    }
    for name in given.keys().filter(|_| !s3) {
        let other = name.strip_prefix("no-").map_or_else(|| format!("no-{name}"), str::to_owned);
        if !ours.contains_key(name) && !ours.contains_key(&other) {
            return told(&format!("--{name} is not seen"));
        }
    }
    for name in ["dryrun", "recursive", "delete", "force", "quiet", "size-only"].iter().filter(|_| s3) {
        let theirs = given.get(*name) == Some(&Value::Bool(true));
        if theirs != ours.contains_key(*name) {
            return told(&format!("--{name}"));
        }
    }
    None
}

fn is_read(parsed: &Parsed<'_>) -> bool {
    let operation: Vec<&[u8]> = parsed.operation.iter().map(|(_, w)| *w).collect();
    let (service, _) = (parsed.service.map(|(_, w)| w).unwrap_or_default(), ());
    guard::engine::aws::table::effect(service, &operation).0 == Effect::Read
        || parsed.options.iter().any(|o| o.name == b"invocation-type")
}

#[derive(Debug)]
enum Mine {
    On(bool),
    Values(Vec<String>),
}

/// The options in force: the last of each, switches with what they are set to.
fn ours(parsed: &Parsed<'_>) -> BTreeMap<String, Mine> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let row = |name: &str| {
        let command = text(&parsed.command());
        let line = include_str!("../../src/engine/aws/tables/options.txt")
            .lines()
            .find_map(|line| line.split_once('\t').filter(|(have, _)| *have == command));
        line.is_some_and(|(_, options)| options.split(' ').any(|o| o.strip_suffix('!') == Some(name)))
    };
    let mut out = BTreeMap::new();
    for given in &parsed.options {
        let name = text(given.name);
        if row(&name) {
            // `ecs` has `--enable-execute-command` and `--disable-execute-command`.
            let enables = name.strip_prefix("disable-").map(|base| format!("enable-{base}"));
            let (base, on) = match (name.strip_prefix("no-"), enables) {
                (Some(base), _) if row(base) => (base.to_owned(), false),
                (_, Some(enables)) if row(&enables) => (enables, false),
                _ => (name, true),
            };
            out.insert(base, Mine::On(on));
        } else {
            out.insert(name, Mine::Values(given.values.iter().map(|(_, v)| text(v)).collect()));
        }
    }
    out
}

#[test]
fn guard_and_the_cli_read_the_same_words_alike() {
    let lines = lines();
    for cli in aws::Cli::all() {
        let answers = real(&cli, &lines);
        let refused = answers.iter().filter(|a| a["end"] == "refused").count();
        let ended = answers.iter().filter(|a| a["end"].is_string()).count() - refused;
        let failures: Vec<String> = lines
            .iter()
            .zip(&answers)
            .filter_map(|(line, answer)| difference(line, cli.major, answer))
            .collect();
        println!(
            "v{}: {} lines, {} sent, {ended} only print, {refused} refused",
            cli.major,
            lines.len(),
            lines.len() - refused - ended
        );
        assert!(lines.len() - refused > lines.len() / 3, "most lines are refused: nothing is compared");
        assert!(
            failures.is_empty(),
            "{} of {}:\n{}",
            failures.len(),
            lines.len(),
            failures.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
        );
    }
}

/// Lines whose reading is easy to get wrong, and the effect guard must come to. Each was tried on both versions against a
/// server; the grammar of each is also held against the CLI by the test above.
fn traps() -> Vec<(Vec<&'static str>, Effect)> {
    use Effect::{Destroy, Read, Unknown};
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    vec![
        (words("cloudformation delete-stack --stack t1"), Destroy),
        (words("cloudformation delete-stack --s t1"), Destroy),
        (words("--stack-name=t1 cloudformation delete-stack"), Destroy),
        (words("--stack-name t1 cloudformation delete-stack"), Unknown),
        (words("cloudformation --stack-name=t1 delete-stack"), Destroy),
        (words("cloudformation --region eu-west-1 delete-stack --stack-name t1"), Destroy),
        (words("cloudformation delete-stack --stack-name other --stack-name t1"), Destroy),
        (words("ec2 terminate-instances --instance-ids A --instance-ids B"), Destroy),
        (words("ec2 terminate-instances --instance-ids [\"A\",\"B\"]"), Destroy),
        (words("ec2 terminate-instances --instance-ids A help"), Destroy),
        (words("cloudformation delete-stack --stack-name t1 help"), Read),
        (words("cloudformation delete-stack help"), Read),
        (words("cloudformation delete-stack -- --stack-name t1"), Destroy),
        (words("-- cloudformation delete-stack --stack-name t1"), Destroy),
        (words("ec2 terminate-instances --dry-run --no-dry-run --instance-ids A"), Destroy),
        (words("ec2 terminate-instances --no-dry-run --dry-run --instance-ids A"), Read),
        (words("ec2 terminate-instances --dry --instance-ids A"), Read),
        (
            words("ec2 terminate-instances --cli-input-json {\"DryRun\":true} --no-dry-run --instance-ids A"),
            Destroy,
        ),
        (words("ec2 terminate-instances --cli-input-json {\"DryRun\":true} --instance-ids A"), Read),
        (words("cloudformation delete-stack --cli-input-json file://in.json"), Destroy),
        (
            words("cloudformation delete-stack --cli-input-json {\"StackName\":\"t1\"} --stack-name other"),
            Destroy,
        ),
        (words("cloudformation delete-stack --cli-input-yaml file://in.yaml"), Destroy),
        (words("cloudformation delete-stack --stack-name file://name.txt"), Destroy),
        (words("cloudformation delete-stack --stack-name t1 --generate-cli-skeleton"), Read),
        (words("cloudformation delete-stack --stack-name t1 --generate"), Read),
        (words("cloudformation delete-stack --end http://127.0.0.1:5055 --stack-name t1"), Destroy),
        (words("cloudformation Delete-Stack --stack-name t1"), Unknown),
        (words("cloudform delete-stack --stack-name t1"), Unknown),
        (words("cloudformation delete-stack --Stack-Name t1"), Destroy),
        (words("s3 --recursive rm s3://b/p"), Destroy),
        (words("s3 sync EMPTYDIR s3://b/p --del"), Destroy),
        (words("s3 rm s3://b/p --recursive --dry"), Read),
        (words("s3 sync a s3://b/p"), Effect::Mutate),
        (words("--cli-auto-prompt ec2 describe-instances"), Unknown),
    ]
}

/// Words as people, scripts and mistakes produce them.
fn word() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<String> = commands().iter().flat_map(|(c, _)| c.iter().map(|w| (*w).to_owned())).collect();
    let options: Vec<String> =
        commands().iter().flat_map(|(_, o)| o.iter().map(|(name, _)| format!("--{name}"))).collect();
    let odd = [
        "--",
        "-",
        "",
        "help",
        "--dry-run",
        "--no-dry-run",
        "--=",
        "---",
        "--x=",
        "{",
        "[\"a\"",
        "k={a=b",
        "file://x",
    ];
    prop_oneof![
        4 => select(known).prop_map(String::into_bytes),
        4 => select(options).prop_map(String::into_bytes),
        2 => select(odd.to_vec()).prop_map(|w| w.as_bytes().to_vec()),
        1 => "-{1,2}[a-zA-Z_=-]{0,6}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ]
}

/// Options whose addition may lower the effect: what the CLI honours as doing nothing, or as the milder form.
fn may_lower(words: &[String]) -> bool {
    let lowering = [
        "help",
        "dry-run",
        "dryrun",
        "generate-cli-skeleton",
        "version",
        "no-execute-changeset",
        "invocation-type",
        "cli-input-json",
        "cli-auto-prompt",
        "no-cli-auto-prompt",
        "status",
        "new-status",
        "disable-api",
        "enable",
        "versioning-configuration",
        "public-access-block-configuration",
        "lifecycle-configuration",
        "change-batch",
        "time-to-live-specification",
        "block-public",
        "delete",
    ];
    words.iter().any(|word| {
        let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
        word == "--" || name.is_empty() || lowering.iter().any(|l| l.starts_with(name) || name.starts_with(l))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(512), failure_persistence: None, ..ProptestConfig::default() })]

    /// Any words are read and judged, none are lost, and each has one role.
    #[test]
    fn reading_is_total_and_lossless(words in proptest::collection::vec(word(), 0..9)) {
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        for major in [1, 2] {
            let parsed = parse(&words, major);
            prop_assert_eq!(parsed.words, &words[..]);
            let mut seen: Vec<usize> = parsed.service.iter().map(|(at, _)| *at).collect();
            seen.extend(parsed.operation.iter().chain(&parsed.operands).map(|(at, _)| *at));
            seen.extend(&parsed.dashes);
            for given in parsed.globals.iter().chain(&parsed.options) {
                seen.push(given.at);
                seen.extend(given.values.iter().map(|(at, _)| *at).filter(|at| *at != given.at));
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..words.len()).collect::<Vec<_>>());
        }
        classify(&words);
        guard::engine::aws::hit(&words, &guard::engine::aws::Documents::none());
        prop_assert_eq!(guard::engine::aws::redact(&words).len(), words.len());
    }

    /// An option more never makes a command milder, but for those the CLI honours as such.
    #[test]
    fn an_option_more_never_lowers(line in line(), (command, options) in select(commands()), pick in any::<prop::sample::Index>()) {
        let _ = command;
        prop_assume!(!options.is_empty());
        let (name, kind) = options[pick.index(options.len())];
        let more = if kind == '!' { vec![format!("--{name}")] } else { vec![format!("--{name}=v")] };
        prop_assume!(!may_lower(&more));
        let of = |line: &[String]| classify(&line.iter().map(String::as_bytes).collect::<Vec<_>>()).effect;
        let before = of(&line);
        let longer: Vec<String> = line.iter().cloned().chain(more).collect();
        prop_assert!(of(&longer) >= before, "{:?}: {} then {}", longer, before, of(&longer));
    }
}

#[test]
fn traps_are_judged_as_the_cli_acts() {
    for (line, want) in traps() {
        let words: Vec<&[u8]> = line.iter().map(|w| w.as_bytes()).collect();
        assert_eq!(classify(&words).effect, want, "{line:?}");
    }
}
