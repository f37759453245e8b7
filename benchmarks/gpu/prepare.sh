#!/usr/bin/env bash
# Gathers what a machine with a GPU and no network lacks, in the root of the project:
#   bash benchmarks/gpu/prepare.sh FOLDER_OF_TFDS_SETS
# .whl holds wheels for its Python ($THERE, 3.12), .gpu the data sets: copy both there with the
# project, and start `bash benchmarks/gpu/check.sh`. It is expected to have jax with CUDA, flax,
# optax, orbax-checkpoint, PyTorch, and what these need.
set -euo pipefail
tfds=$(cd "${1:?the folder of TFDS data sets}" && pwd)
cd "$(dirname "$0")/../.."
lacking='tensorflow-datasets array_record dm-tree immutabledict simple-parsing docstring-parser
  tensorflow-metadata googleapis-common-protos termcolor toml importlib_resources tensorboardX
  submitit'
there="--no-deps --only-binary=:all: --implementation cp --python-version ${THERE:-3.12}"
for glibc in 1 2010 2014 _2_17 _2_24 _2_27 _2_28 _2_31 _2_34; do
  there+=" --platform manylinux${glibc}_x86_64"
done
mkdir -p .whl .gpu
python -m pip download --quiet $there --dest .whl --constraint requirements.txt $lacking
python -m pip wheel --quiet --no-deps --wheel-dir .whl promise  # it has no wheel of its own
for name in mnist; do
  tar -C "$tfds" -cJf ".gpu/$name.tar.xz" "$name"
done
du -sh .whl .gpu
