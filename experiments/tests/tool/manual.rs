//! `halfopen completions` and `halfopen man`.

use crate::Desk;

fn printed(arguments: &[&str]) -> String {
    let output = Desk::new().halfopen(arguments);
    assert!(output.status.success() && output.stderr.is_empty());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_shell_learns_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&["completions", shell]);
        for word in ["capacity", "validate", "--variant", "--seed"] {
            let word = if shell == "fish" { word.trim_start_matches('-') } else { word };
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn manual_pages_of_the_program_and_of_a_command() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH halfopen 1") && page.contains("capacity"), "{page}");
    let page = printed(&["man", "run"]);
    assert!(
        page.contains(".TH halfopen-run 1") && page.contains("variant") && page.contains("SCENARIO"),
        "{page}"
    );
    let output = Desk::new().halfopen(&["man", "walk"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("commands: run"));
}
