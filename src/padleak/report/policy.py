"""What the page lets the browser do: its own style and script, the pictures that are in it, and nothing else."""

import base64
import hashlib
from importlib.resources import files


def content_policy() -> str:
    """A content security policy that names style and script by their digests."""
    style, script = (_digest(name) for name in ("page.css", "page.js"))
    return (
        f"default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(name: str) -> str:
    """As a browser takes it: of what stands between the tags, which is the file without its last line break."""
    text = (files("padleak.report") / "templates" / name).read_text(encoding="utf-8").removesuffix("\n")
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
