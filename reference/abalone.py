"""The abalone guide: is a sea snail old? Classifiers on a table of measurements, and how to judge them.

Two and three hidden layers, then the sex added, weight decay, dropout; ROC curves from hard labels and from class
probabilities, AUC, confusion matrices; at last a regression on the number of rings. UCI's Abalone data, 4,177 rows.
"""

import csv
import math

import torch
import torch.nn as nn
import torch.optim as optim
from checkpoints import Checkpoint
from common import (
    BadInput,
    device_of,
    finish,
    flags,
    require,
    run,
    save_figure,
    save_state,
    say,
    start,
)
from torch.utils.data import DataLoader, TensorDataset, random_split

COLUMNS = ["Sex", "Length", "Diameter", "Height", "Whole weight", "Shucked weight", "Viscera weight",
           "Shell weight", "Rings"]  # fmt: skip
FEATURES = ["Length", "Diameter", "Height", "Whole weight"]
SEXES = ["M", "F", "I"]  # I: infant
LARGEST = 1e6  # that a measurement or a count may be, by far
OLD = 10  # rings; a ring a year, about

# name: (what it adds, hidden layers, with the sex, weight decay, dropout)
VARIANTS = {
    "two": ("two hidden layers", (64, 32), False, 0.0, 0.0),
    "three": ("three hidden layers", (64, 32, 16), False, 0.0, 0.0),
    "sex": ("three layers, one-hot sex added", (64, 32, 16), True, 0.0, 0.0),
    "l2": ("three layers, sex, weight decay 0.01", (64, 32, 16), True, 0.01, 0.0),
    "dropout": ("three layers, sex, dropout 0.2", (64, 32, 16), True, 0.0, 0.2),
    "regression": ("rings from all of it, squared error", (64, 32, 16), True, 0.0, 0.0),
}


class Net(nn.Module):
    """`features` inputs, a Linear and a ReLU (and a Dropout) for each of `hidden`, then `outputs` numbers."""

    def __init__(self, features, hidden, outputs, dropout=0.0):
        super().__init__()
        layers = []
        for size in hidden:
            layers += [nn.Linear(features, size), nn.ReLU()]
            if dropout:
                layers.append(nn.Dropout(dropout))
            features = size
        layers.append(nn.Linear(features, outputs))
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


# ---------------------------------------------------------------------------------------------------------- data


def read_table(path):
    """The file as a pandas frame; a line that doesn't fit names its row and column."""
    import pandas as pd

    try:
        with open(path, newline="", encoding="ascii") as stream:
            rows = [check_row(path, number, fields) for number, fields in enumerate(csv.reader(stream), 1) if fields]
    except FileNotFoundError as error:
        raise BadInput(f"missing data file {path}; get it from archive.ics.uci.edu/dataset/1/abalone") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"cannot read {path}: {error}") from error
    if len(rows) < 20:
        raise BadInput(f"{path} is truncated: {len(rows)} rows are too few to split, 4,177 expected")
    return pd.DataFrame(rows, columns=COLUMNS)


def check_row(path, number, fields):
    """One line of the file: the sex, seven finite numbers, a whole number."""
    if len(fields) != len(COLUMNS):
        names = ", ".join(COLUMNS)
        raise BadInput(f"{path}, row {number}: {len(fields)} columns, expected {len(COLUMNS)} ({names})")
    if fields[0] not in SEXES:
        raise BadInput(f"{path}, row {number}, column Sex: {fields[0][:40]!r} is none of M, F, I")
    values = [fields[0]]
    for name, text in zip(COLUMNS[1:], fields[1:], strict=True):
        kind = int if name == "Rings" else float
        try:
            value = kind(text) if "_" not in text else math.nan  # Python reads 1_5 as 15
        except ValueError:
            value = math.nan
        if not abs(value) <= LARGEST:
            raise BadInput(f"{path}, row {number}, column {name}: {text[:40]!r} is not {'a whole' if kind is int else 'a'} "
                           "number" + (" of this size" if abs(value) > LARGEST else ""))  # fmt: skip
        values.append(value)
    return values


def split(count, seed):
    """Row numbers: half for training, the rest halved for validation and test."""
    generator = torch.Generator().manual_seed(seed)
    half, quarter = count // 2, (count - count // 2) // 2
    parts = random_split(range(count), [half, quarter, count - half - quarter], generator=generator)
    return [list(part.indices) for part in parts]


def datasets(frame, parts, *, with_sex, target):
    """A TensorDataset for each part. The measurements are standardised with the training rows' mean and deviation."""
    dtype = torch.get_default_dtype()
    training = frame.loc[parts[0], FEATURES]
    inputs = (frame[FEATURES] - training.mean()) / training.std()
    if with_sex:
        for sex in SEXES:  # 0 or 1, left as they are
            inputs[sex] = (frame["Sex"] == sex).astype(float)
    inputs = torch.tensor(inputs.to_numpy(), dtype=dtype)
    if target == "Rings":
        targets = torch.tensor(frame["Rings"].to_numpy(), dtype=dtype).unsqueeze(1)
    else:
        targets = torch.tensor((frame["Rings"] >= OLD).to_numpy(), dtype=torch.int64)
    return [TensorDataset(inputs[part], targets[part]) for part in parts]


# ------------------------------------------------------------------------------------------------------ training


def misclassified(outputs, targets):
    """The share of rows put into the wrong class."""
    return 1 - (outputs.argmax(dim=1) == targets).sum().item() / len(targets)


def mean_absolute(outputs, targets):
    """The mean of |prediction - target|."""
    return (outputs - targets).abs().mean().item()


def train(name, model, criterion, trainset, valset, args, checkpoint, *, score, weight_decay=0.0):
    """Adam at a learning rate that falls by 5% an epoch. The model ends with the weights of its best validation score.

    Best by `score`, one of the two functions above, and not by the loss: the file has a Height of 1.13 (226 mm, surely
    a slip of the decimal point), and that row alone can be a third of the validation rows' squared error.
    """
    loader = DataLoader(trainset, batch_size=args.batch_size, shuffle=True, num_workers=args.workers)
    optimizer = optim.Adam(model.parameters(), lr=0.01, weight_decay=weight_decay)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
    inputs, targets = (part.to(args.device) for part in valset.tensors)
    training = checkpoint.training(name, model, optimizer, scheduler, epochs=args.epochs,
                                   training=[], validation=[], scores=[], best=None, total=0.0)  # fmt: skip
    kept = training.kept
    for epoch in training.epochs():
        model.train()
        for x, y in training.batches(loader, f"epoch {epoch + 1}/{args.epochs}"):
            x, y = x.to(args.device), y.to(args.device)
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            kept.total += loss.item()
        scheduler.step()
        model.eval()
        with torch.no_grad():
            outputs = model(inputs)
            kept.validation.append(criterion(outputs, targets).item())
        kept.training.append(kept.total / training.batch)
        kept.total = 0.0
        kept.scores.append(score(outputs, targets))
        if kept.best is None or kept.scores[-1] < min(kept.scores[:-1]):
            kept.best = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(kept.best)
    return {
        "training_losses": kept.training,
        "validation_losses": kept.validation,
        "validation_scores": kept.scores,
        "best_epoch": 1 + kept.scores.index(min(kept.scores)),
        "train_seconds": training.seconds,
    }


def judge_classes(model, testset):
    """Accuracy, confusion matrix, and the ROC curve twice: from the hard labels and from the probabilities."""
    from sklearn.metrics import auc, confusion_matrix, roc_curve

    inputs, targets = testset.tensors
    with torch.no_grad():
        probability = torch.softmax(model(inputs.to(device_of(model))), dim=1)[:, 1].cpu().numpy()
    truth, label = targets.numpy(), (probability > 0.5).astype(int)
    matrix = confusion_matrix(truth, label, labels=[0, 1])
    rows = matrix.sum(axis=1)
    by_label, by_probability = roc_curve(truth, label)[:2], roc_curve(truth, probability)[:2]
    return {
        "test_accuracy": float((truth == label).mean()),
        "confusion_matrix": matrix.tolist(),  # rows: young, old in truth; columns: called young, called old
        "young_misclassified": float(matrix[0, 1] / rows[0]),
        "old_misclassified": float(matrix[1, 0] / rows[1]),
        "auc_labels": float(auc(*by_label)),
        "auc_probabilities": float(auc(*by_probability)),
        "roc_labels": [axis.tolist() for axis in by_label],
        "roc_probabilities": [axis.tolist() for axis in by_probability],
    }


def judge_rings(model, trainset, testset):
    """Errors in rings, beside those of always answering the training rows' mean."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error

    inputs, targets = testset.tensors
    with torch.no_grad():
        predicted = model(inputs.to(device_of(model))).cpu().numpy()[:, 0]
    truth = targets.numpy()[:, 0]
    mse = float(mean_squared_error(truth, predicted))
    mean = float(trainset.tensors[1].mean())
    return {
        "mse": mse,
        "rmse": math.sqrt(mse),
        "mae": float(mean_absolute_error(truth, predicted)),
        "rmse_of_the_mean": math.sqrt(float(((truth - mean) ** 2).mean())),
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
    }


# ------------------------------------------------------------------------------------------------------- figures


def panels(results, title):
    """A figure with one panel a variant: (figure, [(axes, result), …])."""
    from matplotlib.figure import Figure

    columns = min(3, len(results))
    rows = -(-len(results) // columns)
    figure = Figure(figsize=(4 * columns, 3.5 * rows), layout="tight")
    figure.suptitle(title)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in axes[len(results) :]:
        unused.axis("off")
    pairs = list(zip(axes, results.values(), strict=False))
    for panel, name in zip(axes, results, strict=False):
        panel.set_title(VARIANTS[name][0], fontsize=9)
    return figure, pairs


def draw(results, out):
    """The PNG files; their paths."""
    paths = []

    def save(figure, name):
        paths.append(f"{out}/abalone_{name}.png")
        save_figure(figure, paths[-1])

    figure, pairs = panels(results, "Training and validation loss")
    for axes, result in pairs:
        epochs = range(1, 1 + len(result["training_losses"]))
        axes.plot(epochs, result["training_losses"], label="training")
        axes.plot(epochs, result["validation_losses"], label="validation")
        axes.axvline(result["best_epoch"], color="grey", linestyle=":", label="best validation")
        axes.set_xlabel("epoch")
        axes.legend(fontsize=8)
    save(figure, "curves")

    classifiers = {name: result for name, result in results.items() if "auc_labels" in result}
    if classifiers:
        figure, pairs = panels(classifiers, "ROC")
        for axes, result in pairs:
            axes.plot(*result["roc_labels"], marker="o", label=f"hard labels, AUC {result['auc_labels']:.3f}")
            axes.plot(*result["roc_probabilities"], label=f"probabilities, AUC {result['auc_probabilities']:.3f}")
            axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
            axes.set_xlabel("young called old")
            axes.set_ylabel("old called old")
            axes.legend(fontsize=8, loc="lower right")
        save(figure, "roc")

        figure, pairs = panels(classifiers, "Confusion matrix")
        for axes, result in pairs:
            matrix = result["confusion_matrix"]
            axes.imshow(matrix, cmap="Blues", vmin=0, vmax=2 * max(map(max, matrix)))  # pale: the text is black
            for row in range(2):
                for column in range(2):
                    share = matrix[row][column] / sum(matrix[row])
                    axes.text(column, row, f"{matrix[row][column]}\n{100 * share:.0f}%", ha="center", va="center")
            axes.set_xticks([0, 1], ["called young", "called old"])
            axes.set_yticks([0, 1], ["young", "old"])
        save(figure, "confusion")

    if "regression" in results:
        figure, [(axes, result)] = panels({"regression": results["regression"]}, "Rings")
        axes.scatter(result["truth"], result["predicted"], s=6, alpha=0.4)
        axes.axline((0, 0), slope=1, color="grey", linestyle=":")
        axes.set_xlabel("counted")
        axes.set_ylabel("predicted")
        save(figure, "regression")
    return paths


def report(name, title, result):
    """What one variant came to, in a few lines."""
    say(f"\n{name}: {title}")
    say(
        f"  training loss {result['training_losses'][0]:.4f} → {result['training_losses'][-1]:.4f}; "
        f"best validation in epoch {result['best_epoch']} of {len(result['training_losses'])}"
    )
    if "mse" in result:
        say(
            f"  test: mean squared error {result['mse']:.3f}, its root {result['rmse']:.3f} rings, mean absolute error "
            f"{result['mae']:.3f}; always answering the mean: root {result['rmse_of_the_mean']:.3f}"
        )
        return
    say(
        f"  test accuracy {100 * result['test_accuracy']:.2f}%, AUC {result['auc_labels']:.3f} from hard labels, "
        f"{result['auc_probabilities']:.3f} from probabilities"
    )
    say(
        f"  confusion matrix {result['confusion_matrix']}: {100 * result['young_misclassified']:.1f}% of the young and "
        f"{100 * result['old_misclassified']:.1f}% of the old misclassified"
    )


WHY = """
Why two ROC curves? A hard label is the probability cut at one half, so its curve has a single corner, joined to (0, 0)
and (1, 1) by straight lines: the area under it is (1 + TPR - FPR)/2, the mean of the two classes' accuracies. The curve
of the probabilities shows every place where the cut could be; the area under it is the chance that a random old abalone
gets a higher probability than a random young one. Same model, same predictions: the second keeps the ranking that
cutting throws away. Its curve passes through the first one's corner and bulges outwards beside it: more area."""


def parser():
    """The program's flags."""
    made = flags(__doc__.splitlines()[0], epochs=60, batch_size=64, workers=0)
    made.add_argument("--variant", action="append", choices=VARIANTS, help="only this one; may be repeated")
    return made


def main(argv=None):
    args = parser().parse_args(argv)
    require("pandas", "sklearn.metrics", "matplotlib.figure")
    start(args)
    if args.download:
        raise BadInput("--download: get abalone.data yourself, from archive.ics.uci.edu/dataset/1/abalone")

    checkpoint = Checkpoint(args, "abalone")
    frame = read_table(f"{args.data}/abalone/abalone.data")
    parts = split(len(frame), args.seed)
    say(f"{len(frame)} rows, {100 * (frame['Rings'] >= OLD).mean():.1f}% of them old (at least {OLD} rings); "
        f"training {len(parts[0])}, validation {len(parts[1])}, test {len(parts[2])}")  # fmt: skip
    results = {}
    for name in args.variant or VARIANTS:
        title, hidden, with_sex, weight_decay, dropout = VARIANTS[name]
        regression = name == "regression"
        sets = datasets(frame, parts, with_sex=with_sex, target="Rings" if regression else "Old")
        torch.manual_seed(args.seed)  # each variant from the same start, alone or after others
        model = Net(sets[0].tensors[0].shape[1], hidden, 1 if regression else 2, dropout).to(args.device)
        criterion, score = (nn.MSELoss(), mean_absolute) if regression else (nn.CrossEntropyLoss(), misclassified)
        result = train(
            name, model, criterion, sets[0], sets[1], args, checkpoint, score=score, weight_decay=weight_decay
        )
        result |= judge_rings(model, sets[0], sets[2]) if regression else judge_classes(model, sets[2])
        report(name, title, result)
        save_state(model, f"{args.out}/abalone_{name}.pth")
        results[name] = result

    if set(results) - {"regression"}:
        say(WHY)
    say("\nfigures: " + ", ".join(draw(results, args.out)))
    return finish(args, "abalone", {"variants": results})


if __name__ == "__main__":
    run(main)
