"""nginx with deploy/nginx.conf, in front of servers that a test started."""

import re
import shutil

from support.server import ROOT, free_port
from support.services import Service
from support.timing import wait_until

import socket

MAIN = """daemon off;
pid {home}/nginx.pid;
worker_processes 1;
error_log {home}/main.log crit;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/site.conf;
}}
"""


class Nginx(Service):
    """The configuration as it is delivered, but for where it listens, writes and finds the nodes."""

    def __init__(self, home, nodes):
        self.home = home / "nginx"
        self.home.mkdir()
        self.port = free_port()
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        text, named = re.subn(r"server im(\d):9000(.*);", lambda match: self.node(nodes, match), text)
        assert named >= len(nodes)
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.port};").replace("/var/log/nginx/", f"{self.home}/")
        (self.home / "site.conf").write_text(text)
        (self.home / "nginx.conf").write_text(MAIN.format(home=self.home))
        super().__init__(home, "nginx", [shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p", str(self.home), "-c", str(self.home / "nginx.conf")])
        wait_until(self.answers, what="nginx answers")

    @staticmethod
    def node(nodes, match):
        number = int(match[1])
        return f"server {nodes[number - 1]}{match[2]};" if number <= len(nodes) else ""

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def access_log(self):
        return (self.home / "im_service.log").read_text()

    def everything_logged(self):
        return "".join(path.read_text(errors="replace") for path in self.home.glob("*.log"))
