"""Worlds in which an agent acts: the T-maze, and a cart with a pole in two modes.

A world is a record of constants, and what happens in it is a vector of numbers. An episode ends at
the junction's arms, or when the pole falls or the cart leaves the track.
"""

from __future__ import annotations

from math import cos, pi, sin
from typing import NamedTuple

from lstmtool.kernels._jit import kernel_without_nrt

MAZE, POLE = 0, 1
NORTH, EAST, SOUTH, WEST = 0, 1, 2, 3
POSITION, GOAL = 0, 1  # in the state of a maze; the goal is NORTH or SOUTH
X, SPEED, ANGLE, TURNING, MODE, CLOCK = 0, 1, 2, 3, 4, 5  # in the state of a pole
N_STATE = 6
GRAVITY, CART, MASS, HALF_LENGTH, FORCE, INTERVAL = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
TRACK, UPRIGHT = 2.4, 12.0 * pi / 180.0
"""Largest distance of the cart from the middle, and largest angle of the pole."""


class World(NamedTuple):
    """Constants of a world."""

    kind: int  # MAZE or POLE
    length: int  # moves from the start of a maze to its junction
    noisy: bool  # whether a maze's corridor looks different at every step
    right: float  # reward for the right turn of a maze
    wrong: float  # reward for the wrong turn, for standing still, or for a pole that fell
    shown: int  # steps for which a pole's mode is shown
    spread: float  # a pole's initial places and speeds are within this share of their scales
    gain: float  # what is seen of a pole's place and angle where the episode ends
    only: int  # 1: the goal is north, or the mode A; -1: south, or mode B; 0: either
    exchanged: bool  # whether turns to the north lead south, a test of what was learned


@kernel_without_nrt
def n_actions(world):
    """Return the number of actions in the world."""
    return 4 if world.kind == MAZE else 2


@kernel_without_nrt
def begin(world, state, rng):
    """Begin an episode."""
    for i in range(state.shape[0]):
        state[i] = 0.0
    first = world.only > 0 if world.only != 0 else rng.random() < 0.5
    if world.kind == MAZE:
        state[GOAL] = NORTH if first else SOUTH
        return
    state[MODE] = 1.0 if first else -1.0
    for i in range(4):
        scale = (TRACK, 1.0, UPRIGHT, 1.0)[i]
        state[i] = world.spread * scale * (2.0 * rng.random() - 1.0)


@kernel_without_nrt
def observe(world, state, rng, seen):
    """Fill in what the agent sees, three numbers."""
    if world.kind == POLE:
        seen[0] = world.gain * state[X] / TRACK
        seen[1] = world.gain * state[ANGLE] / UPRIGHT
        seen[2] = state[MODE] if state[CLOCK] < world.shown else 0.0
        return
    position = int(state[POSITION])
    if position == 0:
        north = state[GOAL] == NORTH
        seen[0] = 0.0 if north else 1.0
        seen[1] = 1.0
        seen[2] = 1.0 if north else 0.0
    elif position == world.length:
        seen[0] = 0.0
        seen[1] = 1.0
        seen[2] = 0.0
    else:
        seen[0] = rng.random() if world.noisy else 1.0
        seen[1] = 0.0
        seen[2] = rng.random() if world.noisy else 1.0


@kernel_without_nrt
def walk(world, state, action):
    """Move in the maze; return the reward, and whether the episode ends."""
    position = int(state[POSITION])
    if position == world.length and action in (NORTH, SOUTH):
        is_right = (action == int(state[GOAL])) != world.exchanged
        return (world.right if is_right else world.wrong), True
    to = position + (1 if action == EAST else -1 if action == WEST else 0)
    if to == position or to < 0 or to > world.length:
        return world.wrong, False
    state[POSITION] = to
    return 0.0, False


@kernel_without_nrt
def push(world, state, action):
    """Push the cart for a step, by Euler's method; return the reward, and whether the pole fell.

    Equations of motion: Barto, Sutton and Anderson 1983, without friction. In the second mode the
    two actions are exchanged.
    """
    force = (FORCE if action == 1 else -FORCE) * state[MODE]
    total, sine, cosine = CART + MASS, sin(state[ANGLE]), cos(state[ANGLE])
    turning = state[TURNING]
    pull = (force + MASS * HALF_LENGTH * turning * turning * sine) / total
    turned = (GRAVITY * sine - cosine * pull) / (
        HALF_LENGTH * (4.0 / 3.0 - MASS * cosine * cosine / total)
    )
    pushed = pull - MASS * HALF_LENGTH * turned * cosine / total
    state[X] += INTERVAL * state[SPEED]
    state[SPEED] += INTERVAL * pushed
    state[ANGLE] += INTERVAL * turning
    state[TURNING] += INTERVAL * turned
    state[CLOCK] += 1.0
    fell = abs(state[X]) > TRACK or abs(state[ANGLE]) > UPRIGHT
    return (world.wrong if fell else 0.0), fell


@kernel_without_nrt
def act(world, state, action):
    """Act; return the reward, and whether the episode ends."""
    if world.kind == MAZE:
        return walk(world, state, action)
    return push(world, state, action)
