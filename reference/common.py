"""What the programs in this folder share: flags, one-line errors, files written whole, a progress bar.

torch is imported inside the functions, not at the top: one process may run a program first on one engine and then on
another, and this module, imported once, must then speak to the engine of the moment.
"""

import argparse
import contextlib
import functools
import glob
import importlib
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

SETTINGS = ("seed", "epochs", "batch_size", "workers", "threads", "device", "dtype")
EXTRA = 'pip install "minitorch-engine[lessons]"'


class BadInput(Exception):
    """Something the user gave can't be used; the text is the whole message. `run` prints it and exits with 2."""


# --------------------------------------------------------------------------------------------------------- flags


def positive(text):
    """An integer of at least 1, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def not_negative(text):
    """An integer of at least 0, for argparse."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, got {number}")
    return number


def flags(description, *, epochs, batch_size, workers):
    """The parser with the flags all programs have; the arguments are the program's own defaults."""
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("--data", metavar="DIR", default="./data", help="where the data sets lie (default: %(default)s)")
    add("--out", metavar="DIR", default="./out", help="where results are written (default: %(default)s)")
    add("--seed", type=int, default=0, help="of the weights, the shuffling and the dropout (default: %(default)s)")
    add("--epochs", type=positive, default=epochs, metavar="N", help="passes over the data (default: %(default)s)")
    add("--batch-size", type=positive, default=batch_size, metavar="N", help="rows a step (default: %(default)s)")
    add("--workers", type=not_negative, default=workers, metavar="N",
        help="processes that load the data; 0 loads in this one (default: %(default)s)")  # fmt: skip
    add("--threads", type=positive, metavar="N", help="threads of the engine (default: its own choice)")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="where the training runs (default: %(default)s)")
    add("--dtype", choices=("float32", "float64"), default="float32", help="of all numbers (default: %(default)s)")
    add("--steps", type=positive, metavar="N", help="end each training run after N optimizer steps")
    add("--download", action="store_true", help="fetch the data set where it is missing")
    add("--no-progress", action="store_true", help="no progress bar")
    add("--json", metavar="FILE", help="also write the final figures as JSON")
    add("--checkpoint", metavar="PATH", help="keep the state of the training in this file, so that it can be resumed")
    add("--resume", action="store_true", help="go on from the checkpoint; from the start where there is none yet")
    add("--checkpoint-every", type=positive, metavar="N", help="optimizer steps (default: once an epoch)")
    return parser


def start(args):
    """Check that results can be written and the device is there, before any work is done for them; then set dtype,
    threads and seed.
    """
    import torch

    make_writable(args.out)
    if args.json:
        make_writable(os.path.dirname(args.json) or ".")
        if os.path.isdir(args.json):
            raise BadInput(f"--json {args.json} is a folder, not a file")
    if args.checkpoint:
        make_writable(os.path.dirname(args.checkpoint) or ".")
        if os.path.isdir(args.checkpoint):
            raise BadInput(f"--checkpoint {args.checkpoint} is a folder, not a file")
    elif args.resume or args.checkpoint_every:
        raise BadInput(f"{'--resume' if args.resume else '--checkpoint-every'} needs --checkpoint PATH")
    if args.device == "cuda":
        if not torch.cuda.is_available():
            raise BadInput(f"--device cuda, but {torch.__name__} finds no CUDA device")
        # All 24 bits of float32, in products and convolutions alike: PyTorch's convolutions round to 11 otherwise.
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.set_default_dtype(getattr(torch, args.dtype))
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)


def run(main, argv=None):
    """Run a program: bad input is one line on stderr and exit status 2, Ctrl-C one line and 130."""
    show = sys.excepthook
    sys.excepthook = functools.partial(unless_hung_up, show)  # forked workers inherit it
    try:
        main(argv)
    except BadInput as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C; every file already written is whole", file=sys.stderr)
        sys.exit(130)
    finally:
        sys.excepthook = show


def unless_hung_up(show, kind, value, trace):
    """A worker that was handing over a batch when Ctrl-C ended its main process would report the broken connection.

    It prints a traceback from a thread of multiprocessing, which says nothing that Ctrl-C didn't.
    """
    if multiprocessing.parent_process() is None or not issubclass(kind, (ConnectionError, EOFError)):
        show(kind, value, trace)


# -------------------------------------------------------------------------------------------------------- output


def make_writable(folder):
    """Create the folder if need be and try to write in it."""
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(f"cannot write into the folder {folder}: {error.strerror}") from error


def save_whole(path, write):
    """`write(stream)` into a file beside `path`, then rename it: `path` is never seen half written."""
    path = Path(path)
    remove_leftovers(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())  # on the disk before it takes the name: a power cut leaves one file or the other
        os.replace(part, path)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def remove_leftovers(path):
    """Remove what processes that were killed while they wrote `path` have left beside it."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int(part.name.split(".")[-2]), 0)
            except ProcessLookupError:
                part.unlink()


def save_state(model, path):
    """torch.save of the state dict, whole; its tensors on the CPU, so that any machine can load them."""
    import torch

    state = model.state_dict()
    for name, value in state.items():
        state[name] = value.cpu()
    save_whole(path, lambda stream: torch.save(state, stream))


def device_of(model):
    """Where a model's parameters live."""
    return next(model.parameters()).device


def save_figure(figure, path):
    """A matplotlib figure as PNG, whole."""
    save_whole(path, lambda stream: figure.savefig(stream, format="png", dpi=100))


def finish(args, program, figures):
    """Add what produced the figures, write them to --json if asked, and return them."""
    import torch

    settings = {name: getattr(args, name) for name in SETTINGS}
    result = {"program": program, "engine": torch.__name__, **settings, "steps_limit": args.steps, **figures}
    if args.json:
        text = json.dumps(result, indent=2) + "\n"
        save_whole(args.json, lambda stream: stream.write(text.encode()))
    return result


def progress(iterable, args, description):
    """A tqdm bar on a terminal where tqdm is installed, else the iterable itself."""
    try:
        from tqdm import tqdm
    except ImportError:
        return iterable
    return tqdm(iterable, desc=description, leave=False, disable=True if args.no_progress else None)


def say(text=""):
    """print, above the progress bar if one is showing; flushed, so that a log can be followed."""
    try:
        from tqdm import tqdm
    except ImportError:
        print(text, flush=True)
    else:
        tqdm.write(str(text))
        sys.stdout.flush()


# --------------------------------------------------------------------------------------------------------- input


def require(*modules):
    """Import the modules a program needs beside torch, or name what to install."""
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise BadInput(f"this program needs {name.partition('.')[0]} ({error}): {EXTRA}") from error


@contextlib.contextmanager
def reading(what, folder):
    """Whatever goes wrong while a data set is opened becomes one line that names it."""
    try:
        yield
    except (BadInput, NotImplementedError):
        raise
    except Exception as error:  # a corrupt pickle can raise nearly anything
        raise BadInput(f"cannot read {what} under {folder}: {type(error).__name__}: {error}") from error


def check_file(path, *, size, start=b"", exact=True):
    """A data file must be there, `size` bytes long (or more, where not `exact`), and begin as its format does."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(len(start))
        length = os.path.getsize(path)
    except FileNotFoundError as error:
        raise BadInput(f"missing data file {path} (--download fetches it)") from error
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    if length < size:
        raise BadInput(f"{path} is truncated: {length:,} bytes of {'' if exact else 'at least '}{size:,}")
    if head != start or (exact and length != size):
        raise BadInput(f"{path} is corrupt: not the {size:,} bytes of this format")


def check_labels(labels, classes, path):
    """Labels are class numbers; others would surface only as an error deep in the loss."""
    import torch

    labels = torch.as_tensor(labels)
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= classes:
        raise BadInput(f"{path} is corrupt: labels from {low} to {high}, expected 0 to {classes - 1}")


def import_torchvision():
    """`import torchvision`, also where its compiled operators don't fit the torch installed.

    PyPI's torchvision is built for CUDA. Beside the CPU build of torch its operators stay undeclared, and its import
    stops at the two it describes by name, although data sets and transforms use neither. Declaring them is enough.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
        import torch

        operators = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        torchvision.declared_operators = operators  # they are declared only as long as this object lives
    return torchvision
