;; calculate(operator, a, b): operator 0 to 4 picks + - * / % out of a table, anything else traps.
;; divmod(a, b): quotient and remainder, two results. calls: a global that counts both.
(module $calculator
  (type $binary (func (param f64 f64) (result f64)))
  (table $operators 5 funcref)
  (elem (i32.const 0) $plus $minus $times $over $modulo)
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func $plus (type $binary) (f64.add (local.get 0) (local.get 1)))
  (func $minus (type $binary) (f64.sub (local.get 0) (local.get 1)))
  (func $times (type $binary) (f64.mul (local.get 0) (local.get 1)))
  (func $over (type $binary) (f64.div (local.get 0) (local.get 1)))
  (func $modulo (type $binary)
    (f64.sub (local.get 0) (f64.mul (local.get 1) (f64.floor (f64.div (local.get 0) (local.get 1))))))
  (func $count
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))))
  (func $calculate (export "calculate") (param $operator i32) (param $a f64) (param $b f64) (result f64)
    (call $count)
    (call_indirect $operators (type $binary) (local.get $a) (local.get $b) (local.get $operator)))
  (func $divmod (export "divmod") (param $a i64) (param $b i64) (result i64 i64)
    (call $count)
    (i64.div_s (local.get $a) (local.get $b))
    (i64.rem_s (local.get $a) (local.get $b))))
