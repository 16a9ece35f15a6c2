"""Which reading of an unclear text a site follows where it speaks or calls. Nothing here can fail."""

from conformance import Unsupported, needs, requirement
from conformance.peer import basic, told
from conformance.test_access import loose, opened
from conformance.test_requests import ask, decide
from conformance.test_webdav import given

EXCHANGE = needs(capability="exchange-token")


def dav(*peers):
    """Where WebDAV requests went: host and path."""
    return [
        (seen.request.target.authority, seen.request.target.path)
        for peer in peers
        for seen in peer.received
        if "authorization" in seen.request.headers
    ]


@requirement("OCM-AMB-01")
def test_whose_prefix_is_used(site, peer, user, observe):
    """That of the first resource type, or of the type of the share."""
    loose(site)
    webdav = {"webdav-receive": {"uri": "relative"}}
    peer.document["resourceTypes"] = [
        {"name": "folder", "shareTypes": ["user"], "protocols": {**webdav, "webdav": "/odd/first/"}},
        {"name": "file", "shareTypes": ["user"], "protocols": {**webdav, "webdav": "/odd/dav/"}},
    ]
    opened(site, peer, user)
    paths = [path for _, path in dav(peer)]
    first = any(path.startswith("/odd/first") for path in paths)
    observe(f"the prefix is that of {'the first resource type' if first else 'the type of the share'}")


@requirement("OCM-AMB-02")
def test_whose_host_a_relative_uri_has(site, peer, other, user, observe):
    """That of sender, or that of endPoint."""
    loose(site)
    peer.stranger = True
    peer.document["endPoint"] = other.document["endPoint"]
    share = peer.share(site, user.name)
    status = peer.post(site.url("shares"), share, sign=True).status_code
    if status != 201:
        observe(f"an endPoint on another host is not used: {status}")
        return
    user.act("accept", user.received(share)["key"])
    refused = user.opens(share)
    hosts = {"sender" if host == peer.host else "endPoint" for host, _ in dav(peer, other)}
    observe(f"a relative uri is at the host of {', '.join(sorted(hosts)) or refused}")


@requirement("OCM-AMB-04")
def test_how_prefix_and_uri_are_joined(site, peer, user, observe):
    """One slash between them, or two; and what the site answers to either."""
    opened(site, peer, user)
    double = any("//" in path for _, path in dav(peer))
    url, secret = given(user, peer)
    root, _, name = url.rstrip("/").rpartition("/")
    statuses = [
        peer.dav("PROPFIND", f"{root.rstrip('/')}{slash}{name}", secret).status_code for slash in ("/", "//")
    ]
    calls = "two slashes" if double else "one slash"
    observe(f"the site calls with {calls}; it answers {statuses} to one and two")


@requirement("OCM-AMB-05")
def test_whether_paths_in_folders_keep_the_id(site, peer, user, observe):
    """Prefix and path, or prefix, id and path."""
    loose(site)
    peer.files = {"sub/file.txt": b"inside"}
    share, _ = opened(site, peer, user, "sub/file.txt", resourceType="folder")
    kept = any(share["protocol"]["webdav"]["uri"] in path for _, path in dav(peer))
    observe(f"a path in a folder is asked for {'with' if kept else 'without'} the id of the share")


@requirement("OCM-AMB-14")
@EXCHANGE
def test_what_follows_when_an_exchange_fails_that_was_no_must(site, peer, user, observe):
    """The draft has a MUST, a diagram a MAY."""
    loose(site)
    peer.answer("POST", "/odd/exchange", 400, {"error": "invalid_grant"})
    _, refused = opened(site, peer, user)
    tried = len(peer.asked("POST", "/odd/exchange"))
    observe(f"{tried} exchanges were tried; then the secret is {'not ' if refused else ''}used")


@requirement("OCM-AMB-18")
@needs(capability="notifications")
def test_what_a_refused_request_names(site, peer, user, observe):
    """There is no share whose providerId it could say."""
    decide(ask(site, peer, user), user, peer, agree=False)
    reference = user.act("reference", "/notes.txt")
    said = [d.get("notification", {}).get("file", {}).get("providerId") for d in peer.posts("notifications")]
    which = "the shareId" if said == [reference] else "nothing" if not any(said) else "something else"
    observe(f"providerId of a refused request is {which}")


@requirement("OCM-AMB-19")
@needs(capability="notifications")
def test_by_which_word_the_site_changes_rights(peer, user, observe):
    """With or without RESHARE in front."""
    share = user.shares(peer, permissions=["read", "write"])
    user.act("change_permissions", share["providerId"], ["read"])
    user.link.settle()
    found = [document["notificationType"] for document in peer.posts("notifications")]
    observe(f"rights are changed by {', '.join(found) or 'no word'}")


@requirement("OCM-AMB-20")
@needs(capability="invites")
def test_whether_the_site_says_its_host_in_a_user_id(peer, user, observe):
    """In an acceptance."""
    from conformance.test_invite import string

    user.tries("accept_invite", string(peer))
    found = [str(document.get("userID")) for document in peer.posts("invite-accepted")]
    observe(f"userID is {'with' if any('@' in value for value in found) else 'without'} a host")


@requirement("OCM-AMB-23")
def test_what_the_dialog_for_invites_is(site, observe):
    """A URL, or the path of one."""
    dialog = site.document.get("inviteAcceptDialog")
    if dialog is None:
        raise Unsupported("the site has no inviteAcceptDialog")
    observe(f"inviteAcceptDialog is {'a URL' if '://' in str(dialog) else 'a path'}")


@requirement("OCM-AMB-24")
def test_whether_end_points_may_be_elsewhere(peer, other, user, observe):
    """On another host than the document."""
    peer.document["endPoint"] = other.document["endPoint"]
    user.tries("share", "/notes.txt", peer.address, {})
    found = "called" if other.posts("shares") else "not called"
    observe(f"an endPoint on another host is {found}")


@requirement("OCM-AMB-25")
def test_what_is_followed_and_kept(peer, user, observe):
    """A redirect of discovery, one of a POST, and how often the document is fetched."""
    peer.answer("GET", "/.well-known/ocm", 302, location=f"{peer.base}/odd/document")
    peer.answers["GET", "/odd/document"] = told(200, peer.document)
    peer.answer("POST", "/odd/api/shares", 307, location=f"{peer.base}/odd/elsewhere")
    user.tries("share", "/notes.txt", peer.address, {})
    follows = ["discovery"] if peer.asked("GET", "/odd/document") else []
    follows += ["a POST"] if peer.asked("POST", "/odd/elsewhere") else []
    peer.answers.clear()
    before = len(peer.asked("GET", "/.well-known/ocm"))
    for name in ("one", "two"):
        user.tries("share", "/notes.txt", f"{name}@{peer.host}", {})
    again = len(peer.asked("GET", "/.well-known/ocm")) - before
    told_of = ", ".join(follows) or "nothing"
    observe(f"redirects are followed for: {told_of}; {again} more discoveries for two shares")


@requirement("OCM-AMB-29")
@needs(capability="http-sig")
def test_whether_the_site_says_how_long_its_messages_are(peer, user, observe):
    """content-length, and which URL it signs."""
    user.tries("share", "/notes.txt", peer.address, {})
    found = [seen.request.headers for seen in peer.asked("POST", "/odd/api/shares")]
    length = all("content-length" in headers for headers in found)
    covered = all("content-length" in headers.get("signature-input", "") for headers in found)
    observe(
        f"content-length is {'sent' if length else 'not sent'} and {'covered' if covered else 'not covered'}"
    )


@requirement("OCM-AMB-33")
@EXCHANGE
def test_whether_misspelled_words_are_understood(peer, user, observe):
    """token-exchange for exchange-token."""
    peer.document["capabilities"].remove("exchange-token")
    peer.document["capabilities"].append("token-exchange")
    peer.document["criteria"] = ["must-exchange-token"]
    refused = user.tries("share", "/notes.txt", peer.address, {})
    shares = peer.posts("shares")
    strict = bool(shares) and "must-exchange-token" in (
        shares[-1]["protocol"]["webdav"].get("requirements") or ()
    )
    understood = "understood" if strict else "not understood"
    observe(f"token-exchange is {understood}; the share was {'refused' if refused else 'sent'}")


@requirement("OCM-AMB-35")
def test_which_members_of_discovery_have_to_be_there(peer, user, observe):
    """All are REQUIRED, and SHOULD be contained."""
    found, whole = [], dict(peer.document)
    for name in ("enabled", "apiVersion", "endPoint", "resourceTypes"):
        peer.document = {key: value for key, value in whole.items() if key != name}
        refused = user.tries("share", "/notes.txt", f"{name.lower()}@{peer.host}", {})
        found.append(f"without {name}: {'refused' if refused else 'used'}")
        user.link.wait(1000)
    observe("; ".join(found))


@requirement("OCM-AMB-38")
def test_what_stands_in_basic(site, peer, user, observe):
    """The secret as user name, and perhaps as password, too."""
    url, secret = given(user, peer)
    found = [
        peer.dav("PROPFIND", url, authorization=basic(secret, password)).status_code
        for password in ("", secret)
    ]
    observe(f"Basic with no password: {found[0]}; with the secret as password, too: {found[1]}")


@requirement("OCM-AMB-39")
def test_whether_both_roles_exchange(site, observe):
    """exchange-token stands for sender and receiver."""
    can = "exchange-token" in site.lists("capabilities")
    demands = "must-exchange-token" in site.lists("criteria")
    hosts = "with" if "tokenEndPoint" in site.document else "without"
    says = "is" if can else "is not"
    observe(f"exchange-token {says} advertised, {hosts} a tokenEndPoint; demanded of others: {demands}")
