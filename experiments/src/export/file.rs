//! A single file that takes the place of an earlier one: who looks there finds the one or the other, whole.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// Writes a file by way of a temporary sibling, with the folders that it needs.
///
/// # Errors
/// When it cannot be written; what was there is then as it was.
pub fn replace(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".halfopen-unfinished-");
        // For everybody whom the umask allows, as any file.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut unfinished = builder.tempfile_in(folder)?;
        unfinished.write_all(bytes)?;
        unfinished.as_file().sync_all()?;
        unfinished.persist(file)?;
        Ok(())
    };
    write().map_err(|error| {
        Failure::wrong(format!("cannot write {}: {error}", file.display()), "what was there is as it was")
    })
}
