"""Solutions of lesson 9's exercises, and answers that are often given and are wrong."""

import math

import minitorch as torch


def standardise(train, other):
    return (other - train.mean(dim=0)) / train.std(dim=0)


def standardise_by_itself(train, other):
    return (other - other.mean(dim=0)) / other.std(dim=0)


def standardise_with_all_rows(train, other):
    rows = torch.cat([train, other])
    return (other - rows.mean(dim=0)) / rows.std(dim=0)


def standardise_columns_together(train, other):
    return (other - train.mean()) / train.std()


def standardise_by_variance(train, other):
    return (other - train.mean(dim=0)) / train.var(dim=0)


def confusion(truth, called, classes):
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    for t, c in zip(truth.tolist(), called.tolist(), strict=True):
        counts[t, c] += 1
    return counts


def confusion_transposed(truth, called, classes):
    return confusion(called, truth, classes)


def confusion_as_shares(truth, called, classes):
    counts = confusion(truth, called, classes)
    return counts / counts.sum(dim=1, keepdim=True)


def confusion_of_two_classes(truth, called, classes):
    return torch.tensor([[((truth == t) & (called == c)).sum() for c in (0, 1)] for t in (0, 1)])


def confusion_assigned_at_once(truth, called, classes):
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    counts[truth, called] += 1  # a place that is named often is written once
    return counts


def auc(scores, truth):
    positive, negative = scores[truth == 1].unsqueeze(1), scores[truth == 0]
    return ((positive > negative).double() + 0.5 * (positive == negative).double()).mean()


def auc_without_ties(scores, truth):
    positive, negative = scores[truth == 1].unsqueeze(1), scores[truth == 0]
    return (positive > negative).double().mean()


def auc_with_whole_ties(scores, truth):
    positive, negative = scores[truth == 1].unsqueeze(1), scores[truth == 0]
    return (positive >= negative).double().mean()


def auc_of_all_pairs(scores, truth):
    right = sum(a > b for a, s in zip(scores, truth, strict=True) for b, t in zip(scores, truth, strict=True) if s > t)
    return right / len(scores) ** 2


def auc_of_labels(scores, truth):
    return auc((scores > 0.5).double(), truth)


def auc_the_wrong_way(scores, truth):
    return auc(-scores, truth)


def cost(scores, truth, cut, alarm, miss):
    called = scores >= cut
    return alarm * (called & (truth == 0)).sum() + miss * (~called & (truth == 1)).sum()


def cheapest_cut(scores, truth, alarm, miss):
    cuts = [*scores.tolist(), math.inf]
    return min(cuts, key=lambda cut: cost(scores, truth, cut, alarm, miss).item())


def cut_in_the_middle(scores, truth, alarm, miss):
    return 0.5


def cut_with_fewest_errors(scores, truth, alarm, miss):
    return cheapest_cut(scores, truth, 1, 1)


def cut_with_costs_exchanged(scores, truth, alarm, miss):
    return cheapest_cut(scores, truth, miss, alarm)


def dropout(x, p):
    return torch.where(torch.rand(x.shape) < p, 0.0, x / (1 - p))


def dropout_without_scaling(x, p):
    return torch.where(torch.rand(x.shape) < p, 0.0, x)


def dropout_that_keeps_p(x, p):
    return torch.where(torch.rand(x.shape) < p, x / p, 0.0)


def dropout_of_rows(x, p):
    return torch.where(torch.rand(len(x), 1) < p, 0.0, x / (1 - p))


def dropout_of_columns(x, p):
    return torch.where(torch.rand(x.shape[1]) < p, 0.0, x / (1 - p))


def dropout_scaled_by_p(x, p):
    return torch.where(torch.rand(x.shape) < p, 0.0, x / p)


SOLUTIONS = {"09-1": standardise, "09-2": confusion, "09-3": auc, "09-4": cheapest_cut, "09-5": dropout}

# With a part of what the check says to each.
WRONG = {
    "09-1": [
        (standardise_by_itself, "must not depend on the rows that come with it"),
        (standardise_with_all_rows, "must not depend on the rows that come with it"),
        (standardise_columns_together, "along which dimension"),
        (standardise_by_variance, "not its square"),
    ],
    "09-2": [
        (confusion_transposed, "The first index is what it is"),
        (confusion_as_shares, "counted once"),
        (confusion_of_two_classes, "it should be (3, 3)"),
        (confusion_assigned_at_once, "counted once"),
    ],
    "09-3": [
        (auc_without_ties, "Such a pair is a tie"),
        (auc_with_whole_ties, "Such a pair is a tie"),
        (auc_of_all_pairs, "how many such pairs"),
        (auc_of_labels, "nothing is cut"),
        (auc_the_wrong_way, "it should be 1"),
    ],
    "09-4": [
        (cut_in_the_middle, "Try every score"),
        (cut_with_fewest_errors, "or fewer"),
        (cut_with_costs_exchanged, "or fewer"),
    ],
    "09-5": [
        (dropout_without_scaling, "make up for what is gone"),
        (dropout_that_keeps_p, "smaller than p"),
        (dropout_of_rows, "drawn for by itself"),
        (dropout_of_columns, "drawn for by itself"),
        (dropout_scaled_by_p, "make up for what is gone"),
    ],
}
