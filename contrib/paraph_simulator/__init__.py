"""The commands ``paraph demo`` and ``paraph simulator``: vendors' simulators for people.

Simulators belong to the provider packages and are found through the registry alone.
"""
