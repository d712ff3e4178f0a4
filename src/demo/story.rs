//! The AcoustID incident of 2021: `kubectl delete ns acoustid` meant for the new cluster, with `KUBECONFIG` still pointing
//! at the old one, which was production.

use super::ending::Told;
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
        let voice = &self.voice;
        voice.say(
            "",
            "guard demo: two clusters inside this program, a home that is thrown away, and a stand-in for kubectl that can \
             only delete a namespace. guard is the real one. Nothing of yours is read or touched.",
        )?;
        let leave = if self.asks {
            "Ctrl-C leaves at any point."
        } else {
            "It is played by itself: nobody is asked."
        };
        voice.say("", leave)?;
        voice.breathe(2500)
    }

    /// Answers whether the namespace went, all the same.
    fn the_wrong_cluster(&self) -> Told<bool> {
        let voice = &self.voice;
        voice.title("1. The wrong cluster")?;
        voice.say(
            "",
            "AcoustID, 2021. Production moves from the old cluster, main, to a new one, called new. Its trial is over, and you \
             clear the namespace acoustid there, as you think: this shell still has the kubeconfig of main, where four years of \
             work lie in a namespace of the same name.",
        )?;
        if self.asks {
            voice.say(
                "",
                &format!(
                    "guard asks now. With the new cluster in mind one types {MEANT} - or try something else."
                ),
            )?;
        }
        voice.line("")?;
        voice.typed("export KUBECONFIG=~/kube/main.yaml")?;
        let code = self.delete(&[
            Cue { after: QUESTION, typed: "new/acoustid/*\n" },
            Cue { after: AGAIN, typed: "\n" },
        ])?;
        let went = code == 0;
        if !went {
            voice
                .holds("the name of the cluster they had in mind did not open the door", code == refused())?;
            self.nothing_happened()?;
            voice.line("")?;
            voice
                .say("", "Without guard that line would have taken it all, in a second, and asked nobody.")?;
        }
        Ok(went)
    }

    fn the_right_answer(&self) -> Told<bool> {
        let voice = &self.voice;
        voice.title("2. The right answer")?;
        voice.say(
            "",
            &format!(
                "The name that opens the door stands on the screen, so that it has to be read there. Somebody who means the old \
                 cluster types {HIT}. Here it is only a play: {}.",
                if self.asks { "do so" } else { "so be it" }
            ),
        )?;
        voice.line("")?;
        let code = self.delete(&[Cue { after: QUESTION, typed: "main/acoustid/*\n" }])?;
        if code != 0 {
            voice.holds(
                "without the name of the cluster it is on, the command does not run",
                code == refused(),
            )?;
            self.nothing_happened()?;
        }
        Ok(code == 0)
    }

    fn the_way_back(&self) -> Told<()> {
        let (voice, main) = (&self.voice, &self.stage.main);
        voice.title("3. The way back")?;
        voice.say("", "Before kubectl ran, guard kept a copy of every manifest, readable only by you.")?;
        voice.line("")?;
        let list = self.stage.command(&["guard", "kept", "list"]).output()?;
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        voice.typed("guard kept list")?;
        voice.line(list.trim_end())?;
        let id = list.split_whitespace().next().unwrap_or_default().to_owned();
        let words = ["guard", "restore", &id];
        voice.typed(&format!("{} | tail -n 1", words.join(" ")))?;
        let ended = self.run(&words, true, &[Cue { after: YES_OR_NO, typed: "y\n" }])?;
        if ended.code != 0 {
            return voice.say("", "Then it stays gone; the copy is still there.");
        }
        voice.line(ended.printed.lines().last().unwrap_or_default())?;
        voice.holds(
            "the namespace is back, with what was in it",
            main.exists(NAMESPACE) && main.exists(DEPLOYMENT),
        )?;
        voice.holds("what lay in an erased volume is not, as the question said before", !main.exists(VOLUME))
    }

    fn end(&self) -> Told<()> {
        let voice = &self.voice;
        voice.holds("nothing was ever changed on the new cluster", !Stage::changed(&self.stage.new))?;
        voice.line("")?;
        voice.say("", "That was it: guard found the cluster that would really be hit, showed what would be lost, and ran the \
                       command only for its name.")?;
        voice.line("  guard install   puts guard in front of the tools on this machine")?;
        voice.line("  guard setup     asks what each of your clusters and accounts is")
    }

    fn nothing_happened(&self) -> Told<()> {
        let main = &self.stage.main;
        self.voice.holds("the old namespace is still there", main.exists(NAMESPACE))?;
        self.voice.holds("and so are its volumes", main.exists(VOLUME))?;
        self.voice.holds(
            "nothing was changed on either cluster",
            !Stage::changed(main) && !Stage::changed(&self.stage.new),
        )
    }

    /// The command that did it. When it ran, the namespace is gone; that is part of the story.
    fn delete(&self, cues: &[Cue<'_>]) -> Told<i32> {
        let (voice, main) = (&self.voice, &self.stage.main);
        let words = ["kubectl", "delete", "ns", "acoustid"];
        voice.typed(&words.join(" "))?;
        let code = self.run(&words, false, cues)?.code;
        voice.typed("echo $?")?;
        voice.line(&format!("{code}\n"))?;
        if code == 0 {
            voice.holds("typing the name of the cluster one is on runs the command", Stage::changed(main))?;
            voice.holds("the namespace on the old cluster is gone", !main.exists(NAMESPACE))?;
        }
        Ok(code)
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

fn refused() -> i32 {
    i32::from(Exit::Refused.code())
}
