"""Twins of kernels that are mostly floating-point arithmetic."""

from __future__ import annotations

from array import array
from math import floor, sqrt
from typing import TypeAlias

N = 32


def matmul(rounds: int) -> float:
    numbers = [i * 37 % 101 / 101 for i in range(2 * N * N)]
    rows = [numbers[i : i + N] for i in range(0, 2 * N * N, N)]
    a, b = rows[:N], rows[N:]
    product: list[list[float]] = []
    for i in range(rounds):
        product = _multiply(a, b)
        row, column = divmod(i % (N * N), N)
        a[row][column] = product[row][column] / N
    return _trace(product)


def _multiply(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*b, strict=True))
    product = []
    for row in a:
        line = []
        for column in columns:
            total = 0.0
            for x, y in zip(row, column):  # noqa: B905 (`strict` costs time in the innermost loop)
                total += x * y
            line.append(total)
        product.append(line)
    return product


def _trace(matrix: list[list[float]]) -> float:
    total = 0.0
    for i, row in enumerate(matrix):
        total += row[i]
    return total


def matmul_f32(rounds: int) -> float:
    numbers = array("f", [i * 37 % 101 for i in range(2 * N * N)])
    for i, number in enumerate(numbers):
        numbers[i] = number / 101
    rows = [numbers[i : i + N] for i in range(0, 2 * N * N, N)]
    a, b = rows[:N], rows[N:]
    product: list[array[float]] = []
    for i in range(rounds):
        product = _multiply_f32(a, b)
        row, column = divmod(i % (N * N), N)
        a[row][column] = product[row][column] / N
    trace = array("f", [0])
    for i, line in enumerate(product):
        trace[0] += line[i]
    return trace[0]


def _multiply_f32(a: list[array[float]], b: list[array[float]]) -> list[array[float]]:
    """Python's floats are doubles: an array of one float rounds each product, another each sum."""
    columns = list(zip(*b, strict=True))
    product = []
    term, total = array("f", [0]), array("f", [0])
    for row in a:
        line = array("f")
        for column in columns:
            total[0] = 0
            for x, y in zip(row, column):  # noqa: B905
                term[0] = x * y
                total[0] += term[0]
            line.append(total[0])
        product.append(line)
    return product


def mandelbrot(size: int) -> int:
    total = 0
    for row in range(size):
        y = -1.25 + 2.5 * row / size
        for column in range(size):
            total += _escape(-2.0 + 2.5 * column / size, y, 100)
    return total


def _escape(x: float, y: float, limit: int) -> int:
    a = b = aa = bb = 0.0
    for steps in range(limit):
        if aa + bb > 4.0:
            return steps
        b = 2.0 * a * b + y
        a = aa - bb + x
        aa = a * a
        bb = b * b
    return limit


class Body:
    """One body of `nbody`."""

    __slots__ = ("mass", "vx", "vy", "vz", "x", "y", "z")

    def __init__(self, x: float, y: float, z: float, vx: float, vy: float, vz: float, mass: float) -> None:
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx * YEAR, vy * YEAR, vz * YEAR
        self.mass = mass * SOLAR_MASS


SOLAR_MASS = 39.47841760435743
YEAR = 365.24
#: Position, velocity per day, and mass in suns of Jupiter, Saturn, Uranus, and Neptune.
PLANETS = [
    (4.84143144246472090e00, -1.16032004402742839e00, -1.03622044471123109e-01,
     1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05, 9.54791938424326609e-04),
    (8.34336671824457987e00, 4.12479856412430479e00, -4.03523417114321381e-01,
     -2.76742510726411160e-03, 4.99852801234917238e-03, 2.30417297573763929e-05, 2.85885980666130812e-04),
    (1.28943695621391310e01, -1.51111514016986312e01, -2.23307578892655734e-01,
     2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05, 4.36624404335156298e-05),
    (1.53796971148509165e01, -2.59193146099879641e01, 1.79258772950371181e-01,
     2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05, 5.15138902046611451e-05),
]  # fmt: skip


def nbody(steps: int) -> float:
    bodies = [Body(0, 0, 0, 0, 0, 0, 1), *(Body(*planet) for planet in PLANETS)]
    _offset_momentum(bodies)
    _advance(bodies, steps, 0.01)
    return _energy(bodies)


def _offset_momentum(bodies: list[Body]) -> None:
    x = y = z = 0.0
    for body in bodies[1:]:
        x += body.vx * body.mass
        y += body.vy * body.mass
        z += body.vz * body.mass
    sun = bodies[0]
    sun.vx, sun.vy, sun.vz = -x / SOLAR_MASS, -y / SOLAR_MASS, -z / SOLAR_MASS


def _advance(bodies: list[Body], steps: int, dt: float) -> None:
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]
    for _ in range(steps):
        for a, b in pairs:
            dx = a.x - b.x
            dy = a.y - b.y
            dz = a.z - b.z
            r = sqrt(dx * dx + dy * dy + dz * dz)
            magnitude = dt / (r * r * r)
            mass = b.mass
            a.vx -= dx * mass * magnitude
            a.vy -= dy * mass * magnitude
            a.vz -= dz * mass * magnitude
            mass = a.mass
            b.vx += dx * mass * magnitude
            b.vy += dy * mass * magnitude
            b.vz += dz * mass * magnitude
        for body in bodies:
            body.x += dt * body.vx
            body.y += dt * body.vy
            body.z += dt * body.vz


def _energy(bodies: list[Body]) -> float:
    total = 0.0
    for i, a in enumerate(bodies):
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for b in bodies[i + 1 :]:
            dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            total -= a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total


Vector: TypeAlias = tuple[float, float, float]

#: Centre, radius, colour, reflection.
SPHERES: list[tuple[Vector, float, float, float]] = [
    ((0.0, 0.0, 5.0), 1.0, 0.9, 0.3),
    ((-1.5, 0.5, 4.0), 0.5, 0.6, 0.5),
    ((1.25, -0.5, 3.5), 0.5, 0.8, 0.1),
    ((0.5, 1.25, 6.0), 0.75, 0.4, 0.6),
]
FAR = 1e9


def raytracer(size: int) -> float:
    total = 0.0
    for row in range(size):
        for column in range(size):
            ray = _normal(column / size - 0.5, 0.5 - row / size, 1.0)
            total += _shoot((0.0, 0.0, 0.0), ray, 3)
    return total


def _normal(x: float, y: float, z: float) -> Vector:
    k = 1 / sqrt(x * x + y * y + z * z)
    return x * k, y * k, z * k


def _meet(centre: Vector, radius: float, origin: Vector, direction: Vector) -> float:
    """The distance along the ray at which it meets the sphere, or FAR."""
    cx, cy, cz = centre
    ox, oy, oz = origin
    dx, dy, dz = direction
    x, y, z = cx - ox, cy - oy, cz - oz
    along = x * dx + y * dy + z * dz
    if along < 0:
        return FAR
    square = along * along - (x * x + y * y + z * z) + radius * radius
    if square < 0:
        return FAR
    distance = along - sqrt(square)
    return distance if distance > 1e-6 else FAR


def _shade(point: Vector, up: Vector, colour: float) -> float:
    px, py, pz = point
    light = _normal(-4.0 - px, 5.0 - py, -2.0 - pz)
    for centre, radius, _, _ in SPHERES:
        if _meet(centre, radius, point, light) < FAR:
            return colour * 0.1
    brightness = up[0] * light[0] + up[1] * light[1] + up[2] * light[2]
    return colour * (brightness if brightness > 0.1 else 0.1)


def _background(origin: Vector, direction: Vector) -> float:
    """What a ray brings back that meets no sphere: from the sky, or from the floor, one below."""
    dx, dy, dz = direction
    if dy >= 0:
        return 0.5 * dy
    ox, oy, oz = origin
    distance = (-1.0 - oy) / dy
    x, y, z = ox + dx * distance, oy + dy * distance, oz + dz * distance
    if z > 40:
        return 0.0
    return _shade((x, y, z), (0.0, 1.0, 0.0), 0.8 if (floor(x) + floor(z)) & 1 else 0.2)


def _shoot(origin: Vector, direction: Vector, bounces: int) -> float:
    """What a ray brings back."""
    nearest = None
    distance = FAR
    for sphere in SPHERES:
        d = _meet(sphere[0], sphere[1], origin, direction)
        if d < distance:
            distance = d
            nearest = sphere
    if nearest is None:
        return _background(origin, direction)
    dx, dy, dz = direction
    ox, oy, oz = origin
    (cx, cy, cz), radius, colour, reflection = nearest
    px, py, pz = point = ox + dx * distance, oy + dy * distance, oz + dz * distance
    k = 1 / radius
    ux, uy, uz = up = (px - cx) * k, (py - cy) * k, (pz - cz) * k
    brightness = _shade(point, up, colour)
    if not bounces:
        return brightness
    k = 2 * (ux * dx + uy * dy + uz * dz)
    return brightness + reflection * _shoot(point, (dx - ux * k, dy - uy * k, dz - uz * k), bounces - 1)
