//! The clocks of a place, from the time zone database of this system, as data for the engine.

use super::tree::did_you_mean;
use crate::engine::escape::escape;
use crate::engine::policy::window::Zone;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, db};

/// Changes are written down for these years; rules are about now.
const FROM: &str = "2000-01-01T00:00:00Z";
const UNTIL: &str = "2100-01-01T00:00:00Z";

/// The clocks of a place, and the minutes east of UTC before the first change.
pub fn named(name: &str) -> Result<(i32, Zone), String> {
    let zone = TimeZone::get(name).map_err(|_| unknown(name))?;
    let moment = |text: &str| text.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
    let (from, until) = (moment(FROM), moment(UNTIL));
    let changes = zone.following(from).take_while(|change| change.timestamp() < until);
    let changes = changes.map(|change| (change.timestamp().as_second(), minutes(change.offset()))).collect();
    Ok((minutes(zone.to_offset(from)), Zone { name: name.to_owned(), changes }))
}

fn minutes(offset: Offset) -> i32 {
    offset.seconds().div_euclid(60)
}

fn unknown(name: &str) -> String {
    let shown = escape(name.as_bytes());
    let what = format!(
        "`tz` must be a place such as Europe/Oslo, UTC, or an offset such as +02:00; `{shown}` is none"
    );
    let all: Vec<String> = db().available().map(|zone| zone.to_string()).collect();
    match did_you_mean(name, all.iter().map(String::as_str)) {
        Some(near) => format!("{what}; did you mean `{near}`?"),
        None if all.is_empty() && name.contains(char::is_alphabetic) => {
            format!("{what} (this system has no list of places: install tzdata)")
        }
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_known_by_name() {
        if db().available().next().is_none() {
            eprintln!("this system has no time zone database");
            return;
        }
        let (first, oslo) = named("Europe/Oslo").unwrap();
        assert_eq!(first, 60);
        assert!(oslo.changes.windows(2).all(|pair| pair[0].0 < pair[1].0));
        // Summer time of 2026, and of a year far ahead.
        for (moment, want) in
            [("2026-03-29T01:00:00Z", 120), ("2026-10-25T01:00:00Z", 60), ("2090-03-26T01:00:00Z", 120)]
        {
            let at = moment.parse::<Timestamp>().unwrap().as_second();
            assert!(oslo.changes.contains(&(at, want)), "{moment}");
        }
        assert_eq!(named("Asia/Kolkata").unwrap().0, 330);
        assert!(named("Europe/Olso").unwrap_err().contains("did you mean `Europe/Oslo`?"));
        for name in ["", "Oslo\u{1b}", "../../etc/passwd", "+25:00"] {
            let said = named(name).unwrap_err();
            assert!(!said.contains('\u{1b}'), "{said}");
        }
    }
}
