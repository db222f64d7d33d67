# The fixtures and hooks of all Python suites live in support/fixtures.py.
from support.fixtures import *  # noqa: F401,F403
