"""Checkpoints: exact, verified, and never lost."""
import json
import pathlib
import shutil

import jax
import numpy as np
import optax
import pytest
import tiny

from jaxgan.io import trees
from jaxgan.io.errors import Failure
from jaxgan.run import checkpoint


@pytest.fixture(scope='module')
def state():
  gan = tiny.conv_gan(g_tx=optax.adam(1e-3), d_tx=optax.chain(optax.clip(1.), optax.adam(1.)))
  return jax.tree.map(np.asarray, tiny.initial(gan, jax.devices()[:1]))


@pytest.fixture
def folder(tmp_path, state):
  """Checkpoints of steps 10 and 20."""
  folder = tmp_path / 'checkpoints'
  for step in (10, 20):
    checkpoint.save(folder, state.replace(step=np.int32(step)), keep=2)
  return folder


def newest(folder, state, **kw):
  said = []
  found = checkpoint.restore(folder, state, say=said.append, **kw)
  return found, ' '.join(said)


def test_every_leaf_comes_back_to_the_bit(folder, state):
  found, said = newest(folder, state)
  assert said == '' and int(found.step) == 20
  assert tiny.same(found, state.replace(step=np.int32(20)))
  assert jax.tree.structure(found) == jax.tree.structure(state)
  written = json.loads((folder / '20' / 'digest.json').read_text())
  assert written == trees.digest(trees.leaves(found))
  assert 'g/params/Dense_0/kernel' in written['leaves']


def test_digest_tells_apart_what_looks_alike():
  a = np.arange(4, dtype=np.float32)
  variants = [{'a': a}, {'b': a}, {'a': a[::-1]}, {'a': a.reshape(2, 2)},
              {'a': a.view(np.int32)}, {'a': -0. * a}, {'a': 0. * a}]
  assert len({trees.digest(v)['digest'] for v in variants}) == len(variants)


def test_odd_leaves_survive(tmp_path):
  import ml_dtypes
  odd = {'step': np.int32(1), 'half': np.arange(3).astype(ml_dtypes.bfloat16),
         'flag': np.array(True),
         'nan': np.array([np.nan, -0., np.inf], np.float32)}
  checkpoint.save(tmp_path, odd, keep=1)
  found = checkpoint.restore(tmp_path, odd)
  assert trees.digest(found) == trees.digest(odd)


def test_only_the_newest_are_kept(folder, state):
  checkpoint.save(folder, state.replace(step=np.int32(30)), keep=2)
  assert checkpoint.steps(folder) == [20, 30]
  assert sorted(p.name for p in folder.iterdir()) == ['20', '30']


def files(folder, step):
  return [p for p in sorted((folder / str(step)).rglob('*')) if p.is_file()]


def flip(path):
  data = bytearray(path.read_bytes())
  data[len(data) // 2] ^= 1
  path.write_bytes(data)


DAMAGE = {'flipped': flip, 'truncated': lambda p: p.write_bytes(p.read_bytes()[:-7]),
          'emptied': lambda p: p.write_bytes(b''), 'deleted': lambda p: p.unlink()}


@pytest.mark.parametrize('damage', DAMAGE)
def test_damage_to_any_file_is_harmless_or_found(folder, state, damage, tmp_path):
  """Whichever file of the newest is hurt: it restores exactly, or the one before does."""
  fallbacks = 0
  for i in range(len(files(folder, 20))):
    copy = tmp_path / f'copy{i}' / 'checkpoints'
    shutil.copytree(folder, copy)
    DAMAGE[damage](files(copy, 20)[i])
    found, said = newest(copy, state, set_aside=True)
    assert tiny.same(found, state.replace(step=found.step))
    if int(found.step) == 10:
      fallbacks += 1
      assert 'checkpoint 20 is damaged' in said and checkpoint.steps(copy) == [10]
      assert (copy.parent / 'corrupt' / '20').is_dir()
  assert fallbacks >= 3, 'payload, digest and metadata at least must be noticed'


def test_one_bit_that_storage_does_not_notice(folder, state, tmp_path):
  """A well-formed state with one other bit: nothing but the digest can tell."""
  kernel = np.array(state.g.params['Dense_0']['kernel'])
  kernel.view(np.uint32).flat[3] ^= 1
  params = {**state.g.params, 'Dense_0': {'kernel': kernel}}
  other = state.replace(step=np.int32(20), g=state.g.replace(params=params))
  checkpoint.save(tmp_path / 'other', other, keep=1)
  shutil.rmtree(folder / '20' / 'state')
  shutil.copytree(tmp_path / 'other' / '20' / 'state', folder / '20' / 'state')
  found, said = newest(folder, state)
  assert int(found.step) == 10
  assert 'its digest differs, first at g/params/Dense_0/kernel' in said


def test_strangers_are_passed_over(folder, state):
  (folder / '99').mkdir()  # the user's own, as it holds nothing of ours
  (folder / '98' / 'state').mkdir(parents=True)
  (folder / '7').write_text('a file')
  (folder / 'notes').mkdir()
  (folder / '.30.partial').mkdir()
  found, said = newest(folder, state)
  assert int(found.step) == 20 and '99' not in said
  assert 'checkpoint 98 is damaged (it has no digest.json)' in said
  checkpoint.sweep(folder)
  assert not (folder / '.30.partial').exists() and (folder / 'notes').exists()


@pytest.mark.parametrize('kind', ['file', 'folder', 'link'])
def test_what_has_a_steps_name_is_neither_deleted_nor_in_the_way(folder, state, kind):
  mine = folder / '30'
  if kind == 'file':
    mine.write_text('mine')
  elif kind == 'folder':
    mine.mkdir()
    (mine / 'notes').write_text('mine')
  else:
    mine.symlink_to('/nowhere')
  for step in (30, 31, 32):
    checkpoint.save(folder, state.replace(step=np.int32(step)), keep=2)
  assert checkpoint.steps(folder) == [31, 32]
  aside = folder / '30.aside'
  assert {'file': lambda: aside.read_text(), 'folder': lambda: (aside / 'notes').read_text(),
          'link': lambda: aside.is_symlink() and 'mine'}[kind]() == 'mine'


@pytest.mark.parametrize('name', ['[small] try', 'back\\slash', 'a*b?', "quote'd [x"])
def test_a_folder_may_have_any_name(tmp_path, state, name):
  """Orbax takes a path for a pattern: it wrote such a checkpoint, and could not read it."""
  folder = tmp_path / name / 'checkpoints'
  for step in (1, 2):
    checkpoint.save(folder, state.replace(step=np.int32(step)), keep=1)
  found, said = newest(folder, state)
  assert said == '' and tiny.same(found, state.replace(step=np.int32(2)))


@pytest.mark.parametrize('kind', ['another number', 'nothing', 'fails'])
def test_what_cannot_be_read_back_deletes_no_older_one(folder, state, monkeypatch, kind):
  nested = trees.nested

  def changed(arrays):
    tree = nested({name: a.copy() for name, a in arrays.items()})
    tree['g']['params']['Dense_0']['kernel'] += 1
    return tree
  monkeypatch.setattr(checkpoint.trees, 'nested', {
      'another number': changed, 'nothing': lambda arrays: {'step': arrays['step']},
      'fails': lambda arrays: 1 / 0}[kind])
  with pytest.raises(Failure, match='checkpoint 30 .* could not be written') as e:
    checkpoint.save(folder, state.replace(step=np.int32(30)), keep=1)
  assert e.value.code == 5
  assert sorted(p.name for p in folder.iterdir()) == ['10', '20']


@pytest.mark.parametrize('where', ['g.params', 'd.stats', 'ema', 'memory'])
def test_a_state_that_is_not_finite_is_never_written(folder, state, where):
  def hurt(tree):
    leaves, treedef = jax.tree.flatten(tree)
    leaves[-1] = np.full_like(leaves[-1], np.inf)
    return treedef.unflatten(leaves)
  state = state.replace(step=np.int32(30), memory={'loss': np.zeros(2, np.float32)})
  player, _, part = where.partition('.')
  whole = getattr(state, player)
  bad = hurt(whole) if not part else whole.replace(**{part: hurt(getattr(whole, part))})
  with pytest.raises(Failure, match='step 30 is not saved: .* are not finite') as e:
    checkpoint.save(folder, state.replace(**{player: bad}), keep=1)
  assert e.value.code == 3 and checkpoint.steps(folder) == [10, 20]


def test_none_good_is_a_failure_again_and_again(folder, state):
  for step in (10, 20):
    (folder / str(step) / 'digest.json').unlink()
  for _ in range(2):  # after the first, all are in corrupt/
    with pytest.raises(Failure, match='no good checkpoint') as e:
      newest(folder, state, set_aside=True)
    assert e.value.code == 4
  assert sorted(p.name for p in (folder.parent / 'corrupt').iterdir()) == ['10', '20']


def test_no_checkpoint_is_none(tmp_path, state):
  assert newest(tmp_path / 'checkpoints', state) == (None, '')


def test_a_chosen_step(folder, state):
  assert int(newest(folder, state, step=10)[0].step) == 10
  with pytest.raises(Failure, match='no good checkpoint of step 15'):
    newest(folder, state, step=15)


@pytest.mark.parametrize('change,message', [
    (lambda s: s.replace(step=np.float32(0)), r'holds int32\[\] at step .* has float32\[\]'),
    (lambda s: s.replace(ema={'params': {}}), r'at ema/params/.* has nothing'),
    (lambda s: s.replace(memory=np.zeros(3)), r'holds nothing at memory .* float64\[3\]')])
def test_another_tree_is_refused_not_cast(folder, state, change, message):
  other = change(state)
  with pytest.raises(Failure, match=message) as e:
    newest(folder, other, set_aside=True)
  assert e.value.code == 4 and checkpoint.steps(folder) == [10, 20]


def test_full_storage_leaves_the_old_ones(folder, state, monkeypatch):
  def full(*args, **kw):
    raise OSError(28, 'No space left on device')
  monkeypatch.setattr(checkpoint.os, 'rename', full)
  with pytest.raises(Failure, match=r'checkpoint 30 \([\d,]+ bytes\).*No space left') as e:
    checkpoint.save(folder, state.replace(step=np.int32(30)), keep=2)
  assert e.value.code == 5
  assert sorted(p.name for p in folder.iterdir()) == ['10', '20']


def test_folders_go_on_in_as_few_groups_as_share_a_step(tmp_path):
  have = {'a': [4, 5], 'b': [3, 4], 'c': [], 'd': [9], 'e': [], 'f': [5, 6]}
  for name, steps in have.items():
    for step in steps:
      (tmp_path / name / str(step) / 'state').mkdir(parents=True)
  assert checkpoint.alongside([tmp_path / name for name in have]) == [4, 4, 0, 9, 0, 6]


def test_what_is_later_than_the_newest_written_goes(folder, state):
  """A best that is found again at an earlier step; a course that was left."""
  for step in (30, 8, 9):
    checkpoint.save(folder, state.replace(step=np.int32(step)), keep=1)
  assert checkpoint.steps(folder) == [9]


def test_what_is_renamed_into_place_has_its_digest(folder, state, monkeypatch):
  rename, seen = checkpoint.os.rename, []

  def watched(old, new):
    if pathlib.Path(new) == folder / '30':
      seen.append(json.loads((old / 'digest.json').read_text())['digest'])
    rename(old, new)
  monkeypatch.setattr(checkpoint.os, 'rename', watched)
  checkpoint.save(folder, state.replace(step=np.int32(30)), keep=2)
  assert seen == [json.loads((folder / '30' / 'digest.json').read_text())['digest']]


@pytest.mark.parametrize('error', [
    PermissionError(13, 'Permission denied'), OSError(5, 'Input/output error'), MemoryError(),
    ValueError('PERMISSION_DENIED: opening'), ValueError('RESOURCE_EXHAUSTED: no room')])
def test_storage_that_fails_is_no_damage(folder, state, monkeypatch, error):
  """A good checkpoint is not set aside for it."""
  def fails(path):
    raise error
  monkeypatch.setattr(checkpoint, 'verified', fails)
  with pytest.raises(Failure, match='checkpoint 20 .* cannot be read') as e:
    newest(folder, state, set_aside=True)
  assert e.value.code == 4 and checkpoint.steps(folder) == [10, 20]
  assert not (folder.parent / 'corrupt').exists()
