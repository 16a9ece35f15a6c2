import pytest

import meshsim.faults
from meshsim import plugins

EVERY = [(folder, name) for folder in plugins.FOLDERS for name in plugins.names(folder)]


@pytest.fixture
def more_faults(tmp_path, monkeypatch):
    """A folder whose files are faults, too."""
    monkeypatch.setattr(meshsim.faults, "__path__", [*meshsim.faults.__path__, str(tmp_path)])
    return tmp_path


def test_a_file_is_registered_by_its_name(more_faults):
    """Putting a file into the folder is all it takes."""
    (more_faults / "gremlin.py").write_text("def build():\n    return 'bites'\n")

    assert "gremlin" in plugins.names("faults")
    assert "bites" == plugins.load("faults", "gremlin")()


def test_a_private_file_is_no_plugin(more_faults):
    """What several plug-ins share may lie beside them, in a file with an underscore."""
    (more_faults / "_shared.py").write_text("def build():\n    return None\n")

    assert "_shared" not in plugins.names("faults")
    with pytest.raises(plugins.UnknownPlugin):
        plugins.load("faults", "_shared")


def test_names_are_sorted(more_faults):
    """The order on disk reaches nothing that is printed or run."""
    for name in ("zz_late", "aa_early"):
        (more_faults / f"{name}.py").write_text("")

    assert sorted(plugins.names("faults")) == plugins.names("faults")
    assert {"zz_late", "aa_early"} <= set(plugins.names("faults"))


@pytest.mark.parametrize("name", ["", "no_such_fault", "..", "../wire", "__init__", "os.path", "Faults"])
def test_an_unknown_name_is_told_with_those_that_exist(name, more_faults):
    """A name is looked up among the files of the folder and reaches no other module."""
    (more_faults / "gremlin.py").write_text("")

    with pytest.raises(plugins.UnknownPlugin, match="gremlin") as told:
        plugins.load("faults", name)
    assert repr(name) in str(told.value)


@pytest.mark.parametrize("folder", plugins.FOLDERS)
def test_a_folder_states_its_contract(folder):
    """The `__init__` of a plug-in folder says what a plug-in offers."""
    package = __import__(f"meshsim.{folder}", fromlist=["__doc__"])

    assert "A plug-in offers `build(" in package.__doc__


@pytest.mark.parametrize(("folder", "name"), EVERY)
def test_a_plugin_says_what_it_is_and_can_be_built(folder, name):
    """Each file opens with a sentence, which the list in the docs shows, and has a `build`."""
    build = plugins.load(folder, name)

    assert callable(build)
    assert (__import__(build.__module__, fromlist=["__doc__"]).__doc__ or "").strip()
