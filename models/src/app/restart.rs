//! What a supervisor does with a process that died.

use halfopen_sim::{Span, Time};

use crate::scenario::Restart;

/// kubelet.go `MaxContainerBackOff`, `initialCrashLoopBackOff`: 10 s, doubled at each crash, 300 s at most.
const FIRST_BACKOFF: Span = Span::from_secs(10);
const LONGEST_BACKOFF: Span = Span::from_secs(300);
/// client-go backoff.go `hasExpired`: forgotten when a crash comes more than twice the longest wait after the restart
/// before it.
const FORGOTTEN_AFTER: Span = Span::from_secs(600);

/// The supervisor of one instance.
#[derive(Clone, Copy, Debug)]
pub struct Supervisor {
    plan: Restart,
    backoff: Span,
    last_restart: Option<Time>,
}

impl Supervisor {
    /// A supervisor that has seen no crash.
    pub fn new(plan: Restart) -> Supervisor {
        Supervisor { plan, backoff: Span::ZERO, last_restart: None }
    }

    /// From the clients' first dials to readiness, within the boot.
    pub fn warm_up(&self) -> Span {
        match self.plan {
            Restart::Never => Span::ZERO,
            Restart::Fixed { warm_up, .. } | Restart::Kubernetes { warm_up, .. } => warm_up,
        }
    }

    /// From death at `now` until the process is ready again; `None`: it stays down.
    pub fn ready_after(&mut self, now: Time) -> Option<Span> {
        match self.plan {
            Restart::Never => None,
            Restart::Fixed { delay, boot, .. } => Some(delay + boot),
            Restart::Kubernetes { boot, .. } => {
                if self.last_restart.is_none_or(|last| now.saturating_since(last) > FORGOTTEN_AFTER) {
                    self.backoff = Span::ZERO;
                } else {
                    // The first restart is immediate.
                    self.backoff = (self.backoff * 2).max(FIRST_BACKOFF).min(LONGEST_BACKOFF);
                }
                self.last_restart = Some(now + self.backoff);
                Some(self.backoff + boot)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crash_loop_backs_off_and_forgets() {
        let boot = Span::from_secs(12);
        let mut supervisor = Supervisor::new(Restart::Kubernetes { boot, warm_up: Span::ZERO });
        let mut now = Time::ZERO;
        let mut waits = Vec::new();
        for _ in 0..8 {
            let wait = supervisor.ready_after(now).expect("restarts");
            waits.push((wait - boot).as_secs_f64());
            now += wait + Span::from_secs(5);
        }
        assert_eq!(waits, [0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]);
        // The last restart was 300 s after its crash; the run that follows is what counts.
        now += Span::from_secs(550);
        assert!(supervisor.ready_after(now) > Some(boot), "under ten minutes of running");
        now += Span::from_secs(300 + 601);
        assert_eq!(supervisor.ready_after(now), Some(boot), "ten quiet minutes forget the crashes");
    }
}
