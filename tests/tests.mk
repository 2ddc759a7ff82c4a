# The tests' targets; included by apxs.mk.

-include tests/pool/pool.mk
