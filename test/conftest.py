# The fixtures of all Python suites live in support/fixtures.py.
from support.fixtures import *  # noqa: F401,F403
from support.fixtures import pytest_runtest_makereport  # noqa: F401
