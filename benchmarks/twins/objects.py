"""Twins of kernels that are made of small objects."""

from __future__ import annotations


class Cell:
    """A cell of a list."""

    __slots__ = ("head", "tail")

    def __init__(self, head: int, tail: Cell | None) -> None:
        self.head = head
        self.tail = tail


class Node:
    """A node of a binary tree: both sides are there, or none."""

    __slots__ = ("left", "right")

    def __init__(self, left: Node | None, right: Node | None) -> None:
        self.left = left
        self.right = right


def linked(n: int) -> int:
    return _sum(_reversed(_counted(n)))


def _counted(n: int) -> Cell | None:
    cells = None
    while n:
        cells = Cell(n, cells)
        n -= 1
    return cells


def _reversed(cells: Cell | None) -> Cell | None:
    done = None
    while cells is not None:
        done = Cell(cells.head, done)
        cells = cells.tail
    return done


def _sum(cells: Cell | None) -> int:
    total = 0
    while cells is not None:
        total += cells.head
        cells = cells.tail
    return total & 0xFFFFFFFF


def trees(depth: int) -> int:
    return _count(_tree(depth))


def _tree(depth: int) -> Node:
    return Node(_tree(depth - 1), _tree(depth - 1)) if depth else Node(None, None)


def _count(node: Node) -> int:
    if node.left is None or node.right is None:
        return 1
    return 1 + _count(node.left) + _count(node.right)
