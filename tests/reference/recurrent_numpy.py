"""Recurrent layers and backpropagation through time by formula, a row and a position at a time: the networks' oracle.

Each function takes x (T, D), the weights V (G H, D) that meet x_t, U (G H, H) that meet h_(t-1), biases b (G H), and
the derivative of the loss by each output (T, H). It gives the outputs h (T, H), and the derivatives by x, V, U and b,
and for the GRU with the reset after the product by c too.
"""

from __future__ import annotations

import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


def rnn(x, V, U, b, given):
    """h_t = tanh(V x_t + U h_(t-1) + b)."""
    states = [np.zeros(len(U))]
    for x_t in x:
        states.append(np.tanh(V @ x_t + U @ states[-1] + b))
    dx, dV, dU, db = np.zeros_like(x), np.zeros_like(V), np.zeros_like(U), np.zeros_like(b)
    later = np.zeros(len(U))
    for t in reversed(range(len(x))):
        a = (given[t] + later) * (1 - states[t + 1] ** 2)
        dV, dU, db = dV + np.outer(a, x[t]), dU + np.outer(a, states[t]), db + a
        dx[t], later = V.T @ a, U.T @ a
    return np.array(states[1:]), (dx, dV, dU, db)


def lstm(x, V, U, b, given):
    """Gates i, f, C~, o; C_t = f C_(t-1) + i C~, h_t = o tanh(C_t)."""
    n = U.shape[1]
    h, c, record = np.zeros(n), np.zeros(n), []
    for x_t in x:
        z = V @ x_t + U @ h + b
        i, f, o, new = sigma(z[:n]), sigma(z[n : 2 * n]), sigma(z[3 * n :]), np.tanh(z[2 * n : 3 * n])
        before, cell = (h, c), f * c + i * new
        h, c = o * np.tanh(cell), cell
        record.append((before, i, f, new, o, c, h))
    dx, dV, dU, db = np.zeros_like(x), np.zeros_like(V), np.zeros_like(U), np.zeros_like(b)
    dh, dc = np.zeros(n), np.zeros(n)
    for t in reversed(range(len(x))):
        (h_before, c_before), i, f, new, o, c, _ = record[t]
        dh = dh + given[t]
        dc = dc + dh * o * (1 - np.tanh(c) ** 2)
        by_gate = [
            dc * new * i * (1 - i),
            dc * c_before * f * (1 - f),
            dc * i * (1 - new**2),
            dh * np.tanh(c) * o * (1 - o),
        ]
        a = np.concatenate(by_gate)
        dV, dU, db = dV + np.outer(a, x[t]), dU + np.outer(a, h_before), db + a
        dx[t], dh, dc = V.T @ a, U.T @ a, dc * f
    return np.array([one[-1] for one in record]), (dx, dV, dU, db)


def gru_before(x, V, U, b, given):
    """Gates z, r; h~ = tanh(V_h x + U_h (r h) + b_h); h_t = (1 - z) h_(t-1) + z h~."""
    n = U.shape[1]
    h, record = np.zeros(n), []
    for x_t in x:
        gates = sigma(V[: 2 * n] @ x_t + U[: 2 * n] @ h + b[: 2 * n])
        z, r = gates[:n], gates[n:]
        new = np.tanh(V[2 * n :] @ x_t + U[2 * n :] @ (r * h) + b[2 * n :])
        before, h = h, (1 - z) * h + z * new
        record.append((before, z, r, new, h))
    dx, dV, dU, db = np.zeros_like(x), np.zeros_like(V), np.zeros_like(U), np.zeros_like(b)
    dh = np.zeros(n)
    for t in reversed(range(len(x))):
        before, z, r, new, _ = record[t]
        dh = dh + given[t]
        a_new = dh * z * (1 - new**2)
        by_seen = U[2 * n :].T @ a_new  # by r h_(t-1)
        a_z, a_r = dh * (new - before) * z * (1 - z), by_seen * before * r * (1 - r)
        a = np.concatenate([a_z, a_r, a_new])
        dV, db = dV + np.outer(a, x[t]), db + a
        dU = dU + np.concatenate([np.outer(a[: 2 * n], before), np.outer(a_new, r * before)])
        dx[t] = V.T @ a
        dh = dh * (1 - z) + by_seen * r + U[: 2 * n].T @ a[: 2 * n]
    return np.array([one[-1] for one in record]), (dx, dV, dU, db)


def gru_after(x, V, U, b, given, c):
    """The same but h~ = tanh(V_h x + b_h + r (U_h h + c))."""
    n = U.shape[1]
    h, record = np.zeros(n), []
    for x_t in x:
        gates = sigma(V[: 2 * n] @ x_t + U[: 2 * n] @ h + b[: 2 * n])
        z, r = gates[:n], gates[n:]
        product = U[2 * n :] @ h + c
        new = np.tanh(V[2 * n :] @ x_t + b[2 * n :] + r * product)
        before, h = h, (1 - z) * h + z * new
        record.append((before, z, r, product, new, h))
    dx, dV, dU, db = np.zeros_like(x), np.zeros_like(V), np.zeros_like(U), np.zeros_like(b)
    dh, by_c = np.zeros(n), np.zeros(n)
    for t in reversed(range(len(x))):
        before, z, r, product, new, _ = record[t]
        dh = dh + given[t]
        a_new = dh * z * (1 - new**2)
        a_z, a_r = dh * (new - before) * z * (1 - z), a_new * product * r * (1 - r)
        a = np.concatenate([a_z, a_r, a_new])
        dV, db = dV + np.outer(a, x[t]), db + a
        dU, by_c = dU + np.outer(np.concatenate([a_z, a_r, a_new * r]), before), by_c + a_new * r
        dx[t] = V.T @ a
        dh = dh * (1 - z) + U.T @ np.concatenate([a_z, a_r, a_new * r])
    return np.array([one[-1] for one in record]), (dx, dV, dU, db, by_c)
