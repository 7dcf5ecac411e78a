"""A U-Net that finds discs in noisy pictures: ConvTranspose2d, skips by cat, Dice and BCE losses, IoU."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
centres = torch.rand(24, 2) * 10 + 3
radii = torch.rand(24) * 2 + 2
distance = ((rows - centres[:, 0, None, None]) ** 2 + (columns - centres[:, 1, None, None]) ** 2).sqrt()
masks = (distance < radii[:, None, None]).float().unsqueeze(1)
images = masks + 0.3 * torch.randn_like(masks)


def double(inside, outside):
    layers = []
    for n in (inside, outside):
        layers += [nn.Conv2d(n, outside, 3, padding="same"), nn.BatchNorm2d(outside), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([double(1, 4), double(4, 8)])
        self.bottom = double(8, 16)
        self.rise = nn.ModuleList([nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ConvTranspose2d(8, 4, 2, stride=2)])
        self.up = nn.ModuleList([double(16, 8), double(8, 4)])
        self.last = nn.Conv2d(4, 1, kernel_size=1)

    def forward(self, x):
        skips = []
        for stage in self.down:
            x = stage(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.bottom(x)
        for rise, up, skip in zip(self.rise, self.up, skips[::-1], strict=True):
            x = up(torch.cat([skip, rise(x)], dim=1))
        return self.last(x)


def dice_loss(logits, target, eps=1.0):
    p = logits.sigmoid().flatten(1)
    t = target.flatten(1)
    return 1 - ((2 * (p * t).sum(1) + eps) / (p.sum(1) + t.sum(1) + eps)).mean()


net = UNet()
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
weight = torch.tensor([3.0])
for step in range(12):
    batch = torch.arange(24).roll(-8 * step)[:8]
    logits = net(images[batch])
    loss = dice_loss(logits, masks[batch]) + F.binary_cross_entropy_with_logits(logits, masks[batch], pos_weight=weight)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % 3 == 0:
        print(f"step {step:2d} loss {loss.item():.3f}")
net.eval()
with torch.inference_mode():
    logits = net(images)
    guess, truth = logits > 0, masks.bool()
    iou = (guess & truth).sum((1, 2, 3)) / (guess | truth).sum((1, 2, 3)).clamp(min=1)
    print("shape", tuple(logits.shape), f"mean logit {logits.mean():.2f}", "pixels in discs", int(truth.sum()))
print(f"mean IoU {iou.mean().item():.1f} of {len(iou)}")
