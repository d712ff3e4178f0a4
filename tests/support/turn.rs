//! How many scenes are played at once in one test program. (cargo-nextest has groups for that.)

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Scenes on stage now. A simulation of apt is seconds of processor time, a call of the AWS CLI some 0.4 s, and guard
/// makes several at once: more scenes than processors only run into each other's deadlines.
static ON_STAGE: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// The right to be on stage.
#[derive(Debug)]
pub struct Turn;

impl Turn {
    /// Waits for a place.
    pub fn wait() -> Arc<Turn> {
        let most = std::thread::available_parallelism().map_or(1, usize::from);
        let (count, freed) = &ON_STAGE;
        let mut playing = count.lock().unwrap_or_else(PoisonError::into_inner);
        while *playing >= most {
            playing = freed.wait(playing).unwrap_or_else(PoisonError::into_inner);
        }
        *playing += 1;
        Arc::new(Turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *ON_STAGE.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ON_STAGE.1.notify_one();
    }
}
