"""A bucket for each file of tests, and a server with its files in it: BUCKET in the file adds s3_… options."""

import pytest

from support.s3 import S3
from support.server import Server


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    made = S3(tmp_path_factory.mktemp("s3")).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(request, s3, tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("server"), s3.options(**getattr(request.module, "BUCKET", {}))).start()
    yield made
    made.release()
