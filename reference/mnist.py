"""The MNIST lesson: what a network, a loss, a gradient and a training step are, on 28×28 pictures of digits.

Ten numbered parts, each printing what it shows; the fifth to seventh look at one step closely, the eighth trains. Ends
at 92 to 93% of the test images. `--exercises` also works the exercises of part 10.
"""

import math

import torch
import torch.nn as nn
import torch.optim as optim
from checkpoints import Checkpoint
from common import (
    check_file,
    check_labels,
    device_of,
    finish,
    flags,
    import_torchvision,
    reading,
    require,
    run,
    save_figure,
    save_state,
    say,
    start,
)
from torch.utils.data import DataLoader

torchvision = import_torchvision()
transforms = torchvision.transforms

FILES = {"train-images-idx3-ubyte": (16 + 60_000 * 784, b"\0\0\x08\x03"),
         "train-labels-idx1-ubyte": (8 + 60_000, b"\0\0\x08\x01"),
         "t10k-images-idx3-ubyte": (16 + 10_000 * 784, b"\0\0\x08\x03"),
         "t10k-labels-idx1-ubyte": (8 + 10_000, b"\0\0\x08\x01")}  # fmt: skip

EXERCISES = [
    "An untrained net's loss is close to 2.303 whatever the weights drawn. Why?",
    "Set every weight and bias to zero before training. What can the net still learn, and why no more?",
    "Train with momentum 0.9. What learning rate without momentum comes close to it?",
    "Train on the squared error against one-hot targets instead of cross-entropy. What happens to the accuracy?",
]


def LogitsNet():
    """784 pixels to 10 logits: any real numbers, the largest the likeliest."""
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def Net():
    """784 pixels to the logarithms of 10 class probabilities."""
    return nn.Sequential(
        nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10), nn.LogSoftmax(dim=1)
    )


def load_data(args):
    """The training and the test set, pixels from −1 to 1."""
    if not args.download:
        for name, (size, first) in FILES.items():
            check_file(f"{args.data}/MNIST/raw/{name}", size=size, start=first)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    with reading("MNIST", args.data):
        trainset = torchvision.datasets.MNIST(args.data, train=True, download=args.download, transform=transform)
        testset = torchvision.datasets.MNIST(args.data, train=False, download=args.download, transform=transform)
        for dataset in (trainset, testset):
            check_labels(dataset.targets, 10, f"{args.data}/MNIST/raw")
    return trainset, testset


def flat(images):
    """N×1×28×28 to N×784 in the default dtype."""
    return images.reshape(images.shape[0], -1).to(torch.get_default_dtype())


def one_hot(labels):
    """N class numbers to N×10 rows with a single 1."""
    return torch.eye(10, device=labels.device)[labels]


def squared_error(y_hat, y):
    """C = 1/(2n) Σ (y − ŷ)² over a batch of n rows. The 2 is there to cancel the one that differentiating brings."""
    return ((y - y_hat) ** 2).sum() / (2 * y.shape[0])


def part_1_data(images, labels):
    say("\n1. The data")
    say(f"one batch: images {tuple(images.shape)}, labels {tuple(labels.shape)}")
    say(f"pixels from {images.min().item():.0f} to {images.max().item():.0f}; first labels {labels[:8].tolist()}")


def part_2_logits(images, labels):
    say("\n2. A network that gives logits, and cross-entropy on them")
    net = LogitsNet().to(images.device)
    loss = nn.CrossEntropyLoss()(net(flat(images)), labels)
    say(net)
    say(f"cross-entropy of the untrained net: {loss.item():.4f} (ln 10 = {math.log(10):.4f})")
    return net, loss.item()


def part_3_log_probabilities(images, labels, logits_net, cross_entropy):
    say("\n3. The same network with LogSoftmax, and the negative log likelihood")
    net = Net().to(images.device)
    net.load_state_dict(logits_net.state_dict())  # LogSoftmax has no weights: the keys are the same
    log_probabilities = net(flat(images))
    loss = nn.NLLLoss()(log_probabilities, labels)
    sums = torch.exp(log_probabilities).sum(dim=1)
    say(f"NLL of the same weights: {loss.item():.4f}; it differs by {abs(loss.item() - cross_entropy):.1e}")
    say(f"the probabilities of a row sum to 1, within {(sums - 1).abs().max().item():.1e}")
    say("Equal because cross-entropy is -log(softmax(logits)[label]): LogSoftmax computes the logarithm, NLLLoss")
    say("picks the label's entry and takes the minus. Splitting it in two changes who computes, not what.")
    return {"cross_entropy": cross_entropy, "nll": loss.item()}


def part_4_autograd():
    say("\n4. Autograd on its own")
    x = torch.randn(2, 2)
    x.requires_grad_()
    y = x**2
    say(f"x = {x}")
    say(f"y = x**2 was made by {y.grad_fn}")
    z = y.mean()
    say(f"z = y.mean() = {z.item():.4f}; x.grad before backward: {x.grad}")
    z.backward()
    say(f"x.grad = {x.grad}")
    say(f"x/2    = {x.detach() / 2}: z is a quarter of a sum of squares, so dz/dx = 2x/4 = x/2")
    return {"autograd_error": (x.grad - x.detach() / 2).abs().max().item()}


def part_5_gradients_accumulate(images, labels):
    say("\n5. Gradients accumulate until zero_grad")
    net = Net().to(images.device)
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    sizes = []
    for turn in ("first backward", "second, without zero_grad", "third, after zero_grad"):
        if turn.startswith("third"):
            optimizer.zero_grad()
        nn.NLLLoss()(net(flat(images)), labels).backward()
        sizes.append(net[0].weight.grad.norm().item())
        say(f"{turn:26s}: gradient norm {sizes[-1]:.6f}")
    return {"gradient_norms": sizes}


def part_6_one_step(images, labels):
    say("\n6. One step, before and after")
    net = Net().to(images.device)
    optimizer = optim.SGD(net.parameters(), lr=0.01)
    weight = net[0].weight
    before = weight.detach().clone()
    loss = nn.NLLLoss()(net(flat(images)), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    after = nn.NLLLoss()(net(flat(images)), labels)
    say(f"a weight before {before[0, 0].item():+.6f}, its gradient {weight.grad[0, 0].item():+.6f}, "
        f"after {weight[0, 0].item():+.6f}")  # fmt: skip
    wrong = (weight.detach() - (before - 0.01 * weight.grad)).abs().max().item()
    say(f"after = before - 0.01 × gradient, within {wrong:.1e}; loss {loss.item():.4f} → {after.item():.4f}")
    return {"step_losses": [loss.item(), after.item()]}


def part_7_squared_error(images, labels):
    say("\n7. Squared error, C = 1/(2n) Σ (y - ŷ)²")
    y, y_hat = one_hot(labels), torch.softmax(LogitsNet().to(images.device)(flat(images)), dim=1).detach()
    y_hat.requires_grad_()
    cost = squared_error(y_hat, y)
    cost.backward()
    n = y.shape[0]
    half = nn.MSELoss(reduction="sum")(y_hat, y).item() / (2 * n)
    wrong = (y_hat.grad - (y_hat.detach() - y) / n).abs().max().item()
    say(f"C = {cost.item():.6f}, half of MSELoss's sum over n = {half:.6f}")
    say(f"dC/dŷ = (ŷ - y)/n, within {wrong:.1e}: the 2 cancels")
    return {"squared_error": cost.item(), "squared_error_half_mse": half}


def train(name, net, loader, args, checkpoint, *, epochs, criterion, **options):
    """Mean loss of each epoch of SGD, and the seconds it took."""
    optimizer = optim.SGD(net.parameters(), **options)
    training = checkpoint.training(name, net, optimizer, epochs=epochs, losses=[], running_loss=0.0)
    kept = training.kept
    for epoch in training.epochs():
        for images, labels in training.batches(loader, f"epoch {epoch + 1}/{epochs}"):
            images, labels = images.to(args.device), labels.to(args.device)
            optimizer.zero_grad()
            loss = criterion(net(flat(images)), labels)
            loss.backward()
            optimizer.step()
            kept.running_loss += loss.item()
        kept.losses.append(kept.running_loss / training.batch)
        kept.running_loss = 0.0
        training.say(f"epoch {epoch + 1}: training loss {kept.losses[-1]:.4f}")
    return kept.losses, training.seconds


def accuracy(net, loader):
    """The share of images put into their own class."""
    correct = total = 0
    with torch.no_grad():
        for images, labels in loader:
            predicted = net(flat(images.to(device_of(net)))).argmax(dim=1).cpu()
            correct += (predicted == labels).sum().item()
            total += labels.size(0)
    return correct / total


def part_9_picture(net, testset, path):
    say("\n9. A digit beside its class probabilities")
    from matplotlib.figure import Figure

    image, label = testset[0]
    with torch.no_grad():
        probabilities = torch.exp(net(flat(image.unsqueeze(0).to(device_of(net)))))[0].tolist()
    figure = Figure(figsize=(6, 3), layout="tight")
    left, right = figure.subplots(1, 2)
    left.imshow(image.numpy().reshape(28, 28), cmap="gray")
    left.set_title(f"a {label}")
    left.axis("off")
    right.barh(range(10), probabilities)
    right.set_yticks(range(10))
    right.set_xlim(0, 1.1)
    right.set_title("class probability")
    save_figure(figure, path)
    best = max(range(10), key=probabilities.__getitem__)
    say(f"test image 0 is a {label}; the net says {best} with probability {probabilities[best]:.3f}: {path}")
    return {"picture_label": int(label), "picture_probabilities": probabilities}


def part_10_exercises(args, trainloader, testloader, checkpoint):
    say("\n10. Exercises")
    for number, question in enumerate(EXERCISES, 1):
        say(f"{number}. {question}")
    if not args.exercises:
        return {}

    def attempt(number, name, net, criterion=None, **options):
        net = net.to(args.device)
        say(f"\nexercise {number}, one epoch with {options}")
        train(name, net, trainloader, args, checkpoint, epochs=1, criterion=criterion or nn.NLLLoss(), **options)
        share = accuracy(net, testloader)
        say(f"exercise {number}: test accuracy {100 * share:.2f}%")
        return share

    say("\nexercise 1: small weights give every class a probability near 1/10, and -ln(1/10) = 2.303")
    zeros = Net()
    with torch.no_grad():
        for parameter in zeros.parameters():
            parameter.zero_()
    shares = {"zeros": attempt(2, "zeros", zeros, lr=0.01)}
    say("Behind a weight of zero no gradient arrives: only the last bias moves, to how frequent each digit is.")
    torch.manual_seed(args.seed)
    shares["momentum"] = attempt(3, "momentum", Net(), lr=0.01, momentum=0.9)
    torch.manual_seed(args.seed)
    shares["lr_0.1"] = attempt(3, "lr_0.1", Net(), lr=0.1)
    say("A gradient that stays the same is added up to 1/(1 - 0.9) = 10 times: momentum 0.9 acts like 10 × the rate.")
    torch.manual_seed(args.seed)
    net = nn.Sequential(*LogitsNet(), nn.Softmax(dim=1))
    shares["squared_error"] = attempt(
        4, "squared_error", net, lambda y_hat, y: squared_error(y_hat, one_hot(y)), lr=0.01
    )
    say("The softmax's slope multiplies the error: where the net is sure and wrong, the squared error hardly moves it.")
    return {"exercises": shares}


def parser():
    """The program's flags."""
    made = flags(__doc__.splitlines()[0], epochs=5, batch_size=64, workers=0)
    made.add_argument("--exercises", action="store_true", help="also work the exercises: four more epochs")
    return made


def main(argv=None):
    args = parser().parse_args(argv)
    require("matplotlib.figure")
    start(args)
    checkpoint = Checkpoint(args, "mnist")

    trainset, testset = load_data(args)
    trainloader = DataLoader(trainset, batch_size=args.batch_size, shuffle=True, num_workers=args.workers)
    testloader = DataLoader(testset, batch_size=1000, num_workers=args.workers)
    images, labels = (part.to(args.device) for part in next(iter(trainloader)))

    part_1_data(images, labels)
    logits_net, cross_entropy = part_2_logits(images, labels)
    figures = part_3_log_probabilities(images, labels, logits_net, cross_entropy)
    figures |= part_4_autograd()
    figures |= part_5_gradients_accumulate(images, labels)
    figures |= part_6_one_step(images, labels)
    figures |= part_7_squared_error(images, labels)

    say(f"\n8. Training: {args.epochs} epochs of SGD, learning rate 0.01, batches of {args.batch_size}")
    torch.manual_seed(args.seed)  # the parts above drew random numbers; the training is to start from the seed
    net = Net().to(args.device)
    losses, seconds = train(
        "mnist", net, trainloader, args, checkpoint, epochs=args.epochs, criterion=nn.NLLLoss(), lr=0.01
    )
    share = accuracy(net, testloader)
    say(f"test accuracy: {100 * share:.2f}% of {len(testset)} images; training took {seconds:.1f} s")
    save_state(net, f"{args.out}/mnist_net.pth")
    figures |= {"epoch_losses": losses, "test_accuracy": share, "train_seconds": seconds}

    figures |= part_9_picture(net, testset, f"{args.out}/mnist_digit.png")
    figures |= part_10_exercises(args, trainloader, testloader, checkpoint)
    return finish(args, "mnist", figures)


if __name__ == "__main__":
    run(main)
