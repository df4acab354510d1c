"""What can be wrong with a file as a whole."""


class FileFault(Exception):
    """A file that can't be used as a whole. `reason` is one of the documented codes, the message a sentence.

    `held`: a person may still decide about it; otherwise it is rejected.
    """

    def __init__(self, reason: str, sentence: str, *, held: bool = True) -> None:
        super().__init__(sentence)
        self.reason, self.sentence, self.held = reason, sentence, held
