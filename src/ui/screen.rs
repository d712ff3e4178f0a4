//! The screen as data, then as lines. No box drawing, no cursor movement, one fact per row with its label, the question
//! last: it reads the same from top to bottom on a screen reader.
//!
//! A row that gets too long loses whole items from its end and says how many; a name is never cut. A name wider than
//! the terminal stands on a line of its own, in one piece.

use super::badge;
use super::colour::{Colours, Look, Paint};
use crate::engine::escape::escape;
use crate::engine::target::Environment;
use unicode_width::UnicodeWidthStr;

/// Everything shown before, and including, the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// What has to be read before anything else; the first line.
    pub alarm: Option<String>,
    /// What the target is to its people; `None` when not even that could be worked out, or when there is no target: then
    /// there is no headline either, and no badge.
    pub environment: Option<Environment>,
    /// What stands beside the badge: the target's name and address.
    pub headline: Vec<Item>,
    /// The facts, in their order.
    pub rows: Vec<Row>,
    /// The question without its answer; empty when nothing is asked.
    pub question: Item,
    /// The question where nothing can be bold, when it then has other words.
    pub plain_question: Option<Item>,
}

/// One labelled fact or list of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// One short word.
    pub label: String,
    /// What comes before the items and is never dropped.
    pub lead: Item,
    /// The items, most important first; the last ones are dropped when they do not fit.
    pub items: Vec<Item>,
    /// The same items in few words, used before any is dropped; empty when there is no shorter form.
    pub brief: Vec<Item>,
    /// What stands between two items.
    pub separator: &'static str,
    /// How many more there are than `items` holds, and what they are called (one, several).
    pub beyond: u64,
    /// What dropped items are called: `("1 more kind", "more kinds")`.
    pub more: (&'static str, &'static str),
    /// Lines the row may take before items are dropped, twice as many in narrow windows; `None` for facts that must stand in full.
    pub lines: Option<usize>,
    /// A command to be copied: lines end with a backslash where it goes on, so that a shell reads it as one.
    pub copyable: bool,
}

/// A run of words and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    spans: Vec<Span>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    text: String,
    /// Never broken over two lines.
    whole: bool,
    tone: Tone,
}

/// How a span stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    Strong,
    Loss,
    Label,
    Badge(Option<Environment>),
    /// What stands between two facts of one item.
    Dot,
}

impl Item {
    /// Nothing yet.
    pub fn new() -> Item {
        Item::default()
    }

    /// Guard's own words; lines may break at their blanks.
    #[must_use]
    pub fn say(self, words: impl Into<String>) -> Item {
        self.push(words.into(), false, Tone::Plain)
    }

    /// A name from outside: escaped, never broken. No name is as long as what is cut here, and marked so: it would push
    /// everything else off the screen.
    #[must_use]
    pub fn name(self, name: impl AsRef<[u8]>) -> Item {
        self.push(whole_name(name.as_ref()), true, Tone::Plain)
    }

    /// A name somebody has to read: escaped, never broken, bold; cut like every other where it is no name any more.
    #[must_use]
    pub fn strong(self, name: impl AsRef<[u8]>) -> Item {
        self.push(whole_name(name.as_ref()), true, Tone::Strong)
    }

    /// Words from outside: escaped; lines may break at their blanks. Cut, and marked so, when longer than 160 characters.
    #[must_use]
    pub fn prose(self, words: &str) -> Item {
        self.push(clip(words), false, Tone::Plain)
    }

    /// A sentence of guard's own with names and paths in it: escaped, and in full, for its end may be what matters.
    #[must_use]
    pub fn clause(self, words: &str) -> Item {
        self.push(escape(words.as_bytes()), false, Tone::Plain)
    }

    /// What stands between two facts that belong together.
    #[must_use]
    pub fn dot(self) -> Item {
        self.say(" ").push("·".to_owned(), true, Tone::Dot).say(" ")
    }

    /// Words about something that will be gone.
    #[must_use]
    pub fn loss(self, words: &str) -> Item {
        self.push(clip(words), false, Tone::Loss)
    }

    /// A sentence of guard's own that has to be read: in full, names and all.
    #[must_use]
    pub(crate) fn alarm(self, words: &str) -> Item {
        self.push(escape(words.as_bytes()), false, Tone::Loss)
    }

    /// One word of a command line that is already escaped; a patch or script of many lines is cut, and marked so.
    #[must_use]
    pub(crate) fn shown_word(self, word: &str) -> Item {
        const LONGEST: usize = 240;
        match word.char_indices().nth(LONGEST) {
            Some((at, _)) => self.push(format!("{}[cut]", &word[..at]), true, Tone::Plain),
            None => self.push(word.to_owned(), true, Tone::Plain),
        }
    }

    /// One word that is already escaped and stands in full.
    #[must_use]
    pub(crate) fn unbroken_escaped(self, word: &str) -> Item {
        self.push(word.to_owned(), true, Tone::Plain)
    }

    fn push(mut self, text: String, whole: bool, tone: Tone) -> Item {
        if !text.is_empty() {
            self.spans.push(Span { text, whole, tone });
        }
        self
    }

    /// Guard's own words that belong on one line: a number and its noun.
    #[must_use]
    pub(crate) fn unbroken(self, words: &str) -> Item {
        self.push(escape(words.as_bytes()), true, Tone::Plain)
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The text without any styling.
    pub fn text(&self) -> String {
        self.spans.iter().map(|s| s.text.as_str()).collect()
    }

    /// Whether exactly this name stands in it as a whole.
    fn names(&self, name: &str) -> bool {
        let shown = escape(name.as_bytes());
        self.spans.iter().any(|s| s.whole && s.text == shown)
    }
}

/// A name, escaped; what is longer than any name is cut.
fn whole_name(name: &[u8]) -> String {
    const LONGEST: usize = 1024;
    match name.get(..LONGEST) {
        Some(head) => format!("{}[cut]", escape(head)),
        None => escape(name),
    }
}

fn clip(words: &str) -> String {
    const LONGEST: usize = 160;
    let Some((at, _)) = words.char_indices().nth(LONGEST) else { return escape(words.as_bytes()) };
    let head = &words[..at];
    // A list ends after a whole item, prose after a whole word.
    let end = [", ", " "].iter().find_map(|gap| head.rfind(gap).filter(|end| *end > at / 2));
    format!("{} [cut]", escape(&head.as_bytes()[..end.unwrap_or(at)]))
}

impl Row {
    /// A fact that stands in full however long it is.
    pub fn fact(label: &str, item: Item) -> Row {
        Row::list(label, vec![item], ("", "")).in_full()
    }

    /// A list of facts on at most two lines.
    pub fn list(
        label: &str,
        items: impl IntoIterator<Item = Item>,
        more: (&'static str, &'static str),
    ) -> Row {
        let mut all = items.into_iter();
        let items: Vec<Item> = all.by_ref().take(MOST_ITEMS).collect();
        Row {
            label: label.to_owned(),
            lead: Item::new(),
            items,
            brief: Vec::new(),
            separator: ", ",
            beyond: all.count() as u64,
            more,
            lines: Some(2),
            copyable: false,
        }
    }

    /// Never drops an item.
    #[must_use]
    pub fn in_full(mut self) -> Row {
        self.lines = None;
        self
    }

    /// What comes before the items.
    #[must_use]
    pub fn lead(mut self, lead: Item) -> Row {
        self.lead = lead;
        self
    }
}

impl Screen {
    /// The facts, one row after the other, each line ended by a newline.
    pub fn facts(&self, look: Look) -> String {
        let mut out = String::new();
        if let Some(alarm) = &self.alarm {
            let mut lines = Lines::start(look, 1, 3, &[]);
            lines.chunks(&chunks(&Item::new().alarm(&format!("! {alarm}"))), look);
            lines.finish(&mut out);
        }
        // A question about no place at all has no badge.
        if self.environment.is_some() || !self.headline.is_empty() {
            let badge = badge::words(self.environment, look);
            let mut lines = Lines::start(look, 0, 14, &[(badge, Tone::Badge(self.environment))]);
            for item in &self.headline {
                lines.gap = 2;
                lines.begun = true;
                lines.chunks(&chunks(item), look);
            }
            lines.finish(&mut out);
        }
        for row in &self.rows {
            row.render(look, &mut out);
        }
        out
    }

    /// The question; the answer is typed right behind it.
    pub fn question(&self, look: Look) -> String {
        let mut out = String::new();
        let mut lines = Lines::start(look, 1, 1, &[]);
        let plain = self.plain_question.as_ref().filter(|_| look.colours == Colours::None);
        lines.chunks(&chunks(plain.unwrap_or(&self.question)), look);
        lines.finish(&mut out);
        format!("{} ", out.trim_end())
    }

    /// Facts, an empty line, and the question when there is one.
    pub fn render(&self, look: Look) -> String {
        let facts = self.facts(look);
        match (self.question.is_empty(), facts.is_empty()) {
            (true, _) => facts,
            (false, true) => self.question(look),
            (false, false) => format!("{facts}\n{}", self.question(look)),
        }
    }

    /// Whether this name stands somewhere in the facts, as a whole and never dropped.
    pub fn tells(&self, name: &str) -> bool {
        let fixed = |row: &Row| {
            let sure = if row.lines.is_none() { row.items.len() } else { 1 };
            row.lead.names(name) || row.items.iter().take(sure).any(|i| i.names(name))
        };
        self.headline.iter().any(|i| i.names(name)) || self.rows.iter().any(fixed)
    }
}

impl Item {
    /// Both, one after the other.
    #[must_use]
    pub fn join(mut self, other: &Item) -> Item {
        self.spans.extend(other.spans.iter().cloned());
        self
    }
}

impl Row {
    fn render(&self, look: Look, out: &mut String) {
        let mut text = self.lay(&self.items, 0, look);
        if let Some(most) = self.lines {
            let most = if look.width < NARROW { most * 2 } else { most };
            let too_long = |text: &str| text.lines().nth(most).is_some();
            let mut items = &self.items;
            if too_long(&text) && self.brief.len() == items.len() {
                items = &self.brief;
                text = self.lay(items, 0, look);
            }
            if too_long(&text) {
                // With the words that say how many are missing a few less fit than without.
                let mut kept = self.fitting(items, most, look).min(items.len().saturating_sub(1)).max(1);
                text = self.lay(items.get(..kept).unwrap_or(items), items.len() - kept, look);
                while too_long(&text) && kept > 1 {
                    kept -= 1;
                    text = self.lay(items.get(..kept).unwrap_or(items), items.len() - kept, look);
                }
            }
        }
        out.push_str(&text);
    }

    /// How many items stand on so many lines when nothing is said about the rest. Of thousands of items only about
    /// twice as many are laid out as fit: first in doubling steps, then by halving the step.
    fn fitting(&self, items: &[Item], most: usize, look: Look) -> usize {
        let fits = |count: usize| {
            let items = items.get(..count).unwrap_or(items);
            self.lay_plain(items, None, look).lines().nth(most).is_none()
        };
        let mut step = 1;
        while step < items.len() && fits(step) {
            step *= 2;
        }
        let (mut fit, mut over) = (step / 2, step.min(items.len()));
        while fit + 1 < over {
            let middle = fit + (over - fit) / 2;
            if fits(middle) { fit = middle } else { over = middle }
        }
        if fits(over) { over } else { fit }
    }

    fn lay(&self, items: &[Item], dropped: usize, look: Look) -> String {
        let hidden = self.beyond + dropped as u64;
        let rest = (hidden > 0).then(|| match hidden {
            1 => self.more.0.to_owned(),
            n => format!("{} {}", super::human::number(n), self.more.1),
        });
        self.lay_plain(items, rest, look)
    }

    fn lay_plain(&self, items: &[Item], rest: Option<String>, look: Look) -> String {
        let narrow = look.width < NARROW;
        let label = if narrow { format!("{}: ", self.label) } else { format!("{:<10} ", self.label) };
        let (first, hang) = if narrow { (1, 3) } else { (3, 14) };
        let mut lines = Lines::start(look, first, hang, &[(label, Tone::Label)]);
        lines.copyable = self.copyable;
        let mut all = self.lead.clone();
        for (i, item) in items.iter().enumerate() {
            let separator = match (i, self.lead.is_empty()) {
                (0, true) => "",
                (0, false) => " ",
                _ => self.separator,
            };
            all = all.say(separator).join(item);
        }
        if let Some(rest) = rest {
            all = all.say(" and ").say(rest);
        }
        lines.chunks(&chunks(&all), look);
        let mut out = String::new();
        lines.finish(&mut out);
        out
    }
}

/// No window shows more items of one row; the rest is counted and not looked at.
const MOST_ITEMS: usize = 1024;
/// Below this many columns labels no longer get a column of their own.
const NARROW: usize = 60;

/// Styled text without a place to break in it.
type Chunk = Vec<(String, Tone)>;

/// Splits at the blanks of breakable spans.
fn chunks(item: &Item) -> Vec<Chunk> {
    let mut done: Vec<Chunk> = Vec::new();
    let mut open: Chunk = Vec::new();
    for span in &item.spans {
        if span.whole {
            open.push((span.text.clone(), span.tone));
            continue;
        }
        for (i, word) in span.text.split(' ').enumerate() {
            if i > 0 && !open.is_empty() {
                done.push(std::mem::take(&mut open));
            }
            if !word.is_empty() {
                open.push((word.to_owned(), span.tone));
            }
        }
    }
    if !open.is_empty() {
        done.push(open);
    }
    done
}

/// Fills lines from left to right.
struct Lines {
    width: usize,
    hang: usize,
    line: String,
    used: usize,
    /// Something besides the indent and label stands on the line.
    begun: bool,
    /// Blanks before the next chunk on the same line.
    gap: usize,
    /// Lines that go on end with a backslash.
    copyable: bool,
    done: Vec<String>,
}

impl Lines {
    fn start(look: Look, indent: usize, hang: usize, label: &[(String, Tone)]) -> Lines {
        let hang = if look.width < NARROW { hang.min(3) } else { hang };
        let mut lines = Lines {
            width: look.width,
            hang,
            line: " ".repeat(indent),
            used: indent,
            begun: false,
            gap: 1,
            copyable: false,
            done: vec![],
        };
        for (text, tone) in label {
            lines.used += text.width();
            lines.line.push_str(&paint(text, *tone, look));
        }
        lines
    }

    fn chunks(&mut self, chunks: &[Chunk], look: Look) {
        for (i, chunk) in chunks.iter().enumerate() {
            // The backslash and the blank before it, unless nothing follows.
            let reserve = if self.copyable && i + 1 < chunks.len() { 2 } else { 0 };
            let chunk: Vec<(String, Tone)> =
                chunk.iter().map(|(t, tone)| (in_charset(t, *tone, look), *tone)).collect();
            let width: usize = chunk.iter().map(|(t, _)| t.width()).sum();
            let gap = if self.begun { std::mem::replace(&mut self.gap, 1) } else { 0 };
            // A line that holds only the indent takes whatever comes: breaking again would gain nothing.
            let bare = self.used <= self.hang && !self.begun && !self.done.is_empty();
            if self.used + gap + width + reserve > self.width && !bare {
                if self.copyable && self.begun {
                    self.line.push_str(" \\");
                }
                self.done.push(std::mem::take(&mut self.line));
                // A name wider than what is left beside the indent moves to the left before it overflows.
                let indent = self.hang.min(self.width.saturating_sub(width)).max(1);
                self.line = " ".repeat(indent);
                self.used = indent;
            } else {
                self.line.extend(std::iter::repeat_n(' ', gap));
                self.used += gap;
            }
            for (text, tone) in chunk {
                self.line.push_str(&paint(&text, tone, look));
                self.used += text.width();
            }
            self.begun = true;
        }
    }

    fn finish(mut self, out: &mut String) {
        self.done.push(self.line);
        for line in self.done {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

/// In a locale that is not UTF-8 every character outside ASCII is shown by its number.
fn in_charset(text: &str, tone: Tone, look: Look) -> String {
    if tone == Tone::Dot && !look.utf8 {
        return "-".to_owned();
    }
    if look.utf8 || text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

fn paint(text: &str, tone: Tone, look: Look) -> String {
    match tone {
        Tone::Plain | Tone::Dot => text.to_owned(),
        Tone::Strong => look.paint(text, Paint::BOLD),
        Tone::Loss => look.paint(text, Paint::LOSS),
        Tone::Label => {
            // The padding stays unpainted, so that nothing but the word is touched.
            let word = text.trim_end();
            format!("{}{}", look.paint(word, Paint::LABEL), &text[word.len()..])
        }
        Tone::Badge(environment) => look.paint(text, badge::paint(environment)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The plain way: everything, then one item less until it fits.
    fn one_by_one(row: &Row, look: Look) -> String {
        let most = row.lines.map(|most| if look.width < NARROW { most * 2 } else { most });
        let fits = |text: &str| most.is_none_or(|most| text.lines().count() <= most);
        let mut items = &row.items;
        let mut text = row.lay(items, 0, look);
        if !fits(&text) && row.brief.len() == items.len() {
            items = &row.brief;
            text = row.lay(items, 0, look);
        }
        for kept in (1..items.len()).rev() {
            if fits(&text) {
                break;
            }
            text = row.lay(&items[..kept], items.len() - kept, look);
        }
        text
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn a_row_shows_as_many_items_as_fit(
            names in prop::collection::vec("[a-z]{1,12}( [a-z]{1,9}){0,2}", 0..120),
            lead in "[a-z]{0,20}",
            beyond in 0_u64..3000,
            width in 20_usize..140,
            lines in 1_usize..5,
            shorter in any::<bool>(),
        ) {
            let item = |name: &String| Item::new().name("x").say(format!(" {name}"));
            let mut row = Row::list("goes", names.iter().map(item), ("1 more", "more"));
            row = row.lead(Item::new().say(lead));
            row.lines = Some(lines);
            row.beyond = beyond;
            if shorter {
                row.brief = names.iter().map(|name| Item::new().name(&name[..1])).collect();
            }
            let look = Look { width, ..Look::PLAIN };
            let mut shown = String::new();
            row.render(look, &mut shown);
            prop_assert_eq!(shown, one_by_one(&row, look));
        }
    }
}
