"""What the document points to: does each of it answer, even if only with a refusal?"""

from typing import Any

from conformance.doctor import Check, Found, Missing, Patient, broken, doubtful, ok

REFUSALS = (400, 401, 403, 415, 422, 501)
"""Of what is not valid, or not from a peer that is known; 501 where a site takes no shares at all."""


def shares(patient: Patient) -> Found:
    """Is a share that is none refused, and not lost or taken?"""
    return _refuses(patient, f"{patient.member('endPoint').rstrip('/')}/shares")


def notifications(patient: Patient) -> Found:
    """Is a notification that is none refused?"""
    found = _refuses(patient, f"{patient.member('endPoint').rstrip('/')}/notifications")
    if found.state == "broken" and "notifications" not in patient.lists("capabilities"):
        return doubtful(
            f"{found.told}; they are not advertised", "peers will not know what became of a share"
        )
    return found


def invites(patient: Patient) -> Found:
    """If invites are offered: is an acceptance that is none refused?"""
    if "invites" not in patient.lists("capabilities"):
        raise Missing("invites are not advertised")
    return _refuses(patient, f"{patient.member('endPoint').rstrip('/')}/invite-accepted")


def token(patient: Patient) -> Found:
    """If tokens can be exchanged: does tokenEndPoint refuse what is no request?"""
    if "tokenEndPoint" not in patient.document:
        raise Missing("there is no tokenEndPoint")
    return _refuses(patient, patient.member("tokenEndPoint"), b"a=b", "application/x-www-form-urlencoded")


def webdav(patient: Patient) -> Found:
    """Does WebDAV ask who is there before it shows anything?"""
    prefix = next(filter(None, map(_webdav, patient.document.get("resourceTypes") or ())), None)
    if prefix is None:
        raise Missing("no resource type has a path for webdav")
    answer = patient.ask(prefix, "PROPFIND", depth="0")
    challenge = answer.headers.get("www-authenticate", "").lower()
    if answer.status == 401 and ("bearer" in challenge or "basic" in challenge):
        return ok(f"{prefix}: 401, {', '.join(w for w in ('bearer', 'basic') if w in challenge)}")
    if answer.status == 401:
        return doubtful("401 without WWW-Authenticate", "name Bearer (and Basic, for older peers) there")
    if answer.status in (207, 200):
        return broken(f"{prefix} shows its content to anybody ({answer.status})", "ask for a token first")
    if answer.status in (403, 404):
        return doubtful(
            f"{prefix} answers {answer.status} to somebody without a token",
            "401 tells a peer to bring one; see that the path is that of the WebDAV server",
        )
    return broken(
        f"{prefix} answers {answer.status} to PROPFIND",
        "let the web server pass PROPFIND and its like on; see that the path is that of WebDAV",
    )


def invite_dialog(patient: Patient) -> Found:
    """If there is a page for invites: is it there?"""
    if "inviteAcceptDialog" not in patient.document:
        raise Missing("there is no inviteAcceptDialog")
    value = patient.document["inviteAcceptDialog"]
    if not isinstance(value, str) or not value.startswith(("http://", "https://", "/")):
        return broken(f"inviteAcceptDialog is {str(value)[:80]!r}", "write the URL of the page")
    status = patient.ask(value, accept="text/html").status
    if status in (404, 405, 410) or status >= 500:
        return broken(f"{value} answers {status}", "people who follow an invite end there: serve the page")
    return ok(f"{value} answers {status}")


CHECKS: tuple[Check, ...] = (shares, notifications, invites, token, webdav, invite_dialog)


def _refuses(patient: Patient, url: str, body: bytes = b"{}", kind: str = "application/json") -> Found:
    answer = patient.ask(url, "POST", body, content_type=kind)
    if answer.status in REFUSALS:
        return ok(f"{answer.status} from {url}")
    if answer.status == 429:
        return doubtful(f"{url} answers 429 to a single request", "be less strict with peers that are new")
    if answer.status < 300:
        return broken(f"{url} takes {body.decode()} ({answer.status})", "refuse with 400 what has no content")
    if answer.status in (301, 302, 303, 307, 308):
        return broken(
            f"{url} redirects ({answer.status}): what is POSTed is lost there",
            "advertise the URL that answers; often only a slash or the scheme differs",
        )
    if answer.status in (404, 405, 410):
        return broken(
            f"{url} answers {answer.status}",
            "let the web server hand this path, and POST, to the OCM application",
        )
    return broken(
        f"{url} answers {answer.status}", "see the log of the application: bad input is no fault of its own"
    )


def _webdav(entry: Any) -> str | None:
    protocols = entry.get("protocols") if isinstance(entry, dict) else None
    found = protocols.get("webdav") if isinstance(protocols, dict) else None
    return found if isinstance(found, str) and found.startswith("/") else None
