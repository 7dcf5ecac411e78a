"""Solutions of lesson 12's exercises, and answers that are often given and are wrong."""

import minitorch as torch


def crossover(launch_cpu, rate_cpu, launch_gpu, rate_gpu, size):
    return (launch_gpu - launch_cpu) / (size / rate_cpu - size / rate_gpu)


def crossover_of_bytes(launch_cpu, rate_cpu, launch_gpu, rate_gpu, size):
    return (launch_gpu - launch_cpu) / (1 / rate_cpu - 1 / rate_gpu)


def crossover_turned_round(launch_cpu, rate_cpu, launch_gpu, rate_gpu, size):
    return (launch_gpu - launch_cpu) / (size / rate_gpu - size / rate_cpu)


def crossover_of_a_card_without_end(launch_cpu, rate_cpu, launch_gpu, rate_gpu, size):
    return (launch_gpu - launch_cpu) * rate_cpu / size


def bytes_moved(n, k):
    return 8 * n * k, 8 * n


def numbers_moved(n, k):
    return 2 * n * k, 2 * n


def bytes_read(n, k):
    return 4 * n * k, 4 * n


def bytes_of_a_shared_middle(n, k):
    return 4 * n * (k + 1), 8 * n


def fused_still_moves_all(n, k):
    return 8 * n * k, 8 * n * k


def place(t, C, H, W):
    t, x = divmod(t, W)
    t, y = divmod(t, H)
    n, c = divmod(t, C)
    return n, c, y, x


def place_slowest_first(t, C, H, W):
    n, t = t % C, t // C
    c, t = t % H, t // H
    y, x = t % W, t // W
    return n, c, y, x


def place_with_fractions(t, C, H, W):
    return t / (C * H * W), t / (H * W) % C, t / W % H, t % W


def place_rows_and_columns_exchanged(t, C, H, W):
    t, y = divmod(t, H)
    t, x = divmod(t, W)
    n, c = divmod(t, C)
    return n, c, y, x


def mean_loss(step, batches):
    total = 0.0
    for x, y in batches:
        total = total + step(x, y).detach()
    return total.item() / len(batches)


def mean_of_a_stack(step, batches):
    return torch.stack([step(x, y).detach() for x, y in batches]).mean().item()


def mean_loss_waiting(step, batches):
    total = 0.0
    for x, y in batches:
        total += step(x, y).item()
    return total / len(batches)


def mean_loss_of_floats(step, batches):
    losses = [step(x, y).detach() for x, y in batches]
    return sum(float(loss) for loss in losses) / len(batches)


def mean_loss_with_a_question(step, batches):
    total = 0.0
    for x, y in batches:
        loss = step(x, y).detach()
        if loss != loss:
            print("nan")
        total = total + loss
    return total.item() / len(batches)


def mean_loss_never_waiting(step, batches):
    return sum(step(x, y).detach() for x, y in batches) / len(batches)


def last_loss(step, batches):
    for x, y in batches:
        loss = step(x, y)
    return loss.item()


SOLUTIONS = {"12-1": crossover, "12-2": bytes_moved, "12-3": place, "12-4": mean_loss}

# With a part of what the check says to each.
WRONG = {
    "12-1": [
        (crossover_of_bytes, "How many elements are so many bytes"),
        (crossover_turned_round, "Which side has the larger launch"),
        (crossover_of_a_card_without_end, "Everything with n belongs on one side"),
    ],
    "12-2": [
        (numbers_moved, "The question is for bytes"),
        (bytes_read, "writes all of its output"),
        (bytes_of_a_shared_middle, "also where the next reads it again"),
        (fused_still_moves_all, "stays with the thread"),
    ],
    "12-3": [
        (place_slowest_first, "the index that runs fastest"),
        (place_with_fractions, "Divide with //"),
        (place_rows_and_columns_exchanged, "one after the other, as the kernel does"),
    ],
    "12-4": [
        (mean_loss_waiting, "ask for it behind the loop"),
        (mean_loss_of_floats, "ask for it behind the loop"),
        (mean_loss_with_a_question, "an `if` on it"),
        (mean_loss_never_waiting, "Where is it enough"),
        (last_loss, "Divide the sum"),
    ],
}
