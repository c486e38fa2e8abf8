"""A columnar copy of all results: found, read, sorted, summed up once, published in one step.

One process collects (:mod:`.collector`), another one serves (:mod:`.snapshot`); between them is a
folder, :mod:`.generation`.
"""
