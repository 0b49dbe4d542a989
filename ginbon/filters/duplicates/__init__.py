"""Duplicates: pairs of documents with alike sketches (``match``), and the clusters that they form (``cluster``)."""
