"""Whatever is written as a rule, it is read or refused with a place, and the database says of it what the evaluator says."""

from collections import Counter

import pytest

from alerts.rulebook import messages
from alerts.rulebook.completion import accepts
from alerts.rulebook.errors import RuleRefused
from alerts.rulebook.language import parse
from alerts.rulebook.rules import RuleTree
from alerts.rulebook.writing import describe, tree_from_json, tree_to_json
from tests.alerts.rulebook.book import small_book
from tests.alerts.rulebook.fuzz import texts

AT_ONCE = 40  # rules in one statement


@pytest.fixture
def book(as_worker):
    return small_book()


def _read(text: str) -> RuleTree | None:
    """The tree, or None when the text was refused with a sentence and a place inside it."""
    try:
        return parse(text)
    except RuleRefused as refused:
        lines = text.split("\n")
        for error in refused.errors:
            assert 1 <= error.line <= len(lines) and 1 <= error.column <= len(lines[error.line - 1]) + 1, (text, error)
            assert "%(" not in messages.sentence(error).replace("%(x)s", ""), error
            messages.placed(error).encode()
        assert refused.errors, text
        return None


def _agree(book, seed: int, count: int) -> Counter:
    """Reads and runs `count` texts; how many were rules."""
    written = texts(seed, count)
    read = {number: tree for number, tree in enumerate(map(_read, written)) if tree is not None}
    for text in written[:: max(count // 50, 1)]:
        accepts(text, len(text) // 2)
    numbers = list(read)
    for at in range(0, len(numbers), AT_ONCE):
        trees = {number: read[number] for number in numbers[at : at + AT_ONCE]}
        for number, tree in trees.items():
            assert parse(describe(tree)) == tree == tree_from_json(tree_to_json(tree)), written[number]
        said, expected = book.said(trees), book.expected(trees)
        wrong = [written[n] for place, n in enumerate(trees) for loan in said if said[loan][place] != expected[loan][place]]
        assert not wrong, wrong[:3]
    return Counter(rules=len(read), refused=count - len(read))


def test_any_text_is_a_rule_or_refused_with_a_place(book):
    told = _agree(book, seed=5, count=300)
    assert told["rules"] >= 100 and told["refused"] >= 100


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 20))
def test_twenty_thousand_texts_are_rules_or_refused_with_a_place(book, seed):
    told = _agree(book, seed=seed, count=2000)
    assert told["rules"] >= 700 and told["refused"] >= 700
