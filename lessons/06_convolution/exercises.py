"""The checks of lesson 6's exercises."""

import minitorch as torch
import minitorch.nn.functional as F
from minitorch.lessons.checking import close, exercise, function, number, require, tensor


def drawn(rng, *shape):
    """Random numbers as a tensor."""
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


@exercise("06-1", "A kernel that moves an image")
def shift(answer, rng):
    kernel = tensor(answer, (3, 3)).detach().to(torch.float32)
    image = drawn(rng, 6, 7)
    result = F.conv2d(image.view(1, 1, 6, 7), kernel.view(1, 1, 3, 3), padding=1).view(6, 7)
    require(
        not close(result[:, :-1], image[:, 1:], 1e-5),
        "The image moves one pixel to the left.",
        "Each result takes one pixel of its window. If the image moves to the right, on which side of the window's middle "
        "was that pixel before?",
    )
    require(
        not close(result, image, 1e-5), "The image stays where it is.", "A 1 in the middle takes the pixel in the middle."
    )
    moves = [(result[1:], image[:-1], "down"), (result[:-1], image[1:], "up")]
    for there, before, name in moves:
        require(
            not close(there, before, 1e-5),
            f"The image moves one pixel {name}.",
            "In a kernel, rows are up and down, columns are left and right.",
        )
    require(
        close(result[:, 1:], image[:, :-1], 1e-5),
        f"In a random image the pixel in row 2, column 3 is {image[2, 3].item():.3f}. In the result, row 2, column 4 is "
        f"{result[2, 4].item():.3f}.",
        "A result should be one pixel of its window as it is. Which numbers do the other eight pixels have to meet?",
    )


SIZES = [
    (9, [(3, 1, 0)], "How many places has a window of 3 in a row of 9? Count them, if need be."),
    (9, [(3, 1, 1)], "The padding is added at both ends."),
    (10, [(3, 2, 0)], "The last window has to fit in wholly. What is left over behind it, does not count."),
    (12, [(3, 1, 1), (2, 2, 0), (3, 1, 0)], "Each layer receives what the layer before it gives."),
]


@exercise("06-2", "The size behind several layers")
def size_after(answer, rng):
    function(answer, 2)
    cases = list(SIZES)
    while len(cases) < 12:
        layers = [tuple(int(rng.integers(low, high)) for low, high in ((1, 5), (1, 4), (0, 3))) for _ in range(3)]
        cases.append((int(rng.integers(20, 60)), layers, "Go through the layers one by one on paper."))
    for size, layers, hint in cases:
        x = torch.zeros(1, 1, size, 1)
        for kernel, stride, padding in layers:
            x = F.conv2d(x, torch.zeros(1, 1, kernel, 1), stride=(stride, 1), padding=(padding, 0))
        found = number(answer(size, list(layers)), "What size_after(size, layers) returns")
        require(
            found == x.shape[2],
            f"Behind {layers} a size of {size} has become {x.shape[2]}, and you return {found:g}.",
            hint,
        )


@exercise("06-3", "A convolution of a row as a matrix")
def matrix_of(answer, rng):
    function(answer, 2)
    for width, size in ((2, 4), (3, 7), (4, 4), (3, 10)):
        kernel, row = drawn(rng, width), drawn(rng, size)
        matrix = tensor(answer(kernel.clone(), size), what="What matrix_of(kernel, size) returns").detach().double()
        places = size - width + 1
        require(
            tuple(matrix.shape) == (places, size),
            f"For a kernel of {width} and a row of {size} your matrix has the shape {tuple(matrix.shape)}; it should be "
            f"({places}, {size}).",
            "The matrix is multiplied by the row of numbers: it has a row for each result, a column for each number.",
        )
        expected = F.conv1d(row.view(1, 1, size), kernel.view(1, 1, width)).view(places)
        found = matrix @ row.double()
        turned = F.conv1d(row.view(1, 1, size), kernel.flip(0).view(1, 1, width)).view(places)
        require(
            not close(found, turned.double(), 1e-4, 1e-5) or close(found, expected.double(), 1e-4, 1e-5),
            "The kernel lies in your matrix the wrong way round.",
            "Result 0 is kernel[0] · row[0] + kernel[1] · row[1] + …: which numbers stand in the first row of the matrix?",
        )
        wrong = int((found - expected.double()).abs().argmax())
        require(
            close(found, expected.double(), 1e-4, 1e-5),
            f"Result {wrong} should be {expected[wrong].item():.4f}; with your matrix it is {found[wrong].item():.4f}.",
            f"Result {wrong} is made of row[{wrong}] and the numbers after it. In which columns do the numbers of the "
            "kernel stand then?",
        )


@exercise("06-4", "The gradient of max pooling")
def pool_gradient(answer, rng):
    function(answer, 2)

    def compare(x, hint):
        g = drawn(rng, x.shape[0] // 2, x.shape[1] // 2)
        leaf = x.clone().requires_grad_()
        F.max_pool2d(leaf.view(1, 1, *x.shape), 2).backward(g.view(1, 1, *g.shape))
        found = tensor(answer(x.clone(), g.clone()), tuple(x.shape), "What pool_gradient(x, g) returns").detach()
        expected = leaf.grad
        if not close(found.double(), expected.double(), 1e-5):
            y, z = divmod(int((found - expected).abs().argmax()), x.shape[1])
            top, left = y - y % 2, z - z % 2
            window = x[top : top + 2, left : left + 2].tolist()
            require(
                False,
                f"To the window {[[round(v, 2) for v in row] for row in window]} comes {g[y // 2, z // 2].item():.3f}. "
                f"Its pixel in row {y % 2}, column {z % 2} should receive {expected[y, z].item():.3f}; you give it "
                f"{found[y, z].item():.3f}.",
                hint,
            )

    for shape in ((2, 2), (4, 6), (6, 4)):
        compare(drawn(rng, *shape), "Change a pixel that is not the largest by a little: what does the result do?")
    for _ in range(4):
        x = torch.tensor(rng.integers(0, 3, (4, 6)), dtype=torch.float32)
        compare(x, "Here several pixels are equally large. Only the first of them, row by row, counts as the winner.")


@exercise("06-5", "The gradient of a row, with stride 2")
def row_gradient(answer, rng):
    function(answer, 3)
    for width, size in ((2, 6), (3, 7), (3, 8), (5, 12)):
        kernel = drawn(rng, width)
        row = drawn(rng, size).requires_grad_()
        out = F.conv1d(row.view(1, 1, size), kernel.view(1, 1, width), stride=2)
        g = drawn(rng, out.shape[2])
        out.backward(g.view(1, 1, -1))
        found = tensor(answer(g.clone(), kernel.clone(), size), (size,), "What row_gradient returns").detach()
        if close(found.double(), row.grad.double(), 1e-5, 1e-6):
            continue
        wrong = int((found - row.grad).abs().argmax())
        windows = [k for k in range(len(g)) if 2 * k <= wrong < 2 * k + width]
        hint = {
            0: "No window reaches that number, so it changes nothing.",
            1: "A window begins at every second number. Which number of the kernel does this one meet in it?",
        }.get(len(windows), "What comes from several windows is added up.")
        require(
            False,
            f"With a kernel of {width} and a row of {size}, row[{wrong}] lies in the windows {windows}. It should receive "
            f"{row.grad[wrong].item():.4f}, and you give it {found[wrong].item():.4f}.",
            hint,
        )
