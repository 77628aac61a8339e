//! What several of the tests need.

use std::sync::{Arc, Mutex, mpsc};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use laneway_executor::{Park, ThreadPark, Wait};

/// Far longer than anything here takes; whoever waits so long fails loudly.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Runs `f` on a thread of its own and fails if it takes longer than [`PATIENCE`].
pub(crate) fn within_patience(f: impl FnOnce() + Send + 'static) {
    let (done, result) = mpsc::channel();
    let thread = thread::spawn(move || {
        f();
        let _ = done.send(());
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = result.recv_timeout(PATIENCE) {
        panic!("it did not end in {PATIENCE:?}");
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What happened, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript(Arc<Mutex<Vec<String>>>);

impl Transcript {
    pub(crate) fn say(&self, word: impl Into<String>) {
        self.0.lock().unwrap().push(word.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A driver that writes down how it is parked, and when it is dropped.
pub(crate) struct Recorder {
    park: ThreadPark,
    transcript: Transcript,
}

impl Recorder {
    pub(crate) fn new(transcript: &Transcript) -> Self {
        Self {
            park: ThreadPark::new(),
            transcript: transcript.clone(),
        }
    }
}

impl Park for Recorder {
    fn park(&mut self, wait: Wait) {
        self.transcript.say(format!("park {wait:?}"));
        self.park.park(wait);
    }

    fn unparker(&self) -> Waker {
        self.park.unparker()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.transcript.say("drop driver");
    }
}
