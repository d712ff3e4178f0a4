//! The badge of an environment: a symbol, a word and a colour, never the colour alone.

use super::colour::{Look, Paint};
use crate::engine::target::Environment;
use colored::Color;

/// What stands before a headline.
pub(crate) fn words(environment: Option<Environment>, look: Look) -> String {
    let word = match environment {
        Some(Environment::Production) => "PRODUCTION",
        Some(Environment::Staging) => "STAGING",
        Some(Environment::Development) => "DEVELOPMENT",
        Some(Environment::Unclassified) | None => "UNCLASSIFIED",
    };
    format!(" {} {word} ", symbol(environment, look))
}

/// The symbol alone: it differs in shape as well, for those who see no colours.
pub fn symbol(environment: Option<Environment>, look: Look) -> &'static str {
    let (symbol, ascii) = match environment {
        Some(Environment::Production) => ("▲", "!!"),
        Some(Environment::Staging) => ("■", "##"),
        Some(Environment::Development) => ("●", "--"),
        Some(Environment::Unclassified) | None => ("?", "??"),
    };
    if look.utf8 { symbol } else { ascii }
}

pub(crate) fn paint(environment: Option<Environment>) -> Paint {
    match environment {
        Some(Environment::Production) => {
            Paint::badge((Color::AnsiColor(231), 124), (Color::BrightWhite, Color::Red))
        }
        Some(Environment::Staging) => {
            Paint::badge((Color::AnsiColor(16), 214), (Color::Black, Color::Yellow))
        }
        Some(Environment::Development) => {
            Paint::badge((Color::AnsiColor(231), 25), (Color::BrightWhite, Color::Blue))
        }
        Some(Environment::Unclassified) | None => {
            Paint::badge((Color::AnsiColor(231), 90), (Color::BrightWhite, Color::Magenta))
        }
    }
}

impl Look {
    /// Text in the colours of this environment's badge.
    pub fn badge(self, environment: Option<Environment>, text: &str) -> String {
        self.paint(text, paint(environment))
    }
}
