"""JavaScript in npm's quickjs-wasi: known answers, and the same programs in wasmtime."""

from __future__ import annotations

import json

import pytest
import wasm2py
from programs.guests import Wasm2pyGuest, WasmtimeGuest
from programs.javascript import JavaScript, JavaScriptError

EXPRESSIONS = {
    "1 + 2": "3",
    "0.1 + 0.2": "0.30000000000000004",
    "2 ** 53 + 1": "9007199254740992",
    "-7 % 3": "-1",
    "1 / -0": "-Infinity",
    "(123.456).toFixed(1) + (255).toString(16) + (1e21).toString()": "123.5ff1e+21",
    "parseFloat('3.14abc') + parseInt('0x1f')": "34.14",
    "Math.max(...[3, 1, 2].map(x => x * x))": "9",
    "Math.round(Math.sin(1) * 1e15) / 1e15": "0.841470984807897",
    "[5, 1, 10].sort().join()": "1,10,5",
    "JSON.stringify({a: [1, null, 'x\\u00e9'], b: {c: 1.5e-7}})": '{"a":[1,null,"xé"],"b":{"c":1.5e-7}}',
    "'The quick brown fox'.replace(/(\\w+) (\\w+)/g, '$2 $1')": "quick The fox brown",
    "/^(?<year>\\d{4})-(?<month>\\d\\d)$/u.exec('2024-05').groups.month": "05",
    "2n ** 100n % 1000000007n": "976371285",
    "new Date(Date.UTC(2024, 1, 29)).toISOString()": "2024-02-29T00:00:00.000Z",
    "[...'a𝄞b'].length + 'ß'.toUpperCase()": "3SS",
    "typeof undefined + typeof null + typeof (() => 1)": "undefinedobjectfunction",
    "new Uint8Array(new Float32Array([1.5]).buffer).join()": "0,0,192,63",
}

PROGRAMS = {
    "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } fib(12)": "144",
    "let a = []; for (let i = 2; a.length < 6; i++) if (a.every(p => i % p)) a.push(i); a.join(' ')": "2 3 5 7 11 13",
    "class A { #x = 1; get x() { return this.#x } } class B extends A { get x() { return super.x + 1 } } new B().x": (
        "2"
    ),
    "function* f(n) { while (true) yield n++ } let s = 0; for (const n of f(1)) { if (n > 9) break; s += n } s": "45",
    "const {a, ...rest} = {a: 1, b: 2, c: 3}; Object.entries(rest).flat().join()": "b,2,c,3",
    "const m = new Map([['x', 1]]); m.set('y', 2); [...m].map(([k, v]) => k + v).join()": "x1,y2",
    "try { null.f } catch (e) { e.constructor.name } finally { 0 }": "TypeError",
    "const f = new Proxy({}, {get: (_, name) => name + '!'}); f.hello": "hello!",
    "const c = {}; for (const w of 'to be or not to be'.split(' ')) c[w] = (c[w] ?? 0) + 1; JSON.stringify(c)": (
        '{"to":2,"be":2,"or":1,"not":1}'
    ),
}

ERRORS = {
    "throw new RangeError('too far')": "RangeError: too far",
    "undefinedName": "ReferenceError: undefinedName is not defined",
}


@pytest.fixture(scope="module")
def engine() -> JavaScript:
    return JavaScript(Wasm2pyGuest)


@pytest.mark.parametrize("program", [*EXPRESSIONS, *PROGRAMS])
def test_values(engine: JavaScript, program: str) -> None:
    expected = (EXPRESSIONS | PROGRAMS)[program]
    assert engine.evaluate(f"{{ {program} }}" if program in PROGRAMS else program) == expected


@pytest.mark.parametrize("program", ERRORS)
def test_errors(engine: JavaScript, program: str) -> None:
    with pytest.raises(JavaScriptError) as caught:
        engine.evaluate(program)
    assert str(caught.value) == ERRORS[program]
    assert engine.evaluate("'still ' + 'well'") == "still well"


def test_syntax_errors(engine: JavaScript) -> None:
    with pytest.raises(JavaScriptError, match=r"^SyntaxError: "):
        engine.evaluate("let = = 1")


def test_state_is_kept_between_programs() -> None:
    engine = JavaScript(Wasm2pyGuest)
    engine.evaluate("var total = 40; function add(n) { total += n }")
    engine.evaluate("add(2)")
    assert engine.evaluate("total") == "42"


def test_promises_run_as_jobs() -> None:
    engine = JavaScript(Wasm2pyGuest)
    engine.evaluate("var log = []; (async () => { log.push(1); await null; log.push(3) })(); log.push(2)")
    assert engine.evaluate("log.join()") == "1,2"
    engine.run_jobs()
    assert engine.evaluate("log.join()") == "1,2,3"


def test_host_functions_are_called() -> None:
    engine = JavaScript(Wasm2pyGuest, {"upper": str.upper, "join": lambda *parts: "-".join(parts)})
    assert engine.evaluate("join(upper('abc'), 1, [2, 3])") == "ABC-1-2,3"


RECURSION = "var n = 0; function f() { n++; f() } try { f() } catch (e) { String(e) }"


def test_its_own_limit_of_recursion() -> None:
    engine = JavaScript(Wasm2pyGuest)
    engine.limit_stack(60_000)
    assert engine.evaluate(RECURSION) == "RangeError: Maximum call stack size exceeded"
    assert 200 < int(engine.evaluate("n")) < 300


def test_recursion_without_a_limit_traps() -> None:
    engine = JavaScript(Wasm2pyGuest)
    with pytest.raises(wasm2py.Trap) as caught:
        engine.evaluate(RECURSION)
    # Its own stack in memory is as good as ours: which of them ends first depends on the Python that runs it.
    assert caught.value.kind in ("call stack exhausted", "out of bounds memory access")


def test_garbage_is_collected() -> None:
    engine = JavaScript(Wasm2pyGuest)
    program = "let kept; for (let i = 0; i < 300; i++) { const a = {}; a.self = a; kept = [a, 'x'.repeat(i)] }"
    assert engine.evaluate(program + " kept[1].length") == "299"


def test_wasmtime_agrees() -> None:
    ours, theirs = JavaScript(Wasm2pyGuest), JavaScript(WasmtimeGuest)
    programs = [
        "Array.from({length: 40}, (_, i) => Math.exp(i - 20.5) + Math.cbrt(-i)).join()",
        "Array.from({length: 30}, (_, i) => (1 / 3 * 10 ** (i - 15)).toPrecision(i + 1)).join()",
        "JSON.stringify(Object.getOwnPropertyNames(globalThis).sort())",
        "Array.from({length: 25}, (_, i) => (2n ** BigInt(i * 9) - 1n).toString(36)).join()",
        json.dumps("π ≈ 3.14159 \U0001f600") + ".normalize('NFD').split('').reverse().join('').length",
    ]
    for program in programs:
        assert ours.evaluate(program) == theirs.evaluate(program)
