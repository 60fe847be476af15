//! `halfopen completions` and `halfopen man` as typed.

use clap::Args;
use clap_complete::Shell;

const AFTER_COMPLETIONS: &str = "\
Where a shell looks for them:
  bash  halfopen completions bash > ~/.local/share/bash-completion/completions/halfopen
  zsh   halfopen completions zsh > \"${fpath[1]}/_halfopen\"
  fish  halfopen completions fish > ~/.config/fish/completions/halfopen.fish";

/// Print what a shell needs to complete commands and options.
#[derive(Debug, Args)]
#[command(after_help = AFTER_COMPLETIONS)]
pub struct Completions {
    /// For which shell
    pub shell: Shell,
}

const AFTER_MAN: &str = "\
Examples:
  halfopen man > ~/.local/share/man/man1/halfopen.1
  halfopen man run | man -l -";

/// Print the manual page, of the program or of one of its commands.
#[derive(Debug, Args)]
#[command(after_help = AFTER_MAN)]
pub struct Man {
    /// Which command [default: the program as a whole]
    pub command: Option<String>,
}
