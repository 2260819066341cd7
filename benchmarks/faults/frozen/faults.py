"""Faults that are run only at the end: those whose name has an odd CRC-32."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from faults.programs import (
    WIDTH,
    Silent,
    TanhWithoutDerivative,
    binary,
    classifier,
    fault,
    own_step,
    regression,
    replaced,
)


@fault("RV211", "head")
def sigmoid_before_cross_entropy(a):
    p = classifier(a)
    p.network.head = nn.Sequential(p.network.head, nn.Sigmoid())
    return p


@fault("RV211", "head")
def sigmoid_before_its_loss(a):
    p = binary(a)
    p.network.head = nn.Sequential(p.network.head, nn.Sigmoid())
    return p


@fault("RV212", "head|output")
def probabilities_into_nll(a):
    p = classifier(a)
    p.network.head = nn.Sequential(p.network.head, nn.Softmax(dim=1))
    p.loss = F.nll_loss
    return p


@fault("RV212", "head|output")
def logits_into_bce(a):
    p = binary(a)
    p.loss = nn.BCELoss()
    return p


@fault("RV231", "head|output")
def relu_on_logits(a):
    p = classifier(a)
    p.network.head = nn.Sequential(p.network.head, nn.ReLU())
    return p


@fault("RV231", "head|output")
def relu_where_targets_are_negative(a):
    p = regression(a)
    p.network.head = nn.Sequential(p.network.head, nn.ReLU())
    return p


@fault("RV213", "target")
def classes_as_numbers(a):
    p = classifier(a)
    p.y = p.y.float()
    return p


@fault("RV215", "head|output")
def one_output_for_classes(a):
    p = classifier(a)
    p.network.head = nn.Linear(WIDTH, 1)
    p.y = p.y * 0
    return p.again()


@fault("RV213", "target")
def targets_of_minus_one_and_one(a):
    p = binary(a)
    p.y = p.y * 2 - 1
    return p


@fault("RV213", "target")
def targets_of_one_and_two(a):
    p = binary(a)
    p.y = p.y + 1
    return p


@fault("RV214", "target")
def targets_broadcast(a):
    p = regression(a)
    p.loss, p.y = (lambda o, t: ((o - t) ** 2).mean()), p.y[:, 0]
    return p


@fault("RV214", "target")
def targets_broadcast_l1(a):
    p = regression(a)
    p.loss, p.y = (lambda o, t: (t - o).abs().mean()), p.y[:, 0]
    return p


@fault("RV216", "spare")
def a_layer_that_is_not_used(a):
    p = classifier(a)
    p.network.spare = nn.Linear(WIDTH, WIDTH)
    return p.again()


@fault("RV219", "head")
def a_new_head_after_the_optimizer(a):
    p = classifier(a)
    p.network.head = nn.Linear(WIDTH, 10)
    return p


@fault("RV218", "body|mid")
def no_gradient_in_the_body(a):
    p = classifier(a)
    p.network.body = Silent(p.network.body)
    return p


@fault("RV218", "output|loss|head")
def the_loss_is_cut_off(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(n.activation(n.mid(z))).data)


@fault("RV218", "mid|activation|head")
def changed_in_place(a):
    p = classifier(a)

    def forward(n, z):
        hidden = torch.sigmoid(n.mid(z))
        out = n.head(hidden)
        hidden.add_(1)
        return out

    return replaced(p, forward)


@fault("RV227", "mid|body")
def hidden_derivative_missing(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(TanhWithoutDerivative.apply(n.mid(z) * 2)))


@fault("RV227", "mid|body")
def half_of_a_residual_detached(a):
    p = classifier(a)

    def forward(n, z):
        hidden = n.mid(z)
        return n.head(hidden.detach() * torch.sigmoid(hidden) + 0.1 * hidden)

    return replaced(p, forward)


@fault("RV220", "norm")
def batch_norm_of_one_row(a):
    p = classifier(a)
    p.network.norm = nn.BatchNorm1d(WIDTH)
    p.x, p.y = p.x[:1], p.y[:1]
    return replaced(p, lambda n, z: n.head(n.norm(n.mid(z)))).again()


@fault("RV221", "output|body|mid")
def rows_centred_by_the_batch(a):
    p = classifier(a)

    def forward(n, z):
        hidden = n.mid(z)
        return n.head(n.activation(hidden - hidden.mean(0)))

    return replaced(p, forward)


@fault("RV221", "output|mid|head")
def rows_mixed_by_a_reshape(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(n.activation(n.mid(z)).T.reshape(z.shape)))


@fault("RV222", "network|output|mid")
def dropout_when_predicting(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(F.dropout(n.activation(n.mid(z)))))


@fault("RV222|RV217", "network|output|hidden")
def a_layer_made_in_each_step(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(n.activation(nn.Linear(WIDTH, WIDTH)(z))))


@fault("RV223", "network")
def left_in_evaluation(a):
    p = classifier(a)
    p.network.drop = nn.Dropout(0.5)
    p = replaced(p, lambda n, z: n.head(n.drop(n.activation(n.mid(z)))))
    p.network.eval()
    return p


@fault("RV223", "norm")
def a_norm_left_in_evaluation(a):
    p = classifier(a)
    p.network.norm = nn.BatchNorm1d(WIDTH)
    p = replaced(p, lambda n, z: n.head(n.activation(n.norm(n.mid(z))))).again()
    p.network.norm.eval()
    return p


@fault("RV226", "mid|body|head")
def all_weights_zero(a):
    p = classifier(a)
    for q in p.network.parameters():
        nn.init.zeros_(q)
    return p


@fault("RV226", "mid")
def all_units_alike(a):
    p = classifier(a)
    nn.init.constant_(p.network.mid.weight, 0.05)
    nn.init.zeros_(p.network.mid.bias)
    nn.init.constant_(p.network.head.weight, 0.05)
    return p


@fault("RV225", "loss|output")
def weights_far_too_large(a):
    p = classifier(a)
    with torch.no_grad():
        p.network.head.weight.mul_(300)
    return p


@fault("RV229", "target")
def missing_targets(a):
    p = regression(a)
    p.y = p.y.clone()
    p.y[7] = float("nan")
    return p


@fault("RV232", "optimizer")
def a_rate_of_zero(a):
    return classifier(a).again(lr=0.0)


@fault("RV210", "head")
def layers_that_do_not_fit(a):
    p = classifier(a)
    p.network.head = nn.Linear(WIDTH + 1, 10)
    return p.again()


@fault("RV242", "step|optimizer", when="during")
def the_rate_is_too_low(a):
    return classifier(a).again(lr=1e-8)


@fault("RV244", "optimizer", when="during")
def no_step_is_taken(a):
    p = classifier(a)

    def step(p, x, y):
        p.optimizer.zero_grad()
        loss = p.loss(p.network(x), y)
        loss.backward()
        return float(loss.detach())

    p.step = step
    return p


@fault("RV245", "optimizer", when="during")
def no_backward_pass(a):
    p = classifier(a)

    def step(p, x, y):
        p.optimizer.zero_grad()
        loss = p.loss(p.network(x), y)
        p.optimizer.step()
        return float(loss.detach())

    p.step = step
    return p


@fault("RV245", "optimizer", when="during")
def cleared_before_the_step(a):
    p = classifier(a)

    def step(p, x, y):
        loss = p.loss(p.network(x), y)
        loss.backward()
        p.optimizer.zero_grad(set_to_none=False)
        p.optimizer.step()
        return float(loss.detach())

    p.step = step
    return p


@fault("RV247", "activation|mid", when="during")
def tanh_saturated(a):
    p = classifier(a)
    p.network.activation = nn.Tanh()
    with torch.no_grad():
        p.network.mid.weight.mul_(300)
    return p


@fault("RV250", "mid|body|activation|network", when="during")
def not_a_number_from_a_logarithm(a):
    p = classifier(a)
    return replaced(p, lambda n, z: n.head(torch.log(n.activation(n.mid(z)))))


@fault("RV223|RV252", "norm|network", when="during")
def evaluation_mode_is_never_left(a):
    p = classifier(a)
    p.network.drop = nn.Dropout(0.2)
    p = replaced(p, lambda n, z: n.head(n.drop(n.activation(n.mid(z)))))

    def step(p, x, y):
        p.network.eval()
        return own_step(p, x, y)

    p.step = step
    return p
