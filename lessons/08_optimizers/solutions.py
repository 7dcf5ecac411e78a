"""Solutions of lesson 8's exercises, and answers that are often given and are wrong."""

import math


def largest_rate(a, b):
    return 1 / max(a, b)


def largest_rate_with_the_half(a, b):
    return 2 / max(a, b)


def largest_rate_of_the_flat_direction(a, b):
    return 1 / min(a, b)


def best_rate(a, b):
    return 1 / (a + b)


def steps_needed(condition, shrink):
    factor = (condition - 1) / (condition + 1)
    return math.ceil(math.log(shrink) / -math.log(factor))


def steps_not_rounded(condition, shrink):
    return math.log(shrink) / math.log((condition + 1) / (condition - 1))


def steps_rounded_down(condition, shrink):
    return int(steps_not_rounded(condition, shrink))


def steps_at_the_rate_of_the_steep_direction(condition, shrink):
    return math.ceil(math.log(shrink) / -math.log(1 - 1 / condition))


def momentum_step(p, b, g, rate, momentum):
    b = momentum * b + g
    return p - rate * b, b


def momentum_as_average(p, b, g, rate, momentum):
    b = momentum * b + (1 - momentum) * g
    return p - rate * b, b


def momentum_with_the_old_b(p, b, g, rate, momentum):
    return p - rate * b, momentum * b + g


def momentum_with_the_rate_inside(p, b, g, rate, momentum):
    b = momentum * b + rate * g
    return p - b, b


def adam_step(p, m, v, k, g, rate):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    right_m, right_v = m / (1 - 0.9**k), v / (1 - 0.999**k)
    return p - rate * right_m / (right_v**0.5 + 1e-8), m, v


def adam_not_corrected(p, m, v, k, g, rate):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    return p - rate * m / (v**0.5 + 1e-8), m, v


def adam_without_root(p, m, v, k, g, rate):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g**2
    right_m, right_v = m / (1 - 0.9**k), v / (1 - 0.999**k)
    return p - rate * right_m / (right_v + 1e-8), m, v


def adam_keeping_what_is_corrected(p, m, v, k, g, rate):
    m = (0.9 * m + 0.1 * g) / (1 - 0.9**k)
    v = (0.999 * v + 0.001 * g**2) / (1 - 0.999**k)
    return p - rate * m / (v**0.5 + 1e-8), m, v


def resting_place(target, curvature, decay):
    return target * curvature / (curvature + decay)


def resting_place_for_curvature_1(target, curvature, decay):
    return target / (1 + decay)


def resting_place_subtracted(target, curvature, decay):
    return target - decay


def resting_place_untouched(target, curvature, decay):
    return target


SOLUTIONS = {
    "08-1": largest_rate,
    "08-2": steps_needed,
    "08-3": momentum_step,
    "08-4": adam_step,
    "08-5": resting_place,
}

# With a part of what the check says to each.
WRONG = {
    "08-1": [
        (largest_rate_with_the_half, "second derivative"),
        (largest_rate_of_the_flat_direction, "Which of them fails first"),
        (best_rate, "not which rate is best"),
    ],
    "08-2": [
        (steps_not_rounded, "no parts of steps"),
        (steps_rounded_down, "rounded in this way"),
        (steps_at_the_rate_of_the_steep_direction, "by the factor from the text"),
    ],
    "08-3": [
        (momentum_as_average, "without a factor before it"),
        (momentum_with_the_old_b, "or the new one"),
        (momentum_with_the_rate_inside, "without a factor before it"),
    ],
    "08-4": [
        (adam_not_corrected, "of any size moves p"),
        (adam_without_root, "and the root"),
        (adam_keeping_what_is_corrected, "before they are corrected"),
    ],
    "08-5": [
        (resting_place_for_curvature_1, "Does the curvature stand"),
        (resting_place_subtracted, "nothing moves w any more"),
        (resting_place_untouched, "nothing moves w any more"),
    ],
}
