"""The unit tests of the MySQL driver, and those of the store over it, on a real MariaDB."""

import os
import subprocess

import pytest

from support import store
from support.server import BINARY, environment
from support.timing import seconds

PROGRAMS = BINARY.parent / "test/unit/store"
DRIVER = ["sql_mysql", "mysql_lost", "mysql_plans"]
# What they say of the store holds on both; the others are about SQLite's file, or have a driver of their own.
STORE = ["user", "device", "contact", "contact_request", "chat", "group", "message", "backlog", "invite", "object"]


@pytest.mark.parametrize("name", DRIVER + STORE)
def test_unit(name):
    env = environment() | {"IM_TEST_STORE_URL": store.maria().url("")[:-1]}
    if seed := os.environ.get("IM_SEED"):
        env["IM_SEED"] = seed
    done = subprocess.run([PROGRAMS / f"test_store_{name}"], env=env, capture_output=True, text=True, timeout=seconds(240))
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
