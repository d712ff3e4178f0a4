//! The AcoustID incident of 2021: `kubectl delete ns acoustid` meant for the new cluster, with `KUBECONFIG` still pointing
//! at the old one, which was production.

use super::ending::{Stop, Told};
use super::play::{self, Cue, Ended};
use super::stage::Stage;
use super::voice::Voice;
use guard::exit::Exit;

/// The phrase for the cluster that was meant, and for the one that is hit.
const MEANT: &str = "new/acoustid/*";
const HIT: &str = "main/acoustid/*";
/// The end of the question that is typed at, first and after a wrong answer, and of the one that is answered y or N.
const QUESTION: &str = "tries: ";
const AGAIN: &str = ">/*: ";
const YES_OR_NO: &str = "[y/N]: ";

const NAMESPACE: &str = "/api/v1/namespaces/acoustid";
const VOLUME: &str = "/api/v1/persistentvolumes/pg-data-0";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/acoustid/deployments/api";

/// Who tells it to whom.
pub struct Story {
    pub stage: Stage,
    pub voice: Voice,
    /// Whoever watches gives the answers.
    pub asks: bool,
}

impl Story {
    /// From the beginning to the end.
    pub fn tell(&self) -> Told<()> {
        self.begin()?;
        let mut went = self.the_wrong_cluster()?;
        if !went {
            self.turn_page()?;
            went = self.the_right_answer()?;
        }
        if went {
            self.turn_page()?;
            self.the_way_back()?;
        }
        self.end()
    }

    fn begin(&self) -> Told<()> {
        let leave = if self.asks { "Ctrl-C leaves at any point." } else { "It is played: nobody is asked." };
        let text = "guard demo: the real guard, on two clusters inside this program, in a home that is thrown away. A \
                    stand-in plays kubectl. Nothing of yours is read or touched.";
        self.voice.say("", &format!("{text} {leave}"))?;
        self.voice.breathe(2500)
    }

    /// Answers whether the namespace went, all the same.
    fn the_wrong_cluster(&self) -> Told<bool> {
        let voice = &self.voice;
        voice.title("The wrong cluster")?;
        voice.say(
            "",
            "AcoustID, 2021: production moves from the old cluster, main, to a new one, called new. You clear the namespace \
             acoustid on new, you think. But this shell still points at main, where four years of work lie in a namespace of \
             the same name.",
        )?;
        voice.breathe(2500)?;
        voice.line("")?;
        if self.asks {
            // Right above the question, which fills a small window.
            let text = format!("guard asks now. You have new in mind: type {MEANT}, or what you like.");
            voice.say("", &text)?;
        }
        voice.typed("export KUBECONFIG=~/kube/main.yaml")?;
        let cues = [Cue { after: QUESTION, typed: MEANT }, Cue { after: AGAIN, typed: "" }];
        let went = self.delete(&cues)?;
        voice.holds(
            "the question said that there is no backup",
            self.stage.said_of_backups().starts_with("NONE FOUND "),
        )?;
        if went {
            voice
                .say("", "You typed the name of the cluster this shell really is on, so the command ran.")?;
        } else {
            voice.say("", "Without guard that line would have taken it all at once, and asked nobody.")?;
        }
        Ok(went)
    }

    /// The same.
    fn the_right_answer(&self) -> Told<bool> {
        self.voice.title("The right answer")?;
        let text = format!(
            "What opens the door stands on the screen, to be read there. Whoever means the old cluster types {HIT}.{}",
            if self.asks { " Do so: it is not a real one." } else { "" }
        );
        self.voice.say("", &text)?;
        self.voice.line("")?;
        self.delete(&[Cue { after: QUESTION, typed: HIT }])
    }

    fn the_way_back(&self) -> Told<()> {
        let (voice, main) = (&self.voice, &self.stage.main);
        voice.title("The way back")?;
        voice.say("", "Before kubectl ran, guard kept a copy of every manifest, readable only by you.")?;
        voice.line("")?;
        let list = self.stage.command(&["guard", "kept", "list"]).output()?;
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        let id =
            list.split_whitespace().next().ok_or_else(|| Stop::Failed("guard kept no copy".to_owned()))?;
        voice.typed("guard kept list")?;
        voice.line(list.trim_end())?;
        let words = ["guard", "restore", id];
        voice.typed(&format!("{} | tail -n 1", words.join(" ")))?;
        let ended = self.run(&words, true, &[Cue { after: YES_OR_NO, typed: "y" }])?;
        if ended.code == i32::from(Exit::Refused.code()) {
            return voice.say("", "Then it stays gone; the copy lies there until you want it.");
        }
        if ended.code != 0 {
            return Err(Stop::Failed(format!("guard restore ended with exit code {}", ended.code)));
        }
        voice.line(ended.printed.lines().last().unwrap_or_default())?;
        voice.say("", "(What the cluster makes by itself is left to it.)")?;
        voice.line("")?;
        voice.holds(
            "the namespace is back, with what was in it",
            main.exists(NAMESPACE) && main.exists(DEPLOYMENT),
        )?;
        voice.holds("what lay in an erased volume is not, as the question said", !main.exists(VOLUME))
    }

    fn end(&self) -> Told<()> {
        let voice = &self.voice;
        voice.holds("nothing was ever changed on the new cluster", !Stage::changed(&self.stage.new))?;
        voice.line("")?;
        let text = "That is guard: it finds what would really be hit, shows what would be lost, and asks for its name.";
        voice.say("", text)?;
        voice.say("  guard install   ", "puts it in front of kubectl, aws, apt and the like")?;
        voice.say("  guard setup     ", "asks what each of your clusters and accounts is")
    }

    fn nothing_happened(&self) -> Told<()> {
        let main = &self.stage.main;
        let there = main.exists(NAMESPACE) && main.exists(VOLUME);
        self.voice.holds("the old namespace is still there, with its volumes", there)?;
        self.voice.holds(
            "nothing was changed on either cluster",
            !Stage::changed(main) && !Stage::changed(&self.stage.new),
        )
    }

    /// The command that did it, and what became of it: whether it ran.
    fn delete(&self, cues: &[Cue<'_>]) -> Told<bool> {
        let (voice, main) = (&self.voice, &self.stage.main);
        let words = ["kubectl", "delete", "ns", "acoustid"];
        voice.typed(&words.join(" "))?;
        let code = self.run(&words, false, cues)?.code;
        voice.line("")?;
        if code == 0 {
            voice.holds("the name of the cluster one is on opens the door", Stage::changed(main))?;
            voice.holds("the namespace on the old cluster is gone", !main.exists(NAMESPACE))?;
            return Ok(true);
        }
        let refused = i32::from(Exit::Refused.code());
        voice.holds(&format!("refused, with exit code {code}: kubectl was not run"), code == refused)?;
        self.nothing_happened()?;
        Ok(false)
    }

    fn run(&self, words: &[&str], printed: bool, cues: &[Cue<'_>]) -> Told<Ended> {
        let command = self.stage.command(words);
        match self.asks {
            true => play::theirs(command, printed, &self.voice),
            false => play::played(command, printed, cues, &self.voice),
        }
    }

    fn turn_page(&self) -> Told<()> {
        if self.asks { self.voice.turn_page() } else { self.voice.breathe(2500) }
    }
}
