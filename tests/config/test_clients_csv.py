"""The clients file, as spreadsheets write it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.config.clients_csv import clients_skeleton, parse_clients
from worker.core.receivable import Client
from worker.errors import ConfigError

ACME, QUAY = Client("c1", "Acme Ltd"), Client("c2", "Quayside, Books")


def test_rows_become_what_yaml_would_say() -> None:
    text = "id,client,pays,cut_off,accounts payable,mine\nc1,Acme Ltd,last friday,3 days,a@b.example;c@d.example,x\n"
    (row,) = parse_clients(text, "f.csv")
    assert row == {
        "client": "c1",
        "pays": "last friday",
        "cut-off": "3 days",
        "contacts": {"accounts payable": "a@b.example;c@d.example"},
    }
    assert row.place == "f.csv:2"


def test_rows_that_settle_nothing_are_left_out() -> None:
    assert parse_clients("id,client,pays,mine\nc1,Acme Ltd,,my note\n", "f.csv") == []


def test_semicolons_separate_where_the_first_line_says_so() -> None:
    (row,) = parse_clients('client;pays\n"Quayside; Books";last friday\n', "f.csv")
    assert row == {"client": "Quayside; Books", "pays": "last friday"}


def test_lines_count_as_in_an_editor_even_after_a_cell_with_two_lines() -> None:
    found = parse_clients('client,why,hold until\nAcme,"one\ntwo",released\nQuay,x,released\n', "f.csv")
    assert found.places == ["f.csv:2", "f.csv:4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,hold untill\nc1,released\n", 'write "hold until"'),
        ("name,pays\nAcme,last friday\n", 'no column "id" or "client"'),
        ("id,pays,Pays\nc1,a,b\n", "is there twice"),
        ("id,pays\nc1,a,b\n", "f.csv:2: 3 cells"),
        ("id,pays\n,last friday\n", "f.csv:2: a row with settings but no client"),
        ('id,pays\n"c1,last friday\n', "not CSV"),
    ],
)
def test_what_cannot_be_meant_is_a_problem(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_clients(text, "f.csv")


def test_the_skeleton_has_a_row_for_every_client_and_reads_back_as_nothing() -> None:
    text = clients_skeleton([QUAY, ACME, Client("c3", "Gone", archived=True)])
    rows = list(csv.reader(io.StringIO(text)))
    assert [r[:2] for r in rows] == [["id", "client"], ["c1", "Acme Ltd"], ["c2", "Quayside, Books"]]
    assert parse_clients(text, "f.csv") == []


def test_the_skeleton_keeps_your_columns_your_rows_and_their_order() -> None:
    mine = "region manager,id,client,pays\nBert,c9,Left long ago,\nAnna,c2,Quayside (renamed here),last friday\n"
    text = clients_skeleton([ACME, QUAY], mine)
    assert text == mine + ",c1,Acme Ltd,\n"
    assert clients_skeleton([ACME, QUAY], text) == text


def test_names_that_look_like_formulas_are_made_harmless() -> None:
    assert "'=SUM(A1)" in clients_skeleton([Client("c1", "=SUM(A1)")])


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_clients(text, "f.csv")
    except ConfigError as error:
        assert error.problems
