"""Identifiers: models that say in which language a text is written."""
