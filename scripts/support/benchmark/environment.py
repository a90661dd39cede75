"""The Python environment of the peers, below .build."""

import glob
import json
import os
import shutil
import subprocess
import sys

from .programs import BUILD, ROOT, BenchmarkError, note

ENVIRONMENT = BUILD / "benchmark-python"
PEERS = ROOT / "Benchmarks" / "Peers"
INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir", "--only-binary", ":all:"]


def find_torch_wheel(given: str | None) -> str | None:
    """The wheel of PyTorch that was given, or one in a folder where pip looks first; None where there is neither."""
    given = given or os.environ.get("GANOMALY_TORCH_WHEEL")
    if given:
        if not os.path.isfile(given):
            raise BenchmarkError(f"there is no wheel '{given}'")
        return os.path.abspath(given)
    for folder in os.environ.get("PIP_FIND_LINKS", "").split():
        found = sorted(glob.glob(os.path.join(folder.removeprefix("file://"), "torch-*.whl")))
        if found:
            return found[-1]
    return None


def make_environment(torch_wheel: str | None) -> str:
    """Makes the environment where it is missing or of other versions; returns its Python."""
    wheel = find_torch_wheel(torch_wheel)
    wanted = (PEERS / "requirements.txt").read_text() + (wheel or (PEERS / "torch.txt").read_text())
    python, stamp = str(ENVIRONMENT / "bin" / "python"), ENVIRONMENT / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    note("installing onnxruntime, OpenVINO and PyTorch below .build")
    try:
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        subprocess.run([python, *INSTALL, "--no-deps", "--requirement", str(PEERS / "requirements.txt")], check=True)
        if wheel:
            note(f"PyTorch from '{wheel}'")
            subprocess.run([python, *INSTALL, "--no-deps", wheel], check=True)
        else:
            note("PyTorch as pip's index has it, which may be several GB; --torch-wheel FILE takes another")
            subprocess.run([python, *INSTALL, "--requirement", str(PEERS / "torch.txt")], check=True)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        raise BenchmarkError(f"the peers could not be installed: '{' '.join(error.cmd)}' failed, see above") from error
    stamp.write_text(wanted)
    return python


def versions(python: str) -> dict[str, str]:
    """Names and versions of the contestants."""
    script = (
        "import json, importlib.metadata as m;"
        "print(json.dumps({n: m.version(n) for n in ('onnxruntime', 'openvino', 'torch', 'pillow', 'numpy')}))")
    return json.loads(subprocess.run([python, "-c", script], check=True, stdout=subprocess.PIPE, text=True).stdout)
