"""Where the servers of tests keep what they store: SQLite in their data directory or, with IM_TEST_STORE=mysql, a
database for each data directory on a MariaDB that this pytest process starts and ends; and how tests look inside."""

import atexit
import os
import pathlib
import shutil
import sqlite3
import tempfile
import urllib.parse

KIND = os.environ.get("IM_TEST_STORE", "sqlite")
FILE = "im_service.db"
BYTES = {"sha256", "token_hash", "parts"}  # columns that are no text

_maria = None
_databases = {}  # by data directory


def maria():
    """This process's MariaDB. What it acknowledges is on the disk: innodb_flush_log_at_trx_commit is 1."""
    global _maria
    if _maria is None:
        from support.services import MariaDb

        home = tempfile.mkdtemp(prefix="im-maria-")
        _maria = MariaDb(home)
        atexit.register(lambda: (_maria.stop(), shutil.rmtree(home, ignore_errors=True)))
    return _maria


def fresh_url():
    """The address of an empty database."""
    name = f"im_{len(_databases)}_{os.urandom(3).hex()}"
    maria().run(f"CREATE DATABASE {name}")
    _databases[name] = name
    return maria().url(name)


def store_url(data):
    """What store.url is for a server of this data directory: empty for SQLite."""
    if KIND == "sqlite":
        return ""
    data = str(pathlib.Path(data).resolve())
    if data not in _databases:
        _databases[data] = fresh_url()
    return _databases[data]


def is_sqlite(server):
    return not server.store_url


def _connect(url):
    import pymysql

    parts = urllib.parse.urlsplit(url)
    return pymysql.connect(
        host=parts.hostname, port=parts.port, user=parts.username, password=urllib.parse.unquote(parts.password or ""),
        database=parts.path[1:], charset="utf8mb4", autocommit=True,
    )


def _plain(name, value):
    return value.decode() if isinstance(value, bytes) and name not in BYTES else value


def rows(server, text, *values):
    """The rows of a query over the server's own store, which may be running. Parameters are question marks."""
    if is_sqlite(server):
        db = sqlite3.connect(f"file:{server.data}/{FILE}?mode=ro", uri=True)
        try:
            return db.execute(text, values).fetchall()
        finally:
            db.close()
    db = _connect(server.store_url)
    try:
        with db.cursor() as cursor:
            cursor.execute(text.replace("%", "%%").replace("?", "%s"), values)
            names = [column[0] for column in cursor.description]
            return [tuple(_plain(name, value) for name, value in zip(names, row)) for row in cursor.fetchall()]
    finally:
        db.close()


def change(server, text, *values):
    """What no call does, or not as quickly: the server is at rest."""
    if is_sqlite(server):
        with sqlite3.connect(server.data / FILE) as db:
            db.execute(text, values)
        db.close()
        return
    db = _connect(server.store_url)
    try:
        with db.cursor() as cursor:
            cursor.execute(text.replace("%", "%%").replace("?", "%s"), values)
    finally:
        db.close()
