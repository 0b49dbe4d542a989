"""Compiled code of byte-pair encoding."""
