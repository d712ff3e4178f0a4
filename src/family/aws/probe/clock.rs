//! How long guard's own calls may take. A CLI starts in a third of a second on a free machine and in ten on a busy one,
//! so the clock starts with the first answer, and gives the others at least six times what that one took.

use std::rc::Rc;
use std::time::Duration;
use tokio::sync::SetOnce;
use tokio::time::{Instant, sleep_until, timeout_at};

/// What the other answers get, in times of the first one.
const TIMES: u32 = 6;

/// One clock for all calls of a question. Clones of it are the same clock.
#[derive(Clone)]
pub(super) struct Clock {
    /// What the policy, or guard itself, gives everything after the first answer.
    limit: Duration,
    /// When the first answer has to be there.
    first_by: Instant,
    end: Rc<SetOnce<Instant>>,
    /// What is asked with this clone may take so long in any case.
    at_least: Option<Instant>,
}

impl Clock {
    /// A clock that stands until the first answer, which has to come within `first`.
    pub(super) fn new(limit: Duration, first: Duration) -> Clock {
        let first_by = Instant::now() + first.max(limit);
        Clock { limit, first_by, end: Rc::default(), at_least: None }
    }

    /// The same clock for what is waited for until then in any case.
    pub(super) fn at_least(&self, until: Instant) -> Clock {
        let until = self.at_least.map_or(until, |before| before.max(until));
        Clock { at_least: Some(until), ..self.clone() }
    }

    /// An answer came after so long, whatever it says. The first one counts.
    pub(super) fn answered(&self, took: Duration) {
        // Set already: this was not the first one.
        let _ = self.end.set(Instant::now() + self.limit.max(took * TIMES));
    }

    /// Comes to an end when nothing is waited for any more.
    pub(super) async fn over(&self) {
        if let Some(until) = self.at_least {
            sleep_until(until).await;
        }
        if let Ok(end) = timeout_at(self.first_by, self.end.wait()).await {
            sleep_until(*end).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(what: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(what)
    }

    /// Whether the clock is over after so many milliseconds.
    async fn over_within(clock: &Clock, ms: u64) -> bool {
        timeout_at(Instant::now() + Duration::from_millis(ms), clock.over()).await.is_ok()
    }

    #[test]
    fn the_clock_starts_with_the_first_answer_and_lasts_six_times_as_long() {
        run(async {
            let (short, long) = (Duration::from_millis(1), Duration::from_secs(3600));
            let clock = Clock::new(short, long);
            assert!(!over_within(&clock, 30).await, "nothing has answered yet");
            // A quick first answer: the limit counts, and a second one changes nothing.
            clock.answered(Duration::ZERO);
            clock.clone().answered(long);
            assert!(over_within(&clock, 60_000).await);
            // A slow one: six times as long, however short the limit.
            let clock = Clock::new(short, long);
            clock.answered(Duration::from_secs(600));
            assert!(!over_within(&clock, 30).await);
            // No answer at all, and the first one had its time.
            assert!(over_within(&Clock::new(short, short), 60_000).await);
            assert!(
                !over_within(&Clock::new(long, short), 30).await,
                "a longer limit holds for the first one too"
            );
        });
    }

    #[test]
    fn what_the_phrase_is_made_of_is_waited_for() {
        run(async {
            let clock = Clock::new(Duration::ZERO, Duration::ZERO);
            let patient = clock.at_least(Instant::now() + Duration::from_secs(3600));
            clock.answered(Duration::ZERO);
            assert!(over_within(&clock, 60_000).await && !over_within(&patient, 30).await);
            // The later of two counts.
            assert!(!over_within(&patient.at_least(Instant::now()), 30).await);
        });
    }
}
