"""What the checker finds wrong with a rule, each fault with its place in the text."""

from typing import Any

from lark import Token

from alerts.rulebook.errors import RuleError

Part = Any  # a Tree of the parser: what stands in it is given by the grammar, not by its type


class Refuse(Exception):
    """This part cannot be given a meaning; what is wrong has been noted."""


class Notes:
    """The faults of one text. `errors` holds them in the order in which they were found."""

    def __init__(self, text: str):
        self.text = text
        self.errors: list[RuleError] = []

    def note(self, code: str, at: Part | Token, proposal: str = "", **params: object) -> None:
        """Notes an error at a part of the text."""
        line, column = (at.line, at.column) if isinstance(at, Token) else (at.meta.line, at.meta.column)
        self.errors.append(RuleError(code, line or 1, column or 1, self.source(at), params, proposal))

    def refuse(self, code: str, at: Part | Token, proposal: str = "", **params: object) -> Refuse:
        """Notes an error and gives the exception to raise."""
        self.note(code, at, proposal, **params)
        return Refuse()

    def source(self, at: Part | Token) -> str:
        """The text a part was read from, on one line."""
        start, end = (at.start_pos, at.end_pos) if isinstance(at, Token) else (at.meta.start_pos, at.meta.end_pos)
        return " ".join(self.text[start:end].split())
