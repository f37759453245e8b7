#!/usr/bin/env bash
# What `prepare.sh` gathered is installed beside the machine's own packages, and
# `python -m benchmarks.gpu` is started with it: bash benchmarks/gpu/check.sh [ITS FLAGS]
set -euo pipefail
cd "$(dirname "$0")/../.."
kit=${KIT:-/tmp/jaxgan_gpu}
if [ ! -d "$kit" ]; then
  mkdir -p "$kit/tfds"
  python3 -m pip install --quiet --no-index --no-deps --target "$kit/site" .whl/*.whl
  for set in .gpu/*.tar.xz; do tar -C "$kit/tfds" -xJf "$set"; done
fi
export PYTHONPATH=$kit/site:$PWD PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=2
python3 -m benchmarks.gpu --data_dir="$kit/tfds" --out="${OUT:-$kit/out}" "$@"
