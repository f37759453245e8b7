"""Where numbers and pictures go beside the run's own files: TensorBoard, and by --track
services that keep runs. A writer is any object that has three functions."""
import importlib.util
import math
import os
import pathlib
import secrets
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from jaxgan.io.errors import Failure

NAMES = 'wandb', 'mlflow'


class Writer(Protocol):
  """Raises OSError where it cannot write."""

  def scalars(self, step: int, values: dict[str, float]) -> None: ...

  def picture(self, step: int, name: str, picture: np.ndarray) -> None: ...

  def close(self) -> None: ...


def writers(workdir: pathlib.Path, step: int, config: dict,
            track: Sequence[str] = ()) -> list[Writer]:
  """TensorBoard's, and one for each name in `track`; `config` is what the run was asked."""
  makers = {'wandb': Wandb, 'mlflow': MLflow}
  return [TensorBoard(workdir, step), *(makers[name](workdir, config) for name in track)]


def asked(track: str | None) -> list[str]:
  """--track as names. Raises Failure for others, and for a package that is not there."""
  names = [name.strip() for name in (track or '').split(',') if name.strip()]
  for name in names:
    if name not in NAMES:
      raise Failure(f'--track={track}: no {name!r}: there are {", ".join(NAMES)}')
    if importlib.util.find_spec(name) is None:
      raise Failure(f'--track={name} needs a package: pip install "jaxgan[{name}]"')
  return names


class TensorBoard:
  """A TensorBoard event file, written at once.

  (tensorboardX's SummaryWriter writes from a thread behind a bounded queue: a full disk
  kills the thread, and the training that fills the queue waits for ever.)
  """

  def __init__(self, workdir: pathlib.Path, step: int):
    from tensorboardX import event_file_writer, summary
    from tensorboardX.proto import event_pb2
    self.event, self.summary = event_pb2.Event, summary
    self.file = event_file_writer.EventsWriter(str(workdir / 'events'))
    start = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    self.write(step + 1, session_log=start)  # TensorBoard drops what is later elsewhere

  def write(self, step: int, **what) -> None:
    self.file.write_event(self.event(step=step, wall_time=time.time(), **what))

  def scalars(self, step, values):
    for name, value in values.items():
      if math.isfinite(value):  # of others tensorboardX would print a warning each
        self.write(step, summary=self.summary.scalar(name, value))
    self.file.flush()

  def picture(self, step, name, picture):
    image = self.summary.image(name, picture, dataformats='HWC')
    self.write(step, summary=image)

  def close(self):
    self.file.close()


class Wandb:
  """Weights & Biases: a run of theirs for the folder, which goes on where it was. Offline by
  their own WANDB_MODE=offline."""

  def __init__(self, workdir: pathlib.Path, config: dict):
    import wandb
    self.package = wandb
    self.run = wandb.init(
        project=os.environ.get('WANDB_PROJECT', 'jaxgan'), dir=str(workdir), config=config,
        name=workdir.name, id=kept_id(workdir / 'wandb.id', lambda: secrets.token_hex(4)),
        resume='allow', settings=wandb.Settings(silent=True))

  def scalars(self, step, values):
    self.run.log({**finite(values), 'step': step})

  def picture(self, step, name, picture):
    self.run.log({name: self.package.Image(picture), 'step': step})

  def close(self):
    self.run.finish()


class MLflow:
  """MLflow: where MLFLOW_TRACKING_URI says, else in WORKDIR/mlflow.db."""

  def __init__(self, workdir: pathlib.Path, config: dict):
    from mlflow.tracking import MlflowClient
    uri = os.environ.get('MLFLOW_TRACKING_URI')
    self.client = MlflowClient(tracking_uri=uri or f'sqlite:///{workdir / "mlflow.db"}')
    experiment = self.client.get_experiment_by_name('jaxgan')
    where = experiment.experiment_id if experiment else self.client.create_experiment(
        'jaxgan', artifact_location=None if uri else (workdir / 'mlflow').as_uri())
    self.id = kept_id(workdir / 'mlflow.id', lambda: self.client.create_run(
        where, run_name=workdir.name).info.run_id)
    for name, value in config.items():
      self.client.log_param(self.id, name, value)

  def scalars(self, step, values):
    for name, value in finite(values).items():
      self.client.log_metric(self.id, name.replace('@', ' at '), value, step=step)

  def picture(self, step, name, picture):
    self.client.log_image(self.id, picture, f'{name}_{step:08}.png')

  def close(self):
    self.client.set_terminated(self.id)


def kept_id(path: pathlib.Path, make) -> str:
  """The id of a service's run, the same each time a folder is trained on."""
  if not path.exists():
    path.write_text(make())
  return path.read_text()


def finite(values: dict[str, float]) -> dict[str, float]:
  return {name: value for name, value in values.items() if math.isfinite(value)}
