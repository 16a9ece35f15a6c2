"""The discovery document: is it where peers look, and does it say what they need?"""

import re
from typing import Any
from urllib.parse import urlsplit

from conformance.doctor import Check, Found, Missing, Patient, broken, doubtful, ok
from conformance.doctor.patient import parse

MEMBERS = {"enabled": bool, "apiVersion": str, "endPoint": str, "resourceTypes": list}
KNOWN = ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5")
REDIRECTS = (301, 302, 303, 307, 308)


def discovery(patient: Patient) -> Found:
    """Does /.well-known/ocm answer?"""
    try:
        status = patient.discovery.status
    except Missing as missing:
        advice = "see the checks of the network above"
        if "TLS" in str(missing):
            advice = "repair the certificate first; one of an authority of your own is taken with --ca FILE"
        return broken(str(missing), advice)
    if status == 200:
        return ok("200")
    if status in REDIRECTS:
        return broken(
            f"it redirects ({status}) to {patient.discovery.headers.get('location', 'nowhere')}",
            "serve the document itself at https://HOST/.well-known/ocm: no peer has to follow",
        )
    return broken(
        f"it answers {status}",
        "let the web server hand /.well-known/ocm to the OCM application; rules that rewrite URLs, and "
        "those for /.well-known/acme-challenge, often swallow it",
    )


def discovery_legacy(patient: Patient) -> Found:
    """Do older peers, which look at /ocm-provider, find the same?"""
    _ = patient.document
    answer = patient.ask("/ocm-provider/")
    if answer.status in REDIRECTS:
        return doubtful(f"/ocm-provider/ redirects ({answer.status})", "serve the same document there, too")
    if answer.status != 200:
        return doubtful(
            f"/ocm-provider/ answers {answer.status}",
            "servers of API 1.0 look there first: serve the same document there, too",
        )
    if parse(answer) != patient.document:
        return broken(
            "/ocm-provider/ says something else than /.well-known/ocm",
            "serve one document at both paths, or a peer's version decides what it is told",
        )
    return ok("/ocm-provider/ has the same document")


def plain_http(patient: Patient) -> Found:
    """Is nothing said by http where there is https?"""
    if patient.scheme != "https":
        raise Missing("the URL is http")
    if patient.port != patient.ports["https"]:
        raise Missing(f"which port http would have beside {patient.port} is anybody's guess")
    if patient.connects(patient.reached, patient.ports["http"]):
        return ok("the port of http is closed")
    answer = patient.ask(f"http://{patient.name}:{patient.ports['http']}/.well-known/ocm")
    if answer.status in REDIRECTS and answer.headers.get("location", "").startswith("https://"):
        return ok("it redirects to https")
    if answer.status != 200:
        return ok(f"it answers {answer.status}")
    return broken(
        "the document is served by http as well: whoever sits between can write their own",
        "redirect http to https, or close port 80",
    )


def content_type(patient: Patient) -> Found:
    """Is it sent as JSON?"""
    if patient.discovery.status != 200:
        raise Missing(f"/.well-known/ocm answers {patient.discovery.status}")
    found = patient.discovery.headers.get("content-type", "")
    if found.partition(";")[0].strip().lower() == "application/json":
        return ok(found)
    told = f"Content-Type is {found or 'not there'}"
    if "html" in found.lower():
        return broken(told, "a page usually means that the application never saw the request: see its log")
    # The draft does not name it for this document; every server sends it.
    return doubtful(told, "send application/json: some peers look")


def json_object(patient: Patient) -> Found:
    """Is it a JSON object?"""
    if patient.discovery.status != 200:
        raise Missing(f"/.well-known/ocm answers {patient.discovery.status}")
    found = parse(patient.discovery)
    if isinstance(found, dict):
        return ok(f"with {len(found)} members")
    begin = bytes(patient.discovery.body)[:40].decode(errors="replace")  # type: ignore[arg-type]
    return broken(
        f"it begins with {begin!r}", "send one JSON object in UTF-8, and nothing before or after it"
    )


def members(patient: Patient) -> Found:
    """Are the members there that every peer reads?"""
    wrong = [
        f"{name} is {_shown(patient.document.get(name))}"
        for name, kind in MEMBERS.items()
        if type(patient.document.get(name)) is not kind
    ]
    if wrong:
        return broken("; ".join(wrong), "see section 5.3 of the draft for what each of them is")
    if not patient.document["enabled"]:
        return broken("enabled is false: peers will not talk to the site", "switch federated sharing on")
    return ok(", ".join(MEMBERS))


def api_version(patient: Patient) -> Found:
    """Is the version one that peers know?"""
    found = patient.document.get("apiVersion")
    matched = re.fullmatch(r"(\d+\.\d+)(\.\d+)?(-[\w.-]+)?", found) if isinstance(found, str) else None
    if matched is None:
        return broken(f"apiVersion is {_shown(found)}", 'write it as text, such as "1.2.0"')
    if matched[1] not in KNOWN:
        return doubtful(f"{found} is no version that is known here", f"there are {', '.join(KNOWN)}")
    if matched[1] in ("1.0", "1.1"):
        return doubtful(f"{found} is old", "newer peers will not offer invites, tokens or signatures to it")
    return ok(str(found))


def end_point(patient: Patient) -> Found:
    """Does endPoint lead to this very server?"""
    found = patient.member("endPoint")
    parts = urlsplit(found)
    advice = "tell the application its public URL (behind a proxy: X-Forwarded-Proto and X-Forwarded-Host)"
    if parts.scheme != patient.scheme:
        return broken(f"endPoint is {found}, but the site is {patient.base}", advice)
    if f"{parts.scheme}://{parts.netloc.lower()}" != patient.base:
        # The draft does not say; OpenCloudMesh-Go and we refuse it, others call whatever is named.
        return doubtful(
            f"endPoint is {found}, but the site is {patient.base}, and many peers call no other host",
            f"if that is not meant, {advice}",
        )
    if found.endswith("/"):
        return doubtful(f"{found} ends with a slash", "leave it out: some peers then ask for //shares")
    return ok(found)


def resource_types(patient: Patient) -> Found:
    """Does each resource type say how its files are reached?"""
    found = patient.document.get("resourceTypes")
    if not isinstance(found, list) or not found:
        return broken(
            "there are none", 'name at least {"name": "file", "shareTypes": ["user"], "protocols": ...}'
        )
    wrong = [text for number, entry in enumerate(found) if (text := _type_wrong(number, entry))]
    if wrong:
        return broken(
            "; ".join(wrong), "see section 5.3 of the draft: name, shareTypes, and protocols with paths"
        )
    return ok(", ".join(str(entry["name"]) for entry in found))


def capabilities(patient: Patient) -> Found:
    """Does what the site can and demands fit together?"""
    able, demands = patient.lists("capabilities"), patient.lists("criteria")
    old = patient.document.get("publicKey")
    rules = [
        # Before 1.5 keys had a place of their own, which is looked at below.
        (
            "http-sig" in able and patient.version >= (1, 5) and not ("jwksUri" in patient.document or old),
            "http-sig, but no jwksUri",
        ),
        (
            "exchange-token" in able and "tokenEndPoint" not in patient.document,
            "exchange-token, but no tokenEndPoint",
        ),
        (
            "must-exchange-token" in demands and "exchange-token" not in able,
            "must-exchange-token is demanded, and exchange-token is no capability",
        ),
        (
            "must-use-http-sig" in demands and "http-sig" not in able,
            "must-use-http-sig is demanded, and http-sig is no capability",
        ),
    ]
    wrong = [text for applies, text in rules if applies]
    if wrong:
        return broken("; ".join(wrong), "advertise only what is there: peers act by it")
    if "invites" in able and "inviteAcceptDialog" not in patient.document:
        return doubtful(
            "invites, but no inviteAcceptDialog", "name the page that takes invites: links lead there"
        )
    return ok(", ".join(able) or "none are named")


CHECKS: tuple[Check, ...] = (
    *(discovery, discovery_legacy, plain_http, content_type, json_object, members, api_version, end_point),
    *(resource_types, capabilities),
)


def _type_wrong(number: int, entry: Any) -> str:
    if not isinstance(entry, dict):
        return f"resourceTypes[{number}] is {_shown(entry)}"
    protocols = entry.get("protocols")
    if not isinstance(entry.get("name"), str) or not isinstance(entry.get("shareTypes"), list):
        return f"resourceTypes[{number}] has no name, or no shareTypes"
    if not isinstance(protocols, dict) or not protocols:
        return f"{entry['name']} has no protocols"
    webdav = protocols.get("webdav")
    if webdav is not None and not (isinstance(webdav, str) and webdav.startswith("/")):
        return f"webdav of {entry['name']} is {_shown(webdav)}, and should be a path that begins with /"
    return ""


def _shown(value: Any) -> str:
    return "missing" if value is None else repr(value)[:80]
