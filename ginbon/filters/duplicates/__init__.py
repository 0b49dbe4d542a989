"""Duplicates: pairs of documents with alike sketches (``match``), the clusters that they form (``cluster``), and who of
them stays (``choose``).
"""
