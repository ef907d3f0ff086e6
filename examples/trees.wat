;; A search tree in the garbage-collected heap: nodes have a left and a right, leaves have neither; keys of 64 bits.
;;
;; `insert(key)` gives 1 where the key is new, `has(key)` where it is there; `height()`; `sorted()` puts the keys
;; into an array, in order, and gives how many there are; `key(i)` reads it. `perfect(height)` makes a full tree, apart
;; from that, whose keys are 1, then 2 and 3, and so on, and adds them up.
(module
  (type $tree (sub (struct (field $key (mut i64)))))
  (type $node (sub final $tree (struct
    (field $key (mut i64)) (field $left (mut (ref null $tree))) (field $right (mut (ref null $tree))))))
  (type $keys (array (mut i64)))
  (global $root (mut (ref null $tree)) (ref.null $tree))
  (global $keys (mut (ref $keys)) (array.new_fixed $keys 0))
  (global $count (mut i32) (i32.const 0))

  ;; The tree as a node: itself, or a node in place of a leaf.
  (func $as_node (param $tree (ref $tree)) (result (ref $node))
    (block $leaf (result (ref $tree))
      (return (br_on_cast_fail $leaf (ref $tree) (ref $node) (local.get $tree))))
    (struct.new $node (struct.get $tree $key) (ref.null $tree) (ref.null $tree)))

  (func $inserted (param $tree (ref null $tree)) (param $key i64) (result (ref $tree))
    (local $node (ref null $node))
    (block $empty
      (br_on_null $empty (local.get $tree))
      (if (i64.eq (struct.get $tree $key (local.get $tree)) (local.get $key))
        (then (return (ref.as_non_null (local.get $tree)))))
      (local.set $node (call $as_node))
      (if (i64.lt_s (local.get $key) (struct.get $node $key (local.get $node)))
        (then (struct.set $node $left (local.get $node)
          (call $inserted (struct.get $node $left (local.get $node)) (local.get $key))))
        (else (struct.set $node $right (local.get $node)
          (call $inserted (struct.get $node $right (local.get $node)) (local.get $key)))))
      (return (ref.as_non_null (local.get $node))))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (struct.new $tree (local.get $key)))

  (func (export "insert") (param $key i64) (result i32) (local $before i32)
    (local.set $before (global.get $count))
    (global.set $root (call $inserted (global.get $root) (local.get $key)))
    (i32.sub (global.get $count) (local.get $before)))

  (func (export "has") (param $key i64) (result i32) (local $tree (ref null $tree))
    (local.set $tree (global.get $root))
    (block $absent
      (loop $down
        (br_on_null $absent (local.get $tree))
        (if (i64.eq (struct.get $tree $key) (local.get $key)) (then (return (i32.const 1))))
        (br_if $absent (i32.eqz (ref.test (ref $node) (local.get $tree))))
        (local.set $tree
          (if (result (ref null $tree)) (i64.lt_s (local.get $key) (struct.get $tree $key (local.get $tree)))
            (then (struct.get $node $left (ref.cast (ref $node) (local.get $tree))))
            (else (struct.get $node $right (ref.cast (ref $node) (local.get $tree))))))
        (br $down)))
    (i32.const 0))

  (func $height (param $tree (ref null $tree)) (result i32) (local $left i32) (local $right i32)
    (block $leaf (result (ref null $tree))
      (br_on_cast_fail $leaf (ref null $tree) (ref $node) (local.get $tree))
      (local.set $left (call $height (struct.get $node $left)))
      (local.set $right
        (call $height (struct.get $node $right (ref.cast (ref $node) (local.get $tree)))))
      (return (i32.add (i32.const 1) (select (local.get $left) (local.get $right)
        (i32.gt_u (local.get $left) (local.get $right))))))
    (i32.eqz (ref.is_null)))

  (func (export "height") (result i32) (call $height (global.get $root)))

  ;; Puts the keys of the tree into the array, from index $at on; gives the index behind them.
  (func $collect (param $tree (ref null $tree)) (param $at i32) (result i32) (local $node (ref null $node))
    (if (ref.is_null (local.get $tree)) (then (return (local.get $at))))
    (if (ref.test (ref $node) (local.get $tree))
      (then
        (local.set $node (ref.cast (ref $node) (local.get $tree)))
        (local.set $at (call $collect (struct.get $node $left (local.get $node)) (local.get $at)))))
    (array.set $keys (global.get $keys) (local.get $at) (struct.get $tree $key (local.get $tree)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (if (ref.is_null (local.get $node)) (then (return (local.get $at))))
    (return_call $collect (struct.get $node $right (local.get $node)) (local.get $at)))

  (func (export "sorted") (result i32)
    (global.set $keys (array.new_default $keys (global.get $count)))
    (call $collect (global.get $root) (i32.const 0)))

  (func (export "key") (param $i i32) (result i64) (array.get $keys (global.get $keys) (local.get $i)))

  (func $full (param $height i32) (param $key i64) (result (ref $tree))
    (if (i32.le_u (local.get $height) (i32.const 1)) (then (return (struct.new $tree (local.get $key)))))
    (local.set $height (i32.sub (local.get $height) (i32.const 1)))
    (struct.new $node (local.get $key)
      (call $full (local.get $height) (i64.mul (local.get $key) (i64.const 2)))
      (call $full (local.get $height) (i64.add (i64.mul (local.get $key) (i64.const 2)) (i64.const 1)))))

  (func $sum (param $tree (ref null $tree)) (result i64)
    (block $none (result (ref null $tree))
      (br_on_cast_fail $none (ref null $tree) (ref $node) (local.get $tree))
      (return (i64.add (struct.get $node $key)
        (i64.add
          (call $sum (struct.get $node $left (ref.cast (ref $node) (local.get $tree))))
          (call $sum (struct.get $node $right (ref.cast (ref $node) (local.get $tree))))))))
    (if (ref.is_null) (then (return (i64.const 0))))
    (struct.get $tree $key (local.get $tree)))

  (func (export "perfect") (param $height i32) (result i64)
    (call $sum (call $full (local.get $height) (i64.const 1)))))
