"""nginx with its two modules for WebDAV: one worker, sendfile, anonymous."""

import os
from pathlib import Path

from loadtests.servers import CLIENTS, Served, launched, program

NAME = "nginx dav"

_MODULE = Path("/usr/lib/nginx/modules/ngx_http_dav_ext_module.so")
_CONFIG = """
load_module {module};
{user}
worker_processes 1;
daemon off;
pid {space}/nginx.pid;
error_log {space}/nginx.log error;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_temp_path {space}/body;
  proxy_temp_path {space}/proxy;
  fastcgi_temp_path {space}/fastcgi;
  uwsgi_temp_path {space}/uwsgi;
  scgi_temp_path {space}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {space}/data;
    location / {{
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS;
    }}
  }}
}}
"""


def missing() -> str:
    """nginx and the module are packages of Debian."""
    if not program("nginx"):
        return f"nginx is not installed; {CLIENTS}"
    return "" if _MODULE.exists() else f"the module dav-ext of nginx is not installed; {CLIENTS}"


def start(space: Path, port: int) -> Served:
    """Serve `space/data`."""
    config = space / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(_CONFIG.format(space=space, port=port, module=_MODULE, user=user))
    return launched([program("nginx"), "-c", str(config), "-p", str(space)], space, port)
