"""The kernels by hand: the same algorithms as the C in `examples/`, on Python's own data, as one would write them.

Each module has functions of the kernels' names that take what the wasm takes and give what it gives, integers unsigned.
They use no library function that does the kernel's work, but all that Python's own types can do: slices, unpacking,
ranges, integers without a mask where they cannot overflow.
"""
