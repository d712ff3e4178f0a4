//! Colour, character set and width, decided once per stream. `colored`, `console` and clap each read the variables
//! their own way, so the decision is made here and handed to them.

use crate::world::World;
use colored::Color;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// What `--color` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourChoice {
    /// By the environment and the stream.
    #[default]
    Auto,
    /// Also when the stream is no terminal.
    Always,
    /// Never.
    Never,
}

/// How many colours a stream gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: not one escape sequence is written.
    None,
    /// The sixteen of ECMA-48.
    Sixteen,
    /// The 256-colour palette.
    Many,
}

/// How text is rendered for one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Colours.
    pub colours: Colours,
    /// False when the locale is not UTF-8: symbols and outside text are then shown in ASCII.
    pub utf8: bool,
}

impl Look {
    /// 80 columns, no colour, UTF-8.
    pub const PLAIN: Look = Look { width: 80, colours: Colours::None, utf8: true };

    /// The look of one stream: `terminal` says whether it is one, `columns` how wide it says it is.
    ///
    /// A terminal that does not know its width counts as 80 columns. Very wide ones are used up to
    /// [`Look::WIDEST`]: facts side by side on a 300-column line are not read.
    pub fn of(world: &World, choice: ColourChoice, terminal: bool, columns: Option<u16>) -> Look {
        let asked = columns.map(usize::from).filter(|c| *c > 0);
        let told = || world.set_var("COLUMNS")?.to_str()?.parse().ok().filter(|c: &usize| *c > 0);
        let width = asked.or_else(told).unwrap_or(80).clamp(Look::NARROWEST, Look::WIDEST);
        Look { width, colours: colours(world, choice, terminal), utf8: is_utf8(world) }
    }

    /// Narrower terminals are treated as this wide.
    pub const NARROWEST: usize = 20;
    /// Wider terminals are treated as this wide.
    pub const WIDEST: usize = 120;

    /// Paints `text`; without colours it stays as it is.
    pub(crate) fn paint(self, text: &str, style: Paint) -> String {
        let codes = match self.colours {
            Colours::None => return text.to_owned(),
            Colours::Sixteen => style.codes(|p| p.sixteen),
            Colours::Many => style.codes(|p| p.many),
        };
        if codes.is_empty() { text.to_owned() } else { format!("{codes}{text}\x1b[0m") }
    }
}

/// Decides about colour for one stream, in this order: `--color`, `NO_COLOR` (not empty), `CLICOLOR_FORCE` (not empty,
/// not 0) or `FORCE_COLOR` (the same), `CLICOLOR=0`, `TERM=dumb` (or none), whether the stream is a terminal.
pub fn colours(world: &World, choice: ColourChoice, terminal: bool) -> Colours {
    let set = |name: &str| world.set_var(name).is_some();
    let forced = |name: &str| world.set_var(name).is_some_and(|v| v != "0");
    let term = world.set_var("TERM").unwrap_or(OsStr::new("dumb"));
    let on = match choice {
        ColourChoice::Always => true,
        ColourChoice::Never => false,
        ColourChoice::Auto if set("NO_COLOR") => false,
        ColourChoice::Auto if forced("CLICOLOR_FORCE") || forced("FORCE_COLOR") => true,
        ColourChoice::Auto if world.var("CLICOLOR").is_some_and(|v| v == "0") => false,
        ColourChoice::Auto if term == "dumb" => false,
        ColourChoice::Auto => terminal,
    };
    if !on {
        return Colours::None;
    }
    let many = term.as_bytes().windows(3).any(|w| w == b"256")
        || world.var("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit");
    if many { Colours::Many } else { Colours::Sixteen }
}

/// Whether the locale's character set is UTF-8: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is not empty decides,
/// as in POSIX; none at all means the C locale.
pub fn is_utf8(world: &World) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| world.set_var(name));
    let name = locale.map(|l| l.as_bytes().to_ascii_lowercase()).unwrap_or_default();
    let charset = name.split(|b| *b == b'.').nth(1).unwrap_or(&name);
    charset.starts_with(b"utf-8") || charset.starts_with(b"utf8")
}

/// Hands the decision for standard output and error to the crates that would decide for themselves.
pub fn apply(stdout: Colours, stderr: Colours) {
    colored::control::set_override(stderr != Colours::None);
    console::set_colors_enabled(stdout != Colours::None);
    console::set_colors_enabled_stderr(stderr != Colours::None);
}

/// A style, in both palettes. White on 124, black on 214 and white on 25 keep a contrast of 6.5 or more and stay three
/// different hues and brightnesses for colour-blind eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    pub bold: bool,
    pub many: Pair,
    pub sixteen: Pair,
}

/// Foreground and background.
pub(crate) type Pair = (Option<Color>, Option<Color>);

impl Paint {
    pub(crate) const BOLD: Paint = Paint { bold: true, many: (None, None), sixteen: (None, None) };
    /// 4.0 on white, 5.3 on black; bold.
    pub(crate) const LOSS: Paint = Paint {
        bold: true,
        many: (Some(Color::AnsiColor(196)), None),
        sixteen: (Some(Color::BrightRed), None),
    };
    /// The one grey with a contrast of 4.5 on white and on black.
    pub(crate) const LABEL: Paint =
        Paint { bold: false, many: (Some(Color::AnsiColor(243)), None), sixteen: (None, None) };

    /// A badge: foreground on background.
    pub(crate) const fn badge(many: (Color, u8), sixteen: (Color, Color)) -> Paint {
        Paint {
            bold: true,
            many: (Some(many.0), Some(Color::AnsiColor(many.1))),
            sixteen: (Some(sixteen.0), Some(sixteen.1)),
        }
    }

    fn codes(self, palette: impl Fn(Paint) -> Pair) -> String {
        let (fg, bg) = palette(self);
        let bold = self.bold.then(|| "1".into());
        let codes = [bold, fg.map(|c| c.to_fg_str()), bg.map(|c| c.to_bg_str())];
        // One sequence each: several colours of the 256 in one sequence are misread by some terminals and recorders.
        codes.iter().flatten().map(|code| format!("\x1b[{code}m")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_decision() {
        use ColourChoice::{Always, Auto, Never};
        use Colours::{Many, None, Sixteen};
        // (--color, variables, is a terminal) → colours
        type Row = (ColourChoice, &'static [(&'static str, &'static str)], bool, Colours);
        let rows: &[Row] = &[
            (Auto, &[("TERM", "xterm")], true, Sixteen),
            (Auto, &[("TERM", "xterm-256color")], true, Many),
            (Auto, &[("TERM", "xterm"), ("COLORTERM", "truecolor")], true, Many),
            (Auto, &[("TERM", "xterm-256color")], false, None),
            (Auto, &[("TERM", "dumb")], true, None),
            (Auto, &[], true, None),
            (Auto, &[("TERM", "xterm"), ("CLICOLOR", "0")], true, None),
            (Auto, &[("TERM", "xterm"), ("CLICOLOR", "1")], true, Sixteen),
            (Auto, &[("TERM", "xterm"), ("CLICOLOR", "1")], false, None),
            (Auto, &[("TERM", "dumb"), ("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")], false, Sixteen),
            (Auto, &[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")], false, None),
            (Auto, &[("TERM", "xterm"), ("CLICOLOR_FORCE", "")], false, None),
            (Auto, &[("TERM", "xterm"), ("FORCE_COLOR", "3")], false, Sixteen),
            (Auto, &[("TERM", "xterm"), ("FORCE_COLOR", "0")], false, None),
            (Auto, &[("TERM", "xterm"), ("NO_COLOR", "1")], true, None),
            (Auto, &[("TERM", "xterm"), ("NO_COLOR", "")], true, Sixteen),
            (Auto, &[("TERM", "xterm"), ("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true, None),
            (Always, &[("NO_COLOR", "1"), ("TERM", "dumb")], false, Sixteen),
            (Never, &[("TERM", "xterm"), ("FORCE_COLOR", "1")], true, None),
        ];
        for (choice, vars, terminal, want) in rows {
            let world = World::of(vars, "/");
            assert_eq!(colours(&world, *choice, *terminal), *want, "{choice:?} {vars:?} {terminal}");
        }
    }

    #[test]
    fn the_character_set() {
        let rows: &[(&[(&str, &str)], bool)] = &[
            (&[], false),
            (&[("LANG", "en_GB.UTF-8")], true),
            (&[("LANG", "C.utf8")], true),
            (&[("LANG", "de_DE.UTF-8@euro")], true),
            (&[("LANG", "de_DE@euro")], false),
            (&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "C")], false),
            (&[("LANG", "en_GB.UTF-8"), ("LC_ALL", "")], true),
            (&[("LANG", "C"), ("LC_CTYPE", "en_GB.UTF-8")], true),
            (&[("LC_CTYPE", "UTF-8")], true),
            (&[("LC_ALL", "POSIX"), ("LC_CTYPE", "en_GB.UTF-8")], false),
        ];
        for (vars, want) in rows {
            assert_eq!(is_utf8(&World::of(vars, "/")), *want, "{vars:?}");
        }
    }

    #[test]
    fn the_width() {
        let world = World::of(&[("COLUMNS", "66")], "/");
        let width = |columns| Look::of(&world, ColourChoice::Auto, true, columns).width;
        assert_eq!((width(Some(100)), width(Some(0)), width(None)), (100, 66, 66));
        assert_eq!((width(Some(1)), width(Some(9999))), (Look::NARROWEST, Look::WIDEST));
        assert_eq!(Look::of(&World::default(), ColourChoice::Auto, true, None).width, 80);
    }

    /// The contrast of a colour of the 256 with a background of this luminance (WCAG 2.2, relative luminance).
    fn contrast(colour: u8, background: f64) -> f64 {
        // The cube of six steps and the greys, as xterm defines them.
        let step = |n: u8| if n == 0 { 0.0 } else { f64::from(55 + 40 * u32::from(n)) };
        let (r, g, b) = match colour {
            16..=231 => (step((colour - 16) / 36), step((colour - 16) / 6 % 6), step((colour - 16) % 6)),
            232..=255 => (f64::from(8 + 10 * u32::from(colour - 232)), 0.0, 0.0),
            _ => unreachable!("the first sixteen are the terminal's own"),
        };
        let (g, b) = if colour >= 232 { (r, r) } else { (g, b) };
        let linear = |c: f64| {
            let c = c / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let own = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        (own.max(background) + 0.05) / (own.min(background) + 0.05)
    }

    #[test]
    fn labels_can_be_read_on_white_and_on_black() {
        for (paint, least) in [(Paint::LABEL, 4.5), (Paint::LOSS, 3.9)] {
            let Some(Color::AnsiColor(colour)) = paint.many.0 else { panic!("{paint:?}") };
            let (white, black) = (contrast(colour, 1.0), contrast(colour, 0.0));
            assert!(white >= least && black >= least, "{colour}: {white:.2} on white, {black:.2} on black");
        }
        assert!((contrast(16, 1.0) - 21.0).abs() < 0.01 && (contrast(231, 1.0) - 1.0).abs() < 0.01);
    }

    #[test]
    fn no_colour_means_no_escape_sequence() {
        assert_eq!(Look::PLAIN.paint("x", Paint::LOSS), "x");
        let look = Look { colours: Colours::Many, ..Look::PLAIN };
        assert_eq!(
            look.paint("x", Paint::badge((Color::White, 124), (Color::White, Color::Red))),
            "\x1b[1m\x1b[37m\x1b[48;5;124mx\x1b[0m"
        );
        let look = Look { colours: Colours::Sixteen, ..Look::PLAIN };
        assert_eq!(look.paint("x", Paint::LABEL), "x");
    }
}
