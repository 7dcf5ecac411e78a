"""Solutions of lesson 11's exercises, and answers that are often given and are wrong."""

import math

import numpy as np

from minitorch.lessons.checking import cells

make_net = cells("11", "setup", "net").make_net


def careful_sum(numbers):
    total, lost = numbers[0], 0.0
    for x in numbers[1:]:
        x = x + lost
        new = total + x
        lost = x - (new - total)
        total = new
    return total


def sum_in_halves(numbers):
    if len(numbers) == 1:
        return numbers[0]
    half = len(numbers) // 2
    return sum_in_halves(numbers[:half]) + sum_in_halves(numbers[half:])


def sum_in_a_loop(numbers):
    return sum(numbers)


def sum_backwards(numbers):
    return sum(reversed(numbers))


def lost_with_the_wrong_sign(numbers):
    total, lost = numbers[0], 0.0
    for x in numbers[1:]:
        x = x + lost
        new = total + x
        lost = (new - total) - x
        total = new
    return total


def only_the_last_lost(numbers):
    total, lost = numbers[0], 0.0
    for x in numbers[1:]:
        new = total + x
        lost = x - (new - total)
        total = new
    return total + lost


def number_of_them(numbers):
    return 0.1 * len(numbers)


def steps_per_tenfold(differences):
    logs = [math.log10(d) for d in differences]
    slope, _ = np.polyfit(range(len(logs)), logs, 1)
    return 1 / slope


def steps_from_both_ends(differences):
    return (len(differences) - 1) / math.log10(differences[-1] / differences[0])


def steps_per_e(differences):
    slope, _ = np.polyfit(range(len(differences)), np.log(differences), 1)
    return 1 / slope


def tenfolds_per_step(differences):
    slope, _ = np.polyfit(range(len(differences)), np.log10(differences), 1)
    return slope


def steps_without_logarithm(differences):
    slope, _ = np.polyfit(range(len(differences)), differences, 1)
    return 10 / slope


def first_suspect(differences, ruler, floor):
    largest = floor / 10
    for step, (found, shown) in enumerate(zip(differences, ruler, strict=True), start=1):
        largest = max(largest, shown)
        if found > 10 * largest:
            return step
    return None


def counted_from_zero(differences, ruler, floor):
    step = first_suspect(differences, ruler, floor)
    return None if step is None else step - 1


def same_step_only(differences, ruler, floor):
    for step, (found, shown) in enumerate(zip(differences, ruler, strict=True), start=1):
        if found > max(10 * shown, floor):
            return step
    return None


def whole_ruler(differences, ruler, floor):
    for step, found in enumerate(differences, start=1):
        if found > max(10 * max(ruler), floor):
            return step
    return None


def without_floor(differences, ruler, floor):
    return first_suspect(differences, ruler, 0.0)


def last_suspect(differences, ruler, floor):
    steps = [k for k in range(1, len(ruler) + 1) if differences[k - 1] > max(10 * max(ruler[:k]), floor)]
    return steps[-1] if steps else None


def with_second_head(torch, seed):
    body = make_net(torch, seed)
    head = torch.nn.Linear(64, 3)
    return body, head


def head_first(torch, seed):
    head = torch.nn.Linear(64, 3)
    body = make_net(torch, seed)
    return body, head


def seeded_again(torch, seed):
    body = make_net(torch, seed)
    torch.manual_seed(seed)
    return body, torch.nn.Linear(64, 3)


def head_inside(torch, seed):
    torch.manual_seed(seed)
    head = torch.nn.Linear(64, 3)
    body = torch.nn.Sequential(
        torch.nn.Linear(64, 64), torch.nn.Tanh(), torch.nn.Linear(64, 64), torch.nn.Tanh(), torch.nn.Linear(64, 10)
    )
    return body, head


def turned_round(torch, seed):
    return with_second_head(torch, seed)[::-1]


SOLUTIONS = {
    "11-1": careful_sum,
    "11-2": steps_per_tenfold,
    "11-3": first_suspect,
    "11-4": with_second_head,
}

# With a part of what the check says to each.
WRONG = {
    "11-1": [
        (sum_in_a_loop, "need not be lost"),
        (sum_backwards, "need not be lost"),
        (lost_with_the_wrong_sign, "units in its last place"),
        (only_the_last_lost, "add it when the next number comes"),
        (number_of_them, "Only + and − are there"),
    ],
    "11-2": [
        (steps_per_e, "Which logarithm"),
        (tenfolds_per_step, "how many steps one factor of ten takes"),
        (steps_without_logarithm, "straight line"),
    ],
    "11-3": [
        (counted_from_zero, "counted from 1"),
        (same_step_only, "the largest that the ruler has shown"),
        (whole_ruler, "explains nothing that came before"),
        (without_floor, "below the floor"),
        (last_suspect, "The first one counts"),
    ],
    "11-4": [
        (head_first, "two different sets"),
        (seeded_again, "starts the sequence from its beginning"),
        (head_inside, "Who must draw first"),
        (turned_round, "First the body, then the head"),
    ],
}
