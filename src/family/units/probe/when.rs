//! When a planned shutdown happens, and what it takes the place of: there is one plan, and the last one counts
//! (`ScheduleShutdown` of logind). A time that is past means at once.

use super::requested_units::When;
use crate::engine::human::span;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use std::fs;
use std::path::Path;

/// What is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// `reboot`, `poweroff`, `halt`, `kexec`.
    pub how: String,
    /// In so many seconds.
    pub in_s: u64,
}

/// The plan logind keeps (`update_schedule_file` in `src/login/logind-dbus.c`); `None` without one, and for a rehearsal.
pub fn planned(root: &Path, now: Timestamp) -> Option<Plan> {
    let text = fs::read_to_string(root.join("run/systemd/shutdown/scheduled")).ok()?;
    let get = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let how = get("MODE").unwrap_or("shutdown");
    let at = get("USEC").and_then(|usec| usec.parse::<i64>().ok()).unwrap_or_default() / 1_000_000;
    let in_s = u64::try_from(at - now.as_second()).unwrap_or_default();
    (!how.starts_with("dry-")).then(|| Plan { how: how.to_owned(), in_s })
}

impl Plan {
    /// `the reboot planned in 2 hours`.
    pub fn told(&self) -> String {
        format!("the {} planned in {}", self.how, span(self.in_s))
    }
}

/// The zone of the system below this directory.
pub fn zone(root: &Path) -> TimeZone {
    let bytes = fs::read(root.join("etc/localtime")).ok();
    bytes.and_then(|bytes| TimeZone::tzif("local", &bytes).ok()).unwrap_or(TimeZone::UTC)
}

/// When, for the person: `in 5 min`, `at 23:00`, or that it is at once.
pub fn told(when: &When, now: &Zoned) -> String {
    const BACK: &str = "`shutdown -c` takes it back until then";
    let text = match when {
        When::Shutdown(text) => {
            return match text.strip_prefix('+').unwrap_or(text).parse::<u64>() {
                Ok(1) => format!("in 1 minute; {BACK}"),
                Ok(minutes) => format!("in {minutes} minutes; {BACK}"),
                // An hour that is over is tomorrow's (`parse_shutdown_time_spec`).
                Err(_) => format!("at {text}; {BACK}"),
            };
        }
        When::Timestamp(text) => text.trim(),
    };
    if text == "auto" {
        return format!("at a time that logind chooses; {BACK}");
    }
    match moment(text, now) {
        Some(0) => "at once".to_owned(),
        Some(s) if s < 0 => format!("AT ONCE: `{text}` was {} ago", span(s.unsigned_abs())),
        Some(s) => format!("in {}, at `{text}`; {BACK}", span(s.unsigned_abs())),
        None => format!("at `{text}`; if that is past, AT ONCE"),
    }
}

/// Seconds until a timestamp of systemd.time(7); negative when it is past, `None` when it is not understood here.
fn moment(text: &str, now: &Zoned) -> Option<i64> {
    if let Some(rest) = text.strip_prefix('+') {
        return spell(rest);
    }
    if let Some(rest) = text.strip_prefix('-').or_else(|| text.strip_suffix(" ago")) {
        return spell(rest)?.checked_neg();
    }
    if let Some(rest) = text.strip_suffix(" left") {
        return spell(rest);
    }
    if let Some(rest) = text.strip_prefix('@') {
        let seconds = rest.split('.').next()?.parse::<i64>().ok()?;
        return seconds.checked_sub(now.timestamp().as_second());
    }
    let today = now.date();
    let at = match text {
        "now" => return Some(0),
        "today" => today.to_datetime(Time::midnight()),
        "yesterday" => today.checked_sub(1.day()).ok()?.to_datetime(Time::midnight()),
        "tomorrow" => today.checked_add(1.day()).ok()?.to_datetime(Time::midnight()),
        _ => {
            // `2026-01-31T23:00:00Z`; the zone's own name has a T, too.
            let parts = text.split_once('T').filter(|(date, _)| date.ends_with(|c: char| c.is_ascii_digit()));
            let (date, time) = parts.unwrap_or((text, ""));
            let mut words: Vec<&str> =
                date.split(' ').chain(time.split(' ')).filter(|w| !w.is_empty()).collect();
            let utc = words.last().is_some_and(|w| *w == "UTC") || text.ends_with('Z');
            if words.last() == Some(&"UTC") {
                words.pop();
            }
            // A weekday in front only has to fit.
            if words.first().is_some_and(|w| w.chars().all(char::is_alphabetic)) {
                words.remove(0);
            }
            let at = match words.as_slice() {
                [one] if one.contains(':') => today.to_datetime(clock(one)?),
                [one] => one.parse::<Date>().ok()?.to_datetime(Time::midnight()),
                [date, time] => date.parse::<Date>().ok()?.to_datetime(clock(time)?),
                _ => return None,
            };
            if utc {
                return Some(
                    at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() - now.timestamp().as_second(),
                );
            }
            at
        }
    };
    let at = at.to_zoned(now.time_zone().clone()).ok()?;
    Some(at.timestamp().as_second() - now.timestamp().as_second())
}

/// `23:00`, `23:00:30`, `23:00:30.5`.
fn clock(text: &str) -> Option<Time> {
    let text = text.trim_end_matches('Z').split('.').next()?;
    let mut parts = text.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    Time::new(hour, minute, second, 0).ok().filter(|_| parts.next().is_none())
}

/// A span of systemd.time(7): numbers with units, seconds where there is none.
fn spell(text: &str) -> Option<i64> {
    let mut sum: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let after = after.trim_start();
        let end = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(end)?;
        let size = match unit {
            "" | "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hr" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => 86_400,
            "w" | "week" | "weeks" => 604_800,
            "M" | "month" | "months" => 2_629_800,
            "y" | "year" | "years" => 31_557_600,
            _ => return None,
        };
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(size)?)?;
        rest = next.trim_start();
    }
    (!text.trim().is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Zoned {
        "2026-03-04T12:00:00+00:00[UTC]".parse().unwrap()
    }

    #[test]
    fn times_as_they_are_written() {
        for (text, want) in [
            ("+5", Some(5)),
            ("+5min", Some(300)),
            ("+1h 30min", Some(5_400)),
            ("-1h", Some(-3_600)),
            ("2 days ago", Some(-172_800)),
            ("5min left", Some(300)),
            ("now", Some(0)),
            ("today", Some(-43_200)),
            ("yesterday", Some(-129_600)),
            ("tomorrow", Some(43_200)),
            ("@1772625660", Some(60)),
            ("13:00", Some(3_600)),
            ("11:59:30", Some(-30)),
            ("2026-03-04", Some(-43_200)),
            ("2026-03-04 12:01", Some(60)),
            ("2026-03-04T12:01:00Z", Some(60)),
            ("Wed 2026-03-04 12:01:00 UTC", Some(60)),
            ("2020-01-01", Some(-194_788_800)),
            ("25:00", None),
            ("soon", None),
            ("+5 lightyears", None),
            ("", None),
        ] {
            assert_eq!(moment(text, &now()), want, "{text}");
        }
    }

    #[test]
    fn what_the_person_reads() {
        let at = |text: &str| told(&When::Timestamp(text.to_owned()), &now());
        assert_eq!(at("yesterday"), "AT ONCE: `yesterday` was 1 day ago");
        assert_eq!(at("2026-03-04 11:00"), "AT ONCE: `2026-03-04 11:00` was 1 hour ago");
        assert_eq!(at("+5min"), "in 5 min, at `+5min`; `shutdown -c` takes it back until then");
        assert_eq!(at("now"), "at once");
        assert_eq!(at("soon"), "at `soon`; if that is past, AT ONCE");
        assert!(at("auto").starts_with("at a time that logind chooses"));
        let shutdown = |text: &str| told(&When::Shutdown(text.to_owned()), &now());
        assert_eq!(shutdown("+1"), "in 1 minute; `shutdown -c` takes it back until then");
        assert_eq!(shutdown("+5"), "in 5 minutes; `shutdown -c` takes it back until then");
        assert_eq!(shutdown("11:00"), "at 11:00; `shutdown -c` takes it back until then");
    }

    #[test]
    fn the_plan_that_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let now = now().timestamp();
        assert_eq!(planned(root.path(), now), None);
        let dir = root.path().join("run/systemd/shutdown");
        fs::create_dir_all(&dir).unwrap();
        let write = |mode: &str| {
            let text = format!("USEC=1772632800000000\nWARN_WALL=1\nMODE={mode}\n");
            fs::write(dir.join("scheduled"), text).unwrap();
        };
        write("reboot");
        assert_eq!(
            planned(root.path(), now).map(|p| p.told()).as_deref(),
            Some("the reboot planned in 2 hours")
        );
        write("dry-reboot");
        assert_eq!(planned(root.path(), now), None);
    }

    proptest! {
        #[test]
        fn any_time_is_read(text in "[-+@0-9a-zA-Z:. ]{0,20}") {
            let _ = moment(&text, &now());
        }
    }
}
