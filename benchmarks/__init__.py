"""How fast and how flat in memory paraph is, beside its peers and beside the bare libraries it stands on.

``make bench`` runs everything, prints one table and writes benchmarks/results/latest.json; nothing of it is
asserted by a test. README.md tells the method, what was tried, and what it gave.
"""
