"""Every part in turn, each with a limit of its own and its result saved at once.

  python -m benchmarks.gpu --data_dir=DIR --out=FOLDER        # benchmarks/results/CARD.json
  python -m benchmarks.gpu --parts=rates,trained --out=FOLDER
  python -m benchmarks.gpu --small --out=FOLDER               # anywhere: does it all run?

A machine without a network is given what it lacks by `prepare.sh`, beside this, and starts with
`check.sh`.
"""
import json
import pathlib
import subprocess
import sys

from absl import app, flags

from benchmarks.common import machine, write
from jaxgan.run.workdir import commit

LAUNCH = str(pathlib.Path(__file__).parents[2] / 'launch.py')
flags.DEFINE_list('parts', ['rates', 'agree', 'trained', 'families', 'dcgan'], 'Which.')
flags.DEFINE_string('data_dir', None, 'Folder of TFDS data sets; without it, no dcgan.')
flags.DEFINE_string('out', 'gpu', 'Folder of JSON, logs and pictures.')
flags.DEFINE_bool('small', False, 'Tiny sizes: to see that all runs.')
LIMITS = {'rates': 70, 'agree': 240, 'trained': 420, 'families': 480, 'dcgan': 300}  # seconds


def commands(out: pathlib.Path) -> dict[str, list[str]]:
  """A part's command line."""
  python = [sys.executable, '-m']
  tiny = ['--width=8', '--batch=8', '--repeats=1'] if flags.FLAGS.small else []
  found = {name: [*python, f'benchmarks.gpu.{name}', f'--out={out}', *tiny]
           for name in ('trained', 'families')}
  found['rates'] = [*python, 'benchmarks.gpu.rates', f'--out={out}',
                    f'--small={flags.FLAGS.small}']
  found['agree'] = [*python, 'benchmarks.gpu.agree', f'--out={out}',
                    *(['mnist_dcgan'] if flags.FLAGS.small else [])]
  if flags.FLAGS.small:
    found['trained'].append('--recipes=mnist_dcgan')
    found['families'].append('--families=DCGAN')
  if flags.FLAGS.data_dir:  # 50 epochs, as users have it
    short = ['--width=8', '--steps=4', '--eval_every=0'] if flags.FLAGS.small else []
    found['dcgan'] = [sys.executable, LAUNCH, '--experiment=mnist_dcgan',
                      f'--workdir={out}/dcgan', f'--data_dir={flags.FLAGS.data_dir}', *short]
  return found


def main(_):
  if machine()['device'].startswith('cpu') and not flags.FLAGS.small:
    print('no GPU that JAX sees: nothing to measure (--small shows that all runs)')
    return
  out = pathlib.Path(flags.FLAGS.out).absolute()
  out.mkdir(parents=True, exist_ok=True)
  asked, known = flags.FLAGS.parts, commands(out)
  report = machine() | {'commit': commit(), 'exit codes': {}}
  for name in [part for part in asked if part in known]:
    print(f'\n== {" ".join(known[name][1:])}', flush=True)
    try:
      limit = LIMITS[name] * (4 if flags.FLAGS.small else 1)  # a CPU may have much else to do
      code = subprocess.run(known[name], timeout=limit).returncode
    except subprocess.TimeoutExpired:
      code = f'no end within {limit} s'
    report['exit codes'][name] = code
    report |= {file.stem: json.loads(file.read_text()) for file in sorted(out.glob('*.json'))
               if file.stem != 'gpu'}
    (out / 'gpu.json').write_text(json.dumps(report, indent=1))
  if not flags.FLAGS.small:
    write(report['device'].split(',')[0].lower().replace(' ', '-'), report)
  failed = {name: code for name, code in report['exit codes'].items() if code}
  if failed:
    sys.exit(f'these failed: {failed}')


if __name__ == '__main__':
  app.run(main)
