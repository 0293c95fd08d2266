"""One network trained on one dataset, from checkpoints that it can go on from."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.networks import metrics
from benchmarks.networks.architectures import NETWORKS
from benchmarks.networks.schedules import BATCH, Schedule, turned
from deepbench_fast.cli.progress import Progress
from deepbench_fast.errors import MismatchError
from deepbench_fast.torch import Loader
from deepbench_fast.values.atomic import write_whole

EVALUATED = 250
"""Samples at once where nothing is learned."""


class Training:
    """A network on the splits of a file: `run` trains it, from the checkpoint if there is one; `result` tests it.

    On a CPU with the same number of threads a run that was killed ends with the same weights as one that was not: what
    comes next depends on what the checkpoint holds, and on nothing else. Raises MismatchError where the checkpoint is
    of another training.
    """

    def __init__(
        self,
        data: Path,
        network: str,
        schedule: Schedule,
        seed: int,
        device: str = "cpu",
        checkpoint: Path | None = None,
    ) -> None:
        self.data, self.schedule, self.seed, self.device, self.checkpoint = data, schedule, seed, device, checkpoint
        torch.manual_seed(seed)
        self.loader = Loader(data, BATCH, split="train", seed=seed, channels=True)
        self.classes = self.loader.catalogues
        self.steps = schedule.epochs * len(self.loader)
        self.network: nn.Module = NETWORKS[network](len(self.classes)).to(device, memory_format=torch.channels_last)
        self.optimiser = schedule.optimiser_of(self.network)
        self.rates = schedule.rates_of(self.optimiser, self.steps)
        self.step, self.loss, self.seconds, self.curve = 0, 0.0, 0.0, list[dict[str, float]]()
        self.what = f"{network} {schedule} seed {seed} {self.steps} steps"

    def run(self, every: float = 60.0) -> None:
        """Train to the end; a checkpoint after each epoch, and after so many seconds."""
        self._resume()
        with Progress("batches") as progress:
            progress.start(self.steps, self.step)
            saved = time.monotonic()
            while self.step < self.steps:
                for seconds in self._epoch():
                    progress.advance(1)
                    self.seconds += seconds
                    if self.step % len(self.loader) and time.monotonic() - saved >= every:
                        self._save()
                        saved = time.monotonic()
                self._judge()
                self._save()
                saved = time.monotonic()

    def _epoch(self) -> Iterator[float]:
        """The rest of an epoch, with the seconds of each step."""
        self.network.train()
        began = time.perf_counter()
        for batch in self.loader:
            self._learn(batch["image"], batch["label"])
            yield time.perf_counter() - began
            began = time.perf_counter()

    def _learn(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        images = turned(images, self.seed, self.step) if self.schedule.is_turned else images
        loss = nn.functional.cross_entropy(self.network(images.to(self.device)), labels.to(self.device))
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.rates.step()
        self.loss += loss.item()
        self.step += 1

    def _judge(self) -> None:
        """A point of the learning curve: the epoch's mean loss while learning, and what the validation split says."""
        probabilities, labels = self.probabilities("validation")
        found = {
            "train_loss": self.loss / len(self.loader),
            "validation_loss": metrics.log_loss(probabilities, labels),
            "validation_accuracy": metrics.top(probabilities, labels)[0],
        }
        self.curve.append(found)
        self.loss = 0.0

    def probabilities(self, split: str) -> tuple[metrics.F8, metrics.I8]:
        """What the network says of a split (samples, classes), and its labels."""
        self.network.eval()
        logits, labels = [], []
        with torch.no_grad():
            for batch in Loader(self.data, EVALUATED, split=split, channels=True, shuffle=False, drop_last=False):
                logits.append(self.network(batch["image"].to(self.device)).double().cpu())
                labels.append(batch["label"].numpy())
        return torch.cat(logits).softmax(dim=1).numpy(), np.concatenate(labels)

    def result(self) -> dict[str, Any]:
        """What the network reaches on the test split, as plain data."""
        probabilities, labels = self.probabilities("test")
        matrix = metrics.confusion(probabilities, labels)
        found = metrics.top(probabilities, labels)
        return {
            "accuracy": found[0],
            "top": found,
            "balanced_accuracy": metrics.balanced_accuracy(matrix),
            "log_loss": metrics.log_loss(probabilities, labels),
            "calibration_error": metrics.calibration_error(probabilities, labels),
            "tested": int(labels.size),
            "classes": list(self.classes),
            "confusion": matrix.tolist(),
            "curve": self.curve,
        }

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        file = io.BytesIO()
        torch.save(
            {
                "what": self.what,
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "rates": self.rates.state_dict(),
                "loader": self.loader.state_dict(),
                "step": self.step,
                "loss": self.loss,
                "seconds": self.seconds,
                "curve": self.curve,
            },
            file,
        )
        write_whole(self.checkpoint, file.getvalue(), overwrite=True)

    def _resume(self) -> None:
        if self.checkpoint is None or not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if state["what"] != self.what:
            raise MismatchError(
                f"{self.checkpoint}: is of {state['what']}, not of {self.what}; remove it to begin anew"
            )
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rates.load_state_dict(state["rates"])
        self.loader.load_state_dict(state["loader"])
        self.step, self.loss, self.seconds, self.curve = (state[k] for k in ("step", "loss", "seconds", "curve"))
