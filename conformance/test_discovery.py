"""What a site says of itself at /.well-known/ocm (draft sections 2 and 5)."""

import re

import pytest

from conformance import Unsupported, needs, requirement
from conformance.plugin import protocols

CAPABILITIES = {
    *("enforce-mfa", "exchange-token", "http-sig", "invites", "notifications", "invite-wayf"),
    "protocol-object",
}
CRITERIA = {"must-use-http-sig", "must-exchange-token", "denylist", "allowlist", "must-invite"}


def types(site):
    """The resource types; Unsupported if that is no list, which is judged elsewhere."""
    found = site.document.get("resourceTypes")
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise Unsupported("resourceTypes is no list of objects")
    return found


def offered(site, protocol):
    """What is advertised for a protocol, over all resource types; Unsupported if nothing is."""
    found = [entry[protocol] for entry in protocols(site.document) if protocol in entry]
    if not found:
        raise Unsupported(f"the site does not advertise {protocol}")
    return found


@requirement("OCM-ADDR-005", "OCM-DISC-001", "OCM-ROLE-001")
def test_the_document_is_where_the_draft_says(site):
    """A GET of /.well-known/ocm gives a JSON object, and OCM is switched on."""
    assert 200 == site.discovery.status_code
    assert isinstance(site.discovery.json, dict)
    assert site.discovery.document.get("enabled") is True


@requirement("OCM-DISC-010")
def test_the_document_has_all_its_members(site):
    """Those that are not optional."""
    assert {"enabled", "apiVersion", "endPoint", "resourceTypes"} <= site.document.keys()


@requirement("OCM-DISC-011")
def test_enabled_is_a_boolean(site):
    """Not a word or a number."""
    assert isinstance(site.document.get("enabled"), bool)


@requirement("OCM-DISC-012")
def test_the_version_is_one_of_ocm(site):
    """Two or three numbers, the first of them 1."""
    assert re.fullmatch(r"1\.\d+(\.\d+)?|1\.0-proposal1", str(site.document.get("apiVersion")))
    assert isinstance(site.document["apiVersion"], str)


@requirement("OCM-DISC-013")
def test_the_end_point_is_a_url_that_takes_shares(site, peer):
    """Whatever it answers to nonsense, it knows the path."""
    assert re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", str(site.document.get("endPoint")))
    assert peer.post(site.url("shares"), {}).status_code not in (0, 404, 405)


@requirement("OCM-DISC-014")
def test_the_provider_has_a_name(site, observe):
    """It may be left out."""
    observe(f"provider: {site.document.get('provider')!r}")

    assert isinstance(site.document.get("provider", ""), str)


@requirement("OCM-DISC-015", "OCM-DISC-017")
def test_there_are_resource_types(site):
    """An array that is not empty."""
    found = site.document.get("resourceTypes")

    assert isinstance(found, list)
    assert found


@requirement("OCM-DISC-016")
def test_each_resource_type_is_whole(site):
    """name, shareTypes and protocols."""
    for entry in types(site):
        assert isinstance(entry.get("name"), str)
        assert isinstance(entry.get("shareTypes"), list)
        assert isinstance(entry.get("protocols"), dict)


@requirement("OCM-DISC-018")
def test_no_resource_type_comes_twice(site):
    """Names are unique."""
    names = [entry.get("name") for entry in types(site)]

    assert len(set(names)) == len(names)


@requirement("OCM-DISC-019")
def test_resource_types_are_registered(site):
    """file and folder are."""
    assert {entry.get("name") for entry in types(site)} <= {"file", "folder"}


@requirement("OCM-DISC-020")
def test_each_resource_type_can_be_shared_with_users(site):
    """shareTypes contains user."""
    for entry in types(site):
        assert "user" in entry.get("shareTypes", ())


@requirement("OCM-DISC-021")
def test_share_types(site, observe):
    """user, group, federation; or what else there is."""
    found = {kind for entry in types(site) for kind in entry.get("shareTypes", ())}
    observe(f"share types: {', '.join(sorted(map(str, found)))}")

    assert found <= {"user", "group", "federation"}


@requirement("OCM-DISC-022")
def test_files_come_with_webdav(site):
    """As sender, as receiver, or both."""
    for entry in types(site):
        if entry.get("name") == "file":
            assert {"webdav", "webdav-receive"} & entry["protocols"].keys()


@requirement("OCM-DISC-023")
def test_the_webdav_root_is_a_path(site):
    """It starts with one slash and has no host."""
    for root in offered(site, "webdav"):
        assert re.fullmatch(r"/([^/].*)?", str(root))


@requirement("OCM-DISC-025")
def test_webdav_receive_says_which_uri(site):
    """An object whose uri is absolute or relative."""
    for value in offered(site, "webdav-receive"):
        assert isinstance(value, dict)
        assert value.get("uri") in ("absolute", "relative")


@requirement("OCM-DISC-027")
def test_webapp_is_an_empty_object(site):
    """The text of older versions is gone."""
    for value in offered(site, "webapp"):
        assert {} == value


@requirement("OCM-DISC-028")
def test_webapp_receive_has_targets(site):
    """blank, iframe, or both."""
    for value in offered(site, "webapp-receive"):
        assert isinstance(value, dict)
        assert value.get("targets")
        assert set(value["targets"]) <= {"blank", "iframe"}


@requirement("OCM-DISC-029")
def test_ssh_is_host_and_port(site):
    """Where scp goes."""
    for value in offered(site, "ssh"):
        assert re.fullmatch(r"[^\s/@]+:\d+", str(value))


@requirement("OCM-DISC-030")
def test_ssh_receive_is_an_empty_object(site):
    """There is nothing to say in it."""
    for value in offered(site, "ssh-receive"):
        assert {} == value


@requirement("OCM-DISC-032")
def test_values_of_other_protocols(site, observe):
    """Any value may stand there."""
    known = {f"{name}{end}" for name in ("webdav", "webapp", "ssh") for end in ("", "-receive")}
    found = sorted({name for entry in protocols(site.document) for name in entry} - known)
    observe(f"other protocols: {', '.join(found) or 'none'}")


def known(site, observe, member):
    """What a list of words says, which is told."""
    found = site.document.get(member, [])
    observe(f"{member}: {', '.join(map(str, found)) or 'none'}")
    assert all(isinstance(value, str) for value in found)
    return set(found)


@requirement("OCM-DISC-035")
def test_capabilities_are_known(site, observe):
    """A list of words; others than the draft's are told."""
    assert known(site, observe, "capabilities") <= CAPABILITIES


@requirement("OCM-DISC-041")
def test_criteria_are_known(site, observe):
    """The same for what the site demands."""
    assert known(site, observe, "criteria") <= CRITERIA


@requirement("OCM-ROLE-002")
def test_the_site_takes_notifications(site, peer):
    """It says so, and the path is there."""
    assert "notifications" in site.lists("capabilities")
    assert peer.post(site.url("notifications"), {}).status_code not in (0, 404, 405, 501)


@pytest.mark.parametrize(
    ("capability", "endpoint"),
    [
        pytest.param("exchange-token", "token", marks=requirement("OCM-DISC-036")),
        pytest.param("invites", "invite-accepted", marks=requirement("OCM-DISC-037")),
        pytest.param("notifications", "notifications", marks=requirement("OCM-DISC-038")),
    ],
)
def test_what_is_advertised_is_there(site, peer, capability, endpoint):
    """A capability stands for an endpoint that answers, if only with a refusal."""
    if capability not in site.lists("capabilities"):
        raise Unsupported(f"the site does not advertise {capability}")

    assert peer.post(site.url(endpoint), {}).status_code not in (0, 404, 405, 501)


@requirement("OCM-DISC-034")
def test_every_server_takes_shares(site, peer):
    """A good share is taken, or refused by policy."""
    assert peer.post_share(site).status_code in (201, 401, 403, 501)


@requirement("OCM-DISC-040")
@needs(capability="protocol-object")
def test_a_share_without_options_is_taken(site, peer):
    """protocol-object says that name and options need not be there."""
    assert peer.post_share(site).status_code in (201, 401, 403)


@requirement("OCM-DISC-042")
def test_urls_are_https(site):
    """endPoint, tokenEndPoint and jwksUri."""
    for name in ("endPoint", "tokenEndPoint", "jwksUri"):
        assert str(site.document.get(name, "https://")).startswith("https://"), name


@requirement("OCM-DISC-043")
@needs(criterion="must-exchange-token")
def test_a_share_without_exchange_is_refused(site, peer):
    """The criterion must-exchange-token is about each offered protocol."""
    assert peer.post_share(site, protocol__webdav__requirements=None).status_code in (400, 401, 403, 501)


@requirement("OCM-DISC-044")
@needs(criterion="must-exchange-token")
def test_who_demands_exchange_offers_it(site):
    """must-exchange-token comes with exchange-token."""
    if "must-exchange-token" not in site.lists("criteria"):
        raise Unsupported("the site does not demand it")

    assert "exchange-token" in site.lists("capabilities")


@requirement("OCM-DISC-052", "OCM-SHARE-119")
@needs(criterion="must-invite")
def test_a_share_without_an_invite_is_refused(site, peer):
    """Under must-invite an invite comes first."""
    peer.stranger = True

    assert peer.post_share(site).status_code in (401, 403)


@requirement("OCM-DISC-053")
def test_the_dialog_for_invites_is_a_page(site):
    """GET with token and providerDomain: a page, or the way to a login."""
    dialog = site.document.get("inviteAcceptDialog")
    if dialog is None:
        raise Unsupported("the site has no inviteAcceptDialog")
    answer = site.get(f"{dialog}?token=t-1&providerDomain=peer.example.net")

    assert answer.status_code in (200, 302, 303, 307, 401)


@requirement("OCM-DISC-054")
@needs(capability="invites")
def test_who_takes_invites_has_a_dialog(site):
    """inviteAcceptDialog is published."""
    assert isinstance(site.document.get("inviteAcceptDialog"), str)


@requirement("OCM-DISC-056")
@needs(capability="http-sig")
def test_who_signs_publishes_keys(site):
    """http-sig comes with jwksUri."""
    assert isinstance(site.document.get("jwksUri"), str)


@requirement("OCM-DISC-057")
@needs(capability="http-sig")
def test_keys_are_fetched_over_tls(site):
    """jwksUri is an https URL."""
    assert str(site.document.get("jwksUri")).startswith("https://")


@requirement("OCM-DISC-060")
@needs(capability="exchange-token")
def test_who_exchanges_says_where(site):
    """exchange-token comes with an absolute tokenEndPoint."""
    assert re.match(r"https?://[^/]+", str(site.document.get("tokenEndPoint")))


@requirement("OCM-SEC-005")
def test_the_site_signs(site):
    """http-sig is recommended to everybody."""
    assert "http-sig" in site.lists("capabilities")


@requirement("OCM-MFA-001")
@needs(capability="enforce-mfa")
def test_a_share_that_demands_a_second_factor_is_taken(site, peer):
    """enforce-mfa says that such shares are honoured."""
    share = peer.share(site)
    share["protocol"]["webdav"].setdefault("requirements", []).append("must-use-mfa")

    assert 201 == peer.post(site.url("shares"), share).status_code


@requirement("OCM-LEG-001")
def test_the_old_path_has_the_same_document(site):
    """/ocm-provider, until 1.3."""
    for path in ("/ocm-provider", "/ocm-provider/"):
        answer = site.get(path)
        if answer.status_code == 404:
            raise Unsupported("the old path is not served")
        assert site.document == answer.json


@requirement("OCM-LEG-006")
def test_an_old_public_key_is_whole(site):
    """publicKey of 1.2: an id and a PEM."""
    key = site.document.get("publicKey")
    if key is None:
        raise Unsupported("the site has no publicKey")

    assert isinstance(key.get("id", key.get("keyId")), str)
    assert str(key.get("publicKeyPem")).startswith("-----BEGIN")
