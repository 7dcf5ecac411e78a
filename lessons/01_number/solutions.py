"""Solutions of lesson 1's exercises, and answers that are often given and are wrong."""

from minitorch.lessons.checking import cells

Number = cells("01", "number").Number


def slope(x, y):
    return 2 * x * y


def slope_of_the_other(x, y):
    return x * x


def slope_of_one_factor(x, y):
    return x * y


def subtract(a, b):
    return Number(a.value - b.value, ((a, 1.0), (b, -1.0)))


def subtract_as_if_added(a, b):
    return Number(a.value - b.value, ((a, 1.0), (b, 1.0)))


def subtract_values(a, b):
    return a.value - b.value


def subtract_forgetting_b(a, b):
    return Number(a.value - b.value, ((a, 1.0),))


def power(a, n):
    return Number(a.value**n, ((a, n * a.value ** (n - 1)),))


def power_with_exponent_kept(a, n):
    return Number(a.value**n, ((a, n * a.value**n),))


def power_without_comma(a, n):
    return Number(a.value**n, (a, n * a.value ** (n - 1)))


def descend(x, y, rate):
    return x - rate * (y + 1), y - rate * x


def climb(x, y, rate):
    return x + rate * (y + 1), y + rate * x


def descend_forgetting_the_sum(x, y, rate):
    return x - rate * y, y - rate * x


def descend_in_x_alone(x, y, rate):
    return x - rate * (y + 1)


SOLUTIONS = {"01-1": slope, "01-2": subtract, "01-3": power, "01-4": descend}

# With a part of what the check says to each.
WRONG = {
    "01-1": [(slope_of_the_other, "Hold y still"), (slope_of_one_factor, "x is a factor twice")],
    "01-2": [
        (subtract_as_if_added, "In which direction"),
        (subtract_values, "Return Number(value, parents)"),
        (subtract_forgetting_b, "does not remember b"),
    ],
    "01-3": [(power_with_exponent_kept, "product of the others"), (power_without_comma, "with a comma")],
    "01-4": [
        (climb, "Which way makes it fall"),
        (descend_forgetting_the_sum, "each by rate times its own derivative"),
        (descend_in_x_alone, "not a pair"),
    ],
}
