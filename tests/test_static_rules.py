"""Rules of this house that no linter knows, read from the syntax tree of every module of the product.

Each rule is shown to bite: a snippet that breaks it stands beside it. What has a reason to differ is named here, with the
reason, so that an exception is a decision and not an accident.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = [*sorted(path.parent.name for path in ROOT.glob("*/apps.py")), "common"]
SCOPED = {  # models whose querysets know `visible_to`: whoever reads them for a person goes through it
    "Client", "ContactPerson", "ImportRun", "SalesCycle", "RotationOrder", "Task", "Contact", "Invoice", "Contract", "Offer",
    "Payment", "PhoneCall", "MissedCall", "Notice", "User", "ApiToken",
}  # fmt: skip
SUMS = {"services", "models", "querysets", "rules", "calculator", "constants", "forms", "serializers"}
DOORS = {"views", "api", "views.py", "api.py"}

# The kinds of nodes that the rules ask about.
LOOKED_AT = (ast.Call, ast.Name, ast.keyword, ast.Import, ast.ImportFrom, ast.ExceptHandler, ast.Assign)

Rule = Callable[[ast.AST, str], bool]


@cache
def modules() -> dict[str, list[ast.AST]]:
    """Path → every node of the module, for all code that is shipped but migrations and the demo's words."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/" not in name:
                found[name] = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, LOOKED_AT)]
    return found


def name_of(node: ast.AST) -> str:
    """`a.b.c` of a chain of names, "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def called(node: ast.AST) -> str:
    return name_of(node.func) if isinstance(node, ast.Call) else ""


def method(node: ast.AST) -> str:
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def is_built(node: ast.AST) -> bool:
    """A text put together from parts: f-string with a value, `%`, `+`, `.format`."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add)
    return method(node) == "format"


def from_request(node: ast.AST) -> bool:
    """Something a stranger sent: request.GET, .POST, .data, .META, .body, .headers, .COOKIES, at any depth."""
    sent = {"GET", "POST", "data", "query_params", "META", "body", "headers", "COOKIES", "FILES"}
    return any(
        isinstance(part, ast.Attribute) and part.attr in sent and name_of(part.value).split(".")[-1] == "request"
        for part in ast.walk(node)
    )


def in_a_door(path: str) -> bool:
    return bool(DOORS & set(path.split("/")[1:]))


def unscoped_read(node: ast.AST, path: str) -> bool:
    reads = {"get", "filter", "all", "exclude", "values", "values_list", "in_bulk", "first", "last", "raw", "count"}
    if method(node) not in reads or not in_a_door(path):
        return False
    model, _, verb = called(node).partition(".objects.")
    return model in SCOPED and verb in reads


def unscoped_fetch(node: ast.AST, path: str) -> bool:
    return (
        called(node).startswith("get_object_or_404")
        and isinstance(node, ast.Call)
        and bool(node.args)
        and name_of(node.args[0]) in SCOPED
    )


def marked_safe(node: ast.AST, path: str) -> bool:
    if path == "common/markup.py" or path.startswith("common/svg/") or path == "common/icons.py":
        return False
    if called(node).endswith("mark_safe"):
        return True
    # SafeString of a constant is a constant; of anything else it is mark_safe under another name.
    return called(node) == "SafeString" and isinstance(node, ast.Call) and any(is_built(arg) for arg in node.args)


def csrf_exempt(node: ast.AST, path: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == "csrf_exempt") and not path.startswith("telephony/")


def built_sql(node: ast.AST, path: str) -> bool:
    if method(node) not in {"execute", "executemany", "raw", "extra"} and called(node) not in {"RawSQL", "RunSQL"}:
        return False
    return isinstance(node, ast.Call) and any(is_built(arg) for arg in node.args[:1])


def extra_sql(node: ast.AST, path: str) -> bool:
    return method(node) == "extra" and isinstance(node, ast.Call) and "objects" in ast.unparse(node.func)


def naive_moment(node: ast.AST, path: str) -> bool:
    name = called(node)
    if name in {"datetime.now", "datetime.fromtimestamp", "datetime.datetime.now"}:
        return isinstance(node, ast.Call) and len(node.args) + len(node.keywords) < (2 if "from" in name else 1)
    return name.endswith((".utcnow", ".utcfromtimestamp")) or name in {"date.today", "datetime.today", "timezone.now"}


def money_as_float(node: ast.AST, path: str) -> bool:
    """Where sums are kept and reckoned; a chart or a percentage on a screen may be drawn from a fraction."""
    if not SUMS & {part.removesuffix(".py") for part in path.split("/")}:
        return False
    if called(node) == "float":
        (argument,) = node.args[:1] or [None]  # type: ignore[attr-defined]
        return not (isinstance(argument, ast.Constant) and str(argument.value).strip("+-") in {"inf", "nan"})
    return called(node).endswith("FloatField")


def message_without_commit(node: ast.AST, path: str) -> bool:
    """A message sent inside a transaction may arrive before its row, or without one."""
    return method(node) in {"delay", "apply_async"} and not path.endswith("/tasks.py")


def weak_chance(node: ast.AST, path: str) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "random" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == "random"


def user_chosen_lookup(node: ast.AST, path: str) -> bool:
    """`filter(**request.GET)` lets a stranger name the lookup (`_connector`, `owner__password`)."""
    lookups = {
        "filter",
        "exclude",
        "get",
        "order_by",
        "annotate",
        "values",
        "values_list",
        "alias",
        "aggregate",
        "update",
    }
    if method(node) not in lookups or not isinstance(node, ast.Call):
        return False
    spread = [item.value for item in node.keywords if item.arg is None]
    spread += [item.value for item in node.args if isinstance(item, ast.Starred)]
    positional = node.args if method(node) in {"order_by", "values", "values_list"} else []
    return any(from_request(value) for value in [*spread, *positional])


def open_redirect(node: ast.AST, path: str) -> bool:
    """Only common.htmx.redirect, which checks the host, may be given an address that came from outside."""
    if called(node) not in {"HttpResponseRedirect", "HttpResponsePermanentRedirect", "HttpResponseClientRedirect"}:
        return False
    return isinstance(node, ast.Call) and any(from_request(argument) for argument in node.args)


def shell(node: ast.AST, path: str) -> bool:
    if called(node) in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}:
        return True
    return isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", False) is True


def evaluated(node: ast.AST, path: str) -> bool:
    unsafe = {"eval", "exec", "compile", "__import__", "pickle.loads", "pickle.load", "marshal.loads", "yaml.load"}
    return called(node) in unsafe


def printed(node: ast.AST, path: str) -> bool:
    return called(node) == "print"


def swallowed(node: ast.AST, path: str) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    broad = node.type is None or name_of(node.type) in {"Exception", "BaseException"}
    return broad and all(isinstance(part, ast.Pass | ast.Continue) for part in node.body)


def template_from_text(node: ast.AST, path: str) -> bool:
    """A template is a file of ours; a text that somebody entered is never one (IN6)."""
    return (
        called(node) in {"Template", "Engine", "template.Template", "engines.from_string"}
        or method(node) == "from_string"
    )


def every_field(node: ast.AST, path: str) -> bool:
    """`fields = "__all__"` opens the next column of a model to writing by itself."""
    if isinstance(node, ast.Assign) and [name_of(target) for target in node.targets] == ["fields"]:
        return getattr(node.value, "value", None) == "__all__"
    is_exclude = isinstance(node, ast.Assign) and [name_of(target) for target in node.targets] == ["exclude"]
    return is_exclude and isinstance(node.value, ast.List | ast.Tuple)  # type: ignore[attr-defined]


def outgoing_request(node: ast.AST, path: str) -> bool:
    """The product calls nobody by HTTP: there is nothing a stranger's address could be given to (SSRF)."""
    clients = {"requests", "httpx", "urllib.request", "urllib3", "http.client", "aiohttp"}
    if isinstance(node, ast.Import):
        return any(alias.name in clients for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module in clients)


RULES: dict[str, tuple[Rule, str, str]] = {
    "no view or API reads a scoped model past visible_to": (
        unscoped_read, "clients/views/x.py", "Client.objects.filter(pk=1)"),
    "no door fetches by model instead of by scope": (
        unscoped_fetch, "clients/views/x.py", "get_object_or_404(Client, pk=1)"),
    "nothing is marked safe outside the modules that escape": (marked_safe, "desk/rows.py", "mark_safe(name)"),
    "CSRF is exempt for the telephone exchange alone": (csrf_exempt, "clients/views/x.py", "@csrf_exempt\ndef f(): 0"),
    "no SQL is put together from values": (
        built_sql, "clients/selectors.py", 'cursor.execute(f"SELECT {name}")'),
    "no extra() on a queryset": (extra_sql, "clients/selectors.py", 'Client.objects.extra(where=["1=1"])'),
    "no moment without a zone and no clock but ours": (naive_moment, "clients/x.py", "datetime.now()"),
    "no money as a binary fraction": (money_as_float, "deals/services/x.py", "float(amount)"),
    "messages to workers are sent by tasks, after the commit": (
        message_without_commit, "deals/services/x.py", "send.delay(1)"),
    "chance that matters is not the predictable one": (weak_chance, "accounts/x.py", "import random"),
    "no lookup or order named by a stranger": (
        user_chosen_lookup, "clients/views/x.py", "rows.filter(**request.GET.dict())"),
    "no redirect to an address from the request": (
        open_redirect, "accounts/views/x.py", 'HttpResponseRedirect(request.GET["next"])'),
    "no shell": (shell, "common/x.py", 'subprocess.run("ls", shell=True)'),
    "no text is run as code or unpickled": (evaluated, "common/x.py", "eval(text)"),
    "nothing is printed": (printed, "common/x.py", "print(1)"),
    "no error is swallowed whole": (swallowed, "common/x.py", "try:\n    f()\nexcept Exception:\n    pass"),
    "no template is made from a text": (template_from_text, "notifications/x.py", "Template(text)"),
    "no form or serializer takes every field": (every_field, "clients/forms.py", 'fields = "__all__"'),
    "no request leaves the product": (outgoing_request, "telephony/x.py", "import urllib.request"),
}  # fmt: skip
# Rule → places that differ, as `file` or `file: beginning of the code`.
ALLOWED: dict[str, tuple[str, ...]] = {
    # read again, by key or by parent, what the person has already been given through the scope
    "no view or API reads a scoped model past visible_to": (
        "accounts/views/audit.py: User.objects.filter(",  # the log is for those who see everybody
        "deals/views/acts.py: Invoice.objects.filter(cycle=cycle",
        "deals/views/acts.py: Payment.objects.filter(invoice=invoice)",
        "desk/api.py: Client.objects.filter(pk=client_id)",
        "desk/api.py: User.objects.filter(pk__in=funnels)",
        "desk/views/board.py: SalesCycle.objects.all()",  # the model of a cursor, never read
        "funnels/api/base.py: SalesCycle.objects.filter(pk=cycle.pk)",
        "funnels/views/contacts.py: SalesCycle.objects.filter(pk=contact.cycle_id)",
    ),
    # the one clock
    "no moment without a zone and no clock but ours": ("common/clock.py",),
    # commands that speak to a terminal
    "nothing is printed": (
        "config/embedded/__main__.py", "config/schema_drift.py", "config/secret_scan.py", "config/chromium.py",
        "common/messages.py",
    ),
    # the demo's chance must repeat
    "chance that matters is not the predictable one": (
        "config/demo/",
    ),
    # names of a database and of extensions, constants of the module; no value can stand there in SQL
    "no SQL is put together from values": ("config/embedded/postgres.py",),
    # asks our own server, for the health check of a container
    "no request leaves the product": ("config/probe.py",),
}  # fmt: skip


def broken_in(rule: Rule, name: str, nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if rule(node, name):
            yield f"{name}: {ast.unparse(node)[:100]}"


@cache
def broken_by_the_product(told: str) -> list[str]:
    return [place for name, nodes in modules().items() for place in broken_in(RULES[told][0], name, nodes)]


@pytest.mark.parametrize("told", RULES)
def test_the_product_keeps(told):
    assert [place for place in broken_by_the_product(told) if not place.startswith(ALLOWED.get(told, ()))] == []


@pytest.mark.parametrize("told", RULES)
def test_the_rule_bites(told):
    rule, path, snippet = RULES[told]
    assert list(broken_in(rule, path, list(ast.walk(ast.parse(snippet)))))


@pytest.mark.parametrize("told", ALLOWED)
def test_every_exception_is_still_needed(told):
    idle = [place for place in ALLOWED[told] if not any(hit.startswith(place) for hit in broken_by_the_product(told))]
    assert idle == []


def test_no_template_switches_escaping_off_or_carries_code():
    forbidden = {
        "safe filter": r"\|\s*(safe|safeseq)\b",
        "autoescape off": r"autoescape\s+off",
        "inline script": r"<script(?![^>]*\bsrc=)[^>]*>\s*\S",
        "inline handler": r"<[^>]*\son[a-z]+\s*=",
        "inline style": r"<[^>]*\sstyle\s*=|<style",
        "javascript: address": r"javascript:",
    }
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        is_letter = "emails" in path.parts  # mail programs know no style sheets
        for told, pattern in forbidden.items():
            if is_letter and told == "inline style":
                continue
            assert not re.search(pattern, text), f"{path.relative_to(ROOT)}: {told}"


def test_templates_are_laid_out_for_their_readers():
    """Lines end by 120 characters but for a message or a tag with its words, which cannot be parted (decision 0014)."""
    parted = re.compile(r"{%.*?%}.*{%\s*end\w+\s*%}|{[{%].*?[}%]}|\"[^\"]*\"|'[^']*'")
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<(pre|textarea)[^>]*>\s*\n", text), (
            f"{path.relative_to(ROOT)}: the lines would be joined"
        )
        for number, line in enumerate(text.splitlines(), 1):
            assert "\t" not in line and line == line.rstrip(), f"{path.relative_to(ROOT)}:{number}"
            assert len(line) <= 120 or len(parted.sub("", line)) <= 60, f"{path.relative_to(ROOT)}:{number} is too long"


def test_no_script_of_ours_writes_html_or_runs_text():
    for path in (ROOT / "static" / "js").rglob("*.js"):
        found = re.search(
            r"\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(", path.read_text()
        )
        assert not found, f"{path.relative_to(ROOT)}: {found and found[0]}"
