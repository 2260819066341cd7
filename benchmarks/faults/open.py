"""Faults that the checks were tried on while they were written: those whose name has an even CRC-32."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from faults.programs import (
    WIDTH,
    Encoder,
    LastStep,
    WrongSign,
    classifier,
    fault,
    regression,
    replaced,
    rows_of,
)


@fault("RV211", "head")
def softmax_before_cross_entropy(a):
    p = classifier(a)
    p.network.head = nn.Sequential(p.network.head, nn.Softmax(dim=1))
    return p


@fault("RV211", "head|output")
def functional_softmax_twice(a):
    p = classifier(a)
    return replaced(p, lambda n, z: F.softmax(n.head(n.activation(n.mid(z))), dim=-1))


@fault("RV212", "head|output")
def logits_into_nll(a):
    p = classifier(a)
    p.loss = nn.NLLLoss()
    return p


@fault("RV231", "head|output")
def tanh_below_its_targets(a):
    p = regression(a)
    p.y = p.y * 3
    p.network.head = nn.Sequential(p.network.head, nn.Tanh())
    return p


@fault("RV213", "target")
def classes_as_a_column(a):
    p = classifier(a)
    p.y = p.y[:, None]
    return p


@fault("RV213|RV215", "target|output")
def classes_from_one(a):
    p = classifier(a)
    p.y = p.y + 1
    return p


@fault("RV215", "head|output")
def classes_from_one_and_a_wider_head(a):
    p = classifier(a)
    p.y = p.y + 1
    p.network.head = nn.Linear(WIDTH, 11)
    return p.again()


@fault("RV213|RV215", "target|output")
def too_few_outputs(a):
    p = classifier(a)
    p.network.head = nn.Linear(WIDTH, 9)
    return p.again()


@fault("RV217", "hidden|network")
def layers_in_a_plain_list(a):
    p = classifier(a)
    hidden = [nn.Linear(WIDTH, WIDTH)]
    return replaced(p, lambda n, z: n.head(n.activation(hidden[0](n.activation(n.mid(z))))))


@fault("RV219", "mid")
def a_layer_not_in_the_optimizer(a):
    p = classifier(a)
    rest = [q for name, q in p.network.named_parameters() if not name.startswith("mid")]
    p.optimizer = torch.optim.SGD(rest, 0.1)
    return p


@fault("RV219", "optimizer")
def the_optimizer_of_another_network(a):
    p = classifier(a)
    p.optimizer = classifier(a).optimizer
    return p


@fault("RV218", "body|mid")
def detached_in_the_middle(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(n.activation(n.mid(z.detach()))))


@fault("RV218", "mid|head")
def through_a_list_of_numbers(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(torch.tensor(n.activation(n.mid(z)).tolist())))


@fault("RV218", "output|loss|head")
def loss_of_the_most_likely_class(a):
    p = regression(a)
    p.network.head = nn.Linear(WIDTH, 10)
    p.y = rows_of(a)[1].float()
    p.loss = lambda o, t: F.mse_loss(o.argmax(1).float(), t)
    return p.again()


@fault("RV227", "mid|body")
def a_gradient_of_the_wrong_sign(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(WrongSign.apply(n.mid(z))))


@fault("RV221", "body", architectures=("rnn", "transformer"))
def time_taken_for_rows(a):
    p = classifier(a)
    p.network.body = LastStep(batch_first=False) if a == "rnn" else Encoder(batch_first=False)
    return p.again()


@fault("RV224", "head|output|network")
def softmax_over_the_batch(a):
    p = classifier(a)
    p.network.head = nn.Sequential(p.network.head, nn.LogSoftmax(dim=0))
    p.loss = nn.NLLLoss()
    return p


@fault("RV224", "body|mid|network")
def attention_over_the_batch(a):
    p = classifier(a)

    def forward(n, z):
        hidden = n.mid(z)
        return n.head(hidden * F.softmax(hidden, dim=0))

    return replaced(p, forward)


@fault("RV226", "mid|body|activation")
def dead_from_the_start(a):
    p = classifier(a)
    nn.init.constant_(p.network.mid.bias, -100.0)
    return p


@fault("RV225", "loss|output")
def targets_without_a_scale(a):
    p = regression(a)
    p.y = p.y * 5000 + 200_000
    return p


@fault("RV228", "body|input")
def inputs_without_a_scale(a):
    p = classifier(a)
    p.x = p.x * 4000 + 2000
    return p


@fault("RV228", "body|input")
def inputs_scaled_twice(a):
    p = classifier(a)
    p.x = p.x / 255 / 255
    return p


@fault("RV229", "input")
def missing_inputs(a):
    p = classifier(a)
    p.x = p.x.clone()
    p.x[3].view(-1)[5] = float("nan")
    return p


@fault("RV230", "mid")
def a_frozen_layer(a):
    p = classifier(a)
    for q in p.network.mid.parameters():
        q.requires_grad_(False)
    return p.again()


@fault("RV230", "optimizer|network")
def everything_frozen(a):
    p = classifier(a)
    p.network.requires_grad_(False)
    return p


@fault("RV233", "loss")
def the_loss_is_maximised(a):
    p = classifier(a)
    p.loss = lambda o, t: -F.cross_entropy(o, t)
    return p


@fault("RV210", "body|network")
def rows_of_the_wrong_width(a):
    p = classifier(a)
    p.x = p.x[..., :-1]
    return p


@fault("RV241", "step|optimizer", when="during")
def the_rate_is_too_high(a):
    p = classifier(a)
    p.optimizer = torch.optim.SGD(p.network.parameters(), 30.0)
    return p


@fault("RV243", "step|optimizer", when="during")
def gradients_never_cleared(a):
    p = classifier(a)

    def step(p, x, y):
        loss = p.loss(p.network(x), y)
        loss.backward()
        p.optimizer.step()
        return float(loss.detach())

    p.step = step
    return p


@fault("RV246", "mid|activation", when="during")
def units_die(a):
    p = classifier(a)
    nn.init.constant_(p.network.mid.bias, -3.0)
    return p


@fault("RV248", "body", when="during")
def gradients_vanish(a):
    p = classifier(a)
    layers = [layer for _ in range(10) for layer in (nn.Linear(WIDTH, WIDTH), nn.Sigmoid())]
    p.network.mid = nn.Sequential(*layers)
    return p.again()


@fault("RV249|RV241|RV201", "step|body|mid|head", when="during")
def gradients_explode(a):
    p = classifier(a)
    layers = [nn.Linear(WIDTH, WIDTH) for _ in range(6)]
    for layer in layers:
        nn.init.normal_(layer.weight, std=2.0)
    p.network.mid = nn.Sequential(*layers)
    p.optimizer = torch.optim.SGD(p.network.parameters(), 0.1)
    return p


@fault("RV251", "optimizer|step|network", when="during")
def weights_decay_away(a):
    p = classifier(a)
    p.optimizer = torch.optim.SGD(p.network.parameters(), 0.1, weight_decay=5.0)
    return p


@fault("RV262", "batch", when="during")
def rows_sorted_by_class(a):
    p = classifier(a)
    order = p.y.argsort()
    p.x, p.y, p.ordered = p.x[order], p.y[order], True
    return p


@fault("RV234|RV218|RV226", "mid|activation|loss|body")
def an_activation_that_is_constant(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(n.activation(n.mid(z)).clamp(5.0, 5.0 + 1e-7)))


@fault("RV234", "mid|loss|body|activation")
def what_tells_rows_apart_is_rounded_away(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(n.activation(1.0 + 1e-7 * n.mid(z))))


@fault("RV264", "attention|attn|layer", when="during", architectures=("transformer",))
def attention_whose_queries_are_zero(a):
    p = classifier(a)
    with torch.no_grad():
        p.network.body.layer.self_attn.in_proj_weight[: 2 * WIDTH] = 0.0
    p.network.body.layer.self_attn.in_proj_weight.requires_grad_(False)
    return p.again()
