;; Closures: structures of a function and what it has captured, a subtype for each kind.
;;
;; `adder(n)` and `counter(start)` make one, `call(closure, x)` calls it; an array keeps them: `twice(closure, x)` goes
;; through one that holds the same closure two times, `chain(n, x)` through n, by turns adder(i) and counter(i), twice.
(module
  (rec
    (type $code (func (param (ref $closure) i32) (result i32)))
    (type $closure (sub (struct (field $code (ref $code))))))
  (type $adding (sub final $closure (struct (field $code (ref $code)) (field $n i32))))
  (type $counting (sub final $closure (struct (field $code (ref $code)) (field $count (mut i32)))))
  (type $closures (array (mut (ref $closure))))
  (elem declare func $add $count)

  (func $add (type $code) (param $self (ref $closure)) (param $x i32) (result i32)
    (i32.add (struct.get $adding $n (ref.cast (ref $adding) (local.get $self))) (local.get $x)))

  (func $count (type $code) (param $self (ref $closure)) (param $x i32) (result i32) (local $own (ref null $counting))
    (local.set $own (ref.cast (ref $counting) (local.get $self)))
    (struct.set $counting $count (local.get $own)
      (i32.add (struct.get $counting $count (local.get $own)) (local.get $x)))
    (struct.get $counting $count (local.get $own)))

  (func $adder (export "adder") (param $n i32) (result (ref $closure)) (struct.new $adding (ref.func $add) (local.get $n)))
  (func $counter (export "counter") (param $start i32) (result (ref $closure))
    (struct.new $counting (ref.func $count) (local.get $start)))
  (func $call (export "call") (param $closure (ref $closure)) (param $x i32) (result i32)
    (call_ref $code (local.get $closure) (local.get $x) (struct.get $closure $code (local.get $closure))))

  (func (export "twice") (param $closure (ref $closure)) (param $x i32) (result i32)
    (call $through (array.new_fixed $closures 2 (local.get $closure) (local.get $closure)) (local.get $x)))

  (func $through (param $all (ref $closures)) (param $x i32) (result i32) (local $i i32)
    (loop $next
      (local.set $x (call $call (array.get $closures (local.get $all) (local.get $i)) (local.get $x)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (array.len (local.get $all)))))
    (local.get $x))

  (func (export "chain") (param $n i32) (param $x i32) (result i32)
    (local $all (ref null $closures)) (local $i i32)
    (local.set $all (array.new $closures (call $adder (i32.const 0)) (local.get $n)))
    (loop $next
      (array.set $closures (local.get $all) (local.get $i)
        (if (result (ref $closure)) (i32.and (local.get $i) (i32.const 1))
          (then (call $counter (local.get $i)))
          (else (call $adder (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
    (call $through (ref.as_non_null (local.get $all))
      (call $through (ref.as_non_null (local.get $all)) (local.get $x)))))
