"""A training state in one file: networks, optimisers and the step, written at once or not at all.

`checkpoint.safetensors` holds `networks/<name>/<tensor>` and `optimisers/<name>/<parameter>/<tensor>`; the step and
what is no tensor stand in its metadata. Random numbers need no room: they are seeded anew for every step.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from reference_models.errors import ModelsError
from reference_models.models.learner import Learner

NAME = "checkpoint.safetensors"


def save(learner: Learner, folder: Path, *, step: int) -> None:
    """The learner after `step` steps, under a temporary name and renamed."""
    tensors: dict[str, torch.Tensor] = {}
    numbers: dict[str, Any] = {}
    for key, value in _state(learner).items():
        if isinstance(value, torch.Tensor):
            tensors[key] = value.detach().contiguous()
        else:
            numbers[key] = value
    partial = folder / f".{NAME}.partial"
    save_file(tensors, partial, metadata={"step": str(step), "numbers": json.dumps(numbers)})
    partial.replace(folder / NAME)


def saved_step(folder: Path) -> int:
    """The step of the checkpoint in a folder; 0 without one."""
    if not (folder / NAME).exists():
        return 0
    return int(_opened(folder)[1]["step"])


def restore(learner: Learner, folder: Path, *, optimisers: bool = True) -> int:
    """The learner as it was saved, and its step.

    Values are copied into the tensors that are there, so that their layout in memory, on which the last
    bits of a sum may depend, is that of a run that was never interrupted.
    """
    tensors, metadata = _opened(folder)
    for name, network in learner.networks.items():
        prefix = f"networks/{name}/"
        network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    if optimisers:
        saved = tensors | json.loads(metadata["numbers"])
        for name, optimiser in learner.optimisers.items():
            _fill(optimiser, {k: v for k, v in saved.items() if k.startswith(f"optimisers/{name}/")})
    return int(metadata["step"])


def _state(learner: Learner) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, network in learner.networks.items():
        found |= {f"networks/{name}/{key}": value for key, value in network.state_dict().items()}
    for name, optimiser in learner.optimisers.items():
        for position, parameter in enumerate(_parameters(optimiser)):
            for key, value in optimiser.state.get(parameter, {}).items():
                found[f"optimisers/{name}/{position}/{key}"] = value
    return found


def _fill(optimiser: torch.optim.Optimizer, saved: Mapping[str, Any]) -> None:
    parameters = _parameters(optimiser)
    for path, value in saved.items():
        _, _, position, key = path.split("/")
        parameter = parameters[int(position)]
        if isinstance(value, torch.Tensor) and value.shape == parameter.shape and key != "step":
            value = torch.empty_like(parameter, requires_grad=False).copy_(value)
        optimiser.state[parameter][key] = value


def _parameters(optimiser: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]


def _opened(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    try:
        with safe_open(folder / NAME, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelsError(f"{folder}: no readable {NAME} ({error}): is this the folder of a run?") from error
