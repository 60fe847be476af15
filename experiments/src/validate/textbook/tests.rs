//! All cases in short, and in full on request.

use rayon::prelude::*;

use super::*;

/// Each case with its prediction, the words of a case that is not understood in its place.
fn predictions(cases: &[Case], effort: Effort) -> Vec<(Answer, f64)> {
    cases
        .par_iter()
        .map(|case| {
            #[allow(clippy::disallowed_types, clippy::disallowed_methods)] // how long a prediction takes
            let began = std::time::Instant::now();
            (predict(case, effort), began.elapsed().as_secs_f64())
        })
        .collect()
}

/// `cargo test -p halfopen --release textbook -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes"]
fn all_cases_in_full() {
    table(Effort::Full);
}

#[test]
fn all_cases_in_short() {
    table(Effort::Quick);
}

fn table(effort: Effort) {
    let cases = cases();
    for (case, (answer, seconds)) in cases.iter().zip(predictions(&cases, effort)) {
        let (said, ok) = match &answer {
            Ok(prediction @ Prediction::Number(e)) => (
                format!("{:.6} [{:.6}, {:.6}] step {:.3}", e.value, e.low, e.high, e.step),
                holds(case, prediction),
            ),
            Ok(prediction @ Prediction::Word(word)) => ((*word).to_owned(), holds(case, prediction)),
            Err(problem) => (format!("UNREADABLE {problem}"), false),
        };
        println!(
            "{} {:18} {:>6.2}s {} | {} | {} ({})",
            if ok { "ok  " } else { "MISS" },
            case.id,
            seconds,
            said,
            case.expected,
            case.tolerance,
            case.quantity
        );
    }
}
