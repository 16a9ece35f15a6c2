"""cadaver, the command line client of WebDAV, told what to do as somebody would type it."""

from tests.foreign.programs import need, run


def test_cadaver_does_what_it_is_told(served, tmp_path):
    """Folders, files, properties, locks, copies and moves; one command after the other."""
    (cadaver,) = need("cadaver")
    user = served.user(0, 2)
    (tmp_path / "paper.txt").write_text("one paper")
    host = user.site.partition("://")[2].partition(":")[0]
    (tmp_path / ".netrc").write_text(f"machine {host}\nlogin {user.name}\npassword {user.password}\n")
    (tmp_path / ".netrc").chmod(0o600)
    commands = f"""
        mkcol drafts
        cd drafts
        put {tmp_path}/paper.txt
        ls
        lock paper.txt
        discover paper.txt
        unlock paper.txt
        copy paper.txt copy.txt
        move copy.txt last.txt
        propset paper.txt colour red
        propget paper.txt colour
        get last.txt {tmp_path}/back.txt
        delete paper.txt
        cd ..
        ls drafts
        rmcol drafts
        quit
    """
    script = "\n".join(line.strip() for line in commands.strip().splitlines()) + "\n"
    told = run(
        cadaver, f"{user.files}/", input=script, cwd=tmp_path, env={"HOME": str(tmp_path), "TERM": "dumb"}
    )

    assert "one paper" == (tmp_path / "back.txt").read_text(), told
    assert "failed" not in told.lower(), told
    assert "Value of colour is: red" in told, told
    assert 404 == user.http.get(f"{user.files}/drafts/last.txt").status_code
