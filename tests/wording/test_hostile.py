"""Data is inert (I27): whatever a client, an invoice or a file is called, it is shown as it is or refused."""

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.mail.letters import NOW, letter
from tests.strategies_message import TEMPLATES, models
from tests.wording.reading import WORDING, shape
from worker.core.message import InvoiceLine, MessageModel, ReceivedLine
from worker.core.plain import one_line
from worker.core.settings import Address
from worker.mail.mime import prepared
from worker.mail.sendgrid import SendGridAccount, SendGridMailer

HOSTILE = [
    *("{{7*7}}", "{% for x in (1,2) %}x{% endfor %}", "{{ ''.__class__.__mro__ }}", "{#", "${7*7}", "Qz0zQ", "#{7*7}"),
    *(
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</td></table>",
        "&lt;b&gt;",
        "javascript:alert()",
    ),
    *("**bold** _it_ `code`", "[pay](https://evil.example)", "![x](https://evil.example/p.png)", "# heading", "- item"),
    *("1. one", "> quote", "a | b | c", "---", "\\", "<https://evil.example>", "~~no~~", "&nbsp;&#60;"),
    *("=HYPERLINK(1)", "+1+1", "@SUM(A1)", "-2+3"),
    *("Fern\r\nBcc: x@evil.example", "Fern\nSubject: free", "Fern\x00\x07", "Fern\u2028X", "Fern\u202egnp.exe"),
    *("x" * 320, "a@x.example;b@y.example", "everyone: a@x.example, b@y.example;", "a\ud800b", "F\u200be\u200brn"),
    *("\ufdfa" * 40, "é" + "\u0301" * 60),
]
FIELDS = (
    "payer",
    "greeting",
    "organisation",
    "number",
    "reference",
    "work",
    "client_name",
    "ways_to_pay",
    "url",
    "name",
)


def _with(model: MessageModel, name: str, datum: str) -> MessageModel:
    """The model with one field, wherever it stands, set to the datum."""
    if name == "ways_to_pay":
        return dataclasses.replace(model, ways_to_pay=(datum,))
    if name == "name":
        return dataclasses.replace(model, signature=dataclasses.replace(model.signature, name=datum))
    if name in ("payer", "greeting", "organisation"):
        return dataclasses.replace(model, **{name: datum})
    lines = {}
    for group in ("coming", "overdue", "demanded", "also_open", "not_included", "paid_lines"):
        lines[group] = tuple(_line(line, name, datum) for line in getattr(model, group))
    return dataclasses.replace(model, **lines)


def _line(line: InvoiceLine | ReceivedLine, name: str, datum: str) -> InvoiceLine | ReceivedLine:
    return dataclasses.replace(line, **{name: datum}) if hasattr(line, name) else line


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("field", FIELDS)
def test_hostile_data_is_shown_exactly_or_refused(template: str, field: str) -> None:
    model = _example(template)
    mailer = SendGridMailer(SendGridAccount("key", "http://127.0.0.1:1"))
    calm = shape(WORDING.render(_with(model, field, "benign")).html)
    for datum in HOSTILE:
        try:
            rendered = WORDING.render(_with(model, field, datum))
        except ValueError as error:
            assert field == "organisation" and "subject of" in str(error)
            continue
        assert shape(rendered.html) == calm, datum
        exact = one_line(datum)
        if field in ("payer", "greeting") and exact:
            assert exact in rendered.text or model.greeting
        if field in ("organisation", "name") or (field == "ways_to_pay" and template != "thank-you"):
            assert exact in rendered.text
        if field == "url":
            assert datum not in rendered.text
        made = letter(subject=rendered.subject, text=rendered.text, html=rendered.html)
        prepared(made, NOW)
        assert json.loads(mailer.prepare(made, NOW))["subject"] == rendered.subject


def _example(template: str) -> MessageModel:
    """One model of the strategy, always the same."""
    found: list[MessageModel] = []

    @seed(7)
    @settings(
        max_examples=1, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(models(template))
    def first(model: MessageModel) -> None:
        found.append(model)

    first()
    return found[-1]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(models(), st.sampled_from(FIELDS), st.text(max_size=320))
def test_any_data_is_inert(model: MessageModel, field: str, datum: str) -> None:
    try:
        rendered = WORDING.render(_with(model, field, datum))
    except ValueError:
        return
    benign = "benign" if one_line(datum) else ""
    assert shape(rendered.html) == shape(WORDING.render(_with(model, field, benign)).html)
    prepared(letter(subject=rendered.subject, text=rendered.text, html=rendered.html), NOW)


@pytest.mark.parametrize("datum", HOSTILE)
def test_hostile_addresses_are_refused_with_a_reason(datum: str) -> None:
    with pytest.raises(ValueError, match="cannot be written to: "):
        prepared(letter(to=(Address(datum),)), NOW)
