"""Solutions of lesson 2's exercises, and answers that are often given and are wrong."""

ORDER = "u e d c"
EARLY = "u d e c"
FORWARD = "c d e u"
WITH_LEAVES = "u e d c x y"


def count_ways(end, start):
    ways = {end: 1}
    pending = {end}
    while pending:
        number = max(pending, key=lambda n: n.serial)
        pending.remove(number)
        for parent, _ in number.parents:
            ways[parent] = ways.get(parent, 0) + ways[number]
            pending.add(parent)
    return ways[start]


def count_ways_one_by_one(end, start):
    if end is start:
        return 1
    return sum(count_ways_one_by_one(parent, start) for parent, _ in end.parents)


def count_derivative(end, start):
    sent = {end: 1.0}
    pending = {end}
    while pending:
        number = max(pending, key=lambda n: n.serial)
        pending.remove(number)
        for parent, local in number.parents:
            sent[parent] = sent.get(parent, 0.0) + sent[number] * local
            pending.add(parent)
    return sent[start]


def count_numbers_between(end, start):
    seen, stack = set(), [end]
    while stack:
        number = stack.pop()
        if number not in seen:
            seen.add(number)
            stack += [parent for parent, _ in number.parents]
    return len(seen)


def count_users(end, once_each=False):
    users, seen, stack = {}, {end}, [end]
    while stack:
        number = stack.pop()
        parents = [parent for parent, _ in number.parents]
        for parent in set(parents) if once_each else parents:
            users[parent] = users.get(parent, 0) + 1
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return users


def walk_by_counting(end):
    users = count_users(end)
    end.grad = 1.0
    ready = [end]
    while ready:
        number = ready.pop()
        for parent, local in number.parents:
            parent.grad += number.grad * local
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)


def walk_counting_a_square_once(end):
    users = count_users(end, once_each=True)
    end.grad = 1.0
    ready = [end]
    while ready:
        number = ready.pop()
        for parent, local in number.parents:
            parent.grad += number.grad * local
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)


def walk_as_they_come(end):
    end.grad = 1.0
    ready = [end]
    while ready:
        number = ready.pop(0)
        for parent, local in number.parents:
            parent.grad += number.grad * local
            ready.append(parent)


def walk_by_serial(end):
    end.grad = 1.0
    pending = {end}
    while pending:
        number = max(pending, key=lambda n: n.serial)
        pending.remove(number)
        for parent, local in number.parents:
            parent.grad += number.grad * local
            pending.add(parent)


def walk_forgetting_the_end(end):
    end.grad = 0.0
    walk_by_counting_from(end)


def walk_by_counting_from(end):
    users = count_users(end)
    ready = [end]
    while ready:
        number = ready.pop()
        for parent, local in number.parents:
            parent.grad += number.grad * local
            users[parent] -= 1
            if users[parent] == 0:
                ready.append(parent)


def mean_gradient(w, losses):
    w.grad = None
    for loss in losses:
        (loss(w) / len(losses)).backward()
    return w.grad


def mean_gradient_with_leftovers(w, losses):
    for loss in losses:
        (loss(w) / len(losses)).backward()
    return w.grad


def leftovers_divided(w, losses):
    for loss in losses:
        loss(w).backward()
    return w.grad / len(losses)


def gradient_of_the_sum(w, losses):
    w.grad = None
    for loss in losses:
        loss(w).backward()
    return w.grad


def gradient_of_the_last(w, losses):
    for loss in losses:
        w.grad = None
        loss(w).backward()
    return w.grad


SOLUTIONS = {"02-1": ORDER, "02-2": count_ways, "02-3": walk_by_counting, "02-4": mean_gradient}

# With a part of what the check says to each.
WRONG = {
    "02-1": [(EARLY, "the part that e will send"), (FORWARD, "Wait with a number"), (WITH_LEAVES, "x and y are leaves")],
    "02-2": [
        (count_ways_one_by_one, "each time that a way leads there"),
        (count_derivative, "whatever the local derivatives are"),
        (count_numbers_between, "lead to all its users together"),
    ],
    "02-3": [
        (walk_as_they_come, "passes on what it has once"),
        (walk_counting_a_square_once, "sends to it twice"),
        (walk_by_serial, "Count users instead"),
        (walk_forgetting_the_end, "change with itself"),
    ],
    "02-4": [
        (mean_gradient_with_leftovers, "before your function was called"),
        (leftovers_divided, "before your function was called"),
        (gradient_of_the_sum, "not of their mean"),
        (gradient_of_the_last, "the last loss alone"),
    ],
}
