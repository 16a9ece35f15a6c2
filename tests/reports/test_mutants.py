from io import StringIO

from rich.console import Console

from reports import mutants

RIGHT = {"killed": True, "right_reason": True, "breaks": ["OCM-X-1"], "crashes": []}
ROW = {"slug": "m", "area": "share", **RIGHT}


def shown(render, value):
    """What is printed."""
    out = StringIO()
    render(value, Console(file=out, width=200))
    return out.getvalue()


def test_a_killer_for_the_right_reason_comes_first():
    """Also where others found something, too."""
    killers = [{"test": f"t{n}", "requirements": ["OCM-Y-1"]} for n in range(5)]
    text = shown(mutants.line, {**ROW, "killers": [*killers, {"test": "right", "requirements": ["OCM-X-1"]}]})

    assert "right" in text.splitlines()[1]
    assert "and 3 more" in text


def test_a_living_mutant_is_told():
    """In capitals."""
    assert "LIVES" in shown(mutants.line, {**ROW, "killed": False, "right_reason": False, "killers": []})


def test_a_false_alarm_is_told():
    """With the target and the test."""
    alarm = {"target": "sim:standard", "requirement": "OCM-X-1", "verdict": "failed", "test": "t"}

    assert "sim:standard" in shown(mutants.render, {"alarms": [alarm], "mutants": [ROW], "hidden": []})
