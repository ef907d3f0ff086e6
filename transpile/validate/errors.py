"""What the rules of validation raise."""

from __future__ import annotations


class InvalidError(Exception):
    """A rule is violated; who knows the place turns it into a `ValidationError`.

    `detail` is about the instruction, whose name then goes between it and the message.
    """

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def at(self, mnemonic: str) -> str:
        """The whole message, for a violation by that instruction."""
        return f"{self.message}: {mnemonic} {self.detail}" if self.detail else self.message


def unknown(what: str, index: int) -> InvalidError:
    return InvalidError(f"unknown {what} {index}")
