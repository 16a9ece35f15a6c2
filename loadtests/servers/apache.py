"""Apache with mod_dav: event MPM, anonymous, as many threads as 64 connections need."""

import os
import pwd
from pathlib import Path

from loadtests.servers import CLIENTS, Served, launched, program

NAME = "apache mod_dav"

_MODULES = Path("/usr/lib/apache2/modules")
_CONFIG = """
ServerRoot {space}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {space}/apache.pid
ErrorLog {space}/apache.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dav_module {modules}/mod_dav.so
LoadModule dav_fs_module {modules}/mod_dav_fs.so
{user}
StartServers 1
ServerLimit 4
ThreadsPerChild 64
MaxRequestWorkers 256
KeepAlive On
MaxKeepAliveRequests 0
EnableSendfile On
LimitRequestBody 0
DavLockDB {space}/locks
DavDepthInfinity Off
DocumentRoot {space}/data
<Directory {space}/data>
  Dav On
  Require all granted
</Directory>
"""


def missing() -> str:
    """Apache is a package of Debian."""
    if not program("apache2"):
        return f"apache2 is not installed; {CLIENTS}"
    there = (_MODULES / "mod_dav_fs.so").exists()
    return "" if there else f"mod_dav_fs is not in {_MODULES}"


def start(space: Path, port: int) -> Served:
    """Serve `space/data`."""
    user = ""
    if os.getuid() == 0:
        # It does not serve as root; the folder has to be its own user's.
        user = "User www-data\nGroup www-data"
        owner = pwd.getpwnam("www-data")
        (space / "data").mkdir(exist_ok=True)
        for place in (space, space / "data", *(space / "data").rglob("*")):
            os.chown(place, owner.pw_uid, owner.pw_gid)
    config = space / "apache.conf"
    config.write_text(_CONFIG.format(space=space, port=port, modules=_MODULES, user=user))
    return launched([program("apache2"), "-D", "FOREGROUND", "-f", str(config)], space, port)
