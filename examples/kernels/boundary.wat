;; What the benchmark of calls between Python and wasm calls: `add`, and loops over a function of the host or of its own.
(module
  (import "host" "next" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func (export "call_host") (param $count i32) (result i32)
    (local $x i32)
    (loop $again
      (local.set $x (call $next (local.get $x)))
      (br_if $again (i32.lt_u (local.get $x) (local.get $count))))
    (local.get $x))
  (func (export "call_nothing") (param $count i32) (result i32)
    (local $x i32)
    (loop $again
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $x) (local.get $count))))
    (local.get $x)))
