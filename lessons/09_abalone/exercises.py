"""The checks of lesson 9's exercises."""

import math

import minitorch as torch
from minitorch.lessons.checking import cells, close, exercise, function, number, require, tensor


def random_tensor(rng, *shape, mean=0.0, deviation=1.0):
    return torch.tensor(rng.normal(mean, deviation, shape))


@exercise("09-1", "Standardised with the training rows alone")
def standardise(answer, rng):
    function(answer, 2)
    train = random_tensor(rng, 60, 3) * torch.tensor([0.1, 2.0, 30.0]) + torch.tensor([0.5, -3.0, 100.0])
    other = random_tensor(rng, 12, 3) * torch.tensor([0.2, 1.0, 20.0]) + torch.tensor([0.7, 0.0, 60.0])
    known = tensor(answer(train, train), (60, 3), "What standardise(train, train) returns")
    means, deviations = known.mean(dim=0).tolist(), known.std(dim=0).tolist()
    require(
        close(torch.tensor(means), torch.zeros(3), absolute=1e-4),
        f"The training rows themselves have the column means {rounded(means)} afterwards; they should be 0.",
        "Each column has a mean of its own: along which dimension are the rows?",
    )
    require(
        close(torch.tensor(deviations), torch.ones(3), relative=0.02),
        f"The training rows themselves have the standard deviations {rounded(deviations)} afterwards; they should be 1.",
        "Each column has a standard deviation of its own, and not its square is divided by.",
    )
    found = tensor(answer(train, other), (12, 3), "What standardise(train, other) returns")
    alone = tensor(answer(train, other[:4]), (4, 3), "What standardise(train, other) returns for four rows")
    require(
        close(found[:4], alone, 1e-5, 1e-7),
        f"The first of the other rows becomes {rounded(found[0].tolist())}, and with fewer rows beside it "
        f"{rounded(alone[0].tolist())}.",
        "What is done to a row must not depend on the rows that come with it. Where are mean and deviation known from?",
    )
    mixed = tensor(answer(train, torch.cat([train[:5], other])), (17, 3), "What standardise(train, other) returns")
    require(
        close(mixed[:5], known[:5], 1e-5, 1e-7),
        "A training row that comes again among the others becomes something else than before.",
        "Both are to be treated in the same way, with the same mean and deviation.",
    )


def rounded(values):
    return [round(value, 3) for value in values]


@exercise("09-2", "A confusion matrix for any number of classes")
def confusion(answer, rng):
    function(answer, 3)
    for classes in (2, 3, 5):
        truth = torch.tensor(rng.integers(0, classes, 40))
        called = torch.where(torch.tensor(rng.random(40)) < 0.6, truth, torch.tensor(rng.integers(0, classes, 40)))
        called[:7] = 0  # one class is called more often than it should be
        found = tensor(answer(truth, called, classes), (classes, classes), "What confusion(…) returns")
        total = number(found.sum(), "The sum of the counts")
        require(
            close(total, 40),
            f"There are 40 rows, and the matrix has the sum {total:g}.",
            "Each row of the table is counted once, in one place.",
        )
        for t in range(classes):
            there, counted = (truth == t).sum().item(), number(found[t].sum())
            require(
                close(counted, there),
                f"Of class {t} there are {there}, and row {t} of the matrix has the sum {counted:g}.",
                "The first index is what it is, the second what it was called.",
            )
            for c in range(classes):
                there, counted = ((truth == t) & (called == c)).sum().item(), number(found[t, c])
                require(
                    close(counted, there),
                    f"{there} of class {t} were called {c}, and the matrix says {counted:g}.",
                    "Go through the rows of the table one by one: which place does each belong to?",
                )


@exercise("09-3", "AUC, as pairs in the right order")
def auc(answer, rng):
    function(answer, 2)
    lesson = cells("09", "roc")

    def found(scores, truth):
        return number(answer(scores, truth), "What auc(scores, truth) returns")

    truth = torch.tensor([0, 1, 0, 1, 1, 0, 0])
    perfect = torch.tensor([0.1, 0.4, 0.2, 0.3, 0.45, 0.05, 0.25])
    value = found(perfect, truth)
    require(
        close(value, 1),
        f"Where every positive has a higher score than every negative you find {value:.4f}; it should be 1.",
        "A pair is one positive and one negative, and nothing is cut: how many such pairs are there?",
    )
    value = found(-perfect, truth)
    require(
        close(value, 0),
        f"Where every positive has a lower score than every negative you find {value:.4f}; it should be 0.",
        "The pair is in the right order if the positive has the higher score.",
    )
    value = found(torch.full((7,), 0.3), truth)
    require(
        close(value, 0.5),
        f"Where all scores are equal you find {value:.4f}; it should be one half.",
        "Such a pair is a tie.",
    )
    for digits in (6, 1):
        truth = torch.tensor(rng.integers(0, 2, 50))
        scores = torch.tensor((rng.random(50) * 0.7 + 0.3 * truth.numpy()).round(digits))
        area, value = lesson.area(lesson.roc(scores, truth)), found(scores, truth)
        require(
            close(value, area, 1e-5),
            f"On 50 random scores{' with ties' if digits == 1 else ''} the area under the curve is {area:.4f}, and you "
            f"find {value:.4f}.",
            "Compare the scores themselves, each positive's with each negative's, and mind the ties.",
        )


@exercise("09-4", "The cheapest cut")
def cheapest_cut(answer, rng):
    function(answer, 4)
    for alarm, miss in [(1, 1), (1, 8), (8, 1), (2, 3)]:
        truth = torch.tensor(rng.integers(0, 2, 60))
        scores = torch.tensor((rng.random(60) * 0.6 + 0.25 * truth.numpy()).round(3))

        def cost(cut, scores=scores, truth=truth, alarm=alarm, miss=miss):
            called = scores >= cut
            return alarm * (called & (truth == 0)).sum().item() + miss * (~called & (truth == 1)).sum().item()

        cut = number(answer(scores, truth, alarm, miss), "What cheapest_cut(…) returns")
        require(not math.isnan(cut), "The cut is not a number.")
        possible = [*scores.tolist(), math.inf]
        least = min(cost(c) for c in possible)
        dearer = "dearer" if miss > alarm else "cheaper"
        hint = f"A miss is {dearer} than a false alarm here: should more be called positive for that, or fewer?"
        if miss == alarm:
            hint = "Try every score as the cut, and none called positive as well. What does each cost?"
        require(
            close(cost(cut), least),
            f"With {alarm} for a false alarm and {miss} for a miss, your cut {cut:.3f} costs {cost(cut):g}; {least:g} is "
            "possible.",
            hint,
        )


@exercise("09-5", "Dropout")
def dropout(answer, rng):
    function(answer, 2)
    for p in (0.2, 0.5, 0.75):
        x = torch.tensor(rng.uniform(1, 3, (100, 200)))
        result = tensor(answer(x.clone(), p), (100, 200), "What dropout(x, p) returns")
        zeros = (result == 0).float().mean().item()
        require(
            abs(zeros - p) < 0.03,
            f"With p = {p}, {zeros:.1%} of the elements are 0.",
            "torch.rand gives numbers from 0 to 1. Which share of them is smaller than p, and what is to happen to these?",
        )
        rows = (result == 0).float().mean(dim=1)
        columns = (result == 0).float().mean(dim=0)
        require(
            rows.std().item() < 0.1 and columns.std().item() < 0.1,
            "Whole rows or columns of x are dropped together.",
            "Each element is drawn for by itself: how many random numbers does that need?",
        )
        before, after = x.mean().item(), result.mean().item()
        require(
            close(after, before, 0.05),
            f"With p = {p} the mean of x is {before:.3f} before and {after:.3f} after.",
            "What is left has to make up for what is gone. Only the share 1 − p is left.",
        )
        kept = result != 0
        ratio = result[kept] / x[kept]
        require(
            close(ratio, torch.full_like(ratio, ratio[0].item()), 1e-4),
            "The elements that are kept are not all scaled by the same factor.",
            "The factor depends on p alone, not on how many were dropped by chance or which.",
        )
        again = answer(x.clone(), p)
        require(not close(result, again), "A second call drops the same elements.", "Draw anew in each call.")
