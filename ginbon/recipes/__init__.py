"""Recipes: the one input of a run, and everything that can be wrong with it."""

from __future__ import annotations

from ginbon.recipes.load import load, read
from ginbon.recipes.model import Recipe

__all__ = ["Recipe", "load", "read"]
