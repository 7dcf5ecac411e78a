"""A loop as today's templates write it: device, compile, autocast and scaler switched off, lazy layers, checkpoints."""

import torch
import torch.nn as nn
from torch.amp import GradScaler, autocast
from torch.utils.checkpoint import checkpoint

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
use_amp = device.type == "cuda"
print("CUDA", torch.version.cuda, "device", device, torch.get_default_device(), "amp", torch.is_autocast_enabled())
torch.manual_seed(0)
torch.set_float32_matmul_precision("high")
torch.backends.cudnn.benchmark = True


class Net(nn.Module):
    def __init__(self, save_memory):
        super().__init__()
        self.save_memory = save_memory
        self.stem = nn.LazyConv2d(6, 3, padding=1)
        self.norm = nn.LazyBatchNorm2d()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.Hardswish()) for _ in range(3)])
        self.head = nn.LazyLinear(3)

    def forward(self, x):
        x = self.norm(self.stem(x))
        for block in self.blocks:
            x = x + (checkpoint(block, x, use_reentrant=False) if self.save_memory else block(x))
        return self.head(x.mean(dim=(-2, -1)))


x, y = torch.randn(32, 2, 6, 6, device=device), torch.randint(0, 3, (32,), device=device)
for save_memory in (False, True):
    torch.manual_seed(1)
    net = Net(save_memory).to(device)
    lazy = [type(m).__name__ for m in net.children()]
    with torch.no_grad():
        net(x[:2])
    print(lazy, "became", [type(m).__name__ for m in net.children()], sum(p.numel() for p in net.parameters()))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, fused=False)
    scaler = GradScaler(device.type, enabled=use_amp)
    for step in range(6):
        optimizer.zero_grad(set_to_none=True)
        with autocast(device_type=device.type, dtype=torch.float16, enabled=use_amp):
            loss = nn.functional.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        if step % 2 == 0:
            print(f"step {step} loss {loss.item():.4f} norm {norm.item():.4f} scale {scaler.get_scale()}")


def polynomial(a):
    return 3 * a**2 + 2 * a


a = torch.linspace(-1, 1, 5, device=device)
print(polynomial(a), torch.gradient(polynomial(a), spacing=0.5)[0])
