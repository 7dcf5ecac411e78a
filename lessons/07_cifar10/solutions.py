"""Solutions of lesson 7's exercises, and answers that are often given and are wrong."""

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn
from minitorch.lessons.checking import cells

sides = cells("07", "output-size", "sides").sides


def flat_features(height, width, kernel):
    return 16 * sides(height, kernel)[-1] * sides(width, kernel)[-1]


def features_of_one_map(height, width, kernel):
    return sides(height, kernel)[-1] * sides(width, kernel)[-1]


def features_of_a_square(height, width, kernel):
    return 16 * sides(height, kernel)[-1] ** 2


def features_unrounded(height, width, kernel):
    for _ in range(2):
        height, width = (height - kernel + 1) / 2, (width - kernel + 1) / 2
    return 16 * height * width


def features_without_pooling(height, width, kernel):
    return 16 * (height - 2 * (kernel - 1)) * (width - 2 * (kernel - 1))


class GreyNet(nn.Module):
    channels, features = 1, 16 * 4 * 4

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(self.channels, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(self.features, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class NetWithThreeChannels(GreyNet):
    channels = 3


class NetWithTheOldFeatures(GreyNet):
    features = 400


class NetWithSoftmax(GreyNet):
    def forward(self, x):
        return torch.softmax(super().forward(x), 1)


class NetWithReluAtTheEnd(GreyNet):
    def forward(self, x):
        return F.relu(super().forward(x))


def class_accuracy(predicted, labels, number):
    shares = []
    for k in range(number):
        of_class = labels == k
        shares.append((predicted[of_class] == k).float().mean().item())
    return shares


def share_of_the_chosen(predicted, labels, number):
    return [(labels[predicted == k] == k).float().mean().item() for k in range(number)]


def share_of_all(predicted, labels, number):
    return [((predicted == k) & (labels == k)).float().mean().item() for k in range(number)]


def one_accuracy(predicted, labels, number):
    return (predicted == labels).float().mean()


def shuffled_batches(count, batch_size):
    order = torch.randperm(count).tolist()
    return [order[i : i + batch_size] for i in range(0, count, batch_size)]


def draw_each_index(count, batch_size):
    order = torch.randint(count, (count,)).tolist()
    return [order[i : i + batch_size] for i in range(0, count, batch_size)]


def whole_batches_only(count, batch_size):
    order = torch.randperm(count).tolist()
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(count // batch_size)]


def shuffle_the_batches(count, batch_size):
    batches = [list(range(i, min(i + batch_size, count))) for i in range(0, count, batch_size)]
    return [batches[i] for i in torch.randperm(len(batches)).tolist()]


def seed_each_epoch(count, batch_size):
    torch.manual_seed(0)
    return shuffled_batches(count, batch_size)


SOLUTIONS = {"07-1": flat_features, "07-2": GreyNet, "07-3": class_accuracy, "07-4": shuffled_batches}

# With a part of what the check says to each.
WRONG = {
    "07-1": [
        (features_of_one_map, "How many maps"),
        (features_of_a_square, "each by itself"),
        (features_unrounded, "rounds down"),
        (features_without_pooling, "four layers"),
    ],
    "07-2": [
        (NetWithThreeChannels, "Grey is one channel"),
        (NetWithTheOldFeatures, "the layer expects 400"),
        (NetWithSoftmax, "Cross-entropy takes logits"),
        (NetWithReluAtTheEnd, "cuts the negative ones off"),
    ],
    "07-3": [
        (share_of_the_chosen, "by how often the class was chosen"),
        (share_of_all, "the number of all images"),
        (one_accuracy, "append one share for each"),
    ],
    "07-4": [
        (draw_each_index, "into a random order, once"),
        (whole_batches_only, "last batch may be smaller"),
        (shuffle_the_batches, "then cut the order into batches"),
        (seed_each_epoch, "seeded anew"),
    ],
}
