"""Lines of a template are joined when it is compiled: decision 0014."""

import pytest
from django.template import Context, Engine, TemplateSyntaxError
from django.template.loader import get_template

LOADERS = [
    (
        "common.template_loader.Loader",
        ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
    )
]


@pytest.fixture
def drawn(tmp_path):
    def draw(source, name="page.html", **values):
        (tmp_path / name).write_text(source)
        engine = Engine(dirs=[tmp_path], loaders=LOADERS, builtins=["django.templatetags.i18n"])
        return engine.get_template(name).render(Context(values))

    return draw


@pytest.mark.parametrize(
    "source, page",
    [
        ("<p>\n  <b>12</b>\n  <small>of 40</small>\n</p>\n", "<p><b>12</b><small>of 40</small></p>"),
        ("<p>two\n  words</p>", "<p>two words</p>"),
        ('<a class="x"\n    href="/">y</a>', '<a class="x" href="/">y</a>'),
        ("<p>\n  {{ a }}\n  {{ b }}\n</p>", "<p>12</p>"),
        ("<p>{{ a }} {{ b }}</p>", "<p>1 2</p>"),
        ("{% if a %}\n  <i>\n    yes\n  </i>\n{% else %}\n  no\n{% endif %}", "<i>yes</i>"),
        ("{% for n in 'ab' %}\n  {% if n %}\n    <b>{{ n }}</b>\n  {% endif %}\n{% endfor %}", "<b>a</b><b>b</b>"),
        ("<p>a\xa0\n  b</p>", "<p>a\xa0 b</p>"),
        ("{% blocktranslate %}a\n b{% endblocktranslate %}", "a\n b"),
    ],
)
def test_a_line_break_is_a_space_between_words_and_attributes_alone(drawn, source, page):
    assert drawn(source, a=1, b=2) == page


def test_a_value_keeps_its_lines(drawn):
    assert drawn("<pre>{{ a }}</pre>", a="x\n  y") == "<pre>x\n  y</pre>"


def test_a_letter_in_plain_text_keeps_its_lines(drawn):
    assert drawn("a\n\n  b\n", name="letter.txt") == "a\n\n  b\n"


def test_templates_of_libraries_stay_as_they_are():
    assert "\n" in get_template("django/forms/widgets/select.html").template.source
    assert "\n" in get_template("django/forms/widgets/select.html").render({"widget": {"name": "x", "attrs": {}}})


def test_an_error_still_names_the_line_of_the_source(drawn):
    with pytest.raises(TemplateSyntaxError) as told:
        drawn("<p>\n</p>\n{% nonsense %}")
    assert told.value.token.lineno == 3
