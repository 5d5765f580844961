"""The public surface: what is exported is what is named, and importing costs nothing."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import digitlab
from digitlab import errors

MODULES = [
    module.name
    for module in pkgutil.walk_packages(digitlab.__path__, "digitlab.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["digitlab", *MODULES])
def test_all_names_what_is_there(name: str) -> None:
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, exported) for exported in module.__all__)
    things = (getattr(module, exported) for exported in module.__all__)
    assert all(thing.__doc__ for thing in things if inspect.isclass(thing) or inspect.isfunction(thing))


def test_importing_the_package_imports_next_to_nothing() -> None:
    code = "import sys, digitlab; heavy = {'jax', 'numpy', 'matplotlib', 'sklearn'} & set(sys.modules); assert not heavy, heavy"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_every_error_is_in_the_tree_and_has_a_message() -> None:
    for name in errors.__all__:
        error = getattr(errors, name)
        assert issubclass(error, errors.DigitlabError)
        assert name in (errors.__doc__ or "")
        assert str(error("what happened")) == "what happened"


def test_the_files_of_a_data_set_need_no_jax() -> None:
    code = "import sys, digitlab.data, digitlab.evaluation, digitlab.figures; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
