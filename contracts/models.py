"""Table of contents: the models of every step, in flow order."""

from contracts.lifecycle import models as lifecycle

__all__ = ["lifecycle"]
