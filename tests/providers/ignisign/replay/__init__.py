"""The vendor's public contract replayed by a client that knows nothing of this project.

Everything here is written from the contract alone, on plain httpx, as an integrator without an SDK would: no
module imports `paraph` or `paraph_ignisign`, which a test of its own holds true. A `Place` says where the API
is and with which credentials; it could be the vendor's own.
"""
