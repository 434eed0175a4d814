"""Templates laid out for whoever reads them: a line break of the source with its indentation is not a space of the page."""

import re

from django.template.base import Origin, Template, TextNode
from django.template.loaders import cached, filesystem
from django.template.loaders.base import Loader as BaseLoader

_LINE_BREAK = re.compile(r"[ \t]*\n[ \t\n]*")


def _join(text: str) -> str:
    """`text` without its line breaks: one space between two words or attributes, nothing beside a tag or at either end."""

    def joint(found: re.Match[str]) -> str:
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        return " " if before and after and before not in "<>" and after not in "<>" else ""

    return _LINE_BREAK.sub(joint, text)


class _Joined(BaseLoader):
    """Joins the lines of the product's own pages as they are compiled; those of libraries and plain letters stay as they are."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        is_own = type(template.origin.loader) is filesystem.Loader
        if is_own and template_name.endswith(".html"):
            for node in template.nodelist.get_nodes_by_type(TextNode):
                if isinstance(node, TextNode):
                    node.s = _join(node.s)
        return template


class Loader(cached.Loader, _Joined):
    """Django's cached loader, each template joined once: settings.TEMPLATES."""
