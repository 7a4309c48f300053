"""What `proofs-check new` writes, used as a user would: new, check, then a wrong constant."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulator import simulate_block
from proofs_check.start.templates import write_template
from theory import discovery
from theory.setting import Point

ROOT = Path(__file__).parents[3]


def typed(folder: Path, *arguments: str) -> tuple[int, str]:
    """A whole process: its exit code, and what it says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROOFS_CHECK_STORE": str(folder / "store")}
    done = subprocess.run([sys.executable, "-m", "proofs_check.cli", *arguments], cwd=folder, env=environment,
                          capture_output=True, text=True, timeout=300)  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_new_torch_template_is_supported_and_a_wrong_constant_refuted(tmp_path: Path) -> None:
    assert typed(tmp_path, "new", "my_net", "--template", "torch")[0] == 0
    asked = ("check", "my_net.py", "--points", "1", "--workers", "1")
    code, said = typed(tmp_path, *asked)
    assert code == 0 and "1 supported, 0 refuted, 0 undecided" in said, said
    text = (tmp_path / "my_net.py").read_text()
    assert text.count("S.sharpness, 2 / S.eta") == 1
    (tmp_path / "my_net.py").write_text(text.replace("S.sharpness, 2 / S.eta", "S.sharpness, 1 / S.eta"))
    code, said = typed(tmp_path, *asked)
    assert code == 1 and "0 supported, 1 refuted" in said, said


@pytest.mark.parametrize("eta", ["0.2", "0.8"])
def test_runs_of_the_torch_template_settle(tmp_path: Path, eta: str) -> None:
    """A trial that does not settle does not count; were they many, a support would speak of few."""
    (path,) = write_template("my_net", "torch", tmp_path)
    module = discovery.load_file(path)
    simulator = dataclasses.replace(module.trained_network.simulator, block=12)
    point = Point.of(module.TrainedNetwork, {"eta": eta})
    found = simulate_block(simulator, point, 0, seed=0, machine=Machine())
    assert found["settled"].all()
    assert np.all(found["sharpness"] < 2 / float(eta))
    assert len(np.unique(found["sharpness"])) == 12
