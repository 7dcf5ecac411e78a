"""The checks of lesson 5's exercises."""

import math
from collections.abc import Iterable

import minitorch as torch
from minitorch import nn, optim
from minitorch.lessons.checking import close, exercise, function, number, require, tensor

NAMES = ("0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias")


def small_net():
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3), nn.LogSoftmax(dim=1))


def batch(rows):
    return torch.randn(rows, 6), torch.randint(0, 3, (rows,))


@exercise("05-1", "The loss of a network that knows nothing")
def untrained_loss(answer, rng):
    function(answer, 1)
    for classes in (10, 2, int(rng.integers(20, 500))):
        found = number(answer(classes), "What untrained_loss(classes) returns")
        expected = nn.CrossEntropyLoss()(torch.zeros(1, classes, dtype=torch.float64), torch.tensor([0])).item()
        said = f"For {classes} classes the engine finds {expected:.4f}, and you return {found:.4f}."
        require(not close(found, 1 / classes), said, "That is the probability of the right class. What is its loss?")
        require(not close(found, -expected), said, "A loss is not negative here. Where does the minus belong?")
        other = any(close(found, math.log(classes, base)) for base in (2, 10))
        require(not other, said, "Which logarithm undoes eˣ?")
        require(
            close(found, expected, 1e-5),
            said,
            "Equal logits give equal probabilities. Cross-entropy is minus the natural logarithm of the right class's.",
        )


@exercise("05-2", "All zero")
def moving(answer, rng):
    require(
        isinstance(answer, str) or (isinstance(answer, Iterable) and not isinstance(answer, type)),
        "The answer is no list of names.",
        'A list looks like ["0.weight", "2.bias"].',
    )
    named = [answer] if isinstance(answer, str) else list(answer)
    strange = [name for name in named if name not in NAMES]
    require(not strange, f"There is no {', '.join(map(repr, strange))}.", f"The names are {', '.join(NAMES)}.")
    net = small_net()
    with torch.no_grad():
        for p in net.parameters():
            p.zero_()
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    for _ in range(3):
        images, labels = batch(16)
        optimizer.zero_grad()
        nn.NLLLoss()(net(images), labels).backward()
        optimizer.step()
    moved = {name for name, p in net.named_parameters() if p.abs().max().item() > 0}
    extra = [name for name in NAMES if name in named and name not in moved]
    require(
        "4.weight" not in extra,
        "4.weight stays at zero.",
        "The gradient of a weight has as a factor what came in at that weight. What comes in at the last layer?",
    )
    require(
        not extra,
        f"{extra[0] if extra else ''} stays at zero.",
        "On its way back the gradient is multiplied by the weights of each layer that it passes. What are they here?",
    )
    missing = [name for name in NAMES if name in moved and name not in named]
    require(
        not missing,
        "You have not named everything that moves.",
        "At the logits the gradient is p − y, and that isn't zero. What is added there, whatever came in?",
    )


@exercise("05-3", "A step by hand")
def sgd_step(answer, rng):
    function(answer, 2)
    net, twin = small_net(), small_net()
    twin.load_state_dict(net.state_dict())
    rate = float(rng.uniform(0.1, 0.3))
    optimizer = optim.SGD(twin.parameters(), lr=rate)
    images, labels = batch(8)
    for step in (1, 2):
        optimizer.zero_grad()
        for each in (net, twin):
            nn.NLLLoss()(each(images), labels).backward()
        before = [p.detach().clone() for p in net.parameters()]
        optimizer.step()
        answer(list(net.parameters()), rate)
        now, right = list(net.parameters()), list(twin.parameters())
        require(
            any(not close(p, old, 0, 0) for p, old in zip(now, before, strict=True)),
            "After your step the parameters are what they were.",
            "`p = p - …` gives the name p to a new tensor. To change the tensor itself write `p -= …`.",
        )
        climbed = all(close(p - old, old - new, 1e-3, 1e-6) for p, old, new in zip(now, before, right, strict=True))
        require(not climbed, "Your step goes uphill.", "The gradient says where the loss grows.")
        same = all(close(p, q, 1e-4, 1e-6) for p, q in zip(now, right, strict=True))
        if step == 1:
            require(
                same,
                f"After one step of rate {rate:.3f} the parameters are not those that optim.SGD gives.",
                "Each parameter moves by rate times its own gradient.",
            )
        else:
            require(
                same,
                "The first step is right, the second isn't.",
                "What does the second backward find in `.grad`, and what should it?",
            )
    left = [p.grad for p in now if p.grad is not None]
    require(
        all(not g.any().item() for g in left),
        "After your step the gradients are still there.",
        "zero_grad comes second. `p.grad = None` forgets a gradient.",
    )


@exercise("05-4", "A batch in parts")
def backward_in_parts(answer, rng):
    function(answer, 4)
    images, labels = batch(12)
    for parts in (1, 3, 4):
        net, twin = small_net(), small_net()
        twin.load_state_dict(net.state_dict())
        nn.NLLLoss()(twin(images), labels).backward()
        rows = []
        net.register_forward_pre_hook(lambda module, inputs, rows=rows: rows.append(len(inputs[0])))
        answer(net, images, labels, parts)
        said = f"With {parts} parts of 12 rows: "
        require(
            all(p.grad is not None for p in net.parameters()),
            f"{said}a parameter has no gradient.",
            "Call `backward()` on the loss of each part.",
        )
        require(
            len(rows) == parts and set(rows) == {12 // parts},
            f"{said}the network was given {len(rows)} times some rows: {rows}.",
            "Each part is given to the network once, and has as many rows as the others.",
        )
        mine = torch.cat([p.grad.flatten() for p in net.parameters()])
        whole = torch.cat([p.grad.flatten() for p in twin.parameters()])
        require(
            parts == 1 or not close(mine, parts * whole, 1e-3, 1e-6),
            f"{said}the gradients are {parts} times too large.",
            "Each part's mean divides by the rows of that part. The whole batch has more.",
        )
        require(
            close(mine, whole, 1e-3, 1e-6),
            f"{said}the gradients differ from those of the whole batch by {(mine - whole).abs().max().item():.1e}.",
            "The gradients of the parts have to add up: nothing may clear them in between, and each row counts once.",
        )


@exercise("05-5", "The squared error's gradient")
def squared_error_gradient(answer, rng):
    function(answer, 2)
    for rows, classes in ((1, 3), (5, 4)):
        logits = torch.tensor(rng.normal(0, 1, (rows, classes)), requires_grad=True)
        p = torch.softmax(logits, dim=1)
        y = torch.eye(classes, dtype=torch.float64)[torch.tensor(rng.integers(0, classes, rows))]
        (((y - p) ** 2).sum() / (2 * rows)).backward()
        p = p.detach()
        found = tensor(answer(p, y), (rows, classes), "What you return")
        said = (
            f"For {rows} row{'s' if rows > 1 else ''} of {classes} classes the first row of the gradient is "
            f"{[round(v, 4) for v in logits.grad[0].tolist()]}, and of yours {[round(v, 4) for v in found[0].tolist()]}."
        )
        error = (p - y) / rows
        require(
            not close(found, error),
            said,
            "That is the gradient with respect to ŷ. The way back goes on through the softmax.",
        )
        require(
            not close(found, p * error),
            said,
            "Each logit changes all the probabilities, since they sum to 1. What else does the softmax's backward subtract?",
        )
        require(rows == 1 or not close(found, rows * logits.grad), said, "C is a mean over n rows.")
        require(close(found, logits.grad), said, "Put g = (ŷ − y)/n into the softmax's backward, row by row.")
