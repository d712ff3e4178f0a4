//! Answers of the server and the CLI, recorded once: what a test makes in an account, asks of it and is told.
//!
//! A recording is the list of a test's steps in their order. A step is a request to the server's control
//! (`{"control": …, "body": …, "answer": …}`), or a question of guard's (`{"ask": …, "calls": […]}`) with every call of
//! the CLI that it led to, by argument list. A call without an answer was answered as the same call before it. What
//! guard did not wait for is not recorded; whoever waits for it fails.
//!
//! | variable                | the tests                                                                |
//! |-------------------------|--------------------------------------------------------------------------|
//! | none                    | are answered from the recordings; what is not in them is a failure       |
//! | `GUARD_TEST_LIVE=1`     | ask the real server through the real CLI                                 |
//! | `GUARD_TEST_RECORD=1`   | do so, and write the recordings down: `tests/aws/record`                 |

pub mod format;
pub mod plain;
pub mod shape;
mod stand_in;
mod times;

use super::aws::Between;
use plain::{Plain, timeless};
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

pub use stand_in::StandIn;

/// Where the answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Replay,
    Live,
    Record,
}

/// What the variables ask for.
pub fn mode() -> Mode {
    let on = |name| std::env::var_os(name).is_some_and(|value| value == "1");
    match (on("GUARD_TEST_RECORD"), on("GUARD_TEST_LIVE")) {
        (true, _) => Mode::Record,
        (false, true) => Mode::Live,
        (false, false) => Mode::Replay,
    }
}

/// How a call of the CLI ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

/// One call of the CLI, as the stand-in was started.
#[derive(Clone, Debug)]
pub struct Call {
    pub words: Vec<String>,
    pub vars: Vec<(String, String)>,
    pub dir: PathBuf,
}

/// One test's recording, being played or made.
#[derive(Debug)]
pub struct Tape {
    name: String,
    /// The real CLI while the recording is made.
    real: Option<PathBuf>,
    state: Mutex<State>,
    /// How long a call without an answer waits for its own end.
    patience: Duration,
    /// A real call has come to its end.
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    plain: Plain,
    accounts: Value,
    /// Made: the steps so far. Played: those still to come.
    steps: VecDeque<Value>,
    /// The last answer to each argument list.
    last: HashMap<String, Value>,
    /// The calls of the question that is being asked.
    asked: Option<Vec<Value>>,
    /// How many questions have come to their end.
    over: usize,
    /// The calls that a real CLI is busy with.
    under_way: Vec<Value>,
    unknown: Vec<String>,
}

/// Whether the caller is ended within this time.
pub type Gone<'a> = &'a dyn Fn(Duration) -> bool;

/// A call that is not waited for is ended by then, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(20);
/// A real CLI that its question does not wait for is done by then, unless something is wrong.
const BUSY: Duration = Duration::from_secs(240);

impl Tape {
    /// Plays the recording of this name.
    pub fn play(name: &str, home: &Path) -> Tape {
        Tape::play_value(name, &format::read(name), home)
    }

    /// Plays a recording.
    pub fn play_value(name: &str, recording: &Value, home: &Path) -> Tape {
        let seconds = recording["seconds"].as_i64().unwrap_or_else(|| panic!("{name} has no length"));
        let plain = Plain::new(&home.display().to_string(), now() - seconds);
        let steps = recording["steps"].as_array().unwrap_or_else(|| panic!("{name} has no steps"));
        Tape::new(name, None, plain, recording["accounts"].clone(), steps.iter().cloned().collect())
    }

    /// Makes one, of this CLI in front of the server on this port.
    pub fn record(name: &str, home: &Path, cli: &Path, port: u16, accounts: Value) -> Tape {
        let mut plain = Plain::new(&home.display().to_string(), now());
        plain.port(port);
        plain.learn(&accounts);
        Tape::new(name, Some(cli.to_owned()), plain, accounts, VecDeque::new())
    }

    fn new(name: &str, real: Option<PathBuf>, plain: Plain, accounts: Value, steps: VecDeque<Value>) -> Tape {
        let state = State {
            plain,
            accounts,
            steps,
            last: HashMap::new(),
            asked: None,
            over: 0,
            under_way: Vec::new(),
            unknown: Vec::new(),
        };
        let (state, ended) = (Mutex::new(state), Condvar::new());
        Tape { name: name.to_owned(), real, state, patience: PATIENCE, ended }
    }

    /// The same, for tests of this very thing.
    pub fn impatient(self) -> Tape {
        Tape { patience: Duration::from_millis(200), ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A failed test is told by its own words, not by a poisoned lock.
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The accounts and the keys of alice in each.
    pub fn accounts(&self) -> Value {
        self.state().accounts.clone()
    }

    /// A question begins. What the stand-in is asked until its end belongs to it.
    #[track_caller]
    pub fn begin(&self, words: &[&str]) {
        let mut state = self.state();
        let words = state.plain.value(&json!(words));
        state.asked = Some(Vec::new());
        if self.real.is_none() {
            let step = self.next(&mut state, &json!({"ask": words}));
            let calls = step["calls"].as_array().unwrap();
            for call in calls.iter().filter(|call| call.as_object().is_some_and(|call| call.len() > 1)) {
                state.last.insert(call["aws"].to_string(), call.clone());
            }
            state.asked = Some(calls.clone());
        } else {
            state.steps.push_back(json!({"ask": words}));
        }
    }

    /// The question has its answer. What was never recorded is the test's failure.
    #[track_caller]
    pub fn end(&self) {
        let mut state = self.state();
        let asked = state.asked.take().unwrap_or_default();
        state.over += 1;
        if self.real.is_some() {
            // What was not waited for still reads from the server, which is about to change.
            let (waited, late) =
                self.ended.wait_timeout_while(state, BUSY, |s| !s.under_way.is_empty()).unwrap();
            assert!(!late.timed_out(), "{}: still busy with {:?}", self.name, waited.under_way);
            state = waited;
            let calls = self.calls(&mut state, asked);
            state.steps.back_mut().unwrap()["calls"] = calls;
        }
        drop(state);
        self.complain();
    }

    /// The calls of one question in the order of their words; those that changed nothing without their answer.
    fn calls(&self, state: &mut State, mut asked: Vec<Value>) -> Value {
        asked.sort_by_key(|call| call["aws"].to_string());
        asked.dedup();
        for pair in asked.windows(2) {
            let same = pair[0]["aws"] == pair[1]["aws"];
            assert!(!same, "{}: one question, two answers: {pair:#?}", self.name);
        }
        let known = |call: Value| match state.last.insert(call["aws"].to_string(), call.clone()) {
            Some(before) if before == call => json!({"aws": call["aws"]}),
            _ => call,
        };
        asked.into_iter().map(known).collect()
    }

    /// Fails for every argument list that no answer was recorded for.
    #[track_caller]
    pub fn complain(&self) {
        let unknown = std::mem::take(&mut self.state().unknown);
        assert!(
            unknown.is_empty(),
            "the recording {} has no answer to\n  {}\nat this place; `tests/aws/record` makes a new one",
            self.name,
            unknown.join("\n  ")
        );
    }

    /// Answers a call of the CLI.
    pub fn call(&self, call: &Call, gone: Gone<'_>) -> Answer {
        match &self.real {
            // It came too late to belong to a question.
            Some(_) if gone(Duration::ZERO) => Answer::default(),
            Some(real) => self.call_real(real, call),
            None => self.call_recorded(call, gone),
        }
    }

    fn call_recorded(&self, call: &Call, gone: Gone<'_>) -> Answer {
        let state = self.state();
        let words = state.plain.value(&json!(call.words));
        let expected = state.asked.iter().flatten().any(|known| known["aws"] == words);
        let Some(known) = state.last.get(&words.to_string()).filter(|_| expected).cloned() else {
            return self.call_unknown(state, call, gone);
        };
        let text = |name: &str| state.plain.text_here(known[name].as_str().unwrap_or_default()).into_bytes();
        let out = match known.get("json") {
            Some(value) => rendered(&state.plain.value_here(value)),
            None => text("out"),
        };
        let code = known["exit"].as_i64().and_then(|code| i32::try_from(code).ok());
        Answer { code: code.unwrap_or(0), out, err: text("err") }
    }

    /// No answer, and a failure for whoever waits for one. guard ends its other calls when it knows enough.
    fn call_unknown(&self, state: MutexGuard<'_, State>, call: &Call, gone: Gone<'_>) -> Answer {
        let patience = if state.unknown.is_empty() { self.patience } else { Duration::ZERO };
        drop(state);
        let words = format!("aws {}", call.words.join(" "));
        let err = format!("never recorded: {words}\n").into_bytes();
        if !gone(patience) {
            self.state().unknown.push(words);
        }
        Answer { code: 98, out: Vec::new(), err }
    }

    fn call_real(&self, real: &Path, call: &Call) -> Answer {
        let mut command = std::process::Command::new(real);
        command.args(&call.words).env_clear().current_dir(&call.dir).stdin(std::process::Stdio::null());
        command.envs(call.vars.iter().map(|(name, value)| (name, value)));
        let (words, over) = {
            let mut state = self.state();
            let words = state.plain.value(&json!(call.words));
            state.under_way.push(words.clone());
            (words, state.over)
        };
        let done = command.output().unwrap_or_else(|e| panic!("{}: {e}", real.display()));
        let code =
            done.status.code().unwrap_or_else(|| panic!("{:?} was ended: {}", call.words, done.status));
        let mut state = self.state();
        let at = state.under_way.iter().position(|known| *known == words).unwrap();
        state.under_way.remove(at);
        self.ended.notify_all();
        let mut note = json!({"aws": words});
        if code != 0 {
            note["exit"] = json!(code);
        }
        let text = |bytes: &[u8]| state.plain.text(std::str::from_utf8(bytes).unwrap());
        match serde_json::from_slice::<Value>(&done.stdout).ok().filter(|v| rendered(v) == done.stdout) {
            Some(value) => note["json"] = state.plain.value(&value),
            None => note["out"] = json!(text(&done.stdout)),
        }
        if !done.stderr.is_empty() {
            note["err"] = json!(text(&done.stderr));
        }
        let is_late = over < state.over;
        match state.asked.as_mut() {
            _ if is_late => {}
            Some(asked) => asked.push(note),
            None => state.unknown.push(format!("aws {} (outside of any question)", call.words.join(" "))),
        }
        Answer { code, out: done.stdout, err: done.stderr }
    }

    /// The next recorded step, which has to be this one.
    #[track_caller]
    fn next(&self, state: &mut State, wanted: &Value) -> Value {
        let next = state.steps.pop_front().unwrap_or_else(|| json!({"end": "nothing more"}));
        let same = wanted.as_object().unwrap().iter().all(|(name, value)| next.get(name) == Some(value));
        let short = |value: &Value| {
            let members = value.as_object().into_iter().flatten();
            let told: Vec<_> =
                members.filter(|(name, _)| !matches!(name.as_str(), "answer" | "calls")).collect();
            told.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(" ")
        };
        assert!(
            same,
            "the test asks for\n  {}\nwhere the recording {} has\n  {}\n`tests/aws/record` makes a new one",
            short(wanted),
            self.name,
            short(&next)
        );
        next
    }

    /// Writes a recording that was being made. Where nothing but the times differs, the one that is there is kept.
    pub fn save(&self) {
        if self.real.is_none() {
            return;
        }
        let state = self.state();
        // Times are whole seconds: one more, and nothing of it lies in the future.
        let seconds = state.plain.seconds(now()) + 1;
        let steps: Vec<&Value> = state.steps.iter().collect();
        let accounts = state.plain.value(&state.accounts);
        let made = json!({"seconds": seconds, "accounts": accounts, "steps": steps});
        let before = format::find(&self.name).filter(|before| timeless(before) == timeless(&made));
        format::write(&self.name, &before.unwrap_or(made));
    }

    /// The steps that were recorded and not asked for.
    pub fn left(&self) -> usize {
        if self.real.is_some() { 0 } else { self.state().steps.len() }
    }
}

impl Between for Tape {
    fn control(
        &self,
        method: &str,
        body: &Value,
        live: &dyn Fn() -> Result<Value, String>,
    ) -> Result<Value, String> {
        if self.real.is_some() {
            let answer = live();
            let mut state = self.state();
            state.plain.learn(answer.as_ref().unwrap_or(&Value::Null));
            let mut step = json!({"control": method, "body": state.plain.value(body)});
            match &answer {
                Ok(value) => step["answer"] = state.plain.value(value),
                Err(text) => step["error"] = json!(state.plain.text(text)),
            }
            state.steps.push_back(step);
            return answer;
        }
        let mut state = self.state();
        let wanted = json!({"control": method, "body": state.plain.value(body)});
        let step = self.next(&mut state, &wanted);
        match step["error"].as_str() {
            Some(text) => Err(state.plain.text_here(text)),
            None => Ok(state.plain.value_here(&step["answer"])),
        }
    }
}

/// JSON as the CLI prints it.
fn rendered(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    let four = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut to = serde_json::Serializer::with_formatter(&mut out, four);
    serde::Serialize::serialize(value, &mut to).unwrap();
    out.push(b'\n');
    out
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}
