"""Templates: what goes into a page is text, and cannot become a part of the page."""

import re
from typing import Any

import jinja2

from padleak.report.words import short_source


def templates() -> jinja2.Environment:
    """The templates of the report; those of HTML escape what they are given, those of Markdown take markup out of it."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("padleak.report"),
        autoescape=lambda name: name is not None and ".html" in name,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["short_source"] = short_source
    environment.filters["markdown"] = to_markdown
    return environment


@jinja2.pass_eval_context
def _finalize(context: jinja2.nodes.EvalContext, value: Any) -> Any:
    """In Markdown, of what is not HTML: Jinja escapes that itself."""
    return value if context.autoescape or not isinstance(value, str) else to_markdown(value)


def to_markdown(text: str) -> str:
    r"""Text of one line that holds no tags, no links and no pictures, whatever shows it.

    >>> print(to_markdown("p < .001 [1, 2] <img src=x> [here](javascript:x)\n# head"))
    p < .001 [1, 2] &lt;img src=x> [here]\(javascript:x) # head
    """
    tagless = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    return re.sub(r"\s*[\r\n]\s*", " ", tagless.replace("](", r"]\("))
