import io
import json
import signal

import pytest
import typer

from meshsim import terminal


def test_wrong_use_is_2_and_says_why(capsys):
    """On standard error."""
    with pytest.raises(typer.Exit) as ended:
        terminal.misuse("no such thing")

    assert terminal.MISUSE == ended.value.exit_code
    assert "no such thing" in capsys.readouterr().err


def test_a_package_of_an_extra_that_is_missing_is_told_with_the_extra(capsys):
    """What else cannot be imported is a fault of ours."""
    with pytest.raises(typer.Exit) as ended, terminal.needing("load", "gevent", "no_such"):
        import no_such.part

    assert terminal.MISUSE == ended.value.exit_code
    assert "this needs no_such: pip install 'meshsim[load]'" in capsys.readouterr().err
    with pytest.raises(ImportError), terminal.needing("load", "gevent"):
        import no_such  # noqa: F401


def test_a_file_that_cannot_be_written_is_told_before(tmp_path):
    """A folder is none; standard output always can."""
    terminal.check_writable("-")
    with pytest.raises(typer.Exit):
        terminal.check_writable(str(tmp_path))


def test_json_goes_to_a_file(tmp_path):
    """With a line end."""
    terminal.write_json(str(tmp_path / "x.json"), {"a": 1})

    assert {"a": 1} == json.loads((tmp_path / "x.json").read_text())


def test_a_console_writes_where_it_was_made_to(monkeypatch):
    """Also when somebody takes the streams away while it lives."""
    first, later = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdout", first)
    console = terminal.make_console(stderr=False)
    monkeypatch.setattr("sys.stdout", later)
    console.print("seen")

    assert ("seen\n", "") == (first.getvalue(), later.getvalue())


def test_a_polite_request_to_end_is_an_interrupt():
    """Afterwards it means again what it meant."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminal.stoppable():
        signal.raise_signal(signal.SIGTERM)

    assert before == signal.getsignal(signal.SIGTERM)
