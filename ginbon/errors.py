"""Every error that Ginbon raises, as one tree; each class holds the exit code of DESIGN.md, section 7.

    GinbonError                      4  our fault, unless a subclass says otherwise
    ├── UserError                    2  the call or the recipe is wrong; nothing was started
    │   ├── RecipeError              2  mistakes in a recipe, each with file:line:column
    │   └── MissingExtraError        2  a feature needs an optional package that is not installed
    ├── SurroundingsError            3  disk, permission, network, lock; the same command goes on
    │   ├── LockedError              3  another process holds the run folder
    │   └── NoSpaceError             3  the disk is full
    ├── AnswerIsNo                   1  done, and the answer is "no"
    │   ├── VerifyError              1  a release is damaged or not what its manifest says
    │   ├── ProofError               1  a tokenizer's file gives other ids than it should, or fails a gate
    │   └── TooMuchDamageError       1  more bad input than the recipe allows
    ├── DamageError                  1  one input (file, record, page) cannot be read; counted, others go on
    ├── TaskError                    4  a task of a stage failed; the others went on
    ├── LedgerError                  4  in = out + dropped does not hold: a bug of ours, the run stops
    └── Interrupted                130  asked to stop; the same command goes on

Messages say what, where (``file:line:column``, ``shard:row``), expected and found, and the next step.
"""

from __future__ import annotations

from dataclasses import dataclass


class GinbonError(Exception):
    """Base of all our errors."""

    exit_code: int = 4


class UserError(GinbonError):
    """The call is wrong; nothing was started."""

    exit_code = 2


@dataclass(frozen=True)
class Mistake:
    """One mistake in a file that a person wrote.

    ``line`` and ``column`` count from 1. ``excerpt`` is the line itself, without its newline.
    """

    file: str
    line: int
    column: int
    message: str
    excerpt: str = ""
    hint: str = ""

    def __str__(self) -> str:
        lines = [f"{self.file}:{self.line}:{self.column}: {self.message}"]
        if self.excerpt:
            lines.append(f"    {self.excerpt}")
            lines.append("    " + " " * (self.column - 1) + "^")
        if self.hint:
            lines.append(f"    {self.hint}")
        return "\n".join(lines)


class RecipeError(UserError):
    """Mistakes in a recipe or pack: all of them at once, in the order of the file."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda m: (m.file, m.line, m.column))
        super().__init__("\n".join(str(m) for m in self.mistakes))


class MissingExtraError(UserError):
    """A feature needs an optional package."""

    def __init__(self, feature: str, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'ginbon[{extra}]'"
        )


class SurroundingsError(GinbonError):
    """Disk, permission, network or lock; what is there is whole, and the same command goes on."""

    exit_code = 3


class LockedError(SurroundingsError):
    """Another process holds the run folder."""


class NoSpaceError(SurroundingsError):
    """The disk is full; free space and run the same command again."""


class AnswerIsNo(GinbonError):  # noqa: N818 - it is an answer, not a fault
    """Done, and the answer is "no"."""

    exit_code = 1


class VerifyError(AnswerIsNo):
    """A release is damaged, or not what its manifest says."""


class ProofError(AnswerIsNo):
    """A tokenizer's file gives other ids than it should, or fails a gate; nothing was written.

    ``form`` is the format that gives other ids or another text, where it is that.
    """

    def __init__(self, message: str, *, form: str = "") -> None:
        super().__init__(message)
        self.form = form


class TooMuchDamageError(AnswerIsNo):
    """More bad input than the recipe allows."""


class DamageError(GinbonError):
    """One input cannot be read; it is counted with its place, and the others go on."""

    exit_code = 1


class TaskError(GinbonError):
    """A task of a stage failed; the other tasks went on."""


class LedgerError(GinbonError):
    """in = out + dropped does not hold: a bug of ours, so the run stops."""


class Interrupted(GinbonError):  # noqa: N818 - it was asked for
    """Asked to stop (Ctrl-C, SIGTERM, SIGHUP); what is finished is kept, and the same command goes on."""

    exit_code = 130
