from clients.choices import FileProblem


class ReadError(Exception):
    """The whole file is refused. `code` is a value of `FileProblem`."""

    def __init__(self, code: str) -> None:
        super().__init__(str(FileProblem(code).label))
        self.code = code
