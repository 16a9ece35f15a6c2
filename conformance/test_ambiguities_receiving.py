"""Which reading of an unclear text a site follows where it takes something in. Nothing here can fail."""

from conformance import Unsupported, needs, requirement
from conformance.plugin import protocols
from conformance.test_access import loose

NOTES = needs(capability="notifications")
INVITES = needs(capability="invites")
EXCHANGE = needs(capability="exchange-token")


def offer(site, peer, **changes):
    """The status of a share that is changed so."""
    return peer.post_share(site, **changes).status_code


@requirement("OCM-AMB-03")
def test_a_uri_that_starts_with_a_slash(site, peer, user, observe):
    """Below the prefix, or a path of the host."""
    share = peer.share(site, user.name, protocol__webdav__uri="/abs/u-1")
    status = peer.post(site.url("shares"), share).status_code
    if status != 201:
        observe(f"webdav.uri with a slash in front is answered {status}")
        return
    user.act("accept", user.received(share)["key"])
    user.opens(share)
    paths = {seen.request.target.path for seen in peer.asked("GET") + peer.asked("PROPFIND")}
    below = any(path.startswith("/odd/dav") for path in paths)
    observe(f"webdav.uri with a slash in front is {'below the prefix' if below else 'a path of the host'}")


@requirement("OCM-AMB-06")
def test_a_member_beside_the_name_webdav(site, peer, observe):
    """Taken like multi, or read as the form of 1.0, which needs options."""
    status = offer(site, peer, protocol__name="webdav")
    observe(f"name webdav with a member webdav is answered {status}")


@requirement("OCM-AMB-07")
def test_what_a_webdav_member_has_to_have(site, peer, observe):
    """permissions, and requirements."""
    found = {
        "no permissions": offer(site, peer, protocol__webdav__permissions=None),
        "no requirement in a list": offer(site, peer, protocol__webdav__requirements=[]),
        "an unknown requirement": offer(site, peer, protocol__webdav__requirements=["x-unknown"]),
    }
    observe("; ".join(f"{what}: {status}" for what, status in found.items()))


@requirement("OCM-AMB-08")
def test_what_the_answer_to_a_share_has(site, peer, observe):
    """recipientDisplayName and recipientPublicKeys."""
    found = peer.post_share(site).json
    told = {name: type(value).__name__ for name, value in found.items()} if isinstance(found, dict) else found
    observe(f"the answer to a share has {told or 'nothing'}")


@requirement("OCM-AMB-09")
def test_the_status_for_a_stranger(site, peer, observe):
    """400, or 404."""
    observe(f"a share for nobody is answered {offer(site, peer, shareWith=f'nobody@{site.host}')}")


@requirement("OCM-AMB-10")
def test_a_provider_id_that_comes_again(site, peer, observe):
    """With the same share, and with another."""
    share = peer.give(site)
    same = peer.post(site.url("shares"), share).status_code
    other = peer.post(site.url("shares"), {**share, "name": "other.odt"}).status_code
    observe(f"the same share again: {same}; another one with its providerId: {other}")


@requirement("OCM-AMB-15")
@NOTES
def test_the_answer_to_a_notification(site, peer, observe):
    """Its status, and what is in it."""
    answer = peer.notify(site, "SHARE_UNSHARED", peer.give(site)["providerId"])
    observe(f"a notification is answered {answer.status_code} with {answer.text[:60] or 'nothing'}")


@requirement("OCM-AMB-19")
@NOTES
def test_by_which_word_rights_are_changed(site, peer, observe):
    """With or without RESHARE in front, and where the rights stand."""
    found = []
    for kind in ("SHARE_CHANGE_PERMISSION", "RESHARE_CHANGE_PERMISSION"):
        share = peer.give(site)
        more = {"notification__file__permissions": ["read"], "notification__permission": 1}
        found.append(f"{kind}: {peer.notify(site, kind, share['providerId'], **more).status_code}")
    observe("; ".join(found))


@requirement("OCM-AMB-20")
@INVITES
def test_whether_a_user_id_has_its_host(site, peer, user, observe):
    """What is made of one that has."""
    status = peer.accept_invite(site, user.invite(), userID=peer.address).status_code
    contacts = [contact["address"] for contact in user.act("contacts")]
    observe(f"userID with a host is answered {status}; contacts: {', '.join(contacts) or 'none'}")


@requirement("OCM-AMB-21")
def test_a_share_to_be_copied(site, peer, user, observe):
    """There is no word for the end of a transfer."""
    share = peer.share(site, user.name, protocol__webdav__accessTypes=["datatx"])
    status = peer.post(site.url("shares"), share).status_code
    if status == 201:
        user.act("accept", user.received(share)["key"])
        user.link.settle()
    told = [document["notificationType"] for document in peer.posts("notifications")]
    observe(f"a share with accessTypes datatx is answered {status}; told: {', '.join(told) or 'nothing'}")


@requirement("OCM-AMB-22")
@INVITES
def test_a_port_in_a_name_of_a_server(site, third, user, observe):
    """recipientProvider, senderDomain and client_id of a server on a port of its own."""
    met = third.accept_invite(site, user.invite()).status_code
    told = third.notify(site, "SHARE_UNSHARED", "p-none").status_code
    asked = third.exchange(site, "no-such-code").status_code if "tokenEndPoint" in site.document else "none"
    observe(f"with a port: recipientProvider {met}, senderDomain {told}, client_id {asked}")


@requirement("OCM-AMB-26")
@needs(policies=(("denylist", {"hosts": ("peer.example.net",)}),))
def test_whether_lists_have_names_or_addresses(site, peer, other, observe):
    """A server that is barred asks from the address of another, and the other way round."""
    if not {"denylist", "allowlist"} & set(site.lists("criteria")):
        raise Unsupported("nobody can put the peer on a list of the site")
    peer.stranger = True
    share = peer.share(site)
    barred, here = peer.host, peer.post(site.url("shares"), share).status_code
    peer.host = other.host
    there = peer.post(site.url("shares"), share, sign=False).status_code
    peer.host = barred
    observe(f"a barred server: {here} from its own address, {there} from another")


@requirement("OCM-AMB-27")
@needs(capability="http-sig")
def test_whether_the_name_of_a_key_has_a_host(site, peer, observe):
    """A kid that is just a word."""
    if "must-invite" in site.lists("criteria"):
        raise Unsupported("a share needs an invite here, and that needs right keys")
    key = site.keys["keys"][0].get("kid") if isinstance(site.keys, dict) and site.keys.get("keys") else None
    peer.key = type(peer.key).from_seed("k1", b"1" * 32)
    peer.keys = {"keys": [peer.key.jwk()]}
    own = "has its host" if site.host in str(key) else "has none"
    observe(f"a kid without a host is answered {offer(site, peer)}; the site's own {own}")


@requirement("OCM-AMB-28")
@needs(capability="http-sig")
def test_whether_a_key_says_its_algorithm(site, peer, observe):
    """A server of 1.4 leaves it out; and where the site's own keys are."""
    if "must-invite" in site.lists("criteria"):
        raise Unsupported("a share needs an invite here, and that needs right keys")
    peer.document["apiVersion"] = "1.4.0"
    peer.keys["keys"][0].pop("alg")
    status = offer(site, peer)
    old = site.get("/.well-known/jwks.json").status_code
    observe(f"a key of 1.4 without alg is answered {status}; /.well-known/jwks.json: {old}")


@requirement("OCM-AMB-29")
@needs(capability="http-sig")
def test_whether_the_length_has_to_be_covered(site, peer, observe):
    """content-length may be missing on some ways."""
    status = offer(site, peer, sign={"covered": ["@method", "@target-uri", "content-digest"]})
    observe(f"a signature that does not cover content-length is answered {status}")


@requirement("OCM-AMB-30")
@needs(capability="http-sig", criterion="must-exchange-token")
def test_the_status_of_refusals(site, peer, other, observe):
    """Of a false signature, and of a share without an exchange."""
    broken = offer(site, peer, sign={"broken": True})
    without = offer(site, other, protocol__webdav__requirements=None)
    observe(f"a false signature: {broken}; no must-exchange-token: {without}")


@requirement("OCM-AMB-30")
@needs(criterion="must-invite")
def test_the_status_where_nobody_was_invited(site, peer, observe):
    """401, or 403."""
    peer.stranger = True
    observe(f"a share without an invite: {offer(site, peer)}")


@requirement("OCM-AMB-31")
def test_how_encryption_is_spelled(site, peer, observe):
    """pgp or gpg, mls with or without a number."""
    found = []
    for scheme, inner in (
        *(("ocm-pgp", {"fingerprints": ["A" * 40]}), ("ocm-gpg", {"fingerprints": ["A" * 40]})),
        *(("ocm-mls", {"cipher": 1}), ("ocm-mls-1", {"cipher": 1})),
    ):
        encryption = {"resourceId": "r-1", "scheme": scheme, scheme: inner}
        found.append(f"{scheme}: {offer(site, peer, encryption=encryption)}")
    observe(", ".join(found))


@requirement("OCM-AMB-32")
def test_whether_federations_are_shared_with(site, peer, observe):
    """501, 400 or 201."""
    observe(f"shareType federation is answered {offer(site, peer, shareType='federation')}")


@requirement("OCM-AMB-34")
@needs(protocol="webapp-receive")
def test_what_a_web_app_is_given(site, peer, observe):
    """access_token, expired_session_redirect_uri and perhaps access_token_ttl."""
    targets = [t for p in protocols(site.document) for t in p.get("webapp-receive", {}).get("targets", ())]
    observe(f"web apps are opened in {', '.join(targets) or 'nothing'}; the form is for a browser to see")


@requirement("OCM-AMB-37")
def test_whether_sender_may_be_missing(site, peer, observe):
    """Or is called sharedBy."""
    found = offer(site, peer, sender=None), offer(site, peer, sender=None, sharedBy=peer.address)
    observe(f"without sender: {found[0]}; with sharedBy instead: {found[1]}")


@requirement("OCM-AMB-40")
@needs(capability="http-sig", criterion="must-use-http-sig")
def test_how_far_signatures_are_demanded(site, peer, observe):
    """Of GETs of discovery and keys, too?"""
    jwks = site.get(str(site.document.get("jwksUri"))).status_code
    found = f"discovery {site.discovery.status_code}, keys {jwks}, a share {offer(site, peer, sign=False)}"
    observe(f"under must-use-http-sig, unsigned: {found}")


@requirement("OCM-AMB-41")
def test_whether_the_protocol_needs_a_name(site, peer, observe):
    """protocol-object was to replace it."""
    observe(f"protocol without name is answered {offer(site, peer, protocol__name=None)}")


@requirement("OCM-AMB-42")
@needs(capability="http-sig")
def test_whether_the_owner_may_live_elsewhere(site, peer, other, observe):
    """As reshares had it until 1.3."""
    observe(f"owner at another server than sender is answered {offer(site, peer, owner=other.address)}")


@requirement("OCM-AMB-11")
@EXCHANGE
def test_whether_a_token_needs_a_signature(site, peer, user, observe):
    """Of a server that does not sign."""
    peer.document["capabilities"].remove("http-sig")
    secret = user.shares(peer)["protocol"]["webdav"]["sharedSecret"]
    observe(f"an unsigned token request is answered {peer.exchange(site, secret, sign=False).status_code}")


@requirement("OCM-AMB-12")
@needs(capability=("exchange-token", "http-sig"))
def test_the_status_of_token_errors(site, peer, other, user, observe):
    """400 for all, or 401 where the client is not known."""
    secret = user.shares(peer)["protocol"]["webdav"]["sharedSecret"]
    found = {
        "an unknown code": peer.exchange(site, "no-such-code"),
        "a false signature": peer.exchange(site, secret, sign={"broken": True}),
        "another client": other.exchange(site, secret, client_id=peer.host),
    }
    told = {what: answer.document.get("error") for what, answer in found.items()}
    observe("; ".join(f"{what}: {found[what].status_code} {error}" for what, error in told.items()))


@requirement("OCM-AMB-13")
@EXCHANGE
def test_whom_a_code_belongs_to(site, peer, other, user, observe):
    """Whether it can be used twice, and by others."""
    secret = user.shares(peer)["protocol"]["webdav"]["sharedSecret"]
    twice = [peer.exchange(site, secret).status_code for _ in range(2)]
    elsewhere = other.exchange(site, secret).status_code
    observe(f"a code used twice: {twice[0]}, {twice[1]}; by another server: {elsewhere}")


@requirement("OCM-AMB-16")
@NOTES
def test_where_the_provider_id_of_a_notification_stands(site, peer, user, observe):
    """On top, inside, or both."""
    loose(site)
    share = peer.give(site, user.name)
    on_top = peer.notify(
        site, "SHARE_UNSHARED", "", notification=None, providerId=share["providerId"]
    ).status_code
    user.tries("accept", user.received(share)["key"] if user.has(share) else "gone")
    user.link.settle()
    sent = [document for document in peer.posts("notifications") if "providerId" in document]
    own = "the site says it on top" if sent else "the site does not say it on top"
    observe(f"a notification with providerId on top alone is answered {on_top}; {own}")


@requirement("OCM-AMB-17")
@NOTES
def test_what_a_folder_is_called_in_a_notification(site, peer, user, observe):
    """file, or folder."""
    share = peer.give(site, user.name, resourceType="folder")
    user.act("accept", user.received(share)["key"])
    user.link.settle()
    keys = sorted(
        {key for document in peer.posts("notifications") for key in document.get("notification", {})}
    )
    details = {"folder": {"providerId": share["providerId"]}}
    status = peer.notify(site, "SHARE_UNSHARED", "", resourceType="folder", notification=details).status_code
    observe(f"the site says {', '.join(keys) or 'nothing'}; with the key folder it answers {status}")


@requirement("OCM-AMB-36")
@INVITES
def test_the_status_of_an_invite_that_cannot_be_taken_up(site, peer, user, observe):
    """Unknown, and used."""
    token = user.invite()
    peer.accept_invite(site, token)
    again = peer.accept_invite(site, token)
    unknown = peer.accept_invite(site, "no-such-token-0123456789").status_code
    named = "with" if "userID" in again.document else "without"
    observe(f"an unknown invite: {unknown}; one that was taken up: {again.status_code} {named} the inviter")
