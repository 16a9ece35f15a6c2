"""Pages for people: sign in, where-are-you-from at the inviting site, the accept dialog, and one's own page.

They work without scripts. Nothing is decided here: services are asked and their refusals shown.
"""

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import parse_qs, quote, urlencode

from meshsim.apis import html, signin
from meshsim.apis.signin import Session
from meshsim.ocm.address import OcmAddress, parse_host
from meshsim.ocm.errors import LocalError, OcmError
from meshsim.ocm.invite import Invite
from meshsim.ocm.lifecycle import Deal, Share
from meshsim.site.site import DIALOG_PATH, WAYF_PATH, Site
from meshsim.wire import Request, Response

Fields = dict[str, str]
Act = Callable[[Site, str, Fields], Awaitable[str]]


async def handle(site: Site, request: Request, path: str) -> Response | None:
    """The answer of the pages, or None if the path is none of theirs."""
    page = PAGES.get(path)
    act = ACTS.get(path)
    if page is None and act is None:
        return None
    if request.method not in ("GET", "HEAD", "POST") or (page is None and request.method != "POST"):
        return Response(405, {"allow": "POST" if page is None else "GET, HEAD, POST"})
    try:
        if page is not None:
            return await page(site, request)
        assert act is not None  # noqa: S101 - one of the two was found
        return await _do(site, request, act)
    except OcmError as error:
        return html.page(site, "That did not work", html.note(error.message, wrong=True), status=error.status)


def _query(request: Request) -> Fields:
    try:
        found = parse_qs(request.target.query, max_num_fields=50)
    except ValueError as error:
        raise OcmError("the address has too many parameters") from error
    return {name: values[0] for name, values in found.items()}


async def sign_in(site: Site, request: Request) -> Response:
    """The form, and what it is answered with."""
    if request.method == "POST":
        fields = await signin.form(request)
        token = signin.sign_in(site, fields.get("user", ""), fields.get("password", ""))
        there = signin.local_path(fields.get("next", "/"))
        if token is not None:
            return html.redirect(there, signin.cookie(site, token))
        return _sign_in_form(site, there, "Name or password is wrong.", status=401)
    return _sign_in_form(site, signin.local_path(_query(request).get("next", "/")))


def _sign_in_form(site: Site, there: str, wrong: str = "", status: int = 200) -> Response:
    body = (
        (f"<p>{escape(wrong)}</p>" if wrong else "")
        + '<form method="post" action="/signin">'
        + f'<input type="hidden" name="next" value="{escape(there)}">'
        + html.field("Name", "user")
        + html.field("Password", "password", kind="password")
        + "<button>Sign in</button></form>"
    )
    return html.page(site, "Sign in", html.section(f"At {site.profile.provider}", body), status=status)


async def sign_out(site: Site, request: Request) -> Response:
    """End the session."""
    current = signin.session(site, request)
    if request.method == "POST" and current is not None:
        signin.check_csrf(current, await signin.form(request))
        signin.sign_out(site, request)
    return html.redirect("/signin", signin.cookie(site, ""))


async def wayf(site: Site, request: Request) -> Response:
    """Where are you from? The invited person names their server and is sent to its accept dialog."""
    if not site.profile.dialect.invites:
        raise LocalError("this server does not know invites", status=404)
    if request.method == "POST":
        fields = await signin.form(request)
        return await _send_home(site, fields)
    token = _query(request).get("token", "")
    invitation = site.records.invitation(token)
    if invitation is None or invitation.state is not Deal.OPEN or invitation.expires <= site.now():
        raise LocalError("this invite is unknown, used or expired; ask for a new one", status=404)
    inviter = site.user(invitation.user)
    providers = await site.listing.providers()
    hidden = f'<input type="hidden" name="token" value="{escape(token)}">'
    choices = (
        f"<span>{escape(provider.name)}<br><small>{escape(provider.host)}</small></span>"
        f'<form method="post" action="{WAYF_PATH}">{hidden}'
        f'<input type="hidden" name="server" value="{escape(provider.host)}"><button>Choose</button></form>'
        for provider in providers
        if provider.host != site.host
    )
    free = (
        f'<form method="post" action="{WAYF_PATH}">{hidden}'
        + html.field("Server, or your address there", "server")
        + "<button>Go there</button></form>"
    )
    return html.page(
        site,
        "Where are you from?",
        html.note(f"{inviter.name} invites you to share. Choose where your account is, to accept there."),
        html.section("Servers of the federation", html.listed(choices, "No list is known here.")),
        html.section("Another server", free),
    )


async def _send_home(site: Site, fields: Fields) -> Response:
    # Free text: a host name, or the address of the invited person.
    host = parse_host(fields.get("server", "").strip().rpartition("@")[2])
    invite = Invite.of(fields.get("token", ""), site.host)
    peer = await site.peers.discover(host)
    dialog = peer.discovery.invite_accept_dialog
    if dialog is None:
        raise LocalError(f"{host} has no page to accept invites; use the invite string there", status=502)
    if dialog.startswith("/") and not dialog.startswith("//"):
        dialog = peer.base + dialog
    if not dialog.startswith(f"{site.profile.scheme}://"):
        raise LocalError(f"{host} names a page that cannot be gone to", status=502)
    return html.redirect(invite.link(dialog))


async def accept_invite(site: Site, request: Request) -> Response:
    """The dialog at the invited person's own server; it asks before it accepts."""
    if not site.profile.dialect.invites:
        raise LocalError("this server does not know invites", status=404)
    current = signin.session(site, request)
    if request.method == "POST":
        fields = await signin.form(request)
        if current is None:
            return html.redirect("/signin")
        signin.check_csrf(current, fields)
        return await _accept(site, current, fields)
    if current is None:
        here = f"{DIALOG_PATH}?{request.target.query}"
        return html.redirect(f"/signin?next={quote(here, safe='')}")
    invite = Invite.from_link(request.url)
    question = html.button(
        DIALOG_PATH, "Accept", current.csrf, token=invite.token, providerDomain=invite.provider
    )
    text = f"Somebody at {invite.provider} invites you. If you accept, you will know each other as contacts."
    return html.page(site, "Accept an invite?", html.note(text), question, aside=escape(current.user))


async def _accept(site: Site, current: Session, fields: Fields) -> Response:
    invite = Invite.of(fields.get("token", ""), fields.get("providerDomain", ""))
    joining = await site.inviting.accept(current.user, invite)
    if joining.state is Deal.REFUSED:
        return html.page(site, "Not accepted", html.note(joining.reason, wrong=True), status=409)
    if joining.inviter is None:
        return html.page(site, "Not yet", html.note(f"{invite.provider} does not answer; it is asked again."))
    contact = site.records.contact(current.user, joining.inviter)
    name = contact.name if contact is not None else str(joining.inviter)
    return html.page(
        site,
        "A new contact",
        html.note(f"{name} ({joining.inviter}) is now your contact."),
        '<p><a href="/">Go to your page</a></p>',
        aside=escape(current.user),
    )


async def home(site: Site, request: Request) -> Response:
    """One's own page: files, contacts, invites, shares in both directions."""
    current = signin.session(site, request)
    if current is None:
        return html.redirect("/signin")
    user, csrf, records = current.user, current.csrf, site.records
    aside = escape(site.user(user).name) + html.button("/signout", "Sign out", csrf, quiet=True)
    files = (
        f"<code>{escape(entry.path.removeprefix(f'/{user}/'))}{'/' if entry.folder else ''}</code>"
        for entry in site.ports.storage.list(f"/{user}")
    )
    contacts = (
        f"<span>{escape(c.name)}<br><small>{escape(str(c.address))}</small></span>"
        + html.button("/act/remove-contact", "Remove", csrf, quiet=True, address=str(c.address))
        for c in records.contacts(user)
    )
    invites = (
        f"<code>{escape(site.inviting.text(i).string)}</code><small>{escape(i.description)} "
        f'<a href="{WAYF_PATH}?{urlencode({"token": i.token})}">link to hand on</a></small>'
        for i in records.invitations(user)
        if i.state is Deal.OPEN and i.expires > site.now()
    )
    given = (
        f"<span>{escape(s.name)}<br><small>to {escape(str(s.recipient))}: {s.state}, "
        f"{', '.join(s.permissions)}</small></span>"
        + html.button("/act/unshare", "Unshare", csrf, quiet=True, share=s.provider_id)
        for s in records.sent_by(user)
        if site.granting.is_open(s)
    )
    received = (
        f"<span>{escape(s.name)}<br><small>from {escape(s.sender)}: {s.state}, "
        f"{', '.join(s.permissions)}</small></span><span>"
        + (html.button("/act/accept", "Accept", csrf, share=s.key) if s.state is Share.PENDING else "")
        + html.button("/act/decline", "Decline", csrf, quiet=True, share=s.key)
        + "</span>"
        for s in site.receiving.shares(user, site.ports.users.groups_of(user))
    )
    hidden = f'<input type="hidden" name="csrf" value="{escape(csrf)}">'
    share_form = (
        f'<form method="post" action="/act/share">{hidden}'
        + html.field("File or folder", "path")
        + html.field("With (name@server)", "with")
        + '<label for="rights">They may</label><select id="rights" name="rights">'
        + '<option value="read">read</option><option value="read write">read and write</option></select>'
        + "<button>Share</button></form>"
    )
    accept_form = (
        f'<form method="post" action="/act/accept-invite">{hidden}'
        + html.field("Invite string", "invite")
        + "<button>Accept invite</button></form>"
    )
    return html.page(
        site,
        f"Hello, {site.user(user).name}",
        html.section("Shared with you", html.listed(received, "Nothing yet.")),
        html.section("You share", html.listed(given, "Nothing yet."), share_form),
        html.section("Contacts", html.listed(contacts, "Nobody yet."), accept_form),
        html.section(
            "Invites", html.listed(invites, "None open."), html.button("/act/invite", "Invite", csrf)
        ),
        html.section("Files", html.listed(files, "No files.")),
        aside=aside,
    )


async def _do(site: Site, request: Request, act: Act) -> Response:
    current = signin.session(site, request)
    if current is None:
        return html.redirect("/signin")
    fields = await signin.form(request)
    signin.check_csrf(current, fields)
    await act(site, current.user, fields)
    return html.redirect("/")


async def _invite(site: Site, user: str, fields: Fields) -> str:
    return site.inviting.invite(user, fields.get("description", "")).token


async def _accept_string(site: Site, user: str, fields: Fields) -> str:
    joining = await site.inviting.accept(user, Invite.parse(fields.get("invite", "")))
    if joining.state is Deal.REFUSED:
        raise LocalError(joining.reason, status=409)
    return joining.key


async def _remove_contact(site: Site, user: str, fields: Fields) -> str:
    await site.inviting.remove(user, OcmAddress.parse(fields.get("address", "")))
    return ""


async def _share(site: Site, user: str, fields: Fields) -> str:
    to = OcmAddress.parse(fields.get("with", ""))
    rights = tuple(fields.get("rights", "read").split())
    return (await site.sending.share(user, fields.get("path", ""), to, permissions=rights)).provider_id


async def _unshare(site: Site, user: str, fields: Fields) -> str:
    return (await site.sending.unshare(user, fields.get("share", ""))).provider_id


async def _accept_share(site: Site, user: str, fields: Fields) -> str:
    return (await site.receiving.accept(user, fields.get("share", ""))).key


async def _decline_share(site: Site, user: str, fields: Fields) -> str:
    return (await site.receiving.decline(user, fields.get("share", ""))).key


PAGES: dict[str, Callable[[Site, Request], Awaitable[Response]]] = {
    "/": home,
    "/signin": sign_in,
    "/signout": sign_out,
    WAYF_PATH: wayf,
    DIALOG_PATH: accept_invite,
}

ACTS: dict[str, Act] = {
    "/act/invite": _invite,
    "/act/accept-invite": _accept_string,
    "/act/remove-contact": _remove_contact,
    "/act/share": _share,
    "/act/unshare": _unshare,
    "/act/accept": _accept_share,
    "/act/decline": _decline_share,
}
