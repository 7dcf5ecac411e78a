"""A CIFAR-10 classifier: a small convolutional net on 32×32 colour photographs of ten kinds of thing.

Trains for two epochs, saves the weights, loads them into a new net, and counts its hits on the 10,000 test images, in
total and per class. A good run prints losses from 2.2 down to 1.28 and ends at 52%.
"""

import os

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from checkpoints import Checkpoint
from common import (
    check_file,
    check_labels,
    device_of,
    finish,
    flags,
    import_torchvision,
    positive,
    reading,
    run,
    save_state,
    say,
    start,
)
from torch.utils.data import DataLoader

torchvision = import_torchvision()
transforms = torchvision.transforms

FOLDER = "cifar-10-batches-py"
TRAIN_FILES = [f"data_batch_{number}" for number in range(1, 6)]
TEST_FILES = ["test_batch"]
PIXEL_BYTES = 10_000 * 3 * 32 * 32  # in each file; the pickle around them adds some


class CIFAR10(torchvision.datasets.CIFAR10):
    """CIFAR-10 from files that a user already has, whichever tool laid them out.

    torchvision compares md5 sums each time it opens the files, and so refuses a copy that holds the same images but
    was written by another program. A download is still compared: that check is made on the archive.
    """

    meta = {"filename": "batches.meta", "key": "label_names", "md5": None}

    def _check_integrity(self):
        names = TRAIN_FILES + TEST_FILES + ["batches.meta"]
        return all(os.path.exists(os.path.join(self.root, FOLDER, name)) for name in names)


def output_size(size, kernel, padding=0, stride=1):
    """How many places a window takes along one axis: (in − kernel + 2·padding) / stride + 1, rounded down."""
    return (size - kernel + 2 * padding) // stride + 1


class Net(nn.Module):
    """Images N×3×H×W to logits N×10. Both convolutions use `kernel_size`, (height, width), which need not be square."""

    def __init__(self, image_size=(32, 32), kernel_size=(5, 5)):
        super().__init__()
        self.image_size = tuple(image_size)
        height, width = self.image_size
        for _ in range(2):  # a convolution, then a pooling with windows of 2
            height = output_size(output_size(height, kernel_size[0]), 2, stride=2)
            width = output_size(output_size(width, kernel_size[1]), 2, stride=2)
        self.conv1 = nn.Conv2d(3, 6, kernel_size)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, kernel_size)
        self.fc1 = nn.Linear(16 * height * width, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):  # N×3×32×32
        if tuple(x.shape[-3:]) != (3, *self.image_size):
            built, given = ("×".join(map(str, shape)) for shape in ((3, *self.image_size), tuple(x.shape[-3:])))
            raise RuntimeError(
                f"this net was built for images of {built} (its layer fc1 takes {self.fc1.in_features} features), "
                f"got {given}"
            )
        x = self.pool(F.relu(self.conv1(x)))  # N×6×14×14
        x = self.pool(F.relu(self.conv2(x)))  # N×16×5×5
        x = torch.flatten(x, 1)  # N×400
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def load_data(args):
    """The training and the test set, pixels from −1 to 1."""
    if not args.download:
        for name in TRAIN_FILES + TEST_FILES:
            check_file(f"{args.data}/{FOLDER}/{name}", size=PIXEL_BYTES, start=b"\x80", exact=False)
        check_file(f"{args.data}/{FOLDER}/batches.meta", size=1, start=b"\x80", exact=False)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
    with reading("CIFAR-10", args.data):
        trainset = CIFAR10(root=args.data, train=True, download=args.download, transform=transform)
        testset = CIFAR10(root=args.data, train=False, download=args.download, transform=transform)
        for dataset in (trainset, testset):
            check_labels(dataset.targets, 10, f"{args.data}/{FOLDER}")
    return trainset, testset


def train(net, loader, args, checkpoint):
    """The losses printed, each the mean over `--print-every` batches, and the seconds it took."""
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    dtype = torch.get_default_dtype()
    training = checkpoint.training("cifar10", net, optimizer, epochs=args.epochs, printed=[], running_loss=0.0)
    kept = training.kept
    for epoch in training.epochs():
        for inputs, labels in training.batches(loader, f"epoch {epoch + 1}/{args.epochs}"):
            optimizer.zero_grad()
            loss = criterion(net(inputs.to(args.device, dtype)), labels.to(args.device))
            loss.backward()
            optimizer.step()

            kept.running_loss += loss.item()
            i = training.batch  # those before this one
            if i % args.print_every == args.print_every - 1:
                mean = kept.running_loss / args.print_every
                training.say(f"[{epoch + 1}, {i + 1:5d}] loss: {mean:.3f}")
                kept.printed.append({"epoch": epoch + 1, "batch": i + 1, "loss": mean})
                kept.running_loss = 0.0
        kept.running_loss = 0.0
    return kept.printed, training.seconds


def count_hits(net, loader, classes):
    """How many test images of each class there are, and how many of them the net puts there: two dicts by class."""
    total, correct = dict.fromkeys(classes, 0), dict.fromkeys(classes, 0)
    dtype, device = torch.get_default_dtype(), device_of(net)
    net.eval()
    with torch.no_grad():
        for images, labels in loader:
            _, predicted = torch.max(net(images.to(device, dtype)), 1)
            for label, prediction in zip(labels.tolist(), predicted.tolist(), strict=True):
                total[classes[label]] += 1
                correct[classes[label]] += label == prediction
    return total, correct


def parser():
    """The program's flags."""
    made = flags(__doc__.splitlines()[0], epochs=2, batch_size=4, workers=2)
    made.add_argument("--print-every", type=positive, default=2000, metavar="N", help="batches (default: 2000)")
    return made


def main(argv=None):
    args = parser().parse_args(argv)
    start(args)
    checkpoint = Checkpoint(args, "cifar10", print_every=args.print_every)

    trainset, testset = load_data(args)
    trainloader = DataLoader(trainset, batch_size=args.batch_size, shuffle=True, num_workers=args.workers)
    testloader = DataLoader(testset, batch_size=args.batch_size, shuffle=False, num_workers=args.workers)
    net = Net().to(args.device)

    printed, seconds = train(net, trainloader, args, checkpoint)
    say(f"Finished Training in {seconds:.1f} s")

    path = f"{args.out}/cifar_net.pth"
    save_state(net, path)
    net = Net().to(args.device)
    net.load_state_dict(torch.load(path, weights_only=True))

    total, correct = count_hits(net, testloader, trainset.classes)
    share = sum(correct.values()) / sum(total.values())
    say(f"Accuracy of the network on the {sum(total.values())} test images: {100 * share:.2f} %")
    per_class = {name: correct[name] / total[name] for name in trainset.classes}
    for name, value in per_class.items():
        say(f"Accuracy for class: {name:10s} is {100 * value:.1f} %")
    figures = {"losses": printed, "test_accuracy": share, "class_accuracy": per_class, "train_seconds": seconds}
    return finish(args, "cifar10", figures)


if __name__ == "__main__":
    run(main)
