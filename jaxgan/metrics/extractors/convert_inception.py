"""Converts the published Inception weights to .npz, without torch:

  python -m jaxgan.metrics.extractors.convert_inception WEIGHTS.pth inception.npz
"""
import io
import pathlib
import sys

import numpy as np

from jaxgan.io import files, trees
from jaxgan.io.errors import Failure
from jaxgan.metrics.extractors import inception


def main(argv: list[str]) -> None:
  """Raises Failure if the arguments, the weights or the storage are bad."""
  if len(argv) != 2 or not argv[1].endswith('.npz'):
    raise Failure(f'{" ".join(argv) or "no arguments"}: two are needed, WEIGHTS.pth NEW.npz')
  weights = inception.load(argv[0])
  file, target = io.BytesIO(), pathlib.Path(argv[1]).expanduser()
  np.savez(file, source_sha256=weights.source, digest=weights.digest,
           **trees.leaves(weights.params))
  try:
    files.write(target, file.getvalue())
  except OSError as e:
    raise Failure(f'{target} cannot be written ({e.strerror}): free or name another place',
                  code=5) from e
  print(f'{target}: parameters {weights.digest}, '
        + ('the published ones' if weights.verified else
           f'not known to be the published ones ({inception.URL}): measures will say '
           f'unverified-{weights.digest[:8]}'))


if __name__ == '__main__':
  try:
    main(sys.argv[1:])
  except Failure as e:
    print(f'jaxgan: {e}', file=sys.stderr)
    sys.exit(e.code)
