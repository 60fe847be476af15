//! Textbook queues in closed form: pure functions of rates and means.
//!
//! Sources: Gross et al., Fundamentals of Queueing Theory (Erlang B and C, Pollaczek–Khinchine); Garnett, Mandelbaum,
//! Reiman, M&SOM 4(3) 2002 (Erlang A). Times in seconds, loads in erlang (mean number of busy servers wanted).

/// More customers than this are never looked at: a queue with impatience that needs them has lost its meaning.
const LONGEST_QUEUE: u32 = 1_000_000;

/// Share of customers who find all `servers` busy, where those are turned away (M/G/c/c).
pub fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, n| {
        let carried = offered * blocked;
        carried / (f64::from(n) + carried)
    })
}

/// Share of customers who wait, where all do so without limit (M/M/c); 1 at an overload.
pub fn erlang_c(servers: u32, offered: f64) -> f64 {
    let servers_f = f64::from(servers);
    if offered >= servers_f {
        return 1.0;
    }
    let blocked = erlang_b(servers, offered);
    blocked / (1.0 - offered / servers_f * (1.0 - blocked))
}

/// Mean wait of M/M/c, in units of the mean service time; infinite at an overload.
pub fn mmc_wait(servers: u32, offered: f64) -> f64 {
    let spare = f64::from(servers) - offered;
    if spare > 0.0 { erlang_c(servers, offered) / spare } else { f64::INFINITY }
}

/// Share of customers who leave before they are served, where patience is exponential with a mean of `patience` mean
/// service times (M/M/c+M).
pub fn erlang_a(servers: u32, offered: f64, patience: f64) -> f64 {
    let leaving = 1.0 / patience;
    // Probabilities of n customers, up to a factor: births at `offered`, deaths by service and impatience.
    let (mut weight, mut total, mut queue) = (1.0_f64, 1.0, 0.0);
    for n in 1..LONGEST_QUEUE {
        let waiting = f64::from(n.saturating_sub(servers));
        weight *= offered / (f64::from(n.min(servers)) + waiting * leaving);
        total += weight;
        queue += waiting * weight;
        if n > servers && weight * (waiting + 1.0) < 1e-15 * (total + queue) {
            break;
        }
        if total > 1e250 {
            (weight, total, queue) = (weight / total, 1.0, queue / total);
        }
    }
    leaving * queue / total / offered
}

/// Mean wait of M/G/1 with this utilization, mean service time and squared coefficient of variation; infinite at an
/// overload.
pub fn mg1_wait(utilization: f64, service: f64, scv: f64) -> f64 {
    if utilization >= 1.0 {
        return f64::INFINITY;
    }
    utilization * service * (1.0 + scv) / 2.0 / (1.0 - utilization)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(ours: f64, theirs: f64) {
        assert!((ours / theirs - 1.0).abs() < 1e-8, "{ours} for {theirs}");
    }

    /// Exact values as published in tables of the formulas' sources.
    #[test]
    fn textbook_values() {
        same(erlang_b(10, 8.0), 0.121_661_064_3);
        same(erlang_b(100, 90.0), 0.026_957_380_46);
        same(erlang_c(2, 1.6), 0.711_111_111_1);
        same(erlang_c(32, 30.4), 0.695_710_114_2);
        same(mmc_wait(2, 1.6), 1.777_777_777_8);
        same(mmc_wait(8, 7.2) * 1e-3, 0.000_876_916_237_7);
        same(erlang_a(50, 48.0, 2.0), 0.030_912_249_16);
        same(erlang_a(8, 10.0, 2.0), 0.227_218_427_5);
        same(mg1_wait(0.7, 1e-3, 0.0), 0.001_166_666_667);
        same(mg1_wait(0.7, 1e-3, 4.0), 0.005_833_333_333);
    }

    #[test]
    fn at_an_overload_queues_without_impatience_never_settle() {
        assert_eq!(erlang_c(4, 4.0).to_bits(), 1.0_f64.to_bits());
        assert!(mmc_wait(4, 4.5).is_infinite() && mg1_wait(1.0, 1.0, 1.0).is_infinite());
        // Of a tenfold overload nine tenths leave, however many servers.
        assert!((erlang_a(1000, 10_000.0, 2.0) - 0.9).abs() < 1e-3);
    }
}
