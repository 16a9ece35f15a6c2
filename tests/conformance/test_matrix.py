import base64
import itertools
import os
import zipfile
from io import StringIO

import pytest
from msgspec.structs import replace
from rich.console import Console

from conformance import check, evidence, matrix, verdicts
from conformance.mutants import _parts
from conformance.targets import load
from meshsim import reporting
from meshsim.entropy import Entropy
from meshsim.ocm.keys import PrivateKey
from reports import check as terminal

ALL = os.environ.get("MESHSIM_CONFIGURATIONS") == "all"
CHOICES = matrix.everything() if ALL else matrix.covering()
EXPLAINED = ("which nobody has to send", "does not take up ours")
FORMS = (*reporting.FORMS, "json", "bundle")
ISSUED = {"secret", "grant", "token", "invite", "session", "csrf", "form", "app-password"}
"""Kinds of secrets: purposes of the site's chance, and what its kinds of token make."""

SIGNS_IN = """
import re
from urllib.parse import urlencode

from conformance import requirement
from meshsim.wire import Request


@requirement("OCM-SEC-002")
def test_somebody_signs_in(site, link):
    password = link.session.passwords["alice"]

    def post(path, cookie, **fields):
        headers = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie, "origin": site.base}
        body = urlencode(fields).encode()
        return link.send("client.example.net", Request("POST", site.base + path, headers, body)).response

    def form(path, cookie=""):
        page = site.get(path, cookie=cookie)
        value = re.search(r'name="csrf" value="([^"]*)"', page.text)[1]
        return value, page.headers.get("set-cookie", "").partition(";")[0]

    csrf, cookie = form("/signin")
    entered = post("/signin", cookie, user="alice", password=password, next="/access", csrf=csrf)
    assert 303 == entered.status
    cookie = re.search(r"(__Host-[^=]*session[^=]*=[^;]+)", entered.headers["set-cookie"])[1]
    csrf, _ = form("/access", cookie)
    assert 303 == post("/access/create", cookie, label="sync", csrf=csrf).status
    assert 200 == site.get("/access", cookie=cookie).status_code
"""


def told(record, folder):
    """Everything that a report of this run says, in every form, by form."""
    reporting.write(record, {form: str(folder / form) for form in FORMS})
    texts = {form: (folder / form).read_text() for form in FORMS if form != "bundle"}
    with zipfile.ZipFile(folder / "bundle") as packed:
        texts |= {name: packed.read(name).decode() for name in packed.namelist()}
    out = StringIO()
    terminal.render(record, Console(file=out, width=100, force_terminal=True))
    return {**texts, "terminal": out.getvalue()}


def known_secrets(suite):
    """What the site of a run issued, and the suite's servers: not what `evidence` finds in messages."""
    return {*suite.target.secrets(), *suite.secrets}


def private(target):
    """What the private key of the site is made of, as text that a report might have."""
    algorithm = target.plan.settings.get("key_algorithm", "Ed25519")
    seed = Entropy(target.seed, target.plan.host).key("signing")
    secret = PrivateKey.from_seed("x", seed, algorithm)._secret
    numbers = [seed] if isinstance(secret, bytes) else _numbers(secret.private_numbers())
    encoded = [base64.urlsafe_b64encode(octets).decode().rstrip("=") for octets in numbers]
    return {*encoded, *(octets.hex() for octets in numbers), "PRIVATE KEY-----"}


def _numbers(found):
    values = (getattr(found, name, None) for name in ("private_value", "d", "p", "q"))
    return [value.to_bytes((value.bit_length() + 7) // 8) for value in values if value]


def leaks(texts, secrets):
    """In which form which kind of secret stands; what is short stands there by chance."""
    basic = {base64.b64encode(f"{secret}:".encode()).decode().rstrip("=")[:-1] for secret in secrets}
    wanted = {secret for secret in {*secrets, *basic} if len(secret) >= 8}
    return sorted({(form, secret[:4]) for form, text in texts.items() for secret in wanted if secret in text})


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: matrix.target(choice).split(":")[-1])
def test_no_configuration_raises_an_alarm_or_tells_a_secret(choice, tmp_path):
    """Nothing is bad, not even advice that is not taken, but for what the option is there to do.

    What the site issued, and what the suite's servers did, stands in no form of the report.
    """
    target = load(matrix.target(choice))
    report, suite = check.run(target, lean=True)
    cells = [(v["verdict"], v["requirement"], v["test"], v["reason"]) for v in report["verdicts"]]
    secrets = known_secrets(suite)
    texts = told(evidence.record(report, suite), tmp_path)

    assert [] == [cell for cell in cells if cell[0] in (*verdicts.BAD, "warning")]
    assert report["ok"]
    assert [] == [c for c in cells if c[0] == "inconclusive" and not any(w in c[3] for w in EXPLAINED)]
    assert [] == [cell for cell in cells if verdicts.UNEXPECTED in cell[3]]
    assert {"secret", "grant", "invite"} <= target.issued.keys()
    assert len(secrets) > 50
    assert [] == leaks(texts, secrets | private(target))


@pytest.mark.parametrize("dialect", ["ocm_1_1", "ocm_1_0", "ocm_1_0:signed=true"])
def test_an_older_site_is_judged_by_what_binds_it(dialect, tmp_path):
    """It is found where sites of its age are; what it departs from is known, and its bundle verifies."""
    report, suite = check.run(load(f"sim:{dialect}"))
    cells = [(v["verdict"], v["requirement"], v["test"], v["reason"]) for v in report["verdicts"]]
    record = evidence.record(report, suite)
    evidence.archive(str(tmp_path / "x.zip"), record)

    assert [] == [cell for cell in cells if cell[0] in (*verdicts.BAD, "warning")]
    assert report["counts"]["passed"] >= 300
    assert 1 == report["counts"]["known"]
    assert [] == [cell for cell in cells if verdicts.UNEXPECTED in cell[3]]
    assert [] == evidence.verify(str(tmp_path / "x.zip"))["differ"]
    assert [] == leaks(told(record, tmp_path), known_secrets(suite))


def test_what_binds_an_older_site_fails_it_too():
    """A share that is taken is answered with 201 in every version."""
    target = load("sim:ocm_1_1")
    target.departure = _parts.answers("/ocm/shares", lambda asked, answer: replace(answer, status=200))
    report, _ = check.run(target, only=["test_a_share_is_taken"], lean=True)

    assert ["OCM-SHARE-111"] == [v["requirement"] for v in report["verdicts"] if v["verdict"] == "failed"]


def test_every_two_values_meet():
    """All that can be combined at all; another seed combines otherwise."""
    everything = {pair for choice in matrix.everything() for pair in matrix.pairs(choice)}
    covered = {pair for choice in matrix.covering() for pair in matrix.pairs(choice)}

    assert everything == covered
    assert matrix.covering() == matrix.covering()
    assert matrix.covering() != matrix.covering(1)
    assert len(matrix.covering()) < 40


def test_the_cross_product_is_whole():
    """But for those who demand signatures that they cannot check."""
    axes = matrix.axes()
    left_out = {*itertools.product(*axes)} - {*matrix.everything()}

    assert left_out
    assert all({"signed=false", "must-use-http-sig"} <= {*choice} for choice in left_out)
    assert len(matrix.everything()) == len({*matrix.everything()})
    assert {
        "token_kind=opaque",
        "token_kind=exchanged",
        "token_kind=session_2021",
        "token_kind=paper",
    } == set(axes[4])
    assert {"key_algorithm=Ed25519", "key_algorithm=ES256", "key_algorithm=RS512"} <= set(axes[5])


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory):
    """A run in which a user also signs in by the pages, and makes a password for a program."""
    own = tmp_path_factory.mktemp("own") / "test_signing_in.py"
    own.write_text(SIGNS_IN)
    target = load("sim:standard")
    words = [
        "signs_in",
        "a_code_is_exchanged",
        "a_refused_acceptance_leaves_the_invite",
        "a_share_is_opened_by",
    ]
    report, suite = check.run(target, only=words, own=[str(own)])
    return target, report, suite


def test_whoever_signs_in_tells_no_secret(signed_in, tmp_path):
    """Session, form, and a program's password are hidden like what opens a share."""
    target, report, suite = signed_in
    texts = told(evidence.record(report, suite), tmp_path)

    assert [] == [v for v in report["verdicts"] if v["verdict"] in verdicts.BAD]
    assert ISSUED <= target.issued.keys()
    assert [] == leaks(texts, known_secrets(suite) | private(target))


def test_a_planted_leak_is_found(signed_in, tmp_path):
    """Each kind of secret, in every form that shows what it slipped into."""
    target, report, suite = signed_in
    for purpose, found in target.issued.items():
        record = evidence.record(report, suite)
        for cell in record["verdicts"]["verdicts"]:
            cell |= {"verdict": "failed", "reason": f"got x{min(found)}y"}
        (tmp_path / purpose).mkdir()
        texts = told(record, tmp_path / purpose)

        assert {form for form, _ in leaks(texts, {min(found)})} >= {
            *("json", "html", "junit", "verdicts.json", "terminal")
        }, purpose
