"""A file or folder as HTTP and WebDAV describe it: dates, entity tags, media types, names."""

import re
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

from meshsim.storage import Entry

# Written out, because the tables of `mimetypes` differ between Python versions and machines.
_MEDIA_TYPES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "gif": "image/gif",
    "gz": "application/gzip",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "md": "text/markdown",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "py": "text/x-python",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tex": "application/x-tex",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@lru_cache(1024)
def http_date(seconds: int) -> str:
    """Seconds since the Unix epoch as an HTTP date (RFC 9110, 5.6.7)."""
    return formatdate(seconds, usegmt=True)


@lru_cache(1024)
def iso_date(seconds: int) -> str:
    """Seconds since the Unix epoch as creationdate has it (RFC 3339)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def entity_tag(entry: Entry) -> str:
    """The strong entity tag, in its quotes."""
    return f'"{entry.etag}"'


def media_type(path: str) -> str:
    """The media type of a file, by the end of its name alone."""
    stem, _, ending = path.rpartition("/")[2].rpartition(".")
    return (
        _MEDIA_TYPES.get(ending.lower(), "application/octet-stream") if stem else "application/octet-stream"
    )


def display_name(path: str) -> str:
    """The last name in a path, fit for XML: storage may hold names that XML cannot."""
    name = path.rpartition("/")[2]
    return name if name.isprintable() else _NOT_XML.sub("\ufffd", name)
