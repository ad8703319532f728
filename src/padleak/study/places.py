"""Places within a results folder that are written to: in one that a stranger made, none may be a link to somewhere else."""

from pathlib import Path

from padleak.errors import InputError


def own_folder(folder: Path) -> Path:
    """A folder within a results folder, made if it is not there.

    Raises:
        InputError: It is a link.
    """
    check_own(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_own(folder: Path) -> None:
    """See that a folder within a results folder, if it is there, is no link.

    Raises:
        InputError: It is one.
    """
    if folder.is_symlink():
        raise InputError(
            "results folder", "one that holds its own folders, not links to others", str(folder),
            "Link the results folder as a whole, or choose another one.",
        )  # fmt: skip


def not_a_link(file: Path) -> Path:
    """A file to be written, after a link in its place was taken away: writing would follow it."""
    if file.is_symlink():
        file.unlink()
    return file
