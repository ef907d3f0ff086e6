"""quickjs-wasi's extensions: six instances that share memory, table, stack pointer and functions."""

from __future__ import annotations

import hashlib

import pytest
from programs.extensions import Extension
from programs.guests import Wasm2pyGuest
from programs.javascript import JavaScript

ANSWERS = {
    "encoding": {
        "new TextEncoder().encode('aé€😀').join()": "97,195,169,226,130,172,240,159,152,128",
        "new TextDecoder().decode(new Uint8Array([226, 130, 172, 255]))": "€\ufffd",
        "try { new TextDecoder('utf-8', {fatal: true}).decode(Uint8Array.of(255)) } catch (e) { e.name }": "TypeError",
    },
    "url": {
        "new URL('../b?x=1#y', 'https://user@Example.com:443/a/c/d').href": "https://user@example.com/a/b?x=1#y",
        "new URL('http://faß.example/ ü').href": "http://xn--fa-hia.example/%20%C3%BC",
        "new URL('http://0x7f.1/').hostname": "127.0.0.1",
        "new URLSearchParams('a=1&b=%20x&a=2').getAll('a').join()": "1,2",
        "try { new URL('nowhere') } catch (e) { e.name }": "TypeError",
    },
    "headers": {
        "const h = new Headers({'B': '2', 'a': ' 1 '}); h.append('b', '3'); [...h].join(';')": "a,1;b,2, 3",
    },
    "structured-clone": {
        "const o = {m: new Map([[1, new Date(5)]])}; o.self = o; const c = structuredClone(o);"
        " [c !== o, c.self === c, c.m.get(1).getTime()].join()": "true,true,5",
    },
}


@pytest.fixture(scope="module")
def engine() -> JavaScript:
    made = JavaScript(Wasm2pyGuest)
    for name in (*ANSWERS, "crypto"):
        Extension(name, made)
    return made


@pytest.mark.parametrize("program", [program for programs in ANSWERS.values() for program in programs])
def test_values(engine: JavaScript, program: str) -> None:
    expected = {program: answer for programs in ANSWERS.values() for program, answer in programs.items()}
    assert engine.evaluate(f"{{ {program} }}") == expected[program]


@pytest.mark.parametrize("algorithm", ["SHA-1", "SHA-256", "SHA-512"])
def test_digests(engine: JavaScript, algorithm: str) -> None:
    engine.evaluate(
        "var digest; crypto.subtle.digest('" + algorithm + "', new TextEncoder().encode('abc'.repeat(50)))"
        ".then(d => digest = [...new Uint8Array(d)].map(b => b.toString(16).padStart(2, '0')).join('')); 0"
    )
    engine.run_jobs()
    assert engine.evaluate("digest") == hashlib.new(algorithm.replace("-", ""), b"abc" * 50).hexdigest()


def test_random_values_come_from_the_host(engine: JavaScript) -> None:
    assert engine.evaluate("crypto.getRandomValues(new Uint8Array(32)).some(b => b)") == "true"
    assert engine.evaluate("crypto.randomUUID()")[14] == "4"
