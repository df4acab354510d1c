"""Says what is wrong with a rule in the language of the reader."""

from django.utils.translation import gettext as _

from alerts.rulebook.errors import SENTENCES, RuleError, said


def sentence(error: RuleError) -> str:
    """The whole sentence of an error, with the proposal where there is one, in the active language."""
    filled = {name: said(value, _) for name, value in error.params.items()}
    message = _(SENTENCES[error.code]) % {"word": error.word, **filled}
    if not error.proposal:
        return message
    return _("%(message)s Did you mean “%(proposal)s”?") % {"message": message, "proposal": error.proposal}


def placed(error: RuleError) -> str:
    """The sentence with its place in the text in front."""
    place = {"line": error.line, "column": error.column, "message": sentence(error)}
    return _("Line %(line)s, column %(column)s: %(message)s") % place
