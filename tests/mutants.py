"""Bugs that the tests must find: each is put into a copy of the code, and its tests must fail.

  python tests/mutants.py            # all; some minutes
  python tests/mutants.py gan feed   # those whose file's path holds one of these words

A mutant is (file, text that is in it once, what it becomes, pytest's arguments). `test_mutants`
holds each text to be there once, so that the list stays true.
"""
import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
GAN, FINITE = 'tests/test_gan.py', 'tests/test_nonfinite.py'
TERMS, ADVERSARIAL = 'tests/losses/test_terms.py', 'tests/losses/test_adversarial.py'
PENALTIES, MANIFOLD = 'tests/losses/test_penalties.py', 'tests/metrics/test_manifold.py'
CHECKPOINT, PERIODIC = 'tests/run/test_checkpoint.py', 'tests/run/test_periodic.py'
LATENT = 'tests/modes/test_latent_modes.py -k "last_weights and {}"'
AVERAGES, ADA = 'tests/losses/test_averages.py', 'tests/augment/test_ada.py'
ORDERS = 'tests/rules/test_orders.py'
MUTANTS = [
    # the game
    ('jaxgan/gan.py', "if name == 'batch_stats'}", "if name != 'batch_stats'}", GAN),
    ('jaxgan/gan.py', "key=at(f'd {name}')", "key=at('d')", f'{GAN} -k noise_of_their_own'),
    ('jaxgan/gan.py', "at(f'augment {name}')", "at('augment')", f'{GAN} -k noise_of_their_own'),
    ('jaxgan/gan.py', 'gan.loss.g(round, after_d)', "gan.loss.g(round, here.memory['loss'])",
     f'{GAN} -k both_memories'),
    ('jaxgan/gan.py', "gan.augment.update(here.memory['augment'], round.on_real[0])",
     "gan.augment.update(here.memory['augment'], round.on_fake[0])", f'{GAN} -k both_memories'),
    ('jaxgan/gan.py', "gan.augment.update(memory['augment'], round.on_real[0])",
     "gan.augment.update(memory['augment'], round.on_fake[0])", f'{GAN} -k both_memories'),
    ('jaxgan/gan.py', "{'g': pull((zero, one))[0]", "{'g': pull((one, zero))[0]",
     f'{GAN} -k by_hand'),
    ('jaxgan/gan.py', "rng.named(key, f'd{i}'), 'd')", "rng.named(key, 'd0'), 'd')",
     f'{GAN} -k noise_of_its_own'),
    ('jaxgan/gan.py', ' | ~share(decay)', '', f'{FINITE} -k rests_with_g'),
    ('jaxgan/gan.py', 'decay <= 1)', 'decay <= 2)', f'{FINITE} -k would_not_be_one'),
    ('jaxgan/gan.py', 'fine &= share(gan.ema(state.step))', 'pass',
     f'{FINITE} -k would_not_be_one'),
    ('jaxgan/gan.py', 'jnp.isfinite(a) | ~jnp.isfinite(b)', 'jnp.isfinite(a)',
     f'{FINITE} -k starts_with'),
    ('jaxgan/gan.py', 'new[0].params, new[0].stats,', 'new[0].params,',
     f'{FINITE} -k statistics_alone'),
    ('jaxgan/gan.py', 'new[0].params, new[0].stats,', 'new[0].stats,',
     f'{FINITE} -k optimiser_makes'),
    ('jaxgan/gan.py', 'update.memory))), *kept])', '()))), *kept])',
     f'{FINITE} -k memory_alone'),
    ('jaxgan/gan.py', 'update.memory))), *kept])', 'update.memory)))])',
     f'{FINITE} -k optimiser_makes'),
    ('jaxgan/gan.py', 'jnp.where(fine, 0, row + 1))', 'jnp.where(fine, row, row + 1))',
     f'{FINITE} -k count_of_a_row'),
    ('jaxgan/gan.py', 'lambda *old: old, *old)', 'lambda *old: (old[0], new[1]), *old)',
     f'{FINITE} -k remembers_rests'),
    ('jaxgan/gan.py', 'jnp.where(fine, a, b), new, old)', 'jnp.where(True, a, b), new, old)',
     f'{FINITE} -k update_is_left_out'),
    ('jaxgan/gan.py', 'new + decay * (ema - new)', 'ema + decay * (new - ema)',
     f'{GAN} -k ema_averages'),
    ('jaxgan/gan.py', 'jnp.minimum(decay, (1 + step)', 'jnp.minimum(decay, (2 + step)',
     f'{GAN} -k warm_up'),
    # losses
    ('jaxgan/losses/adversarial.py', 'g=lambda real, fake: -softplus(fake)',
     'g=lambda real, fake: softplus(fake)', ADVERSARIAL),
    ('jaxgan/losses/adversarial.py', '(fake - 1) ** 2 / 2', '(fake + 1) ** 2 / 2', ADVERSARIAL),
    ('jaxgan/losses/adversarial.py', 'relu(1 - real) + relu(1 + fake)',
     'relu(1 - real) + relu(1 - fake)', ADVERSARIAL),
    ('jaxgan/losses/adversarial.py', 'd=lambda real, fake: softplus(fake - real)',
     'd=lambda real, fake: softplus(real - fake)', ADVERSARIAL),
    ('jaxgan/losses/adversarial.py', 'axis.mean(diversity * real - fake)',
     'axis.mean(real - fake)', f'{TERMS} -k values_of_maps'),
    ('jaxgan/losses/adversarial.py', 'everyone[everyone.size - count]', 'everyone[count]',
     'tests/losses/test_averages.py'),
    ('jaxgan/losses/adversarial.py', 'for leaf in jax.tree.leaves(logits))\n\n\ndef per',
     'for leaf in jax.tree.leaves(logits)[:1])\n\n\ndef per', f'{TERMS} -k values_of_maps'),
    ('jaxgan/losses/lecam.py', 'near(real, a_fake)', 'near(real, a_real)',
     f'{TERMS} -k values_of_maps'),
    ('jaxgan/losses/lecam.py', 'zip(memory, (real, fake))', 'zip(memory, (fake, real))',
     f'{TERMS} -k values_of_maps'),
    ('jaxgan/losses/penalties.py', 'excess = norm(packed) - 1', 'excess = norm(packed) + 1',
     PENALTIES),
    ('jaxgan/losses/penalties.py', "'r2', weight, 'fake'", "'r2', weight, 'real'", PENALTIES),
    ('jaxgan/losses/penalties.py', 'draws=where', "draws='again'", PENALTIES),
    ('jaxgan/losses/penalties.py', '{name: weight / 2 * squared', '{name: weight * squared',
     PENALTIES),
    ('jaxgan/losses/penalties.py', 'x + spread * std * jax', 'x + spread * jax', PENALTIES),
    ('jaxgan/losses/base.py', '(round.step + 1) % k == 0', 'round.step % k == 0',
     PENALTIES),
    ('jaxgan/losses/base.py', '{name: k * term for', '{name: term for',
     PENALTIES),
    ('jaxgan/losses/consistency.py', "'consistency_fake': fake *", "'consistency_fake': real *",
     'tests/losses/test_consistency.py'),
    # augmentation and rules
    ('jaxgan/augment/base.py', 'jnp.sign(signs / count - target)',
     'jnp.sign(target - signs / count)', f'{TERMS} -k ada_follows'),
    ('jaxgan/augment/base.py', 'due = count >= interval', 'due = count > interval',
     'tests/augment/test_base.py'),
    ('jaxgan/rules/extragradient.py', "rng.named(key, 'ahead')", 'key',
     'tests/rules/test_orders.py -k looks_ahead'),
    ('jaxgan/rules/lazy.py', 'augment=gan.augment._replace(update=lambda memory, real_logits: '
     'memory))', 'augment=gan.augment)', 'tests/rules/test_lazy.py -k adapt'),
    ('jaxgan/rules/lazy.py', 'loss=scaled(lambda step: float(every), penalties)',
     'loss=penalties', 'tests/rules/test_lazy.py -k as_strong'),
    ('jaxgan/rules/private.py', 'jax.random.split(key, len(leaves))', '[key] * len(leaves)',
     'tests/rules/test_private.py -k noise_of_its_own'),
    ('jaxgan/rules/private.py', 'game.update(gan, state, blind,',
     'game.update(gan, state, batch,', 'tests/rules/test_private.py -k sees_no_real'),
    ('jaxgan/rules/private.py', 'noise * clip / (n * axis.size())', 'noise * clip / n',
     'tests/rules/test_private.py -k accounted_for'),
    ('jaxgan/rules/resting.py', 'step % 20 != 19', 'step % 20 != 18',
     'tests/rules/test_orders.py'),
    # a run
    ('jaxgan/run/feed.py', 'step * per_step, n * per_step', 'step * batch, n * per_step',
     'tests/run/test_feed.py -k positions'),
    ('jaxgan/run/feed.py', 'if not isinstance(source, Arrays):  #', 'if False:  #',
     'tests/run/test_feed.py -k named_in_its_step'),
    ('jaxgan/run/checkpoint.py', '    verified(partial)\n', '', f'{CHECKPOINT} -k read_back'),
    ('jaxgan/run/checkpoint.py', 'if not is_damage(e):', 'if False:',
     f'{CHECKPOINT} -k no_damage'),
    ('jaxgan/run/checkpoint.py', 'if s <= step][-keep:]', 'if s <= step][:keep]',
     f'{CHECKPOINT} -k newest'),
    ('jaxgan/run/checkpoint.py', '|ema/|memory/', '|ema/', f'{CHECKPOINT} -k not_finite'),
    ('jaxgan/run/checkpoint.py', 'make_room(folder / str(step))', 'pass',
     f'{CHECKPOINT} -k in_the_way'),
    ('jaxgan/run/workdir.py', "['data'] * (old['data'] != new['data'])", '[]',
     'tests/test_faults.py -k other_shapes'),
    ('jaxgan/run/workdir.py', "value <= before['value'] if up",
     "value >= before['value'] if up",
     f'{PERIODIC} -k "rising or better"'),
    ('jaxgan/run/workdir.py', 'not math.isfinite(value) or before', 'before',
     f'{PERIODIC} -k better'),
    ('jaxgan/run/periodic.py', 'self.pick(state.ema)',
     "self.pick({'params': state.g.params, 'stats': state.g.stats})",
     f'{PERIODIC} -k averaged'),
    ('jaxgan/run/stopwatch.py', 'self.runs * n * mean(name)', 'n * mean(name)',
     f'{PERIODIC} -k what_is_left'),
    ('jaxgan/run/log.py', "if row['step'] <= step]", "if row['step'] < step]",
     'tests/run/test_log.py -k resumed_step'),
    ('jaxgan/run/loop.py', "skipped_in_a_row']))) >= most", "skipped_in_a_row']))) > most",
     'tests/test_nonfinite.py -k as_are_allowed'),
    ('jaxgan/run/profile.py', 'self.began + self.n - step', 'self.n + 1',
     'tests/run/test_profile.py -k exactly'),
    ('jaxgan/optimisers.py', '(1 + jnp.cos(jnp.pi * share))', '(1 - jnp.cos(jnp.pi * share))',
     'tests/test_optimisers.py'),
    ('jaxgan/analysis/latents.py', 'centre + psi * (latents - centre)',
     'centre + latents - centre',
     'tests/modes/test_latent_modes.py -k truncated_styles'),
    *[(f'jaxgan/modes/{mode}.py', 'state.ema if ema else', 'state.ema if not ema else',
       LATENT.format(mode)) for mode in ('interpolate', 'project', 'export')],
    ('jaxgan/modes/sample.py', 'state.ema if request.ema else',
     'state.ema if not request.ema else',
     'tests/modes/test_latent_modes.py -k average_or_the_last'),
    ('jaxgan/modes/eval.py', 'state.ema if request.ema else',
     'state.ema if not request.ema else', 'tests/modes/test_evaluate.py -k averaged_or_last'),
    ('jaxgan/modes/scores.py', "mean('recall3') < .05", "mean('recall3') > .05",
     'tests/modes/test_evaluate.py -k how_to_read'),
    ('jaxgan/io/archives.py', 'if needed > size:', 'if needed < 0:',
     'tests/modes/test_evaluate.py -k no_arrays'),
    # metrics
    ('jaxgan/metrics/manifold.py', 'asked = [(of_real[rows], np.less_equal),',
     'asked = [(of_real[rows], np.less),', MANIFOLD),
    ('jaxgan/metrics/manifold.py', 'asked += [(of_open[rows], np.less)]',
     'asked += [(of_open[rows], np.less_equal)]', MANIFOLD),
    ('jaxgan/metrics/manifold.py', 'others[:, open - 1]', 'others[:, open - 2]', MANIFOLD),
    ('jaxgan/metrics/neighbours.py', 'np.flatnonzero(~sure)', 'np.flatnonzero(sure & False)',
     'tests/metrics/test_neighbours.py -k hides'),
    ('jaxgan/metrics/neighbours.py', 'i, j = np.nonzero(close)',
     'i, j = np.nonzero(close & False)', MANIFOLD),
    ('jaxgan/metrics/kernel.py', '3 * level * squares', 'level * squares',
     'tests/metrics/test_kernel.py -k "by_hand or far"'),
    ('jaxgan/metrics/neighbours.py', 'near[rows, alone] = np.inf', 'near[rows, rows] = np.inf',
     'tests/metrics/test_neighbours.py -k itself'),
    ('jaxgan/metrics/neighbours.py', 'np.asarray(sets[0], np.float64).mean(0)',
     'np.asarray(sets[0], np.float64).mean(0) * 0',
     'tests/metrics/test_neighbours.py -k "bounded or hides"'),
    ('jaxgan/metrics/frechet.py', '- 2 * cross\n  return float', '- cross\n  return float',
     'tests/metrics/test_frechet.py'),
    ('jaxgan/metrics/classifier_score.py', 'entropy(part.mean(0)) - entropy(part).mean()',
     'entropy(part.mean(0)) + entropy(part).mean()', 'tests/metrics/test_classifier_score.py'),
    ('jaxgan/metrics/memorisation.py', '1 - (nearer + as_near)', '(nearer + as_near)',
     'tests/metrics/test_memorisation.py'),
    # data
    ('jaxgan/data/derived.py', 'a[..., ::-1, :], a)', 'a[..., ::-1, :, :], a)',
     'tests/data/test_source.py'),
    ('jaxgan/data/derived.py', 'a.ndim < ids.ndim + 3:\n        return a\n      late',
     'a.ndim < 0:\n        return a\n      late', 'tests/data/test_source.py'),
    ('jaxgan/data/source.py', "(split or by_default) == 'test'", "by_default == 'test'",
     'tests/data/test_source.py'),
    ('jaxgan/run/periodic.py', 'self.reals(n).c', 'self.reals(2 * n).c[-n:]',
     'tests/test_pairs.py'),
    ('jaxgan/losses/paired.py', "jax.lax.stop_gradient(r.on_real[1]['maps'])",
     "r.on_real[1]['maps']", 'tests/losses/test_paired.py'),
    ('jaxgan/nets/unet.py', 'if 0 < i < depth - 1:', 'if 0 < i:', 'tests/nets/test_unet.py'),
    ('jaxgan/data/order.py', '[start - first * n:]', '[start:]', 'tests/data/test_order.py'),
    ('jaxgan/data/sizes.py', 'squares.mean((-4, -2))', 'squares.mean((-4, -3))',
     'tests/data/test_sizes.py'),
    ('jaxgan/data/folder.py', 'number[p[0]] for p in parts', 'number[p[0]] * 0 for p in parts',
     'tests/data/test_folder.py -k class'),
    ('jaxgan/data/image_files.py', '    picture.load()\n', '',
     'tests/data/test_folder.py -k cut_short'),
    ('jaxgan/data/semi_supervised.py', '[:per_class] for c', '[:per_class + 1] for c',
     'tests/data/test_few_labels.py'),
    # keys, averages and memories that a slip would share
    ('jaxgan/gan.py', 'judge(state.d, x, c, draws)', "judge(state.d, x, c, 'real')",
     f'{GAN} -k and_again'),
    ('jaxgan/gan.py', "gan.d_tx, 'd', x, c)", "gan.d_tx, 'g', x, c)", f'{GAN} -k start_apart'),
    ('jaxgan/gan.py', 'decay = gan.ema(state.step)', 'decay = gan.ema(state.step + 1)',
     f'{GAN} -k schedule_from'),
    ('jaxgan/gan.py', "updates['g']._replace(memory=memory)", "updates['g']",
     'tests/test_nonfinite.py -k skipped_half'),
    ('jaxgan/gan.py', "memory = {'d': after_d,", "memory = {'d': after_g,",
     'tests/test_nonfinite.py -k skipped_half'),
    ('jaxgan/gan.py', 'getattr(self, name) < 1:', 'getattr(self, name) < 0:',
     f'{GAN} -k without_moves'),
    ('jaxgan/losses/adversarial.py', 'ahead, 0, 1)', 'ahead, 0, 2)',
     f'{AVERAGES} -k equilibrium_by_hand'),
    ('jaxgan/losses/adversarial.py', 'jnp.abs(diversity * real - fake)',
     '(diversity * real - fake)', f'{AVERAGES} -k equilibrium_of_maps'),
    ('jaxgan/losses/consistency.py', "keys(r, f'transform {name}')", "keys(r, 'transform')",
     'tests/losses/test_consistency.py -k apart'),
    ('jaxgan/losses/path_length.py', 'jax.lax.stop_gradient(a)', 'a',
     'tests/losses/test_path_length.py -k constant'),
    ('jaxgan/augment/base.py', "rng.named(key, f'{i}'), a.shape", 'key, a.shape',
     'tests/augment/test_base.py -k every_leaf'),
    ('jaxgan/augment/diffaugment.py', "transform(rng.named(key, f'{i}'), x)",
     "transform(rng.named(key, '0'), x)", 'tests/augment/test_diffaugment.py -k own_key'),
    ('jaxgan/augment/ada.py', '(2 * uniform - 1) / 8', '(2 * uniform - 1) / 4',
     f'{ADA} -k each_geometry'),
    ('jaxgan/augment/ada.py', 'translating(-move[0] * width, -move[1] * height)',
     'translating(-move[0] * height, -move[1] * width)', f'{ADA} -k each_geometry'),
    ('jaxgan/augment/ada.py', 'jnp.floor(4 * uniform[0])', 'jnp.floor(3 * uniform[0])',
     f'{ADA} -k each_geometry'),
    ('jaxgan/augment/ada.py', """jnp.diag(jnp.array([contrast, contrast, contrast, 1])),
                  jnp.eye(4).at[:3, 3].set(brightness))""",
     """jnp.eye(4).at[:3, 3].set(brightness),
                  jnp.diag(jnp.array([contrast, contrast, contrast, 1])))""",
     f'{ADA} -k after_contrast'),
    ('jaxgan/rules/latent.py', 'per_example(first.D(first.G(z, c), c)[0]).sum()',
     'per_example(first.D(first.G(z, c), c)[0]).mean()',
     'tests/rules/test_plays.py -k latents'),
    ('jaxgan/rules/lazy.py', "named(key, f'{role} penalties')", "named(key, f'{role}0')",
     'tests/rules/test_lazy.py -k noise_of_its_own'),
    ('jaxgan/rules/unrolled.py', 'jax.random.fold_in(g_key, i)', 'g_key',
     f'{ORDERS} -k noise_of_its_own'),
    ('jaxgan/rules/unrolled.py', "memory = {'loss': memory, 'augment'",
     "memory = {'loss': state.memory['loss'], 'augment'", f'{ORDERS} -k memories_and'),
    # conditions, partners, histories, extractors
    ('jaxgan/gan.py', "f'g{i}' if i else 'g'", "'g'", f'{GAN} -k batch_and_noise'),
    ('jaxgan/gan.py', 'part(gan.batches - gan.g_steps + i)', 'part(-1)',
     f'{GAN} -k batch_and_noise'),
    ('jaxgan/gan.py', 'gan.prior(keys, Batch(None, batch.c))', 'gan.prior(keys, batch)',
     f'{GAN} -k sees_no_real'),
    ('jaxgan/data/derived.py', 'order.Draws(i, seed)', 'order.Draws(i, 0)',
     'tests/data/test_derived.py -k the_seed'),
    ('jaxgan/run/feed.py', 'places(experiment, step, n), experiment.seed',
     'ids, experiment.seed',
     'tests/data/test_derived.py -k new_each_epoch'),
    ('jaxgan/losses/history.py', 'each(~filling & ~heads, old, new)',
     'each(~filling, old, new)',
     'tests/losses/test_history.py -k half_are'),
    ('jaxgan/losses/history.py', 'each(~filling & heads, old, new)', 'each(heads, old, new)',
     'tests/losses/test_history.py -k first_fakes'),
    ('jaxgan/losses/history.py', 'jnp.minimum(filled + n, size)', 'filled',
     'tests/losses/test_history.py'),
    ('jaxgan/metrics/two_sample.py', 'rows(fake.x)[half:2 * half]', 'x[half:2 * half]',
     'tests/metrics/test_two_sample.py -k as_a_metric'),
    ('jaxgan/metrics/extractors/classifier.py', "(x - channel(params['mean']))", 'x',
     'tests/metrics/extractors/test_classifier.py -k numbers_have'),
    ('jaxgan/nets/conv.py', '(k, span - k -', '(0, span -', 'tests/nets/test_conv.py'),
    ('jaxgan/run/periodic.py', 'jax.tree.map(np.array, parallel.local(self.pick(state)))',
     'parallel.local(self.pick(state))', 'tests/run/test_saver.py -k a_copy'),
    ('jaxgan/run/saver.py', 'last, self.last = self.last, None', 'last = self.last',
     'tests/run/test_saver.py -k raised_once'),
    ('jaxgan/losses/cycle.py', 'distance(jnp.abs, r.fake.c, back)',
     'distance(jnp.abs, r.fake.x, back)', 'tests/losses/test_cycle.py'),
    ('jaxgan/data/textured.py', "{'a': its, 'b': textured(mine, ids)} if self.answers",
     "{'a': mine, 'b': textured(mine, ids)} if self.answers",
     'tests/data/test_textured.py -k answers'),
    ('jaxgan/augment/base.py', 'augment._replace(c=augment.apply)', 'augment',
     'tests/augment/test_base.py -k pairs'),
    ('jaxgan/losses/penalties.py', 'ids if pack == 1 else ids // pack * pack', 'ids',
     'tests/nets/test_tabular.py -k pack'),
    ('jaxgan/losses/penalties.py', 'a.reshape(a.shape[0] // pack, -1)', 'a',
     'tests/nets/test_tabular.py -k "packs"'),
    ('jaxgan/data/tables.py', 'weights = np.log1p(counts)', 'weights = counts',
     'tests/data/test_tables.py -k rare'),
    ('jaxgan/data/tables.py', '~np.isin(some, single)', 'some == some',
     'tests/data/test_tables.py -k "modes or single"'),
    ('jaxgan/data/order.py', 'blocks(first, span)[flat - first]', 'blocks(first, len(flat))',
     'tests/data/test_tables.py -k words'),
    ('jaxgan/losses/tabular.py', 'round.fake.x, jnp.asarray(places)',
     'round.fake.x, 0 * jnp.asarray(places)',
     'tests/nets/test_tabular.py -k asked'),
    ('jaxgan/metrics/tabular.py', 'np.abs(share(a) - share(b)).max()',
     'np.abs(share(a) - share(b)).mean()', 'tests/metrics/test_tabular.py -k scipys'),
    # what is asked of a run
    ('jaxgan/modes/sample.py', 'found += range(first, last + 1)', 'found += range(first, last)',
     'tests/modes/test_label.py -k "seeds or each_seed"'),
    ('jaxgan/modes/sample.py', 'class_names[c[i]]', 'class_names[i % len(class_names)]',
     'tests/modes/test_label.py -k labels_go'),
    ('jaxgan/modes/sample.py', "{'labels': c} if is_labels(c)",
     "{'labels': c[::-1]} if is_labels(c)",
     'tests/modes/test_label.py -k labels_go'),
    ('jaxgan/experiment.py', 'metric._replace(n=n or metric.n)', 'metric._replace(n=metric.n)',
     'tests/modes/test_train.py -k their_number'),
    ('jaxgan/experiment.py', "if any(map(kept, metric.rising)) else ''", 'or metric',
     'tests/modes/test_train.py -k no_longer'),
    ('jaxgan/run/dry_run.py', "shutil.rmtree(folder / 'checkpoints' / str(STEPS))", 'pass',
     'tests/modes/test_train.py -k "dry_run"'),
    ('jaxgan/run/description.py', "for name, cell in zip(function.__code__.co_freevars, "
     "function.__closure__ or ()):", 'for name, cell in ():',
     'tests/run/test_description.py -k "given or sums"'),
    ('jaxgan/run/description.py', "for term in terms if term != NOTHING",
     'for term in terms[:1]',
     'tests/run/test_description.py -k "given or sums"'),
    ('jaxgan/io/pictures.py', 'if like is None else like', 'if like is not None else points',
     'tests/io/test_pictures.py -k scale'),
    ('jaxgan/io/pictures.py', '-(-SMALLEST // picture.shape[1])', '1',
     'tests/io/test_pictures.py'),
    ('jaxgan/run/loop.py', '  if not step:', '  if step:',
     'tests/modes/test_train.py -k untrained'),
    ('jaxgan/metrics/two_sample.py', 'threadpool_limits(1)', 'threadpool_limits(2)',
     'tests/metrics/test_two_sample.py -k one_thread'),
    ('jaxgan/metrics/memorisation.py', 'theirs = neighbours.nearest(fake[first], train, k)',
     'theirs = neighbours.nearest(fake[:n], train, k)',
     'tests/metrics/test_memorisation.py -k nearest_pairs'),
]


def mutated(text: str, old: str, new: str) -> str:
  """Raises ValueError unless `old` is there once, but for what is only the start of more."""
  if text.count(old) != 1:
    raise ValueError(f'{old!r} is there {text.count(old)} times, not once')
  return text.replace(old, new)


def survives(mutant: tuple[str, str, str, str]) -> str:
  """'killed' if its tests fail with it, else 'ALIVE', or why that is not known."""
  file, old, new, tests = mutant
  with tempfile.TemporaryDirectory() as place:
    copy = pathlib.Path(place) / 'jaxgan'
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns('.*', 'runs', 'docs'))
    (copy / file).write_text(mutated((copy / file).read_text(), old, new))
    done = subprocess.run([sys.executable, '-m', 'pytest', '-x', '-q', *shlex.split(tests)],
                          cwd=copy, capture_output=True, text=True, env=os.environ | {
                              'JAX_COMPILATION_CACHE_DIR': str(ROOT / '.cache' / 'jax')})
  return {0: 'ALIVE ', 1: 'killed'}.get(done.returncode, f'pytest {tests}: {done.returncode} ')


def main(words: list[str]) -> int:
  """-> how many are not killed."""
  chosen = [m for m in MUTANTS if not words or any(word in m[0] for word in words)]
  with concurrent.futures.ThreadPoolExecutor(2) as threads:
    alive = 0
    for mutant, what in zip(chosen, threads.map(survives, chosen)):
      alive += what != 'killed'
      print(what, *map(repr, mutant[:3]), flush=True)
  print(f'{len(chosen) - alive} of {len(chosen)} killed')
  return alive


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
