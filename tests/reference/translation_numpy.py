"""Decoders with attention by formula, a row and a token at a time: the recurrent translator's oracle.

``weights`` are the parameters of the network by their names, as float64 arrays. h is (S, 2 H), what the encoder holds
at each token of the source.
"""

from __future__ import annotations

import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum()


def cell(kind, x, held, V, U, b):
    n = U.shape[1]
    if kind == "lstm":
        h, c = held[:n], held[n:]
        z = V @ x + U @ h + b
        i, f, new, o = sigma(z[:n]), sigma(z[n : 2 * n]), np.tanh(z[2 * n : 3 * n]), sigma(z[3 * n :])
        c = f * c + i * new
        return np.concatenate([o * np.tanh(c), c])
    gates = sigma(V[: 2 * n] @ x + U[: 2 * n] @ held + b[: 2 * n])
    z, r = gates[:n], gates[n:]
    new = np.tanh(V[2 * n :] @ x + U[2 * n :] @ (r * held) + b[2 * n :])
    return (1 - z) * held + z * new


def encoder(kind, x, weights):
    """(S, E) to h (S, 2 H), and the states after the last token forwards and after the first backwards."""
    both = []
    for way, order in (("forwards", range(len(x))), ("backwards", reversed(range(len(x))))):
        V, U, b = (weights[f"encoder.{way}.0.{name}"] for name in ("input", "hidden", "bias"))
        held = np.zeros(U.shape[1] * (2 if kind == "lstm" else 1))
        found = np.zeros((len(x), U.shape[1]))
        for t in order:
            held = cell(kind, x[t], held, V, U, b)
            found[t] = held[: U.shape[1]]
        both.append((found, held[: U.shape[1]]))
    (forwards, last), (backwards, first) = both
    return np.concatenate([forwards, backwards], axis=1), np.concatenate([last, first])


def logits(kind, attention, source, said, weights):
    """Ids of one row, (S,) and (T,), to logits (T, V) and weights (T, S)."""
    h, ends = encoder(kind, weights["source.weight"][source], weights)
    E = weights["target.weight"]
    held = np.tanh(weights["bridge.weight"] @ ends + weights["bridge.bias"])
    n = weights["decoder.hidden"].shape[1]
    V, U, b = (weights[f"decoder.{name}"] for name in ("input", "hidden", "bias"))
    o = np.zeros(E.shape[1])
    outputs, maps = [], []
    for token in said:
        y = E[token]
        if attention == "bahdanau":
            v, W, K = weights["scale.weight"][0], weights["query.weight"], weights["keys.weight"]
            a = softmax(np.array([v @ np.tanh(W @ held[:n] + K @ one) for one in h]))
            c = a @ h
            held = cell(kind, np.concatenate([y, c]), held, V, U, b)
            t = weights["output.weight"] @ np.concatenate([held[:n], y, c])
            o = np.array([max(t[2 * i], t[2 * i + 1]) for i in range(len(t) // 2)])
        else:
            held = cell(kind, np.concatenate([y, o]), held, V, U, b)
            a = softmax(np.array([held[:n] @ weights["keys.weight"] @ one for one in h]))
            c = a @ h
            o = np.tanh(weights["output.weight"] @ np.concatenate([c, held[:n]]))
        outputs.append(E @ o)
        maps.append(a)
    return np.array(outputs), np.array(maps)
