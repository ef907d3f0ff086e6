;; A Lisp for sums and products, of lists in the garbage-collected heap.
;;
;; `input` is where the text goes; `evaluate(length)` reads one expression of it, such as (+ 1 (* 2 3)), and gives its
;; value. What cannot be applied is a cast failure, what has no end is unreachable.
(module
  (type $pair (struct (field $head (ref eq)) (field $tail (ref null $pair))))
  (type $symbol (struct (field $letter i32)))
  (memory (export "memory") 1)
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))

  (func (export "input") (result i32) (i32.const 1024))

  (func (export "evaluate") (param $length i32) (result i32)
    (global.set $at (i32.const 1024))
    (global.set $end (i32.add (i32.const 1024) (local.get $length)))
    (call $number (call $value (call $read))))

  (func $letter (result i32)
    (loop $skip
      (if (i32.ge_u (global.get $at) (global.get $end)) (then (unreachable)))
      (if (i32.eq (i32.load8_u (global.get $at)) (i32.const 32))
        (then (global.set $at (i32.add (global.get $at) (i32.const 1))) (br $skip))))
    (i32.load8_u (global.get $at)))

  (func $step (global.set $at (i32.add (global.get $at) (i32.const 1))))

  (func $read (result (ref eq)) (local $letter i32)
    (local.set $letter (call $letter))
    (if (i32.lt_u (i32.sub (local.get $letter) (i32.const 48)) (i32.const 10)) (then (return (call $digits))))
    (call $step)
    (if (i32.eq (local.get $letter) (i32.const 40)) (then (return (call $list))))
    (struct.new $symbol (local.get $letter)))

  (func $list (result (ref $pair))
    (struct.new $pair (call $read) (call $rest)))

  (func $rest (result (ref null $pair))
    (if (i32.eq (call $letter) (i32.const 41)) (then (call $step) (return (ref.null $pair))))
    (call $list))

  (func $digits (result (ref i31)) (local $number i32) (local $digit i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (global.get $at) (global.get $end)))
        (local.set $digit (i32.sub (i32.load8_u (global.get $at)) (i32.const 48)))
        (br_if $done (i32.ge_u (local.get $digit) (i32.const 10)))
        (local.set $number (i32.add (i32.mul (local.get $number) (i32.const 10)) (local.get $digit)))
        (call $step)
        (br $next)))
    (ref.i31 (local.get $number)))

  (func $number (param (ref eq)) (result i32) (i31.get_s (ref.cast (ref i31) (local.get 0))))

  (func $value (param $it (ref eq)) (result (ref eq))
    (block $pair (result (ref $pair))
      (return (br_on_cast $pair (ref eq) (ref $pair) (local.get $it))))
    (call $apply))

  (func $apply (param $list (ref $pair)) (result (ref eq))
    (local $rest (ref null $pair)) (local $total i32) (local $times i32) (local $next i32)
    (local.set $times (i32.eq (i32.const 42)
      (struct.get $symbol $letter (ref.cast (ref $symbol) (struct.get $pair $head (local.get $list))))))
    (local.set $total (local.get $times))
    (local.set $rest (struct.get $pair $tail (local.get $list)))
    (block $done
      (loop $each
        (br_if $done (ref.is_null (local.get $rest)))
        (local.set $next (call $number (call $value (struct.get $pair $head (local.get $rest)))))
        (local.set $total
          (if (result i32) (local.get $times)
            (then (i32.mul (local.get $total) (local.get $next)))
            (else (i32.add (local.get $total) (local.get $next)))))
        (local.set $rest (struct.get $pair $tail (local.get $rest)))
        (br $each)))
    (ref.i31 (local.get $total))))
