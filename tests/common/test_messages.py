"""The catalogue tool finds, merges, checks and compiles messages without gettext's binaries."""

import gettext as stdlib_gettext
from pathlib import Path

import polib
import pytest

from common import messages

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy
A = _("Client")
B = ngettext("%(n)d day", "%(n)d days", 5)
C = pgettext_lazy("month", "May")
D = _(variable)
"""
PAGE = """{% extends "base.html" %}
{% translate "Save it" %} {% blocktranslate with n=5 trimmed %}
  {{ n }} rows
{% endblocktranslate %}{% blocktranslate count n=5 %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
{% include "x.html" with title=_("Head 'line'") %}"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("app", "templates/app", "locale/parts", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "app/models.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "templates/app/page.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "tests/test_x.py").write_text('_("Never shown")', encoding="utf-8")
    return tmp_path


def part(project: Path, name: str, text: str) -> None:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    (project / "locale/parts" / name).write_text(head + text, encoding="utf-8")


WHOLE = """
msgid "Client"
msgstr "Клиент"

msgid "%(n)d day"
msgid_plural "%(n)d days"
msgstr[0] "%(n)d день"
msgstr[1] "%(n)d дня"
msgstr[2] "%(n)d дней"

msgctxt "month"
msgid "May"
msgstr "мая"

msgid "Save it"
msgstr "Сохранить"

msgid "%(n)s rows"
msgstr "строк: %(n)s"

msgid "%(n)s row"
msgid_plural "%(n)s rows"
msgstr[0] "%(n)s строка"
msgstr[1] "%(n)s строки"
msgstr[2] "%(n)s строк"

msgid "Head 'line'"
msgstr "Заголовок"
"""


def test_messages_of_code_and_templates_are_found(project):
    found = messages.used_messages(project)
    assert set(found) == {
        (None, "Client"),
        (None, "%(n)d day"),
        ("month", "May"),
        (None, "Save it"),
        (None, "%(n)s rows"),
        (None, "%(n)s row"),
        (None, "Head 'line'"),
    }
    assert found[None, "%(n)s row"].plural == "%(n)s rows"
    assert found[None, "Client"].places == ["app/models.py:3"]


def test_whole_catalogue_has_no_problems_and_compiles(project):
    part(project, "a.po", WHOLE)
    assert messages.merge(project) == []
    assert messages.problems(project) == []
    assert len(messages.compile_catalogues(project)) == 2
    with messages.catalogue(project).with_suffix(".mo").open("rb") as file:
        book = stdlib_gettext.GNUTranslations(file)
    assert book.gettext("Client") == "Клиент"
    assert [book.ngettext("%(n)d day", "%(n)d days", n) % {"n": n} for n in (1, 2, 11, 21)] == [
        "1 день",
        "2 дня",
        "11 дней",
        "21 день",
    ]
    assert book.pgettext("month", "May") == "мая"


def test_fresh_catalogue_is_not_compiled_again(project):
    part(project, "a.po", WHOLE)
    messages.merge(project)
    messages.compile_catalogues(project)
    assert messages.compile_catalogues(project) == []


def test_merge_is_sorted_and_repeatable(project):
    part(project, "a.po", WHOLE)
    messages.merge(project)
    first = messages.catalogue(project).read_text(encoding="utf-8")
    messages.merge(project)
    assert messages.catalogue(project).read_text(encoding="utf-8") == first
    ids = [entry.msgid for entry in polib.pofile(str(messages.catalogue(project)), encoding="utf-8")]
    assert ids == sorted(ids)


def test_two_parts_that_differ_are_reported_and_equal_ones_are_not(project):
    part(project, "a.po", WHOLE)
    part(project, "b.po", 'msgid "Client"\nmsgstr "Покупатель"\n\nmsgid "Save it"\nmsgstr "Сохранить"\n')
    conflicts = messages.merge(project)
    assert len(conflicts) == 1
    assert "Покупатель" in conflicts[0] and "a.po" in conflicts[0]


def test_present_translation_survives_when_its_part_is_gone(project):
    part(project, "a.po", WHOLE)
    messages.merge(project)
    (project / "locale/parts/a.po").unlink()
    messages.merge(project)
    assert messages.problems(project) == []


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('msgstr "Клиент"', 'msgstr ""', "empty"),
        ('msgid "Client"', '#, fuzzy\nmsgid "Client"', "fuzzy"),
        ('msgstr "строк: %(n)s"', 'msgstr "строки"', "placeholders"),
        ('msgstr[2] "%(n)d дней"', 'msgstr[2] "%(m)d дней"', "placeholders"),
        ('msgstr[2] "%(n)d дней"\n', "", "three plural"),
        ('msgid "Client"', 'msgid "Customer"', "no translation"),
    ],
)
def test_every_flaw_is_named(project, before, after, complaint):
    assert before in WHOLE
    part(project, "a.po", WHOLE.replace(before, after, 1))
    messages.merge(project)
    assert any(complaint in line for line in messages.problems(project))


def test_unused_entry_is_a_leftover_until_merge_drops_it(project):
    part(project, "a.po", WHOLE)
    messages.merge(project)
    (project / "app/models.py").write_text(CODE.replace('_("Client")', '_("Client")[0]').replace("Client", "Person"))
    assert any("nothing uses it" in line for line in messages.problems(project))
