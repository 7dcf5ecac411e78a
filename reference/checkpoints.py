"""Training that can be cut off at any moment and go on as if it hadn't been: --checkpoint, --resume, --checkpoint-every.

A program keeps no counters of its own. It asks a `Training` for its epochs and batches, and puts what it gathers into
`training.kept`:

    checkpoint = Checkpoint(args, "digits")
    training = checkpoint.training("digits", net, optimizer, epochs=args.epochs, losses=[], total=0.0)
    for epoch in training.epochs():
        for images, labels in training.batches(loader, f"epoch {epoch + 1}"):
            ...
            training.kept.total += loss.item()
        training.kept.losses.append(training.kept.total / training.batch)
        training.kept.total = 0.0

Without --checkpoint that is two plain loops. With it, the state is written after every N steps, or after every epoch:
the model, the optimizer, the scheduler, `kept`, the lines printed, the position, and every generator's state twice: now,
and before the epoch's order was drawn. A resumed run rewinds to the latter, has the loader's sampler draw the same order
again, leaves out the batches that are done without loading them, and only then sets the generators to where they were.
So the numbers are those of a run that was never cut off, bit for bit, on the CPU and with the same --threads. Random
numbers that a data set draws inside worker processes are the one exception; these programs' data sets draw none.

A program that trains several times gives each training a name. What has finished is in the file, too: its loops run no
more, and what the program computes from the trained model it computes again.
"""

import copy
import os
import random
import time
from types import SimpleNamespace

import numpy as np
from common import BadInput, progress, save_whole, say

FORMAT = "training checkpoint, version 1"
FIXED = ("seed", "batch_size", "dtype")  # another value would be another training
TOLD = ("engine", "threads", "device")  # another value may round otherwise


class Checkpoint:
    """The file of --checkpoint. With --resume, what is in it already; `own` are more settings that must not change."""

    def __init__(self, args, program, **own):
        self.args, self.path = args, args.checkpoint
        import torch

        self.settings = {"program": program, **{name: getattr(args, name) for name in FIXED}, **own}
        self.told = {"engine": torch.__name__, "threads": args.threads, "device": args.device}
        self.trainings, self.found = {}, {}  # name: state; those of this run, and those in the file
        if not self.path:
            return
        if not args.resume:
            if os.path.exists(self.path):
                raise BadInput(f"{self.path} exists already: --resume goes on from it, or remove it to start afresh")
        elif os.path.exists(self.path):
            self.found = self._read()
        else:
            say(f"no checkpoint {self.path} yet: starting from the beginning")

    def _read(self):
        import torch

        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:  # a file that is no archive, or half of one, can raise nearly anything
            first = str(error).strip().partition("\n")[0]
            raise BadInput(f"cannot read the checkpoint {self.path}: {type(error).__name__}: {first}") from error
        parts = ("settings", "told", "trainings")
        if (
            not isinstance(saved, dict)
            or saved.get("format") != FORMAT
            or not all(isinstance(saved.get(part), dict) for part in parts)
        ):
            raise BadInput(f"{self.path} is not a checkpoint of these programs")
        for name, value in self.settings.items():
            if saved["settings"].get(name) != value:
                there = saved["settings"].get(name)
                what = "the program" if name == "program" else "--" + name.replace("_", "-")
                raise BadInput(f"{self.path} is of another training: {what} was {there}, and is {value}")
        for name in TOLD:
            if saved["told"].get(name) != self.told[name]:
                say(f"note: {name} was {saved['told'].get(name)} when {self.path} was written, and is "
                    f"{self.told[name]}: numbers may round otherwise than without the interruption")  # fmt: skip
        return saved["trainings"]

    def training(self, name, model, optimizer, scheduler=None, *, epochs, **kept):
        """A training of `epochs` epochs, from where the file has it, else from the start with `kept` to add to."""
        training = Training(self, name, model, optimizer, scheduler, epochs, kept)
        state = self.found.get(name)
        if state is not None:
            training.restore(state)
        return training

    def write(self, name, state):
        """Write all trainings so far, whole."""
        import torch

        content = {"format": FORMAT, "settings": self.settings, "told": self.told,
                   "trainings": {**self.trainings, name: state}}  # fmt: skip
        save_whole(self.path, lambda stream: torch.save(content, stream))


class Training:
    """One training: its loops, its position, and its part of the checkpoint."""

    def __init__(self, checkpoint, name, model, optimizer, scheduler, epochs, kept):
        self.checkpoint, self.name, self.args = checkpoint, name, checkpoint.args
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.epoch_limit = epochs
        self.kept = SimpleNamespace(**kept)
        self.epoch = self.batch = self.step = 0  # that are done; `batch` counts those of the present epoch
        self.said = []
        self.before = None  # the generators before the present epoch's order was drawn
        self.now = None  # the generators where a resumed epoch goes on
        self.seconds_before, self.began = 0.0, time.perf_counter()

    @property
    def seconds(self):
        """How long it has trained, the runs that were cut off included."""
        return self.seconds_before + time.perf_counter() - self.began

    def say(self, text):
        """Print a line that belongs to the training: a resumed run prints it, too."""
        self.said.append(text)
        say(text)

    @property
    def is_cut(self):
        """Whether --steps ends the training here."""
        return self.step == self.args.steps

    @property
    def is_over(self):
        """Whether no epoch is left: they are done, or --steps ends the training between two of them."""
        return self.epoch == self.epoch_limit or (self.is_cut and self.batch == 0)

    def epochs(self):
        """The numbers, from 0, of the epochs that are left; the state is saved after each."""
        while not self.is_over:
            yield self.epoch
            if self.is_cut:  # saved already, in the middle of the epoch: with more --steps it can go on
                return
            self.epoch, self.batch, self.before = self.epoch + 1, 0, None
            if self.is_over or not self.args.checkpoint_every:
                self.save(self.is_over)

    def batches(self, loader, description):
        """The batches of the epoch that are left, up to --steps. Each counts as done when the next is asked for."""
        if self.is_cut:
            return
        if self.batch:
            loader = self._rest_of(loader)
        else:
            self.before = generators(self.args, loader)
        for batch in progress(loader, self.args, description):
            yield batch
            self.batch, self.step = self.batch + 1, self.step + 1
            if self.is_cut or (self.args.checkpoint_every and self.step % self.args.checkpoint_every == 0):
                self.save(self.is_cut)
            if self.is_cut:
                return

    def _rest_of(self, loader):
        """A loader like this one, without the batches that are done."""
        from torch.utils.data import DataLoader

        set_generators(self.before, self.args, loader)
        sampler = Rest(loader.batch_sampler, self.batch, lambda: set_generators(self.now, self.args))
        return DataLoader(
            loader.dataset,
            batch_sampler=sampler,
            num_workers=loader.num_workers,
            collate_fn=loader.collate_fn,
            generator=loader.generator,
        )

    def save(self, is_over=False):
        """Write the checkpoint, if there is to be one."""
        if not self.checkpoint.path:
            return
        state = {
            "model": on_cpu(self.model.state_dict()),
            "is_in_training_mode": self.model.training,  # dropout would be on in a model that is only judged any more
            "optimizer": on_cpu(self.optimizer.state_dict()),
            "scheduler": self.scheduler and self.scheduler.state_dict(),
            "epoch": self.epoch,
            "batch": self.batch,
            "step": self.step,
            "kept": on_cpu(vars(self.kept)),
            "said": self.said,
            "before": self.before,
            "now": generators(self.args),
            "seconds": self.seconds,
        }
        if is_over:  # the model may go on changing, and others' checkpoints will hold this state again
            state = self.checkpoint.trainings[self.name] = copy.deepcopy(state)
        self.checkpoint.write(self.name, state)

    def restore(self, state):
        """Take over the state from the file; BadInput if it is of another net or has done more than was asked for."""
        path = self.checkpoint.path
        try:
            self._check_fits(state)
            self.model.load_state_dict(state["model"])
            self.model.train(state["is_in_training_mode"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.scheduler:
                self.scheduler.load_state_dict(state["scheduler"])
            self.epoch, self.batch, self.step = state["epoch"], state["batch"], state["step"]
            self.kept = SimpleNamespace(**state["kept"])
            self.before, self.now = state["before"], state["now"]
            self.said, self.seconds_before = state["said"], state["seconds"]
            set_generators(self.now, self.args)
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise BadInput(f"{path} does not fit this training: {type(error).__name__}: {error}") from error
        say(f"resuming {self.name} from {path}: {self.step} steps done, epoch {self.epoch + 1}, batch {self.batch}")
        for text in self.said:
            say(text)
        if self.is_over or self.is_cut:
            self.checkpoint.trainings[self.name] = copy.deepcopy(state)

    def _check_fits(self, state):
        path, saved, ours = self.checkpoint.path, state["model"], self.model.state_dict()
        begun = state["epoch"] + (state["batch"] > 0)
        if begun > self.epoch_limit:
            raise BadInput(f"{path} has begun epoch {begun} already, more than --epochs {self.epoch_limit}")
        if self.args.steps is not None and state["step"] > self.args.steps:
            raise BadInput(f"{path} has done {state['step']} steps already, more than --steps {self.args.steps}")
        for name in {**ours, **saved}:
            here, there = (tuple(net[name].shape) if name in net else "missing" for net in (ours, saved))
            if here != there:
                raise BadInput(f"{path} is of another net: {name} is {there} there, and {here} here")


class Rest:
    """A batch sampler without its first batches: they are drawn but not handed out, and then `afterwards` is called."""

    def __init__(self, batches, done, afterwards):
        self.inner, self.done, self.afterwards = batches, done, afterwards

    def __iter__(self):
        batches = iter(self.inner)
        for _ in range(self.done):
            next(batches)
        self.afterwards()
        yield from batches

    def __len__(self):
        return len(self.inner) - self.done


def generators(args, loader=None):
    """The state of every generator that a training may draw from; also the loader's own, where it has one."""
    import torch

    kind, words, *position = np.random.get_state()
    states = {"engine": torch.get_rng_state(), "python": random.getstate(), "numpy": (kind, words.tolist(), *position)}
    if args.device == "cuda":
        states["cuda"] = torch.cuda.get_rng_state_all()
    if loader is not None and loader.generator is not None:
        states["loader"] = loader.generator.get_state()
    return states


def set_generators(states, args, loader=None):
    """Set the generators to what `generators` gave."""
    import torch

    torch.set_rng_state(states["engine"])
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])
    if args.device == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state_all(states["cuda"])
    if loader is not None and loader.generator is not None:
        loader.generator.set_state(states["loader"])


def on_cpu(value):
    """`value` with its tensors on the CPU, so that any machine can load them."""
    import torch

    if isinstance(value, dict):
        return {key: on_cpu(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(on_cpu, value))
    return value.cpu() if torch.is_tensor(value) else value
