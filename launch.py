"""Trains GANs and draws from them: flags -> experiment -> one mode.

  python launch.py --list
  python launch.py --experiment=digits --workdir=runs/digits
  python launch.py --mode=sample --workdir=runs/digits --out=grid.png
"""
import os
import pathlib
import sys
import threading
import traceback
from collections.abc import Callable

from absl import flags

from jaxgan.io import catalogue
from jaxgan.io.console import say
from jaxgan.io.errors import LOST, MEMORY, Failure

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')  # XLA's warnings are not for users

MODES = {'train': 'train or resume.',
         'sample': 'draw images from --workdir.',
         'inspect': 'parameters, FLOPs, memory and time, without training.',
         'eval': "score --workdir's samples.",
         'eval_arrays': 'score saved images, --fake against --real.',
         'extractor': 'train and keep --extractor=cnn-DATASET.',
         'diagnose': 'how the game of --workdir stands: slopes, gradients, eigenvalues.',
         'classify': "the accuracy of D's classes on test images.",
         'codes': "what an InfoGAN's codes do, as pictures.",
         'interpolate': 'what lies between samples, --show=.',
         'project': 'the latent nearest to --image.',
         'export': 'the generator as StableHLO, with its weights.'}
TAKEN_BY = {  # what only some modes take
    **dict.fromkeys(('seeds', 'sweep', 'chain', 'sweep_index', 'submit', 'submit_with',
                     'profile', 'deterministic'), 'train'),
    **dict.fromkeys(('device_map', 'resident', 'divide_state'), 'train inspect'),
    'n': 'sample eval interpolate', 'out': 'sample eval_arrays interpolate project export',
    'sample_seed': 'sample eval eval_arrays codes interpolate project',
    'label': 'sample interpolate project', 'show': 'interpolate', 'image': 'project',
    'step': 'sample eval diagnose classify codes interpolate project export',
    'ema': 'sample eval interpolate project export', 'truncation': 'sample',
    'standing': 'sample eval', 'eval_metrics': 'eval eval_arrays', 'eval_seeds': 'eval',
    'extractor': 'eval eval_arrays extractor', 'real': 'eval_arrays', 'fake': 'eval_arrays'}
SHOWS = {'walk': 'a film from sample to sample;', 'classes': 'from class to class;',
         'styles': 'mixtures of two;', 'truncation': 'towards the average;',
         'directions': 'the strongest of the first layers (SeFa).'}
LOOP = {'log_every': 'Steps between log lines.',
        'sample_every': 'Steps between sample grids.',
        'eval_every': 'Steps between metrics.',
        'save_every': 'Steps between checkpoints.',
        'keep': 'Checkpoints to keep.',
        'eval_share': 'Share of the time that metrics may take.',
        'max_nonfinite': 'Updates in a row, left out as not finite, that end the run.',
        'init_from': 'Workdir of a run to start from: its players, where they fit.',
        'data_timeout': 'Seconds to wait for data before the run is given up, saved (exit 6).',
        'best': 'Metric by whose best value a state is kept in best/.'}


DETERMINISTIC = '--xla_gpu_exclude_nondeterministic_ops=true'
SEEDS, MANY = 2**32, 10**8  # seeds are 0 to SEEDS - 1; more than MANY of anything is a slip


def define_flags(values: flags.FlagValues) -> None:
  """The flags that every experiment has."""
  own = dict(flag_values=values)
  flags.DEFINE_boolean('help', False, 'Shows this and ends.', short_name='h', **own)
  flags.DEFINE_boolean('list', False, 'Lists the experiments and ends.', **own)
  flags.DEFINE_string('experiment', 'digits', 'Name of an experiment, or the path of a '
                      '.py file that defines one. Its parameters become flags.', **own)
  told = lambda texts: ' '.join(f'{name}: {text}' for name, text in texts.items())
  flags.DEFINE_enum('mode', 'train', list(MODES), told(MODES), **own)
  flags.DEFINE_string('workdir', None, 'Folder of the run (default: runs/NAME).', **own)
  flags.DEFINE_string('data_dir', None, 'Folder of TFDS data sets (default: '
                      '$TFDS_DATA_DIR, then ~/tensorflow_datasets); of experiments on images '
                      'of your own: their folder or zip.', **own)
  flags.DEFINE_integer('seeds', 1, 'train: runs of as many seeds, from --seed on, in one '
                       'program, each in WORKDIR/seedN.', lower_bound=1, upper_bound=MANY,
                       **own)
  flags.DEFINE_boolean('sweep', False, "train: the runs that the experiment's sweep() lists, "
                       'in one program where they differ in floats alone, each in '
                       'WORKDIR/KNOB=VALUE.', **own)
  flags.DEFINE_boolean('chain', False, "train: the runs that the experiment's chain() lists, "
                       'each from the players of the one before, in WORKDIR/KNOB=VALUE.', **own)
  flags.DEFINE_integer('sweep_index', None, 'train: with --sweep or --seeds, only the run of '
                       'this index, from 0: for arrays of jobs.', lower_bound=0, **own)
  flags.DEFINE_enum('submit', None, ['slurm', 'local'], 'train: with --sweep or --seeds, a job '
                    'each, by submitit: an array of SLURM, or processes here.', **own)
  flags.DEFINE_string('submit_with', '', "submitit's options: timeout_min=60,gpus_per_node=1,"
                      'slurm_partition=gpu,slurm_array_parallelism=8.', **own)
  flags.DEFINE_enum('device_map', 'shard_map', ['shard_map', 'pmap'],
                    'How the step is put on the devices; the results are the same.', **own)
  for name, text in LOOP.items():
    define = {'eval_share': flags.DEFINE_float, 'best': flags.DEFINE_string,
              'data_timeout': flags.DEFINE_float,
              'init_from': flags.DEFINE_string}.get(
        name, flags.DEFINE_integer)
    define(name, None, f'{text} (default: as the experiment has it)', **own)
  flags.DEFINE_integer('profile', 0, 'train: steps to write a trace of, to WORKDIR/profile, '
                       'for Perfetto or TensorBoard.', lower_bound=0, **own)
  flags.DEFINE_boolean('resident', None, 'train: the data set lies on the devices, which find '
                       'batches in it (default: on GPUs and TPUs, if it is in memory and at '
                       'most 1 GiB).', **own)
  flags.DEFINE_boolean('divide_state', False, "train: optimisers' states and averages are "
                       'sharded over the devices, for models that do not fit otherwise.', **own)
  flags.DEFINE_boolean('deterministic', False, 'train: NVIDIA GPUs take kernels that repeat '
                       'themselves alone, so that a resumed run ends where an undisturbed one '
                       'does, to the bit (2 to 25 % of a step). CPUs always do.', **own)
  flags.DEFINE_integer('n', None, 'sample, eval, interpolate (films): how many images '
                       '(default: 64, 10000, 16).',
                       lower_bound=1, upper_bound=MANY, **own)
  flags.DEFINE_string('out', None, 'interpolate: a .png, .gif or .mp4; export: a folder; '
                      'sample: a .png grid, a .npz of `images` uint8 '
                      '[N, H, W, C], or a folder for single PNGs (default: '
                      'WORKDIR/samples/sample.png).', **own)
  flags.DEFINE_integer('sample_seed', 0, '(first) seed of the latents that are drawn.',
                       lower_bound=0, upper_bound=SEEDS - 1, **own)
  flags.DEFINE_string('label', None, 'sample, interpolate, project: of which class; sample: or '
                      'all: the classes in turn, so '
                      'that --n=100 shows ten classes a row each.', **own)
  flags.DEFINE_enum('show', 'walk', list(SHOWS), f'interpolate: {told(SHOWS)}', **own)
  flags.DEFINE_string('image', None, 'project: the picture to be found.', **own)
  flags.DEFINE_string('step', 'latest', 'which checkpoint the modes other than train are of: '
                      'a step, latest or best.', **own)
  flags.DEFINE_boolean('ema', True, 'sample, eval, interpolate, project, export: the averaged '
                       'generator.', **own)
  flags.DEFINE_float('truncation', None, 'sample: below 1, what is nearer to the average '
                     '(psi of styles; normal z without what is beyond 2 psi, at its own '
                     'length).', lower_bound=0., **own)
  flags.DEFINE_integer('standing', 0, "sample, eval: batch norm's averages anew from as many "
                       'batches of samples.', lower_bound=0, upper_bound=MANY, **own)
  flags.DEFINE_string('eval_metrics', None, 'eval: own (the experiment\'s), fd, fid, '
                      'fd-infinity, kd, kid, cs, prdc, memory, ms-ssim, ppl, intra-fd, cas, '
                      'class-accuracy (default: by the data).', **own)
  flags.DEFINE_integer('eval_seeds', 3, 'eval: sampling seeds, for mean and deviation.',
                       lower_bound=1, upper_bound=MANY, **own)
  flags.DEFINE_string('extractor', None, 'eval: rand-conv, cnn-DATASET, inception or '
                      'inception.clean (default: by the data; rand-conv for eval_arrays).',
                      **own)
  flags.DEFINE_string('inception', None, 'Your Inception weights: .npz, .safetensors or the '
                      'public .pth.', **own)
  flags.DEFINE_string('cache_dir', None, 'Folder for what is computed once: classifiers, '
                      'reference statistics, compiled programs, decoded images '
                      '(default: ~/.cache/jaxgan).', **own)
  flags.DEFINE_string('real', None, 'eval_arrays: .npz, .npy or folder of PNGs.', **own)
  flags.DEFINE_string('fake', None, 'eval_arrays: the same, to be scored.', **own)
  flags.DEFINE_string('coordinator_address', None, 'host:port of process 0, for several '
                      'processes without SLURM, Open MPI or a TPU pod.', **own)
  flags.DEFINE_integer('process_id', None, 'This process, from 0.', **own)
  flags.DEFINE_integer('num_processes', None, 'How many processes there are.', **own)


def define_knobs(values: flags.FlagValues, knobs: dict) -> None:
  """A flag for each parameter of the experiment, of its default's type."""
  define = {bool: flags.DEFINE_boolean, int: flags.DEFINE_integer,
            float: flags.DEFINE_float, str: flags.DEFINE_string}
  for name, default in knobs.items():
    if name in values:
      raise Failure(f'experiment(): the parameter {name!r} is a flag of launch.py already: '
                    'give it another name')
    define[type(default)](name, default, 'Of the experiment.', flag_values=values)


def parse(argv: list[str]) -> tuple[flags.FlagValues, dict]:
  """Command line -> (all flags, the experiment's knobs). Raises Failure, in a line."""
  values = flags.FlagValues()
  define_flags(values)
  try:
    values(argv, known_only=True)
    named = values['experiment'].present or values.mode in ('train', 'inspect')
    knobs = {}
    if named and not values.list:
      from jaxgan import experiment
      knobs = experiment.knobs(values.experiment)
      define_knobs(values, knobs)
    values.unparse_flags()
    rest = values(argv)[1:]
  except flags.Error as e:
    raise Failure(f'{e}; python launch.py --help lists the flags') from e
  if rest:
    raise Failure(f'unexpected argument {rest[0]!r}: flags look like --name=value; '
                  'python launch.py --help lists them')
  return values, {name: values[name].value for name in knobs}


def check_taken(values: flags.FlagValues, knobs: dict) -> None:
  """Raises Failure for a flag that the mode would not look at."""
  taken_by = TAKEN_BY | dict.fromkeys([*LOOP, *knobs], 'train inspect')
  for name, modes in taken_by.items():
    if values[name].present and values.mode not in modes.split():
      raise Failure(f'--{name} is not for --mode={values.mode} but for '
                    f'{modes.replace(" ", ", ")}: leave it out')


def main(argv: list[str]) -> None:
  values, knobs = parse(argv)
  if values.help:
    say(__doc__ + values.get_help())
    return
  if values.list:
    width = max(map(len, catalogue.names()))
    for name in catalogue.names():
      say(f'{name:{width}}  {catalogue.summary(name)}')
    return
  check_taken(values, knobs)
  if values.sample_seed + values.eval_seeds > SEEDS:
    raise Failure(f'--sample_seed={values.sample_seed} leaves no room for {values.eval_seeds} '
                  f'seeds below {SEEDS}: try --sample_seed={SEEDS - values.eval_seeds}')
  from jaxgan import experiment, parallel
  from jaxgan.data import decoded_cache
  from jaxgan.run import compile_cache
  from jaxgan.types import Paths
  for name in ('workdir', 'data_dir', 'cache_dir', 'inception', 'out', 'image', 'real', 'fake'):
    if (path := values[name].value) and os.path.expanduser(path).startswith('~'):
      raise Failure(f'--{name}={path}: there is no such home: give the whole path')
  if values.deterministic:  # XLA reads it when it starts
    os.environ['XLA_FLAGS'] = f'{os.environ.get("XLA_FLAGS", "")} {DETERMINISTIC}'
  paths = Paths(values.data_dir, values.cache_dir, values.inception)
  compile_cache.keep(paths)
  decoded_cache.keep(paths)
  parallel.initialize(values.coordinator_address, values.process_id, values.num_processes)
  if values.mode != 'train':
    parallel.check_alone(values.mode)
  name = pathlib.Path(values.experiment).stem
  folder = pathlib.Path(values.workdir or f'runs/{name}').expanduser().absolute()
  if values.mode not in ('train', 'inspect'):
    given = values.experiment if values['experiment'].present else None
    return of_what_is_there(values, folder, given, paths)
  loop = {name: values[name].value for name in LOOP if values[name].present}
  run = experiment.load(values.experiment, knobs, loop)
  if values.mode == 'inspect':
    from jaxgan.modes import inspect
    return inspect.inspect(run, values.data_dir)
  train(values, run, knobs, loop, folder, paths)


def of_what_is_there(values: flags.FlagValues, folder: pathlib.Path, given: str | None,
                     paths) -> None:
  """The modes that train no GAN: most are of the run in the folder, whose config.json names its
  experiment if none is `given`. Each imports what it needs alone."""
  if values.mode == 'sample':
    from jaxgan.modes import sample
    return sample.sample(folder, given, values.n or 64, values.out, values.sample_seed,
                         values.step, values.ema, values.label, values.truncation,
                         values.standing)
  if values.mode == 'eval':
    from jaxgan.modes import evaluate
    seeds = range(values.sample_seed, values.sample_seed + values.eval_seeds)
    request = evaluate.Request(values.n or 10_000, values.eval_metrics, values.extractor,
                               seeds, values.step, values.ema, values.standing)
    return evaluate.evaluate(folder, given, request, paths)
  if values.mode == 'eval_arrays':
    from jaxgan.modes import evaluate_arrays
    return evaluate_arrays.evaluate_arrays(
        values.real, values.fake, values.eval_metrics, values.extractor or 'rand-conv',
        values.sample_seed, values.out, paths)
  if values.mode == 'diagnose':
    from jaxgan.modes import diagnose
    return diagnose.diagnose(folder, given, values.step, paths)
  if values.mode == 'classify':
    from jaxgan.modes import classify
    return classify.classify(folder, given, values.step, paths)
  if values.mode == 'codes':
    from jaxgan.modes import codes
    return codes.codes(folder, given, values.step, values.sample_seed)
  if values.mode == 'interpolate':
    from jaxgan.modes import interpolate
    return interpolate.interpolate(folder, given, values.show, values.n or 16, values.out,
                                   values.sample_seed, values.step, values.ema, values.label)
  if values.mode == 'project':
    from jaxgan.modes import project
    return project.project(folder, given, values.image, values.out, values.sample_seed,
                           values.step, values.ema, values.label)
  if values.mode == 'export':
    from jaxgan.modes import export
    return export.export(folder, given, values.out, values.step, values.ema)
  if values.mode == 'extractor':
    from jaxgan.modes import extractor
    return extractor.extractor(values.extractor, paths)


def train(values: flags.FlagValues, run, knobs: dict, loop: dict, folder: pathlib.Path,
          paths) -> None:
  """--mode=train: one run in its folder, or several, each in a folder below it."""
  from jaxgan import experiment
  from jaxgan.run import loop as trainer
  from jaxgan.run import sweeps
  how = paths, values.device_map, values.profile, values.resident, values.divide_state
  several = values.sweep or values.seeds > 1
  if not several and (values.submit or values.sweep_index is not None):
    raise Failure('--submit and --sweep_index are for several runs: add --sweep or --seeds=N')
  if values.submit and values.sweep_index is not None:
    raise Failure('--submit gives each of its jobs a --sweep_index: leave out one of them')
  if values.submit_with and not values.submit:
    raise Failure('--submit_with is for jobs: add --submit=slurm or --submit=local')
  if values.chain:
    if several:
      raise Failure('--chain is one run after the other: leave out --sweep and --seeds')
    chain = experiment.listed(values.experiment, 'chain')
    for name in set.intersection(*map(set, chain)):  # what only some set, the others are given
      if values[name].present:
        raise Failure(f'--{name} is what the runs of --chain differ in: leave it out')
    for override in chain:
      run = experiment.load(values.experiment, knobs | override, loop)
      here = folder / sweeps.named(override)
      trainer.train([run], [here], *how)
      loop = loop | {'init_from': str(here)}
    return
  if not several:
    return trainer.train([run], [folder], *how)
  runs = sweeps.runs(values.experiment, folder, knobs, loop, values.sweep, values.seeds)
  if values.sweep_index is not None:
    runs = sweeps.one_of(runs, values.sweep_index)
  todo = trainer.unfinished(runs, paths)
  if values.submit and todo:
    from jaxgan.run import submit
    indices = [i for i, path in enumerate(runs) if path in todo]
    given = [values[name].serialize() for name in values
             if values[name].present and not name.startswith('submit')]
    return submit.submit(values.submit, values.submit_with, given, indices, folder / 'jobs')
  groups = trainer.side_by_side(todo, paths)
  for group in groups:
    trainer.check_how(list(group.values()), values.device_map, values.resident,
                      values.divide_state)
  for group in groups:
    trainer.train(list(group.values()), list(group), *how)


def run(argv: list[str]) -> int:
  """-> the exit code: see errors.Failure."""
  open_streams()
  try:
    main(argv)
  except Failure as e:
    return ended(f'{e}', e.code)
  except KeyboardInterrupt:  # before or after training, which saves first
    leave(130)
    return 130
  except Exception as e:
    from jaxgan.io.errors import first_line
    from jaxgan.run import memory
    if memory.is_short(e):
      return ended(f'out of memory: {first_line(e)}: {memory.ADVICE}', MEMORY)
    leave(1, traceback.print_exc)
    raise
  return 0


def open_streams() -> None:
  """Streams that were closed go nowhere: a file of ours would else get the number of one, and
  what libraries print."""
  while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
    pass
  os.close(fd)
  sys.stdout, sys.stderr = (stream or open(os.devnull, 'w')
                            for stream in (sys.stdout, sys.stderr))


def ended(message: str, code: int) -> int:
  """Says why the program ends."""
  say(f'jaxgan: {message}', error=True)
  if code == LOST:
    leave(LOST)
  return code


def leave(code: int, say: Callable[[], None] = lambda: None) -> None:
  """Ends this process at once if it is one of several."""
  from jaxgan import parallel
  if parallel.several():
    say()
    parallel.leave(code)


def end(code: int) -> None:
  """Ends this process; at once, if data are still waited for, as the interpreter would."""
  readers = [thread for thread in threading.enumerate() if thread.name == 'data']
  for thread in readers:
    thread.join(1)
  if any(thread.is_alive() for thread in readers):
    from jaxgan import parallel
    parallel.leave(code)
  sys.exit(code)


if __name__ == '__main__':
  end(run(sys.argv))
