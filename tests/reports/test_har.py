"""HAR: what every reader of it expects, and no secrets."""

import io
import json

from meshsim import bundle

har = bundle.load("reports", "har")

EXCHANGE = {
    "number": 1,
    "source": "a.example",
    "target": "b.example",
    "method": "POST",
    "url": "https://b.example/ocm/token?token=s3cret-one&x=1",
    "headers": {"authorization": "Bearer s3cret-one", "content-type": "application/x-www-form-urlencoded"},
    "body": b"grant_type=authorization_code&code=s3cret-two",
    "status": 200,
    "answer_headers": {"content-type": "application/json", "set-cookie": "a=s3cret-three"},
    "answer": b'{"access_token": "s3cret-one", "n": 1}',
    "started": 1767225600.0,
    "ended": 1767225600.25,
    "error": "",
    "faults": ("delay",),
}


def written(*exchanges):
    file = io.StringIO()
    har.write(exchanges, "0.1", file)
    return file.getvalue()


def test_an_archive_is_json_with_an_entry_for_each_exchange():
    """Names, times and sizes are where HAR 1.2 has them."""
    log = json.loads(written(EXCHANGE, {**EXCHANGE, "number": 2}))["log"]
    entry = log["entries"][0]

    assert ("1.2", 2) == (log["version"], len(log["entries"]))
    assert ("2026-01-01T00:00:00.000+00:00", 250.0) == (entry["startedDateTime"], entry["time"])
    assert 200 == entry["response"]["status"]
    assert ["delay"] == entry["_faults"]
    assert [] == json.loads(written())["log"]["entries"]


def test_secrets_are_named_and_not_told():
    """One secret has one name everywhere, another has another."""
    text = written(EXCHANGE)
    name = har.pseudonym(b"s3cret-one")

    assert "s3cret" not in text
    assert 4 == text.count(name)  # URL, its query, header, answer
    assert har.pseudonym(b"s3cret-two") in text


def test_secrets_of_the_run_are_hidden_wherever_they_stand():
    """Escaped in a URL, in a page or in a header of any name."""
    file = io.StringIO()
    odd = {
        **EXCHANGE,
        "url": "https://b.example/signin?next=%2Faccept%3Ftoken%3Dabc-DEF_1",
        "answer": b'<p title="abc-DEF_1">',
        "answer_headers": {"location": "/x/abc-DEF_1"},
    }
    har.write([odd], "0", file, {"abc-DEF_1"})

    assert "abc-DEF_1" not in file.getvalue()
    assert 5 == file.getvalue().count(har.pseudonym(b"abc-DEF_1"))


def test_an_exchange_without_answer_says_why():
    """Status 0, as browsers write it, and the reason."""
    lost = {
        **EXCHANGE,
        "status": None,
        "answer": b"",
        "answer_headers": {},
        "ended": None,
        "error": "timeout",
    }
    response = json.loads(written(lost))["log"]["entries"][0]["response"]

    assert (0, "timeout") == (response["status"], response["statusText"])


def test_files_are_named_by_their_digest():
    """What is no text is not written out."""
    picture = {**EXCHANGE, "answer": b"\xff\xd8\xff"}
    content = json.loads(written(picture))["log"]["entries"][0]["response"]["content"]

    assert "3 bytes, SHA-256" in content["comment"]


def test_of_a_cookie_the_value_is_hidden_and_nothing_else():
    """Also of the first in the header, and wherever a value stands in quotes."""
    mask = har.Mask([])
    shown = [
        mask.header(
            "set-cookie", "__Host-s=s3cret-one; Path=/; Max-Age=60; Expires=Wed, 21 Oct 2026 07:28:00 GMT"
        ),
        mask.header("cookie", 'a=s3cret-one; b="s3cret two"'),
    ]

    assert "s3cret" not in "".join(shown)
    assert shown[0].startswith("__Host-s=secret-")
    assert shown[0].endswith("; Path=/; Max-Age=60; Expires=Wed, 21 Oct 2026 07:28:00 GMT")
    assert shown[1].startswith("a=secret-")
