"""The checks of lesson 7's exercises."""

import minitorch as torch
from minitorch import nn
from minitorch.lessons.checking import Refused, close, exercise, function, number, require, tensor


def unrounded(size, kernel):
    """One side behind the four layers, if a half counted."""
    for _ in range(2):
        size = (size - kernel + 1) / 2
    return size


@exercise("07-1", "Numbers behind flatten")
def flat_features(answer, rng):
    function(answer, 3)
    for height, width, kernel in [(32, 32, 5), (30, 47, 5), (33, 26, 3), (61, 40, 7)]:
        layers = nn.Sequential(
            nn.Conv2d(3, 6, kernel), nn.MaxPool2d(2, 2), nn.Conv2d(6, 16, kernel), nn.MaxPool2d(2, 2)
        )  # fmt: skip
        _, channels, high, wide = layers(torch.zeros(1, 3, height, width)).shape
        right = channels * high * wide
        found = number(answer(height, width, kernel), "What flat_features returns")
        given = f"For images of {height}×{width} and a kernel of {kernel}×{kernel} you return {found:g}"
        hint = "Follow one side through four layers: convolution, pooling, convolution, pooling. Then the other side."
        if close(found, high * wide):
            hint = "So many places has one map. How many maps does the second convolution give?"
        elif high != wide and (close(found, channels * high**2) or close(found, channels * wide**2)):
            hint = "Height and width go through the layers each by itself."
        elif close(found, channels * unrounded(height, kernel) * unrounded(width, kernel)) or found % 1:
            hint = "Half a window is none: each layer rounds down to a whole number."
        require(close(found, right), f"{given}; the layers give {right}.", hint)


@exercise("07-2", "A net for grey images of 28×28")
def grey_net(answer, rng):
    require(
        isinstance(answer, type) and issubclass(answer, nn.Module),
        "The answer should be a class derived from nn.Module.",
        "Pass the class itself, without parentheses.",
    )
    net = answer()
    x = torch.tensor(rng.uniform(-1, 1, (64, 1, 28, 28)), dtype=torch.float32)
    try:
        logits = net(x)
    except RuntimeError as error:
        raise Refused(
            f"Given images of 1×28×28 it says: {error}",
            "Grey is one channel. And where does 28 lead, through the formula, in four steps?",
        ) from None
    require(logits is not ..., "There is no answer yet: put yours where the dots are.")
    tensor(logits, (64, 10), "What the net gives for 64 images")
    with torch.no_grad():
        alone = torch.cat([net(x[i : i + 1]) for i in range(4)])
    require(
        close(alone, logits[:4], 1e-3, 1e-5),
        "An image's logits change with the other images in the batch.",
        "Axis 0 counts the images. Nothing may be mixed along it.",
    )
    require(
        not close(logits.sum(1), torch.ones(64), 1e-4) or logits.min().item() < 0,
        "The ten numbers of each image are positive and sum to 1.",
        "These are probabilities already. Cross-entropy takes logits, and makes probabilities of them itself.",
    )
    require(
        logits.min().item() < 0,
        "Of 640 logits none is negative.",
        "Logits may be any number. What comes last cuts the negative ones off.",
    )
    weights = [p for p in net.parameters() if p.ndim > 1]
    sizes = [p.shape[0] for p in weights]
    require(
        sizes == [6, 16, 120, 84, 10],
        f"Its layers give {', '.join(map(str, sizes)) or 'no'} channels or features; those of Net give 6, 16, 120, 84, 10.",
        "Only two numbers have to differ from Net.",
    )
    require(
        all(p.shape[2:] == (5, 5) for p in weights[:2]),
        "The kernels are not 5×5.",
        "Only two numbers have to differ from Net.",
    )
    logits.square().sum().backward()
    idle = [name for name, p in net.named_parameters() if p.grad is None]
    require(not idle, f"No gradient reaches {', '.join(idle)}.", "Is every layer used in forward?")


@exercise("07-3", "Accuracy per class")
def class_accuracy(answer, rng):
    function(answer, 3)
    for classes in (10, 3, 4):
        counts = rng.permutation(range(2, 2 + classes))
        labels = rng.permutation([k for k in range(classes) for _ in range(counts[k])])
        wrong = (labels + rng.integers(1, classes, len(labels))) % classes
        guess = [wrong[i] if rng.uniform() < 0.5 else labels[i] for i in range(len(labels))]
        # Each class once more, right, so that none is never chosen.
        labels, guess = ([*map(int, x), *range(classes)] for x in (labels, guess))
        found = answer(torch.tensor(guess), torch.tensor(labels), classes)
        require(
            (isinstance(found, list | tuple) and len(found) == classes)
            or (isinstance(found, torch.Tensor) and found.shape == (classes,)),
            f"For {classes} classes you return {found!r}; it should be a list of {classes} numbers.",
            "Go through the classes, and append one share for each.",
        )
        for k in range(classes):
            hits = sum(g == right == k for g, right in zip(guess, labels, strict=True))
            of, chosen = labels.count(k), guess.count(k)
            share = number(found[k], f"The share of class {k}")
            hint = "Of the images whose label is this class, how many were put there?"
            if chosen != of and close(share, hits / chosen, 1e-5):
                hint = "You divide by how often the class was chosen. Divide by how many images of it there are."
            elif close(share, hits / len(labels), 1e-5):
                hint = "You divide by the number of all images."
            elif close(share, 100 * hits / of, 1e-5):
                hint = "A share lies between 0 and 1."
            require(
                close(share, hits / of, 1e-5),
                f"Class {k} has {of} images, {hits} of them right. You return {share:.4f}.",
                hint,
            )


def batches_of(answer, count, size):
    """What the answer returns, as lists of ints; refused if it is nothing of the kind."""
    found = answer(count, size)
    kind = f"shuffled_batches({count}, {size}) should be a list of lists of numbers"
    require(isinstance(found, list | tuple), f"{kind}, and is {type(found).__name__}.", "Collect them in a list.")
    made = []
    for batch in found:
        batch = batch.tolist() if isinstance(batch, torch.Tensor) else batch
        require(isinstance(batch, list | tuple), f"{kind}, and one batch is {batch!r}.", "Each batch is a list.")
        made.append([int(number(i, "An index")) for i in batch])
    return made


@exercise("07-4", "What shuffle does")
def shuffled_batches(answer, rng):
    function(answer, 2)
    for count, size in [(12, 4), (10, 4), (7, 3)]:
        found = batches_of(answer, count, size)
        indices = [i for batch in found for i in batch]
        twice = sorted({i for i in indices if indices.count(i) > 1})
        require(
            not twice,
            f"Of {count} images {twice} come more than once in one epoch.",
            "Don't draw each index by itself. Put all of them into a random order, once.",
        )
        missing = sorted(set(range(count)) - set(indices))
        require(
            not missing,
            f"Of {count} images {missing} are left out.",
            "The last batch may be smaller than the others.",
        )
        strange = sorted(set(indices) - set(range(count)))
        require(not strange, f"There is no image {strange}: {count} images are numbered from 0 to {count - 1}.")
    epochs = [batches_of(answer, 12, 4) for _ in range(40)]
    require(
        any(epoch != epochs[0] for epoch in epochs),
        "Forty epochs have one and the same order.",
        "A new order in each epoch: torch.randperm gives one, unless it is seeded anew each time.",
    )
    together = [{frozenset(batch) for batch in epoch} for epoch in epochs]
    require(
        any(epoch != together[0] for epoch in together),
        "The same images are together in a batch every time.",
        "Shuffle the images first, then cut the order into batches.",
    )
    for count, size in [(12, 4), (10, 4), (7, 3)]:
        sizes = [len(batch) for batch in batches_of(answer, count, size)]
        right = [size] * (count // size) + [count % size] * (count % size > 0)
        require(
            sizes == right,
            f"The batches hold {sizes} indices, and should hold {right}.",
            "The order is of images. Cut it into batches from its beginning.",
        )
    firsts = {epoch[0][0] for epoch in epochs}
    require(
        len(firsts) >= 7,
        f"In forty epochs only the images {sorted(firsts)} came first.",
        "Each order of the images should be as likely as each other.",
    )
