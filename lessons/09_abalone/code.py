# %% setup
import pandas as pd

import minitorch as torch
from minitorch.lessons import check, data_folder, pictures, pytorch, show

plt = pictures()

# %% table
folder = data_folder()
file = folder and folder / "abalone" / "abalone.data"
if file and file.is_file():
    columns = ["Sex", "Length", "Diameter", "Height", "Whole weight"]
    columns += ["Shucked weight", "Viscera weight", "Shell weight", "Rings"]
    table = pd.read_csv(file, names=columns)
    features = ["Length", "Diameter", "Height", "Whole weight"]
    group, target, limit = "Sex", "Rings", 10
    names = ["young", "old"]
    print("This is UCI's Abalone table.")
    print("Each row is a sea snail.")
    print("Rings: in its shell, about one a year")
    print("Sex: M, F or I, an infant")
else:
    from sklearn.datasets import load_diabetes

    table = load_diabetes(as_frame=True, scaled=False).frame
    table = table.rename(columns={"target": "progress"})
    table["sex"] = table["sex"].astype(int)
    features = ["age", "bmi", "bp", "s1"]
    group, target, limit = "sex", "progress", 140
    names = ["slow", "fast"]
    print("This is scikit-learn's Diabetes table.")
    print("Each row is a patient.")
    print("progress: how far the disease went on")
    print("sex: 1 or 2 (which is not said)")
print(len(table), "rows")
table[[group, *features, target]].head()

# %% question
table["positive"] = (table[target] >= limit).astype(int)

print(f"negative: {names[0]}, {target} below {limit}")
print(f"positive: {names[1]}, {target} of {limit} or more")
print(f"{table['positive'].mean():.1%} of the rows are positive")

# %% histogram tags=["hide-input"]
low, high = table[target].min(), table[target].max()
wide = 1 if high < 50 else 14
edges = [e for e in range(0, int(high) + 2 * wide, wide) if e + wide > low]
for value in (0, 1):
    values = table.loc[table["positive"] == value, target]
    plt.hist(values, edges, color=f"C{value}", rwidth=0.85, label=names[value])
plt.xlabel(target)
plt.ylabel("rows")
plt.legend()
plt.show()

# %% parts
torch.manual_seed(1)
order = torch.randperm(len(table)).tolist()
half, quarter = len(table) // 2, len(table) // 4
train = order[:half]
validation = order[half : half + quarter]
test = order[half + quarter :]

parts = {"train": train, "validation": validation, "test": test}
for name, rows in parts.items():
    share = table["positive"][rows].mean()
    print(f"{name:<10}  {len(rows):4} rows, {share:.1%} positive")

# %% standardise
known = table.loc[train, features]
scaled = (table[features] - known.mean()) / known.std()

pd.DataFrame(
    {
        "mean": known.mean(),
        "std": known.std(),
        "z train": scaled.loc[train].mean(),
        "z test": scaled.loc[test].mean(),
        "largest": scaled.abs().max(),
    }
).round(2) + 0.0  # which makes -0.0 a 0.0

# %% tensors
numbers = torch.tensor(scaled.to_numpy(), dtype=torch.float32)
labels = torch.tensor(table["positive"].to_numpy())
numbers.shape, labels.shape, labels.dtype


# %% network
def network(inputs, hidden, outputs=2, dropout=0.0):
    layers = []
    for size in hidden:
        layers += [torch.nn.Linear(inputs, size), torch.nn.ReLU()]
        if dropout > 0:
            layers.append(torch.nn.Dropout(dropout))
        inputs = size
    layers.append(torch.nn.Linear(inputs, outputs))
    return torch.nn.Sequential(*layers)


network(4, [64, 32])

# %% length tags=["parameters"] short={"epochs": 3}
epochs = 60


# %% fit
def fit(model, inputs, targets, loss_of, weight_decay=0.0):
    optimizer = torch.optim.Adam(
        model.parameters(), lr=0.01, weight_decay=weight_decay
    )
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
    x, y = inputs[train], targets[train]
    seen, unseen = [], []  # the losses, epoch by epoch
    for _ in range(epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        schedule.step()
        seen.append(total / len(y))

        model.eval()
        with torch.no_grad():
            loss = loss_of(model(inputs[validation]), targets[validation])
        unseen.append(loss.item())
        if unseen[-1] == min(unseen):
            state = model.state_dict()
            best = {name: value.clone() for name, value in state.items()}
    model.load_state_dict(best)
    return seen, unseen


# %% first
def classifier(inputs, hidden, dropout=0.0, weight_decay=0.0):
    torch.manual_seed(1)
    model = network(inputs.shape[1], hidden, dropout=dropout)
    loss_of = torch.nn.CrossEntropyLoss()
    curves = fit(model, inputs, labels, loss_of, weight_decay)
    return model, curves


two, curves_two = classifier(numbers, [64, 32])
three, curves_three = classifier(numbers, [64, 32, 16])

for name, (_, unseen) in [("two", curves_two), ("three", curves_three)]:
    epoch = 1 + unseen.index(min(unseen))
    print(f"{name} hidden layers, validation loss:")
    print(f"  {min(unseen):.3f} in epoch {epoch}, the best")
    print(f"  {unseen[-1]:.3f} in epoch {len(unseen)}, the last")


# %% curves tags=["hide-input"]
def draw_curves(curves):
    figure, panels = plt.subplots(
        len(curves), figsize=(4.4, 1 + 1.9 * len(curves)), sharex=True, sharey=True
    )
    for panel, title in zip(panels, curves, strict=True):
        seen, unseen = curves[title]
        axis = range(1, 1 + len(seen))
        panel.plot(axis, seen, label="training")
        panel.plot(axis, unseen, label="validation")
        kept = 1 + unseen.index(min(unseen))
        panel.axvline(kept, color="C2", linestyle=":", label="kept")
        panel.set_title(title, fontsize=12)
        panel.set_ylabel("loss")
    panels[-1].set_xlabel("epoch")
    handles, words = panels[0].get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper center", ncols=3)
    plt.show()


draw_curves({"two hidden layers": curves_two, "three": curves_three})

# %% rate
optimizer = torch.optim.Adam([torch.zeros(1)], lr=0.01)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.95)
for epoch in range(1, 61):
    optimizer.step()
    schedule.step()
    if epoch in (1, 2, 14, 60):
        print(f"after epoch {epoch:2}: {schedule.get_last_lr()[0]:.6f}")


# %% confusion
def probability(model, inputs):
    """Of the positive class, for each row."""
    model.eval()
    with torch.no_grad():
        return torch.softmax(model(inputs), dim=1)[:, 1]


truth = labels[test]
scores = probability(two, numbers[test])
called = (scores > 0.5).int()

counts = torch.tensor(
    [[((truth == t) & (called == c)).sum() for c in (0, 1)] for t in (0, 1)]
)
counts

# %% rates
tpr = (counts[1, 1] / counts[1].sum()).item()
fpr = (counts[0, 1] / counts[0].sum()).item()
accuracy = (truth == called).float().mean().item()

print(f"TPR {tpr:.3f}: {names[1]}, and called so")
print(f"FPR {fpr:.3f}: {names[0]}, called {names[1]}")
print(f"accuracy {accuracy:.3f}")

# %% bars tags=["hide-input"]
for t in (0, 1):
    left = 0
    for c in (0, 1):
        share = counts[t, c].item() / counts[t].sum().item()
        plt.barh(t, share, left=left, color="C0" if t == c else "C1")
        if share > 0.12:
            words = f"called\n{names[c]}\n{counts[t, c].item()}"
            centre = {"ha": "center", "va": "center", "color": "white"}
            plt.text(left + share / 2, t, words, **centre)
        left += share
plt.yticks([0, 1], names)
plt.xlim(0, 1)
plt.xlabel("share")
plt.gca().invert_yaxis()
plt.show()


# %% roc
from itertools import pairwise


def roc(scores, truth):
    """Both rates for every place where the cut can be."""
    positive, negative = truth == 1, truth == 0
    rates = [(0.0, 0.0)]  # the cut above all scores: nobody is called positive
    for cut in sorted(set(scores.tolist()), reverse=True):
        called = scores >= cut
        fpr = called[negative].float().mean().item()
        tpr = called[positive].float().mean().item()
        rates.append((fpr, tpr))
    return rates


def area(rates):
    total = 0.0
    for (left, low), (right, high) in pairwise(rates):
        total += (right - left) * (low + high) / 2
    return total


# %% areas
by_label = roc(called, truth)
by_probability = roc(scores, truth)
print("points:", len(by_label), "and", len(by_probability))
print(f"area, from hard labels:   {area(by_label):.3f}")
print(f"area, from probabilities: {area(by_probability):.3f}")

# %% roc-picture tags=["hide-input"]
plt.figure(figsize=(4.4, 4.4))
for rates, style, name in [
    (by_label, "C1o-", "labels"),
    (by_probability, "C0-", "probabilities"),
]:
    fprs, tprs = zip(*rates, strict=True)
    plt.plot(fprs, tprs, style, label=f"{name}, {area(rates):.3f}")
plt.plot([0, 1], [0, 1], "C2:", label="guessing, 0.5")
plt.xlabel(f"false positive rate ({names[0]} called {names[1]})")
plt.ylabel(f"true positive rate ({names[1]} called so)")
plt.legend(loc="lower right", title="area under the curve")
plt.show()


# %% corner
def from_rates(tpr, fpr):
    return (1 + tpr - fpr) / 2


print(f"this model: {from_rates(tpr, fpr):.3f}")
print(f"the guide:  {from_rates(0.81, 0.36):.3f}")

# %% pairs
positive, negative = scores[truth == 1], scores[truth == 0]
one = positive[torch.randint(0, len(positive), (20_000,))]
other = negative[torch.randint(0, len(negative), (20_000,))]
print(f"positive above negative: {(one > other).float().mean():.3f}")

from sklearn.metrics import roc_auc_score

print(f"scikit-learn's AUC:      {roc_auc_score(truth, scores):.3f}")

# %% one-hot
hot = pd.get_dummies(table[group], prefix=group, dtype=float)
pd.concat([table[group], hot], axis=1).head()

# %% wider
inputs = torch.cat([numbers, torch.tensor(hot.to_numpy()).float()], dim=1)
sex, curves_sex = classifier(inputs, [64, 32, 16])

print("features:", inputs.shape[1])
print(f"best validation loss {min(curves_sex[1]):.3f}")

# %% show-descent
from minitorch.optim.rule import descent

show(descent)

# %% decay
l2, curves_l2 = classifier(inputs, [64, 32, 16], weight_decay=0.01)

print("sum of the squared weights")
for name, model in [("without decay", sex), ("with decay   ", l2)]:
    total = sum((w**2).sum() for w in model.parameters())
    print(f"{name} {total.item():5.1f}")

# %% show-dropout
from minitorch.ops.layers.dropout import Dropout

show(Dropout)

# %% dropout
torch.manual_seed(0)
drop = torch.nn.Dropout(0.2)
print("train():", drop(torch.ones(8)).tolist())
print(f"mean of 100,000: {drop(torch.ones(100_000)).mean():.3f}")
drop.eval()
print("eval():", drop(torch.ones(8)).tolist())

# %% with-dropout
dropped, curves_dropped = classifier(inputs, [64, 32, 16], dropout=0.2)
dropped

# %% three-curves tags=["hide-input"]
draw_curves(
    {
        "three layers, sex": curves_sex,
        "weight decay 0.01": curves_l2,
        "dropout 0.2": curves_dropped,
    }
)

# %% judge
models = {
    "two layers": (two, numbers, curves_two),
    "three": (three, numbers, curves_three),
    "+ sex": (sex, inputs, curves_sex),
    "+ decay": (l2, inputs, curves_l2),
    "+ dropout": (dropped, inputs, curves_dropped),
}
rows = {}
for name, (model, x, (_, unseen)) in models.items():
    scores = probability(model, x[test])
    called = (scores > 0.5).int()
    accuracy = (truth == called).float().mean().item()
    rows[name] = {
        "val.": min(unseen),
        "right": accuracy,
        "labels": area(roc(called, truth)),
        "prob.": area(roc(scores, truth)),
    }
error = (accuracy * (1 - accuracy) / len(test)) ** 0.5
print(f"standard error of the accuracy: {error:.3f}")
pd.DataFrame(rows).T.round(3)

# %% regression
values = torch.tensor(table[target].to_numpy()).float().unsqueeze(1)  # (N, 1)

torch.manual_seed(1)
regression = network(inputs.shape[1], [64, 32, 16], outputs=1)
fit(regression, inputs, values, torch.nn.MSELoss())

with torch.no_grad():
    predicted = regression(inputs[test])
residual = values[test] - predicted
around = values[test] - values[train].mean()
error = residual.std() / len(test) ** 0.5
print("root of the mean squared error")
print(f"  the network:      {(residual**2).mean().sqrt():.2f}")
print(f"  always the mean:  {(around**2).mean().sqrt():.2f}")
print(f"mean residual {residual.mean():.2f}, its")
print(f"  standard error {error:.2f}")

# %% residuals tags=["hide-input"]
plt.scatter(predicted.flatten(), residual.flatten(), s=9, alpha=0.5)
plt.axhline(0, color="C1")
plt.xlabel(f"predicted {target}")
plt.ylabel("residual")
plt.show()


# %% pytorch
def whole_training():
    """The first classifier in float64, trained again; its validation losses."""
    torch.manual_seed(1)
    model = network(4, [64, 32]).double()
    x = torch.tensor(scaled.to_numpy())
    y = torch.tensor(table["positive"].to_numpy())
    _, unseen = fit(model, x, y, torch.nn.CrossEntropyLoss())
    return unseen


real = pytorch()
if real is not None:
    ours = whole_training()
    minitorch, torch = torch, real  # the functions above now find PyTorch
    theirs = whole_training()
    torch = minitorch
    print("the last validation loss")
    print(f"minitorch: {ours[-1]:.12f}")
    print(f"PyTorch:   {theirs[-1]:.12f}")
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < 1e-8


# %% exercise-1 tags=["exercise"]
def standardise(train, other):
    """`other` as the training rows' mean and deviation see it."""
    return ...


check("09-1", standardise)


# %% exercise-2 tags=["exercise"]
def confusion(truth, called, classes):
    """The counts: a row for each true class, a column for each called."""
    return ...


check("09-2", confusion)


# %% exercise-3 tags=["exercise"]
def auc(scores, truth):
    """The share of pairs in the right order; a tie counts one half."""
    return ...


check("09-3", auc)


# %% exercise-4 tags=["exercise"]
def cheapest_cut(scores, truth, alarm, miss):
    """The cut with the lowest cost: called positive are scores >= cut."""
    return ...


check("09-4", cheapest_cut)


# %% exercise-5 tags=["exercise"]
def dropout(x, p):
    """Each element 0 with probability p, and otherwise scaled."""
    return ...


check("09-5", dropout)
