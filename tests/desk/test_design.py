"""The design system's own bars: contrast, colour literals, forbidden constructs, weight."""

import re
from itertools import product
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template

from common.icons import ALIASES, ICONS, IconDoesNotExist, SpriteFinder, icon_href, sprite

ROOT = Path(settings.BASE_DIR)
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".svg"})
PAGES = [path for path in TEMPLATES if "emails" not in path.parts]
THEMES = ("light", "dark")

INKS = ("text", "muted", "accent-text", "red-ink", "yellow-ink", "green-ink")
GROUNDS = ("bg", "surface", "sunken", "raised", "selected")
TEXT_PAIRS = [
    *product(INKS, GROUNDS),
    ("accent-ink", "accent"),
    ("accent-text", "accent-soft"),
    ("text", "accent-soft"),
    ("red-ink", "red-soft"),
    ("yellow-ink", "yellow-soft"),
    ("green-ink", "green-soft"),
    ("text", "yellow-soft"),
    ("on-red", "red-fill"),
    ("on-yellow", "yellow-fill"),
    ("on-green", "green-fill"),
    ("inverse-ink", "inverse"),
    ("inverse-muted", "inverse"),
    ("inverse-ink", "inverse-raised"),
    ("text", "filled"),
    *[("text", f"heat-{level}") for level in range(1, 5)],
]
SHAPE_PAIRS = [
    *product(("line-strong", "focus", "accent", "red-fill", "yellow-edge", "green-fill"), ("bg", "surface", "raised")),
    ("focus", "sunken"),
    ("focus", "accent-soft"),
    ("chart-fact", "surface"),
    ("line-strong", "sunken"),
]


def tokens() -> dict[str, dict[str, str]]:
    text = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    found = re.findall(r"--([\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));", text)
    return {name: {"light": light or both, "dark": dark or both} for name, light, dark, both in found}


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def weak_pairs(pairs: list[tuple[str, str]], least: float) -> list[str]:
    known = tokens()
    return [
        f"{ink} on {ground}, {theme}: {ratio:.2f}"
        for (ink, ground), theme in product(pairs, THEMES)
        if (ratio := contrast(known[ink][theme], known[ground][theme])) < least
    ]


def test_contrast_is_computed_as_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_text_pair_reaches_the_contrast_of_text():
    assert weak_pairs(TEXT_PAIRS, 4.5) == []


def test_every_shape_pair_reaches_the_contrast_of_shapes():
    assert weak_pairs(SHAPE_PAIRS, 3.0) == []


def test_colours_are_written_in_tokens_only():
    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b(?=[\s;,)])|\b(?:rgb|rgba|hsl|hsla|oklch|oklab|lab|lch)\(")
    strays = [
        f"{path.name}: {line.strip()}"
        for path in STYLES
        if path.name != "tokens.css"
        for line in path.read_text(encoding="utf-8").splitlines()
        if literal.search(line)
    ]
    assert strays == []


def test_every_variable_used_is_a_token_or_set_beside_its_use():
    text = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    used, written = set(re.findall(r"var\(--([\w-]+)", text)), set(re.findall(r"--([\w-]+):", text))
    assert used - written == set()


@pytest.mark.parametrize(
    ("construct", "sample"),
    [
        (r"\sstyle\s*=", '<b style="color:red">'),
        (r"\son[a-z]+\s*=\s*[\"']", '<b onclick="x()">'),
        (r"hx-on", '<b hx-on:click="x()">'),
        (r"\bjs:|javascript:", "hx-vals='js:{a:1}'"),
        (r"<script(?![^>]*\bsrc=)", "<script>x()</script>"),
        (r"<style\b", "<style>b{}</style>"),
    ],
)
def test_no_template_holds_what_the_content_policy_forbids(construct: str, sample: str):
    pattern = re.compile(construct)
    assert pattern.search(sample)
    assert [str(path.relative_to(ROOT)) for path in PAGES if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_every_page_template_compiles():
    django = engines["django"]
    for path in TEMPLATES:
        django.get_template(str(path.relative_to(ROOT / "templates")))


def test_styles_and_scripts_stay_light():
    def weight(paths: list[Path]) -> int:
        return sum(len(brotli.compress(path.read_bytes())) for path in paths)

    head = (ROOT / "templates" / "components" / "_head.html").read_text(encoding="utf-8")
    assert head.count('rel="stylesheet"') == 3
    assert weight(STYLES) <= 12 * 1024
    assert weight(sorted((ROOT / "static" / "js").rglob("*.js"))) <= 12 * 1024
    assert len(brotli.compress(sprite().encode())) <= 8 * 1024


def test_every_style_rule_stands_in_a_layer():
    for path in STYLES:
        depth, outside = 0, []
        for line in path.read_text(encoding="utf-8").splitlines():
            if depth == 0 and line.strip() and not line.startswith("@layer"):
                outside.append(line)
            depth += line.count("{") - line.count("}")
        assert (path.name, outside, depth) == (path.name, [], 0)


def test_every_class_of_the_shared_templates_has_a_style_or_a_meaning_in_script():
    css = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    script = (ROOT / "static" / "js" / "app.js").read_text(encoding="utf-8")
    marks = {"app", "body", "brand-box", "stat", "trouble"}
    unknown = set()
    for path in [ROOT / "templates" / "base.html", *(ROOT / "templates" / "components").glob("*.html")]:
        text = re.sub(r"{%.*?%}|{{.*?}}", " ", path.read_text(encoding="utf-8"))
        for names in re.findall(r'class="([^"]*)"', text):
            unknown |= {name for name in names.split() if f".{name}" not in css + script} - marks
    assert unknown == set()


def test_sprite_carries_every_icon_once_and_nothing_executable():
    ids = re.findall(r'<symbol id="([\w-]+)"', sprite())
    assert len(ids) == len(set(ids)) == len(ICONS) + 1
    assert set(ALIASES.values()) <= set(ids)
    assert not re.search(r"<script|\son\w+=|href=", sprite())


def test_unknown_icon_raises():
    with pytest.raises(IconDoesNotExist, match="no-such-icon"):
        icon_href("no-such-icon")


def test_finder_serves_the_sprite_and_nothing_else():
    finder = SpriteFinder()
    assert Path(str(finder.find("icons.svg"))).read_text(encoding="utf-8") == sprite()
    assert finder.find("css/base.css") == []
    assert [name for name, _storage in finder.list()] == ["icons.svg"]


def test_every_icon_named_in_templates_and_code_exists():
    names = set()
    for path in TEMPLATES:
        names |= set(re.findall(r'{%\s*icon\s+"([\w-]+)"', path.read_text(encoding="utf-8")))
    assert {"phone", "x"} <= names
    for name in names:
        icon_href(name)


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500", "503"])
def test_error_page_needs_neither_database_nor_request(name: str):
    text = get_template(f"{name}.html").render()
    assert f">{name[:3]}<" in text
    assert 'href="/"' in text
