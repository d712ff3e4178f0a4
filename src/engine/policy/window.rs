//! Time windows: weekdays, hours, dates, at a fixed distance from UTC or on the clocks of a place. The moment is data, and
//! so are the clocks; nobody looks at one here.

const DAY_S: i64 = 86_400;

/// The clocks of a place: when they were, and will be, put forward and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name: `Europe/Oslo`.
    pub name: String,
    /// Moments (seconds since 1970-01-01T00:00Z), ascending, and the minutes east of UTC from then on.
    pub changes: Vec<(i64, i32)>,
}

/// When a rule holds. Every part that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Days of the week, Monday = 0; empty = every day.
    pub days: Vec<u8>,
    /// Minutes after midnight at which it opens and shuts; shuts ≤ opens runs into the next day and belongs to the day
    /// on which it opened.
    pub hours: Option<(u16, u16)>,
    /// First and last date it holds on, as days since 1970-01-01.
    pub dates: Option<(i64, i64)>,
    /// Minutes east of UTC; for a place, before the first of its changes.
    pub offset_min: i32,
    /// The place, when it is given by name.
    pub zone: Option<Zone>,
}

/// How far ahead the end of a window is looked for: a freeze is no longer than this, or has none.
const FAR_DAYS: i64 = 370;

impl Window {
    /// Minutes east of UTC at a moment.
    pub fn offset_at(&self, now: i64) -> i32 {
        let changes = self.zone.as_ref().map_or(&[][..], |zone| &zone.changes);
        let before = changes.partition_point(|(from, _)| *from <= now);
        let last = before.checked_sub(1).and_then(|at| changes.get(at));
        last.map_or(self.offset_min, |(_, offset)| *offset)
    }

    /// The first whole minute at which it holds no more; `None` when it does not hold now, or goes on for more than a year.
    pub fn ends(&self, now: i64) -> Option<i64> {
        if !self.holds(now) {
            return None;
        }
        let start = now.checked_sub(now.rem_euclid(60))?;
        let mut minutes = (1..=FAR_DAYS * 24 * 60).map(|n| start.saturating_add(n * 60));
        minutes.find(|moment| !self.holds(*moment))
    }

    /// Whether the moment (seconds since 1970-01-01T00:00Z) lies in the window.
    pub fn holds(&self, now: i64) -> bool {
        let local = now.saturating_add(i64::from(self.offset_at(now)) * 60);
        let day = local.div_euclid(DAY_S);
        let minute = local.rem_euclid(DAY_S) / 60;
        let Some((opens, shuts)) = self.hours else {
            return self.on(day);
        };
        let (opens, shuts) = (i64::from(opens), i64::from(shuts));
        if opens < shuts {
            return self.on(day) && (opens..shuts).contains(&minute);
        }
        (minute >= opens && self.on(day)) || (minute < shuts && self.on(day - 1))
    }

    fn on(&self, day: i64) -> bool {
        let weekday = weekday(day);
        let in_week = self.days.is_empty() || self.days.contains(&weekday);
        in_week && self.dates.is_none_or(|(first, last)| (first..=last).contains(&day))
    }
}

/// Monday = 0; 1970-01-01 was a Thursday.
fn weekday(day: i64) -> u8 {
    u8::try_from((day + 3).rem_euclid(7)).unwrap_or(0)
}

/// Days since 1970-01-01 of a date of the Gregorian calendar, `None` when there is no such date.
///
/// Counts from 1 March of year 0, so that leap days end a year (the civil-days method of calendar arithmetic).
pub fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=last).contains(&day) {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: i64, month: i64, day: i64, hour: i64, minute: i64) -> i64 {
        days_of(year, month, day).unwrap_or(0) * DAY_S + hour * 3600 + minute * 60
    }

    #[test]
    fn dates_count_from_the_epoch() {
        for (date, want) in [
            ((1970, 1, 1), Some(0)),
            ((1970, 3, 1), Some(59)),
            ((2000, 2, 29), Some(11_016)),
            ((2026, 11, 22), Some(20_779)),
            ((1900, 2, 29), None),
            ((2026, 13, 1), None),
            ((2026, 4, 31), None),
            ((2026, 1, 0), None),
        ] {
            assert_eq!(days_of(date.0, date.1, date.2), want, "{date:?}");
        }
        assert_eq!(weekday(20_779), 6, "2026-11-22 is a Sunday");
    }

    #[test]
    fn a_night_belongs_to_the_day_it_began() {
        let friday_night = Window { days: vec![4], hours: Some((22 * 60, 6 * 60)), ..Window::default() };
        for (now, want) in [
            (at(2026, 11, 20, 21, 59), false),
            (at(2026, 11, 20, 22, 0), true),
            (at(2026, 11, 21, 5, 59), true),
            (at(2026, 11, 21, 6, 0), false),
            (at(2026, 11, 20, 5, 0), false),
            (at(2026, 11, 21, 23, 0), false),
        ] {
            assert_eq!(friday_night.holds(now), want, "{now}");
        }
    }

    #[test]
    fn equal_hours_are_a_whole_day_from_then_on() {
        let w = Window { days: vec![0], hours: Some((480, 480)), ..Window::default() };
        assert!(w.holds(at(2026, 11, 23, 8, 0)));
        assert!(w.holds(at(2026, 11, 24, 7, 59)));
        assert!(!w.holds(at(2026, 11, 24, 8, 0)));
    }

    #[test]
    fn offsets_move_the_day() {
        let monday = Window { days: vec![0], offset_min: 60, ..Window::default() };
        assert!(monday.holds(at(2026, 11, 22, 23, 0)), "Sunday 23:00 UTC is Monday 00:00 at +01:00");
        let west = Window { offset_min: -300, ..monday };
        assert!(!west.holds(at(2026, 11, 23, 4, 59)));
        assert!(west.holds(at(2026, 11, 23, 5, 0)));
    }

    #[test]
    fn dates_are_inclusive() {
        let freeze = Window { dates: days_of(2026, 12, 20).zip(days_of(2027, 1, 3)), ..Window::default() };
        assert!(!freeze.holds(at(2026, 12, 19, 23, 59)));
        assert!(freeze.holds(at(2026, 12, 20, 0, 0)));
        assert!(freeze.holds(at(2027, 1, 3, 23, 59)));
        assert!(!freeze.holds(at(2027, 1, 4, 0, 0)));
    }

    #[test]
    fn a_place_puts_its_clocks_forward_and_back() {
        // Oslo 2026: summer time from 29 March to 25 October, 01:00 UTC.
        let changes = vec![(at(2026, 3, 29, 1, 0), 120), (at(2026, 10, 25, 1, 0), 60)];
        let zone = Some(Zone { name: "Europe/Oslo".into(), changes });
        let office = Window { hours: Some((480, 960)), offset_min: 60, zone, ..Window::default() };
        for (now, want) in [
            (at(2026, 1, 12, 6, 59), false),
            (at(2026, 1, 12, 7, 0), true),
            (at(2026, 7, 13, 6, 0), true),
            (at(2026, 7, 13, 14, 0), false),
            (at(2026, 11, 23, 6, 59), false),
            (at(2026, 11, 23, 7, 0), true),
        ] {
            assert_eq!(office.holds(now), want, "{now}");
        }
    }

    #[test]
    fn the_end_is_the_first_minute_after() {
        let dates = days_of(2026, 12, 20).zip(days_of(2027, 1, 3));
        let freeze = Window { dates, offset_min: 60, ..Window::default() };
        assert_eq!(freeze.ends(at(2026, 12, 24, 18, 0) + 7), Some(at(2027, 1, 3, 23, 0)));
        assert_eq!(freeze.ends(at(2026, 11, 24, 18, 0)), None);
        let night = Window { hours: Some((22 * 60, 6 * 60)), ..Window::default() };
        assert_eq!(night.ends(at(2026, 11, 20, 23, 30)), Some(at(2026, 11, 21, 6, 0)));
        let always = Window { hours: Some((0, 0)), ..Window::default() };
        assert_eq!((always.ends(0), always.ends(i64::MAX)), (None, None));
    }

    #[test]
    fn any_moment_is_fine() {
        let w = Window { days: vec![0], hours: Some((0, 0)), offset_min: 14 * 60, ..Window::default() };
        let _ = (w.holds(i64::MAX), w.holds(i64::MIN));
    }
}
