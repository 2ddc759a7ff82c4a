"""The modules of tests/httpd are found once place.py was imported."""

import place  # noqa: F401
