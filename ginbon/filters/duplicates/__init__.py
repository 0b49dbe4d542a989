"""Duplicates: pairs of alike documents from their sketches (``match``), and the clusters that they form (``cluster``)."""
